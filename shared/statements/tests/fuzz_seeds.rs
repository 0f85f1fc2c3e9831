//! Every seed of the fuzz targets that read statements, through the very function that the target runs, on any toolchain.

// Panicking is how a target complains, and what is printed is shown when it does.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)]

#[path = "../../../fuzz/src/statements.rs"]
mod targets;

use std::path::Path;

fn replay(target: &str, run: fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut seeds = 0;
    for seed in std::fs::read_dir(corpus).unwrap() {
        let seed = seed.unwrap().path();
        println!("{}", seed.display());
        run(&std::fs::read(seed).unwrap());
        seeds += 1;
    }
    assert!(seeds > 0, "{target} has no seeds");
}

#[test]
fn statement_file() {
    replay("statement_file", targets::statement_file);
}

#[test]
fn statement_sheet() {
    replay("statement_sheet", targets::statement_sheet);
}
