//! Use as the commands ask the seller API for it: hours for a person and as CSV, and their comparison with KooGallery's lists.

mod hours;
mod lines;
mod reconcile;

pub(crate) use hours::plain;

pub use hours::{Hour, HourName, Listed, Wanted, list, park, resend, resend_parked, write_csv};
pub use lines::{Line, ReconcileError, sheet};
pub use reconcile::{Outcome, Reconciled, reconcile};
