//! Each kind of finding, and beside it the case that looks alike and is none.
#![allow(clippy::unwrap_used)]

mod amounts;
mod case;
mod due;
mod instances;
mod repeats;
#[path = "../support/mod.rs"]
mod support;
mod told;
