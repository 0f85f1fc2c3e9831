//! Takes customers over who were there before: reads the seller's own records from a file, and sends its rows to the seller API.
//!
//! The file is read as a whole before anything is sent, so that a row that no row can be is told at once. Sending is idempotent: what is
//! there already stays as it is. So a command that broke off is given once more.

mod outcome;
mod rows;
mod send;
mod template;

pub use outcome::{Counts, Outcome, Refused};
pub use rows::{Format, ReadError, Row, RowKind, read};
pub use send::{SendError, send};
pub use template::template;
