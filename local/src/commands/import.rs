//! `koogallery import`: customers who were there before.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use koogallery_runtime::Environment;

use super::progress::Progress;
use super::{Done, Failure};
use crate::api::ApiArguments;
use crate::import::{self, Format, Outcome};

const EXAMPLES: &str = "\
Examples:
  koogallery import --template csv > customers.csv
  koogallery import customers.csv --dry-run
  koogallery import customers.csv

docs/moving-in.md has the columns, and the way from the old code to this deployment.";

/// The most refused rows that are shown; the file has all of them.
const SHOWN: usize = 20;

/// Take over customers who were there before: instances, license codes, tenants and later orders, from the seller's own records.
///
/// Their ids are those that KooGallery knows. From then on renewals, freezes and releases of them are answered. No event is sent. What is
/// there already stays as it is, so give the command as often as you like. It asks the seller API. Ends with 1 if a row is refused.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Import {
    /// The file: .csv in UTF-8, or .jsonl.
    #[arg(value_name = "FILE", required_unless_present = "template")]
    file: Option<PathBuf>,
    /// Write nothing: say what an import would do.
    #[arg(long)]
    dry_run: bool,
    /// How the file is written [default: by its name].
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// Where the rows that are refused are written, as CSV [default: FILE.refused.csv].
    #[arg(long, value_name = "FILE")]
    refused: Option<PathBuf>,
    /// Print a file to begin with, with a row of each kind.
    #[arg(long, value_name = "FORMAT", conflicts_with_all = ["file", "dry_run", "format", "refused"])]
    template: Option<Format>,
    #[command(flatten)]
    api: ApiArguments,
}

impl Import {
    /// Imports a file.
    #[allow(clippy::print_stdout)]
    pub(crate) async fn run(self) -> Done {
        if let Some(format) = self.template {
            print!("{}", import::template(format));
            return Ok(ExitCode::SUCCESS);
        }
        let file = self.file.ok_or("give a file")?;
        let unclear = || format!("{}: its name does not say how it is written: give --format", file.display());
        let format = self.format.or_else(|| Format::of(&file)).ok_or_else(unclear)?;
        let wrong = |error: import::ReadError| format!("{}: {error}", file.display());
        let opened = File::open(&file).map_err(|error| wrong(error.into()))?;
        let rows = import::read(opened, format).map_err(wrong)?;
        let api = self.api.api(&Environment::of_process())?;
        let progress = Progress::new(false);
        let sent = import::send(&api, &rows, self.dry_run, |answered| {
            progress.show(&["importing", &format!("{answered} of {} rows", rows.len())]);
        });
        let outcome = sent.await;
        progress.clear();
        let outcome = outcome?;
        print!("{outcome}");
        if self.dry_run {
            println!("nothing was written: it was a dry run");
        }
        if outcome.refused.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        let target = self.refused.unwrap_or_else(|| beside(&file));
        show_refused(&outcome, &target)?;
        Ok(ExitCode::FAILURE)
    }
}

fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".refused.csv");
    name.into()
}

#[allow(clippy::print_stdout)]
fn show_refused(outcome: &Outcome, target: &Path) -> Result<(), Failure> {
    for refused in outcome.refused.iter().take(SHOWN) {
        println!("line {}: {} {}: {}", refused.line, refused.kind, refused.name, refused.detail);
    }
    let further = outcome.refused.len().saturating_sub(SHOWN);
    if further > 0 {
        println!("and {further} more");
    }
    let unwritable = |error: &dyn std::fmt::Display| format!("{} cannot be written: {error}", target.display());
    let created = File::create(target).map_err(|error| unwritable(&error))?;
    outcome.write_refused(created).map_err(|error| unwritable(&error))?;
    println!("all refused rows, with the reason: {}", target.display());
    Ok(())
}
