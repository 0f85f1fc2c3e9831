//! KooGallery's open APIs as functions use them: the client of the AK and SK of the moment, and what the order query
//! tells, asked now or kept sealed. Asking for good, and telling an instance of it, is the function learn-order's.
//!
//! Apart from the runtime, since no callback calls KooGallery: its functions carry no HTTPS client.

mod open_api;
mod orders;

pub use open_api::{NoClient, OpenApi};
pub use orders::{KeptOrders, Line, OrdersError};
