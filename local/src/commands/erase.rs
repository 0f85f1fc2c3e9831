//! `koogallery erase`: erases personal data at once.

use std::process::ExitCode;

use clap::Args;
use koogallery::{InstanceId, LicenseCode};
use koogallery_runtime::Environment;

use super::{Done, or_unknown};
use crate::api::ApiArguments;

/// Erase at once the personal data of a released instance or license code.
///
/// It asks the seller API. A schedule does the same `KOOGALLERY_PERSONAL_DATA_DAYS` days after the release. Status, orders and
/// periods stay.
#[derive(Debug, Args)]
pub(crate) struct Erase {
    /// The instance's id.
    #[arg(value_name = "INSTANCE_ID", required_unless_present = "license")]
    instance: Option<InstanceId>,
    /// A license code instead of an instance.
    #[arg(long, value_name = "CODE", conflicts_with = "instance")]
    license: Option<LicenseCode>,
    #[command(flatten)]
    api: ApiArguments,
}

impl Erase {
    /// Erases, and says what was erased.
    #[allow(clippy::print_stdout)]
    pub(crate) async fn run(self) -> Done {
        let Self { instance, license, api } = self;
        let (list, id) = match (&instance, &license) {
            (Some(id), _) => ("instances", id.as_str()),
            (None, Some(code)) => ("licenses", code.reveal()),
            (None, None) => return Err("name an instance or a license code".into()),
        };
        let api = api.api(&Environment::of_process())?;
        or_unknown(api.post(&[list, id, "erase"], None).await, |erased| {
            if erased["erasedBefore"] == true {
                println!("it was erased before");
            } else {
                println!("erased: {} items deleted; {} events stay, without names", erased["items"], erased["events"]);
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}
