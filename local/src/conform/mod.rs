//! `koogallery conform`: checks an endpoint, this one or any other, against the corpus in `tests/corpus/`.
//!
//! A case is data: a call as the marketplace sends it, what is wrong with it if anything, and the reply that KooGallery's guides
//! demand. Calls are signed when they are sent, so a case never gets too old. They have ids of their own, so the corpus can run
//! against a live endpoint again and again.

mod check;
mod console;
mod corpus;
mod embedded;
mod fill;
mod outcome;
mod play;
mod report;
mod sign;

pub use corpus::{Corpus, CorpusError, Profile};
pub use outcome::{Outcome, Verdict};
pub use play::Conform;
pub use report::Report;
