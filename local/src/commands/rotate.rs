//! `koogallery rotate`: makes a new data key, which seals from now on.

use std::process::ExitCode;

use clap::Args;
use koogallery_runtime::{Environment, Vault};

use super::Done;
use super::store::store_at;

/// Seal with a new data key from now on.
///
/// Running functions use it within ten minutes. Older keys stay in the table, wrapped, and still open what they sealed.
/// `KOOGALLERY_KMS_KEY_ARN` or `KOOGALLERY_LOCAL_KEY` says what wraps the key, as for the deployment.
#[derive(Debug, Args)]
pub(crate) struct Rotate {
    /// The DynamoDB with the table: a local one, or AWS itself with credentials in the environment.
    #[arg(long, env = "DYNAMODB_ENDPOINT", value_name = "URL")]
    dynamodb_endpoint: Option<String>,
    /// The table's name.
    #[arg(long, env = "KOOGALLERY_TABLE", default_value = "koogallery", value_name = "NAME")]
    table: String,
}

impl Rotate {
    /// Rotates, and prints the new key's id.
    #[allow(clippy::print_stdout)]
    pub(crate) async fn run(self) -> Done {
        let Self { dynamodb_endpoint, table } = self;
        let vault = Vault::of(&Environment::of_process())?;
        let id = vault.rotate(&store_at(dynamodb_endpoint, table)?).await?;
        println!("the data key {id} seals from now on");
        Ok(ExitCode::SUCCESS)
    }
}
