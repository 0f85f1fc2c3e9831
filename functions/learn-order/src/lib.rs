//! learn-order: for each event that names an order, asks KooGallery's order query what the order bought. The answer is kept, sealed,
//! for the event. The part of it that is not personal goes to the instance, with the events that follow, such as a freeze. So an
//! instance's state depends on its orders, and not on who receives events.
//!
//! ```text
//! table ─stream─▶ Learner ─▶ order query
//!   ▲               │ learnt, or when it is asked again
//!   └───────────────┘◀── queue of delayed wake-ups; sweep: what lost its wake-up, every five minutes
//! ```
//!
//! [`Learner`] is the work itself and knows no queue: the local host runs the same. Only real calls make events; debug calls make
//! none.

mod lambda;
mod learner;
mod record;

pub use lambda::lambda;
pub use learner::{Asked, Journal, Learner, Learnt};
pub use record::swept_line;
