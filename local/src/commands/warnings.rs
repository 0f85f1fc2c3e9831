//! `koogallery warnings`: what somebody has to look at before a deadline passes.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use koogallery_runtime::Environment;
use koogallery_store::WarningId;

use super::{Done, Person, body, or_unknown};
use crate::api::ApiArguments;
use crate::day::time;
use crate::orders;

const EXAMPLES: &str = "\
Examples:
  koogallery warnings list --due-before 2026-12-01
  koogallery warnings acknowledge 0f1e2d3c4b5a69788796a5b4c3d2e1f0 --reason \"the buyer asked for a delay\"
  koogallery warnings snooze 0f1e2d3c4b5a69788796a5b4c3d2e1f0 --until 2026-12-01 --reason \"the engineer is there on Tuesday\"

A day such as 2026-12-01 begins at midnight in Beijing.";

/// List the warnings that stand, acknowledge one, or snooze it. docs/orders.md has their causes.
///
/// It asks the seller API.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Warnings {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    api: ApiArguments,
}

/// What to do with warnings.
#[derive(Debug, Subcommand)]
pub(crate) enum What {
    /// List the warnings that stand.
    List {
        /// Only those for which it is too late before that time.
        #[arg(long, value_name = "TIME")]
        due_before: Option<String>,
        /// Print them as the seller API shows them, one JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// End a warning: it is known, and not raised once more for the same cause.
    Acknowledge {
        /// The warning's id.
        #[arg(value_name = "ID")]
        id: WarningId,
        /// Why, without personal data.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        person: Person,
    },
    /// Have a warning raised once more at a time, unless its cause is gone.
    Snooze {
        /// The warning's id.
        #[arg(value_name = "ID")]
        id: WarningId,
        /// When.
        #[arg(long, value_name = "TIME")]
        until: String,
        /// Why, without personal data.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        person: Person,
    },
}

impl Warnings {
    /// Lists, acknowledges or snoozes.
    #[allow(clippy::print_stdout)]
    pub(crate) async fn run(self) -> Done {
        let Self { what, api } = self;
        let api = api.api(&Environment::of_process())?;
        match what {
            What::List { due_before, json } => {
                let due = due_before.as_deref().map(time);
                let query: Vec<_> = due.as_deref().map(|due| ("dueBefore", due)).into_iter().collect();
                let warnings = api.pages(&["warnings"], &query, "warnings").await?;
                if json {
                    for warning in &warnings {
                        println!("{warning}");
                    }
                } else {
                    println!("{}", orders::Warnings(warnings));
                }
                Ok(ExitCode::SUCCESS)
            }
            What::Acknowledge { id, reason, person } => {
                let body = body([("reason", Some(reason)), ("by", person.name())]);
                or_unknown(api.post(&["warnings", id.as_str(), "acknowledge"], Some(&body)).await, |_| {
                    println!("it has ended");
                    Ok(ExitCode::SUCCESS)
                })
            }
            What::Snooze { id, until, reason, person } => {
                let body = body([("until", Some(time(&until))), ("reason", Some(reason)), ("by", person.name())]);
                or_unknown(api.post(&["warnings", id.as_str(), "snooze"], Some(&body)).await, |warning| {
                    println!("it is snoozed until {}", warning["snoozedUntil"].as_str().unwrap_or_default());
                    Ok(ExitCode::SUCCESS)
                })
            }
        }
    }
}
