//! Tells the binary what it was built from.
//!
//! The corpus is part of it: a new file there is a reason to build again. Its version names the commit, where there is one.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../tests/corpus");
    let package = env!("CARGO_PKG_VERSION");
    let version = commit().map_or_else(|| package.to_owned(), |commit| format!("{package} ({commit})"));
    println!("cargo::rustc-env=VERSION_AND_COMMIT={version}");
}

/// The commit that is checked out; none in a package, or without git. This runs again when another one is.
fn commit() -> Option<String> {
    let commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    // HEAD may name a branch and stay the same; its log has a line for each commit.
    for name in ["HEAD", "logs/HEAD"] {
        if let Some(file) = git(&["rev-parse", "--git-path", name]).filter(|file| Path::new(file).exists()) {
            println!("cargo::rerun-if-changed={file}");
        }
    }
    Some(commit)
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}
