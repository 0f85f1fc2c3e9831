//! `koogallery`: the seller's side of KooGallery on one machine.

use std::process::ExitCode;

use clap::Parser;
use koogallery_local::cli::Arguments;

#[tokio::main]
async fn main() -> ExitCode {
    Arguments::parse().run().await
}
