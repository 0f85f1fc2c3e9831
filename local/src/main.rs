//! `koogallery`: the seller's side of KooGallery on one machine.

use std::process::ExitCode;

use koogallery_local::cli::Arguments;

#[tokio::main]
async fn main() -> ExitCode {
    match Arguments::of_process() {
        Ok(arguments) => arguments.run().await,
        Err(ended) => ended,
    }
}
