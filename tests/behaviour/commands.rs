//! `koogallery` as a person runs it: a process of its own that asks the seller API of a host.

#![allow(clippy::unwrap_used)]

use std::process::{Output, Stdio};

use koogallery_tests::Seller;
use koogallery_tests::api::TOKEN;
use tokio::io::AsyncWriteExt;

use crate::simulate::koogallery;

/// How a command ended, and what it printed.
pub(crate) struct Ran {
    /// The exit code.
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) errors: String,
}

/// Runs `koogallery` with these arguments; `input` is its standard input, which is no terminal.
pub(crate) async fn run(seller: &Seller, arguments: &[&str], input: &str) -> Ran {
    let api = seller.host.seller_api();
    let mut command =
        koogallery(&[("KOOGALLERY_API_URL", &api), ("KOOGALLERY_API_TOKEN", TOKEN), ("USER", "somebody")]);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    // Who needs no input may have ended before it comes.
    drop(process.stdin.take().unwrap().write_all(input.as_bytes()).await);
    let Output { status, stdout, stderr } = process.wait_with_output().await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: status.code().unwrap(), out: text(stdout), errors: text(stderr) }
}

/// The same, which has to succeed; what it printed.
pub(crate) async fn told(seller: &Seller, arguments: &[&str]) -> String {
    let ran = run(seller, arguments, "").await;
    assert_eq!(ran.code, 0, "{arguments:?}: {}{}", ran.out, ran.errors);
    ran.out
}

/// The same, which has to say that there is something wrong, by this exit code; what it says.
pub(crate) async fn refused(seller: &Seller, arguments: &[&str], code: i32) -> String {
    let ran = run(seller, arguments, "").await;
    assert_eq!(ran.code, code, "{arguments:?}: {}{}", ran.out, ran.errors);
    ran.errors
}
