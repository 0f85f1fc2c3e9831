//! Every seed of the fuzz targets, through the very function that the target runs, on any toolchain.

// Panicking is how a target complains, and what is printed is shown when it does.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, clippy::print_stdout)]

#[path = "../../../fuzz/src/lib.rs"]
pub mod targets;

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
fn auth_token() {
    replay("auth_token", targets::auth_token);
}

#[test]
fn v1_cipher() {
    replay("v1_cipher", targets::v1_cipher);
}

#[test]
fn client_secret() {
    replay("client_secret", targets::client_secret);
}

#[test]
fn route_verify() {
    replay("route_verify", targets::route_verify);
}

#[test]
fn canonical() {
    replay("canonical", targets::canonical);
}

#[test]
fn v1_calls() {
    replay("v1_calls", targets::v1_calls);
}

#[test]
fn requests() {
    replay("requests", targets::requests);
}

#[test]
fn kit_lists() {
    replay("kit_lists", targets::kit_lists);
}
