//! The corpus is part of the binary: a file that is new in it is a reason to build again.

fn main() {
    println!("cargo::rerun-if-changed=../tests/corpus");
}
