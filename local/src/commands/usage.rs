//! `koogallery usage`: the hours of use and their way to KooGallery, the comparison with its lists, and what queryInstance tells.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use koogallery::InstanceId;
use koogallery_runtime::{Environment, now};
use serde_json::{Number, Value, json};

use super::{Done, Failure, or_unknown};
use crate::api::ApiArguments;
use crate::usage::{self, HourName, Listed, Wanted};

/// List, park, resend and export hours of use, compare them with KooGallery's lists, and show or set what queryInstance tells.
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
    /// List hours of use, and where each is on its way to KooGallery.
    List {
        /// The instance's id [default: all; with a state other than unpushed and parked, each instance is asked about].
        #[arg(value_name = "INSTANCE_ID")]
        instance: Option<InstanceId>,
        #[command(flatten)]
        times: Times,
        /// Only hours in this state.
        #[arg(long, value_name = "STATE", value_parser = ["open", "unpushed", "done", "parked"])]
        state: Option<String>,
    },
    /// Say that KooGallery took an hour and does not count it, as Seller Console shows. Then it can be resent.
    Park {
        #[command(flatten)]
        hour: HourArguments,
        /// Why KooGallery does not count it.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Have a parked hour pushed once more, with the next run. It is never charged twice.
    Resend {
        #[command(flatten)]
        hour: ParkedArguments,
        /// Under another serial number: needed if KooGallery took it and did not count it.
        #[arg(long)]
        new_serial: bool,
    },
    /// Write hours as CSV to the standard output.
    Export {
        /// The instance's id [default: all].
        #[arg(value_name = "INSTANCE_ID")]
        instance: Option<InstanceId>,
        #[command(flatten)]
        times: Times,
    },
    /// Compare hours with the list that Seller Console exports under 话单管理 (SDR management), or with lines of a bill.
    ///
    /// The file is CSV or XLSX. Its columns are found by their titles, as those of statements are: instance (`instance_id`, Resource ID,
    /// 实例ID …), begin (`begin_time`, Start Time, 开始时间 …) or month (Billing Cycle, 账期 …), quantity (`usage_value`, Usage, 用量, 使用量
    /// …), and if they are there serial (`metering_sn`, 流水号 …), status (状态 …) and reason (失败原因 …). Times without a zone are those of
    /// Beijing. Ends with 1 if anything is not counted as it was pushed.
    Reconcile {
        /// The list; `-` is the standard input.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// A file with further titles and words, as JSON like `{"columns":{"instance":["…"]},"words":{"refused":["…"]}}`.
        #[arg(long, value_name = "FILE")]
        names: Option<PathBuf>,
        #[command(flatten)]
        times: Times,
    },
    /// Report usage records to KooGallery as they are, if you meter by the hour yourself. KooGallery bills by them.
    Report {
        /// A file with JSON like `{"usage_records":[…]}`; `-` is the standard input. docs/seller-api.md describes it.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// From when to when.
#[derive(Debug, Clone, Args)]
pub(crate) struct Times {
    /// Only hours that begin then or later, such as 2025-12-01T00:00:00Z.
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Only hours that begin then or before.
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
}

/// Which hour.
#[derive(Debug, Clone, Args)]
pub(crate) struct HourArguments {
    /// The instance's id.
    #[arg(value_name = "INSTANCE_ID")]
    instance: InstanceId,
    /// The beginning of the hour, as `usage list` shows it.
    #[arg(value_name = "BEGIN")]
    begin: String,
    /// The instance of the package, for use of one.
    #[arg(long, value_name = "INSTANCE_ID")]
    package: Option<InstanceId>,
    /// The part of the hour.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    part: u32,
}

/// Which parked hours.
#[derive(Debug, Clone, Args)]
pub(crate) struct ParkedArguments {
    /// All that are parked.
    #[arg(long, conflicts_with_all = ["instance", "begin", "package", "part"])]
    all_parked: bool,
    /// The instance's id.
    #[arg(value_name = "INSTANCE_ID", required_unless_present = "all_parked")]
    instance: Option<InstanceId>,
    /// The beginning of the hour, as `usage list` shows it.
    #[arg(value_name = "BEGIN", required_unless_present = "all_parked")]
    begin: Option<String>,
    /// The instance of the package, for use of one.
    #[arg(long, value_name = "INSTANCE_ID")]
    package: Option<InstanceId>,
    /// The part of the hour.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    part: u32,
}

impl From<HourArguments> for HourName {
    fn from(HourArguments { instance, begin, package, part }: HourArguments) -> Self {
        Self { instance, begin, package, part }
    }
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
            What::List { instance, times: Times { from, to }, state } => {
                let hours = usage::list(&api, &Wanted { instance, from, to, state }).await?;
                println!("{}", Listed(hours));
                Ok(ExitCode::SUCCESS)
            }
            What::Park { hour, reason } => or_unknown(usage::park(&api, &hour.into(), &reason).await, |()| {
                println!("it is parked: `koogallery usage resend --new-serial` has it pushed once more");
                Ok(ExitCode::SUCCESS)
            }),
            What::Resend { hour, new_serial } => {
                let ParkedArguments { instance, begin, package, part, .. } = hour;
                let resent = match (instance, begin) {
                    (Some(instance), Some(begin)) => {
                        let hour = HourName { instance, begin, package, part };
                        usage::resend(&api, &hour, new_serial).await.map(|()| 1)
                    }
                    _ => usage::resend_parked(&api, new_serial).await,
                };
                or_unknown(resent, |resent| {
                    match resent {
                        0 => println!("no hour is parked of which there is something to push"),
                        1 => println!("1 hour is pushed with the next run"),
                        _ => println!("{resent} hours are pushed with the next run"),
                    }
                    Ok(ExitCode::SUCCESS)
                })
            }
            What::Export { instance, times: Times { from, to } } => {
                let hours = usage::list(&api, &Wanted { instance, from, to, state: None }).await?;
                usage::write_csv(&hours, std::io::stdout().lock())?;
                Ok(ExitCode::SUCCESS)
            }
            What::Reconcile { file, names, times: Times { from, to } } => {
                let lines = usage::sheet(&bytes_of(&file)?, &super::statements::names(names.as_deref())?)
                    .map_err(|error| format!("{}: {error}", file.display()))?;
                let hours = usage::list(&api, &Wanted { from, to, ..Wanted::default() }).await?;
                let reconciled = usage::reconcile(&hours, &lines);
                print!("{reconciled}");
                Ok(if reconciled.is_whole() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
fn records(file: &Path) -> Result<Value, Failure> {
    serde_json::from_slice(&bytes_of(file)?).map_err(|error| format!("{} is not JSON: {error}", file.display()).into())
}

/// What is in a file or comes from the standard input.
fn bytes_of(file: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = if file.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(file)
    };
    bytes.map_err(|error| format!("{} cannot be read: {error}", file.display()).into())
}
