//! Reads AWS Lambda's HTTP events (payload format 2.0: function URLs and HTTP APIs) as requests, and writes responses as
//! Lambda takes them. It replaces the runtime's own code for two reasons.
//!
//! An event contains the request line and the body of a stranger exactly as they were sent, with blanks and quotes that an
//! HTTP request cannot hold. [`read`] returns a request or says what is wrong with the event, and never panics: KooGallery
//! must get an answer of its protocol, not a gateway's 502.
//!
//! V1.0's callers look for `Body-Sign` in exactly that spelling. [`write()`] gives headers the names that they have on an
//! HTTP/1.1 connection; the runtime's own code writes them in lower case.

mod read;
mod request_id;
mod source_address;
mod write;

pub use read::{EventError, read};
pub use request_id::RequestId;
pub use source_address::SourceAddress;
pub use write::write;
