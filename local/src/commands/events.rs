//! `koogallery events`: which events the seller's application does not have.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use koogallery_store::SubjectKey;
use uuid::Uuid;

use super::Done;
use super::store::store_at;
use crate::events;

/// Show which events the seller's application does not have, or have them sent once more.
#[derive(Debug, Args)]
pub(crate) struct Events {
    #[command(subcommand)]
    what: What,
    /// The DynamoDB that holds the table: a local one, or AWS itself with credentials in the environment.
    #[arg(long, env = "DYNAMODB_ENDPOINT", value_name = "URL", global = true)]
    dynamodb_endpoint: Option<String>,
    /// The table.
    #[arg(long, env = "KOOGALLERY_TABLE", default_value = "koogallery", value_name = "NAME", global = true)]
    table: String,
}

/// Whether to show or to send.
#[derive(Debug, Subcommand)]
pub(crate) enum What {
    /// List what is still to be delivered; with a subject, all that happened to it.
    List {
        /// Such as INSTANCE#b-1 or ORDER#CS1.
        #[arg(value_name = "SUBJECT")]
        of: Option<String>,
    },
    /// Send events once more, whatever became of them. The deployment itself sends them.
    Resend {
        /// Every event that failed so far.
        #[arg(long, conflicts_with_all = ["ids", "of"])]
        all_failed: bool,
        /// Whom the events are about; needed for those that were delivered.
        #[arg(long, value_name = "SUBJECT")]
        of: Option<String>,
        /// The events.
        #[arg(value_name = "ID", required_unless_present = "all_failed")]
        ids: Vec<Uuid>,
    },
}

impl Events {
    /// Lists or resends.
    #[allow(clippy::print_stdout)]
    pub(crate) async fn run(self) -> Done {
        let Self { what, dynamodb_endpoint, table } = self;
        let store = store_at(dynamodb_endpoint, table)?;
        let listed = match what {
            What::List { of } => events::list(&store, of.map(SubjectKey::from).as_ref()).await?,
            What::Resend { all_failed: true, .. } => events::resend_failed(&store).await?,
            What::Resend { of, ids, .. } => events::resend(&store, &ids, of.map(SubjectKey::from).as_ref()).await?,
        };
        println!("{listed}");
        Ok(ExitCode::SUCCESS)
    }
}
