//! AWS Lambda's HTTP events (payload format 2.0: function URLs and HTTP APIs) as requests, and responses as Lambda takes
//! them. Ours rather than the runtime's own for two reasons.
//!
//! A stranger's request line and body come into the event as they were sent, with blanks and quotes that no HTTP request
//! can hold. Whatever an event holds, [`read`] gives a request or says what is wrong with it, and never panics: KooGallery
//! is owed an answer of its protocol, not a gateway's 502.
//!
//! And V1.0's callers look for `Body-Sign` in exactly that spelling: [`write()`] gives headers the names that go over an
//! HTTP/1.1 wire, where the runtime's own writes them in lower case.

mod read;
mod request_id;
mod write;

pub use read::{EventError, read};
pub use request_id::RequestId;
pub use write::write;
