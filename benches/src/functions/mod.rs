//! The real function binaries under an emulator of Lambda's Runtime API, beside an empty function in the same run.

mod bench;

use std::path::PathBuf;
use std::process::Command;

use clap::Args;
use koogallery::Callback;
use koogallery_tests::lambda::{binaries, callback_functions};
use serde::Serialize;

use self::bench::{Bench, Wire};
use crate::Problem;
use crate::calls;
use crate::report::{Row, cell};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How often each function is started.
    #[arg(long, default_value_t = 20, value_name = "NUMBER")]
    spawns: usize,
    /// How often each function is called once it is warm.
    #[arg(long, default_value_t = 2000, value_name = "NUMBER")]
    calls: usize,
    /// Only this function, beside the empty one; can be given several times.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Take the binaries from here instead of building them.
    #[arg(long, value_name = "FOLDER")]
    binaries: Option<PathBuf>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Measured {
    function: String,
    megabytes: f64,
    cold_milliseconds: Option<f64>,
    /// Against the empty function with one transaction, over the same wire.
    cold_of_empty: Option<f64>,
    warm_milliseconds_p50: Option<f64>,
    warm_milliseconds_p99: Option<f64>,
    resident_mebibytes: f64,
}

impl Row for Measured {
    const COLUMNS: &'static [&'static str] =
        &["function", "MB", "cold ms", "of empty", "warm p50 ms", "warm p99 ms", "RSS MiB"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.function.clone(),
            cell(Some(self.megabytes), 2),
            cell(self.cold_milliseconds, 1),
            cell(self.cold_of_empty, 2),
            cell(self.warm_milliseconds_p50, 2),
            cell(self.warm_milliseconds_p99, 2),
            cell(Some(self.resident_mebibytes), 1),
        ]
    }
}

const EMPTY: &str = "empty-function";
/// Those that answer no callback.
const SELLER_SIDE: [&str; 9] = [
    "seller-api",
    "login",
    "console",
    "deliver-events",
    "learn-order",
    "report-usage",
    "watch",
    "notify",
    "erase-personal-data",
];

pub(crate) async fn measure(options: &Options) -> Result<Vec<Measured>, Problem> {
    let folder = options.binaries.clone().map_or_else(build, Ok)?.canonicalize()?;
    let bench = Bench::start(folder, options.spawns, options.calls).await?;
    let wanted = |name: &&str| options.only.is_empty() || options.only.iter().any(|only| only == name);

    let mut rows = vec![bench.row("empty: a constant".to_owned(), EMPTY, Wire::Plain, |_| bench::constant()).await?];
    // The front door hands over what it is given: a call that changes nothing.
    let door = ("front-door", Callback::QueryInstance);
    let all = [door].into_iter().chain(calls::LIFE.map(|callback| (callback.function(), callback)));
    let over_tls = [door, (Callback::NewInstance.function(), Callback::NewInstance)].into_iter();
    let all: Vec<_> = all.filter(|(function, _)| wanted(function)).collect();
    let over_tls: Vec<_> = over_tls.filter(|(function, _)| wanted(function)).collect();
    for (wire, over, functions) in [(Wire::Plain, "", all), (Wire::Tls, ", over TLS", over_tls)] {
        let empty = bench.row(format!("empty: one transaction{over}"), EMPTY, wire, bench::transaction).await?;
        let reference = empty.cold_milliseconds;
        rows.push(empty);
        for (function, callback) in functions {
            let event = |number| bench.call(callback, wire, number);
            let row = bench.row(format!("{function}{over}"), function, wire, event).await?;
            let cold_of_empty = row.cold_milliseconds.zip(reference).map(|(ours, empty)| ours / empty);
            rows.push(Measured { cold_of_empty, ..row });
        }
    }
    for function in SELLER_SIDE.into_iter().filter(wanted) {
        rows.push(bench.row(function.to_owned(), function, Wire::Plain, |_| Bench::own_event(function)).await?);
    }
    Ok(rows)
}

/// Builds all of them as this benchmark was built, without it: its own dependencies would add features to theirs.
fn build() -> Result<PathBuf, Problem> {
    let folder = binaries();
    let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    build.args(["build", "--bins", "--package", EMPTY, "--package", "front-door"]);
    build.args(SELLER_SIDE.into_iter().chain(callback_functions()).flat_map(|function| ["--package", function]));
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    build.arg("--target-dir").arg(folder.parent().ok_or("cargo builds into folders")?);
    build.current_dir(env!("CARGO_MANIFEST_DIR"));
    if build.status()?.success() { Ok(folder) } else { Err("the functions do not build".into()) }
}
