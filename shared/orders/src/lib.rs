//! KooGallery's open APIs, as functions use them: a client for the current AK and SK, and the order query's answers, asked
//! now or kept sealed. The function learn-order keeps the answers and passes them to an instance.
//!
//! This is not in the runtime, because no callback calls KooGallery: the callbacks' functions need no HTTPS client.

mod amounts;
mod open_api;
mod orders;
mod told;

pub use amounts::amounts;
pub use open_api::{NoClient, OpenApi};
pub use orders::{KeptOrders, Line, OrdersError};
pub use told::told;
