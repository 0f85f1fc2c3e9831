//! Every seed of the fuzz target, through the very function that the target runs, on any toolchain.

// Panicking is how a target complains, and what is printed is shown when it does.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, clippy::print_stdout)]

#[path = "../../../fuzz/src/event.rs"]
pub mod target;

use std::path::Path;

#[test]
fn http_event() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/http_event");
    let mut seeds = 0;
    for seed in std::fs::read_dir(corpus).unwrap() {
        let seed = seed.unwrap().path();
        println!("{}", seed.display());
        target::http_event(&std::fs::read(seed).unwrap());
        seeds += 1;
    }
    assert!(seeds > 0, "the target has no seeds");
}
