//! `koogallery erase`: erases personal data at once.

use std::process::ExitCode;

use clap::Args;
use koogallery::{InstanceId, LicenseCode};
use koogallery_store::Gone;

use super::Done;
use super::store::store_at;
use crate::erasure::{erase_instance, erase_license};

/// Erase at once the personal data of a released instance or license code.
///
/// A schedule does the same `KOOGALLERY_PERSONAL_DATA_DAYS` days after the release. Status, orders and periods stay.
#[derive(Debug, Args)]
pub(crate) struct Erase {
    /// The instance's id.
    #[arg(value_name = "INSTANCE_ID", required_unless_present = "license")]
    instance: Option<InstanceId>,
    /// A license code instead of an instance.
    #[arg(long, value_name = "CODE", conflicts_with = "instance")]
    license: Option<LicenseCode>,
    /// The DynamoDB with the table: a local one, or AWS itself with credentials in the environment.
    #[arg(long, env = "DYNAMODB_ENDPOINT", value_name = "URL")]
    dynamodb_endpoint: Option<String>,
    /// The table's name.
    #[arg(long, env = "KOOGALLERY_TABLE", default_value = "koogallery", value_name = "NAME")]
    table: String,
}

impl Erase {
    /// Erases, and says what was erased.
    #[allow(clippy::print_stdout)]
    pub(crate) async fn run(self) -> Done {
        let Self { instance, license, dynamodb_endpoint, table } = self;
        let store = store_at(dynamodb_endpoint, table)?;
        let gone = match (&instance, &license) {
            (Some(id), _) => erase_instance(&store, id).await?,
            (None, Some(code)) => erase_license(&store, code).await?,
            (None, None) => return Err("name an instance or a license code".into()),
        };
        match gone {
            Some(Gone { items, events }) => {
                println!("erased: {items} items deleted; {events} events stay, without names");
            }
            None => println!("it was erased before"),
        }
        Ok(ExitCode::SUCCESS)
    }
}
