//! `koogallery usage`: shows and sets what an instance has used, and reports usage to KooGallery.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use koogallery::InstanceId;
use koogallery_runtime::{Environment, now};
use serde_json::{Number, Value, json};

use super::{Done, Failure, or_unknown};
use crate::api::ApiArguments;

/// Show or set what an instance has used so far, or report usage to KooGallery, which bills by it.
///
/// It asks the seller API.
#[derive(Debug, Args)]
pub(crate) struct Usage {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    api: ApiArguments,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum What {
    /// Show what queryInstance tells of an instance's use.
    Show {
        /// The instance's id.
        #[arg(value_name = "INSTANCE_ID")]
        instance: InstanceId,
    },
    /// Set what queryInstance tells of an instance's use. KooGallery does not bill by it.
    Set {
        /// The instance's id.
        #[arg(value_name = "INSTANCE_ID")]
        instance: InstanceId,
        /// The amount, with at most 4 decimals.
        #[arg(value_name = "AMOUNT")]
        amount: Number,
        /// When it was counted, such as 2025-12-01T00:00:00Z [default: now].
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
        /// The instance of the package that the use belongs to.
        #[arg(long, value_name = "INSTANCE_ID")]
        package: Option<InstanceId>,
        /// Where the buyer can see the use.
        #[arg(long, value_name = "URL")]
        dashboard: Option<String>,
    },
    /// Report usage records to KooGallery, which bills by them.
    Report {
        /// A file with JSON like `{"usage_records":[…]}`; `-` is the standard input. docs/seller-api.md describes it.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

impl Usage {
    /// Shows, sets or reports.
    #[allow(clippy::print_stdout)]
    pub(crate) async fn run(self) -> Done {
        let Self { what, api } = self;
        let api = api.api(&Environment::of_process())?;
        match what {
            What::Show { instance } => {
                or_unknown(api.get(&["instances", instance.as_str(), "usage-info"], &[]).await, |usage| {
                    println!("{usage:#}");
                    Ok(ExitCode::SUCCESS)
                })
            }
            What::Set { instance, amount, at, package, dashboard } => {
                let mut info =
                    json!({ "usageValue": amount, "statisticalTime": at.unwrap_or_else(|| now().to_rfc_3339()) });
                if let Some(package) = package {
                    info["relatedInstanceId"] = json!(package.as_str());
                }
                if let Some(dashboard) = dashboard {
                    info["dashboardUrl"] = json!(dashboard);
                }
                let body = json!({ "usageInfo": [info] });
                or_unknown(api.put(&["instances", instance.as_str(), "usage-info"], &body).await, |_| {
                    println!("queryInstance tells it from now on");
                    Ok(ExitCode::SUCCESS)
                })
            }
            What::Report { file } => {
                let accepted = api.post(&["usage"], Some(&records(&file)?)).await?;
                println!("KooGallery has {} records", accepted["accepted"]);
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

/// The JSON in a file or in the standard input.
fn records(file: &std::path::Path) -> Result<Value, Failure> {
    let text =
        if file.as_os_str() == "-" { std::io::read_to_string(std::io::stdin()) } else { std::fs::read_to_string(file) };
    let text = text.map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{} is not JSON: {error}", file.display()).into())
}
