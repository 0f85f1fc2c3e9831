//! `koogallery events`: lists events and their delivery, delivers them once more, and gives parked ones up.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use koogallery_runtime::now;
use koogallery_store::{Discarded, Subject};
use uuid::Uuid;

use super::Done;
use super::store::store_at;
use crate::events;

/// List which events your application does not have, have events delivered once more, or give parked ones up.
#[derive(Debug, Args)]
pub(crate) struct Events {
    #[command(subcommand)]
    what: What,
    /// The DynamoDB with the table: a local one, or AWS itself with credentials in the environment.
    #[arg(long, env = "DYNAMODB_ENDPOINT", value_name = "URL", global = true)]
    dynamodb_endpoint: Option<String>,
    /// The table's name.
    #[arg(long, env = "KOOGALLERY_TABLE", default_value = "koogallery", value_name = "NAME", global = true)]
    table: String,
}

/// What to do with events.
#[derive(Debug, Subcommand)]
pub(crate) enum What {
    /// List undelivered events; with a subject, all its events.
    List {
        /// What the events are about, such as INSTANCE#b-1 or ORDER#CS1.
        #[arg(value_name = "SUBJECT")]
        of: Option<Subject>,
    },
    /// Deliver events once more, whatever their delivery state. The deployment sends them, not this command.
    Resend {
        /// All events of which a try failed.
        #[arg(long, conflicts_with_all = ["ids", "of"])]
        all_failed: bool,
        /// What the events are about. Needed for events that were delivered.
        #[arg(long, value_name = "SUBJECT")]
        of: Option<Subject>,
        /// The ids of the events.
        #[arg(value_name = "ID", required_unless_present = "all_failed")]
        ids: Vec<Uuid>,
    },
    /// Give parked events up: they are counted no more, and the history keeps who and why.
    Discard {
        /// What the events are about.
        #[arg(long, value_name = "SUBJECT")]
        of: Option<Subject>,
        /// Why nobody needs them any more, without personal data.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Who gives them up.
        #[arg(long, env = "USER", default_value = "koogallery events", value_name = "NAME")]
        by: String,
        /// The ids of the events.
        #[arg(value_name = "ID", required = true)]
        ids: Vec<Uuid>,
    },
}

impl Events {
    /// Lists, resends or gives up.
    #[allow(clippy::print_stdout)]
    pub(crate) async fn run(self) -> Done {
        let Self { what, dynamodb_endpoint, table } = self;
        let store = store_at(dynamodb_endpoint, table)?;
        let listed = match what {
            What::List { of } => events::list(&store, of.as_ref()).await?,
            What::Resend { all_failed: true, .. } => events::resend_failed(&store).await?,
            What::Resend { of, ids, .. } => events::resend(&store, &ids, of.as_ref()).await?,
            What::Discard { of, reason, by, ids } => {
                let discarded = Discarded::new(now(), &by, &reason);
                events::discard(&store, &ids, of.as_ref(), &discarded).await?
            }
        };
        println!("{listed}");
        Ok(ExitCode::SUCCESS)
    }
}
