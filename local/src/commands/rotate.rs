//! `koogallery rotate`: another data key seals from now on.

use std::process::ExitCode;

use clap::Args;
use koogallery_runtime::{Environment, Vault};

use super::Done;
use super::store::store_at;

/// Seal with a new data key from now on.
///
/// Functions that run hear of it within ten minutes. What was sealed before opens still: older keys stay in the table,
/// wrapped. KOOGALLERY_KMS_KEY_ARN or KOOGALLERY_LOCAL_KEY says what wraps the key, as for the deployment.
#[derive(Debug, Args)]
pub(crate) struct Rotate {
    /// The DynamoDB that holds the table: a local one, or AWS itself with credentials in the environment.
    #[arg(long, env = "DYNAMODB_ENDPOINT", value_name = "URL")]
    dynamodb_endpoint: Option<String>,
    /// The table.
    #[arg(long, env = "KOOGALLERY_TABLE", default_value = "koogallery", value_name = "NAME")]
    table: String,
}

impl Rotate {
    /// Rotates, and says the new key's name.
    #[allow(clippy::print_stdout)]
    pub(crate) async fn run(self) -> Done {
        let Self { dynamodb_endpoint, table } = self;
        let vault = Vault::of(&Environment::of_process())?;
        let id = vault.rotate(&store_at(dynamodb_endpoint, table)?).await?;
        println!("the data key {id} seals from now on");
        Ok(ExitCode::SUCCESS)
    }
}
