//! Tells the code which commit it was built from.
//!
//! Only release builds know it: they run on AWS and at users. A debug build would be stale after each commit, and to build
//! everything anew for that would make development slow.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    if let Some(commit) = release.then(commit).flatten() {
        println!("cargo::rustc-env=COMMIT_OF_THE_BUILD={commit}");
    }
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
