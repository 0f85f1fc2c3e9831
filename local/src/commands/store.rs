//! Opens the table that a command works on.

use koogallery_runtime::{Environment, dynamodb_client};
use koogallery_store::Store;

use super::Failure;

/// Opens the table with this name, at the given DynamoDB or the one that the environment names.
pub(super) fn store_at(dynamodb_endpoint: Option<String>, table: String) -> Result<Store, Failure> {
    let mut environment = Environment::of_process();
    if let Some(endpoint) = dynamodb_endpoint {
        environment = environment.with("DYNAMODB_ENDPOINT", endpoint);
    }
    Ok(Store::new(dynamodb_client(&environment)?, table))
}
