//! `koogallery events`: lists events and their delivery, delivers them once more, and gives parked ones up.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use koogallery_runtime::Environment;
use koogallery_store::Subject;
use uuid::Uuid;

use super::{Done, or_unknown};
use crate::api::ApiArguments;
use crate::events;

/// List which events your application does not have, have events delivered once more, or give parked ones up.
///
/// It asks the seller API.
#[derive(Debug, Args)]
pub(crate) struct Events {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    api: ApiArguments,
}

/// What to do with events.
#[derive(Debug, Subcommand)]
pub(crate) enum What {
    /// List undelivered events; with a subject, all its events. Ends with 1 if nothing is known of the subject.
    List {
        /// What the events are about, such as INSTANCE#b-1, ORDER#CS1, LICENSE#CODE or TENANT#t-1.
        #[arg(value_name = "SUBJECT")]
        of: Option<Subject>,
        /// Print the events as the seller API shows them, one JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Deliver events once more, whatever their delivery state. The deployment sends them, not this command.
    Resend {
        /// All events of which a try failed.
        #[arg(long, conflicts_with = "ids")]
        all_failed: bool,
        /// The ids of the events.
        #[arg(value_name = "ID", value_parser = event_id)]
        ids: Vec<Uuid>,
    },
    /// Give parked events up: they are counted no more. The history keeps the name of the token, and why.
    Discard {
        /// Why nobody needs them any more, without personal data.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// The ids of the events.
        #[arg(value_name = "ID", value_parser = event_id)]
        ids: Vec<Uuid>,
    },
}

impl What {
    /// What the command needs and has not.
    fn lacks(&self) -> Option<&'static str> {
        match self {
            Self::Resend { all_failed: false, ids } if ids.is_empty() => Some(
                "nothing says which events: give their ids, which `koogallery events list` shows, or --all-failed for all of which \
                 a try failed",
            ),
            Self::Discard { ids, .. } if ids.is_empty() => {
                Some("nothing says which events: give their ids, which `koogallery events list` shows")
            }
            _ => None,
        }
    }
}

/// The id of an event.
fn event_id(given: &str) -> Result<Uuid, String> {
    given.parse().map_err(|_| {
        "an event's id is like 01900000-0000-7000-8000-000000000000; `koogallery events list` shows it".to_owned()
    })
}

impl Events {
    /// Lists, resends or gives up.
    #[allow(clippy::print_stdout, clippy::print_stderr)]
    pub(crate) async fn run(self) -> Done {
        let Self { what, api } = self;
        if let Some(missing) = what.lacks() {
            return Err(missing.into());
        }
        let api = api.api(&Environment::of_process())?;
        match what {
            What::List { of, json } => or_unknown(events::list(&api, of.as_ref()).await, |listed| {
                if let Some(of) = of.filter(|_| listed.events().is_empty()) {
                    eprintln!("koogallery: nothing is known of {of}");
                    return Ok(ExitCode::FAILURE);
                }
                if json {
                    listed.events().iter().for_each(|event| println!("{event}"));
                } else {
                    println!("{listed}");
                }
                Ok(ExitCode::SUCCESS)
            }),
            What::Resend { all_failed, ids } => {
                let resent =
                    if all_failed { events::resend_failed(&api).await } else { events::resend(&api, &ids).await };
                or_unknown(resent, |resent| {
                    println!("{resent} events are delivered once more");
                    Ok(ExitCode::SUCCESS)
                })
            }
            What::Discard { reason, ids } => or_unknown(events::discard(&api, &ids, &reason).await, |discarded| {
                println!("{discarded} events are given up");
                Ok(ExitCode::SUCCESS)
            }),
        }
    }
}
