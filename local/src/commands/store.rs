//! Opens the table that a command works on.

use koogallery_runtime::{Environment, dynamodb_client};
use koogallery_store::Store;

use super::Failure;

/// A DynamoDB's whole address, with its scheme: without one the AWS SDK only says that there is no connection.
pub(super) fn whole_endpoint(given: String) -> Result<String, Failure> {
    if given.contains("://") {
        return Ok(given);
    }
    let here = format!("http://{}", given.trim_start_matches('/'));
    Err(format!(
        "--dynamodb-endpoint (or DYNAMODB_ENDPOINT) {given} has no scheme: write {here}, or https:// before it where it speaks TLS"
    )
    .into())
}

/// Opens the table with this name, at the given DynamoDB or the one that the environment names.
pub(super) fn store_at(dynamodb_endpoint: Option<String>, table: String) -> Result<Store, Failure> {
    let mut environment = Environment::of_process();
    if let Some(endpoint) = dynamodb_endpoint {
        environment = environment.with("DYNAMODB_ENDPOINT", whole_endpoint(endpoint)?);
    }
    Ok(Store::new(dynamodb_client(&environment)?, table))
}
