//! learn-order: for each event that names an order, KooGallery's order query is asked what the order bought. The answer is
//! kept, sealed, for the event; what of it is nobody's personal data is told to the instance, with the events that follow,
//! such as a freeze. So what an instance is depends on its orders, and on nobody who listens.
//!
//! ```text
//! table ─stream─▶ Learner ─▶ order query
//!   ▲               │ learnt, or when it is asked again
//!   └───────────────┘◀── queue of delayed wake-ups; sweep: what nothing drives, every five minutes
//! ```
//!
//! [`Learner`] is the meaning and knows no queue: the local host runs the same. Events of real calls only come this way;
//! debug calls make none.

mod lambda;
mod learner;
mod record;

pub use lambda::lambda;
pub use learner::{Asked, Journal, Learner, Learnt};
