//! `koogallery check-store`: whether a DynamoDB endpoint does what the store needs.

use std::process::ExitCode;

use clap::Args;
use koogallery_runtime::{Environment, dynamodb_client, dynamodb_client_over};

use super::Done;
use super::store::whole_endpoint;
use crate::check_store::{Finding, check};
use crate::database::{EmbeddedDatabase, IN_PROCESS};

/// Check whether a DynamoDB does what the store needs: transactions, conditions, indexes, sizes.
///
/// It makes a table of its own, which it removes at the end; other tables are not touched. Ends with 1 where something is
/// missing. docs/stores.md tells what is known of each product.
#[derive(Debug, Args)]
pub(crate) struct CheckStore {
    /// The endpoint, with credentials in the environment as for AWS tools [default: the embedded DynamoDB].
    #[arg(long, env = "DYNAMODB_ENDPOINT", value_name = "URL")]
    dynamodb_endpoint: Option<String>,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

impl CheckStore {
    /// Checks, and shows each finding as it is made.
    #[allow(clippy::print_stdout)]
    pub(crate) async fn run(self) -> Done {
        let Self { dynamodb_endpoint, json } = self;
        let environment = Environment::of_process();
        let dynamodb_endpoint = dynamodb_endpoint.map(whole_endpoint).transpose()?;
        let (database, client) = if let Some(endpoint) = &dynamodb_endpoint {
            (None, dynamodb_client(&environment.with("DYNAMODB_ENDPOINT", endpoint))?)
        } else {
            let database = EmbeddedDatabase::start(None)?;
            let client = dynamodb_client_over(database.http_client(), IN_PROCESS, &environment)?;
            (Some(database), client)
        };
        if !json {
            println!("checking {}", dynamodb_endpoint.as_deref().unwrap_or("the embedded DynamoDB"));
        }
        let show = |finding: &Finding| {
            if !json {
                println!("{finding}");
            }
        };
        let report = check(&client, show).await?;
        if json {
            println!("{}", serde_json::to_string_pretty(&report)?);
        } else {
            println!("{report}");
        }
        if let Some(database) = database {
            database.stop().await;
        }
        Ok(if report.suits() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
