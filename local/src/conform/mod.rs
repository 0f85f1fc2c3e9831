//! `koogallery conform`: holds an endpoint, this one or any other, to the corpus of `tests/corpus/`.
//!
//! A case is data: a call as the marketplace sends it, what is wrong with it if anything, and which reply follows from
//! KooGallery's guides. Calls are signed as they are sent, so that a case never goes stale, and carry ids of their own,
//! so that the corpus can be run against a live endpoint again and again.

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
