//! `koogallery trace`: one timeline of all that is known of an id.

use std::process::ExitCode;

use clap::Args;
use koogallery_runtime::Environment;

use super::{Done, or_unknown};
use crate::api::ApiArguments;
use crate::timeline::Timeline;

/// Show all that is known of an id: calls and their answers, events, and every try to deliver these.
///
/// It asks the seller API. Ends with 1 if nothing is known.
#[derive(Debug, Args)]
pub(crate) struct Trace {
    /// The id of an order (also of a renewal, an upgrade or a refund), an instance, a license code, a tenant, or an event.
    #[arg(value_name = "ID")]
    anything: String,
    /// Print the answer of the seller API, as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    api: ApiArguments,
}

impl Trace {
    /// Asks and shows the timeline.
    #[allow(clippy::print_stdout)]
    pub(crate) async fn run(self) -> Done {
        let Self { anything, json, api } = self;
        let api = api.api(&Environment::of_process())?;
        or_unknown(api.get(&["trace", &anything], &[]).await, |answer| {
            if json {
                println!("{answer:#}");
            } else {
                print!("{}", Timeline(&answer));
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}
