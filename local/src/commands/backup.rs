//! `koogallery backup`: copies the embedded DynamoDB's file while a host works on it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::Done;
use crate::database::back_up;

/// Copy the file of `serve --data`, also while `serve` runs. docs/backup.md tells how to restore it.
///
/// The copy is what the table was at one moment. It is read once more as a whole before the command succeeds. It contains
/// personal data, sealed with the key that the host has: keep that key elsewhere.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The copy. It must not exist yet.
    #[arg(value_name = "COPY")]
    to: PathBuf,
    /// The file that `serve --data` works on.
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
}

impl Backup {
    /// Copies, and checks the copy.
    #[allow(clippy::print_stdout)]
    pub(crate) async fn run(self) -> Done {
        let Self { to, data } = self;
        let copy = to.clone();
        tokio::task::spawn_blocking(move || back_up(&data, &copy)).await??;
        println!("{} has {} bytes", to.display(), std::fs::metadata(&to)?.len());
        Ok(ExitCode::SUCCESS)
    }
}
