//! The push of an hour. The process that pushes is a host; the table and KooGallery's open APIs stand in another process, so that time
//! and memory are the host's own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use koogallery::AccessKeys;
use koogallery_local::database::{EmbeddedDatabase, Listen};
use koogallery_local::host::{LocalHost, Options as HostOptions, TableAt};
use koogallery_local::keys::{
    LOCAL_ACCESS_KEY_ID, LOCAL_SECRET_ACCESS_KEY, LOCAL_TEST_KEYS, or_local_test_credentials,
};
use koogallery_local::log::Silent;
use koogallery_local::open_api::StandIn;
use koogallery_runtime::{Environment, Job};
use report_usage::Reporter;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::clock::later;
use super::records::{OF_A_CALL, OF_A_RECORD, Seller};
use super::{Measured, Options, tell};
use crate::Problem;
use crate::process::{Process, mebibytes};

/// The longest that the push of an hour may take here.
const LONGEST: Duration = Duration::from_mins(30);
/// Each instance has so many records in the hour.
const RECORDS_OF_ONE: usize = 4;

/// What stands in a process of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// The table and KooGallery's open APIs.
    Others,
    /// The host that pushes.
    Host,
}

/// The arguments of such a process. This program starts it itself.
#[derive(Debug, Args)]
pub(crate) struct Apart {
    what: What,
    /// Where the table is.
    #[arg(long, default_value = "")]
    table: String,
}

impl What {
    /// Starts it.
    async fn start(self, arguments: &[&str], variables: &[(&str, &str)]) -> Result<Process, Problem> {
        let name = self.to_possible_value().ok_or("it has a name")?;
        Process::start(&[&["push-apart", name.get_name()], arguments].concat(), variables).await
    }
}

/// What the other process says of itself.
#[derive(Debug, Serialize, Deserialize)]
struct Others {
    table: String,
    key: String,
    open_api: String,
}

/// What KooGallery charges.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Charged {
    instances: usize,
    ten_thousandths: i128,
    not_counted: usize,
}

/// How the push went.
#[derive(Debug, Serialize, Deserialize)]
struct Pushed {
    hours: usize,
    seconds: f64,
    peak_mebibytes: f64,
}

pub(super) async fn measure(options: &Options) -> Result<Measured, Problem> {
    let mut others = What::Others.start(&[], &[]).await?;
    let Others { table, key, open_api } = serde_json::from_str(&others.said)?;
    let credentials = [("AWS_ACCESS_KEY_ID", &*key), ("AWS_SECRET_ACCESS_KEY", "any")];
    let environment = credentials.iter().fold(Environment::default(), |all, (name, value)| all.with(name, *value));
    let seller = Seller::start(TableAt::Endpoint(table.clone()), environment).await?;
    tell(&format!("{} instances are bought, and use something", options.instances));
    let ids = seller.buy(options.instances).await?;
    // In whole calls: the first instances may have a record more.
    let calls = (ids.len() * RECORDS_OF_ONE).div_ceil(OF_A_CALL);
    seller.send("hour", &ids, calls, options.concurrency).await?;
    seller.stop().await;

    tell("the hour is pushed");
    let variables = [
        ("KOOGALLERY_TABLE", "koogallery"),
        ("KOOGALLERY_KEYS", LOCAL_TEST_KEYS),
        ("KOOGALLERY_OPEN_API_URL", &open_api),
        ("KOOGALLERY_ACCESS_KEY_ID", LOCAL_ACCESS_KEY_ID),
        ("KOOGALLERY_SECRET_ACCESS_KEY", LOCAL_SECRET_ACCESS_KEY),
    ];
    let host = What::Host.start(&["--table", &table], &[&variables[..], &credentials].concat()).await?;
    let Pushed { hours, seconds, peak_mebibytes } = serde_json::from_str(&host.said)?;
    let charged: Charged = serde_json::from_str(&others.ask().await?)?;
    let used = i128::try_from(calls * OF_A_CALL)? * OF_A_RECORD;
    let expected = Charged { instances: ids.len(), ten_thousandths: used, not_counted: 0 };
    if charged != expected {
        return Err(format!("KooGallery has {charged:?}, and {expected:?} was used").into());
    }
    let row = Measured::new("hours pushed, each of another instance", hours, seconds);
    Ok(Measured { peak_mebibytes: Some(peak_mebibytes), ..row })
}

/// Does what such a process does, until standard input ends.
#[allow(clippy::print_stdout)]
pub(crate) async fn serve(options: &Apart) -> Result<(), Problem> {
    match options.what {
        What::Host => {
            println!("{}", serde_json::to_string(&push(&options.table).await?)?);
            Ok(())
        }
        What::Others => stand().await,
    }
}

/// The table and KooGallery. Each line of the standard input is answered with what KooGallery charges.
#[allow(clippy::print_stdout)]
async fn stand() -> Result<(), Problem> {
    let listen = Listen::with_random_key(([127, 0, 0, 1], 0).into())?;
    let key = listen.access_key_id.reveal().to_owned();
    let mut database = EmbeddedDatabase::start(None)?;
    let table = database.listen(listen).await?;
    let credentials = or_local_test_credentials(&Environment::default())?;
    let open_api = StandIn::start(credentials, AccessKeys::from_json(LOCAL_TEST_KEYS)?, later).await?;
    let others = Others { table, key, open_api: open_api.endpoint().as_str().to_owned() };
    println!("{}", serde_json::to_string(&others)?);
    let mut asked = BufReader::new(tokio::io::stdin()).lines();
    while asked.next_line().await?.is_some() {
        let charged = open_api.charged();
        let charged = Charged {
            instances: charged.len(),
            ten_thousandths: charged.values().sum(),
            not_counted: open_api.uncounted_usage().len(),
        };
        println!("{}", serde_json::to_string(&charged)?);
    }
    Ok(())
}

/// Pushes all that is due, in a host over this table.
async fn push(table: &str) -> Result<Pushed, Problem> {
    let (environment, silent) = (Environment::of_process(), Arc::new(Silent));
    let (any, table) = (([127, 0, 0, 1], 0).into(), TableAt::Endpoint(table.to_owned()));
    let host =
        LocalHost::start(HostOptions::new(any, table, environment.clone(), silent.clone(), silent.clone())).await?;
    let job = Job::new(host.store().clone(), Arc::new(later), silent as _);
    let reporter = Reporter::signing_by(&environment, job, later)?;
    let start = Instant::now();
    let run = reporter.run(start + LONGEST).await?;
    let seconds = start.elapsed().as_secs_f64();
    if run.backlog + run.parked > 0 {
        return Err(format!("{} hours are left, {} parked: {:?}", run.backlog, run.parked, run.stopped).into());
    }
    host.stop().await?;
    Ok(Pushed { hours: run.pushed, seconds, peak_mebibytes: mebibytes(std::process::id(), "VmHWM")? })
}
