//! Tells cargo what is built into the binary: a new file of the corpus is a reason to build again.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../tests/corpus");
}
