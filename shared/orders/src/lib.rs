//! KooGallery's open APIs as functions use them: the client of the AK and SK of the moment, and what the order query
//! tells, asked once, kept sealed, and told to the instance as far as it is nobody's personal data.
//!
//! Apart from the runtime, since no callback calls KooGallery: its functions carry no HTTPS client.

mod open_api;
mod orders;
mod told;

pub use open_api::{NoClient, OpenApi};
pub use orders::{Orders, OrdersError};
pub use told::told;
