//! How the local host's answers depend on how much its table holds: they must not.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use koogallery::Callback;
use koogallery_local::host::LocalHost;
use koogallery_local::marketplace::Marketplace;
use serde::Serialize;

use crate::Problem;
use crate::calls;
use crate::host::Template;
use crate::own_host;
use crate::process::mebibytes;
use crate::report::{Row, cell, median, quantile};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How many instances the table holds when the calls are measured.
    #[arg(long, value_delimiter = ',', default_value = "1000,10000,100000", value_name = "NUMBERS")]
    instances: Vec<usize>,
    /// How many calls of each kind are measured, one after the other.
    #[arg(long, default_value_t = 500, value_name = "NUMBER")]
    calls: usize,
    /// Keep the table in this file [default: in memory].
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// How many instances the file holds already, from an earlier run.
    #[arg(long, default_value_t = 0, value_name = "NUMBER", requires = "data")]
    held: usize,
}

/// So many instances the table holds beside which each level is measured: the machine may be slower by then than at the start.
const BESIDE: usize = 1000;

/// So many are written side by side while the table is filled.
const WRITERS: usize = 8;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Measured {
    instances: usize,
    purchase_p50: Option<f64>,
    purchase_p99: Option<f64>,
    query_p50: Option<f64>,
    query_p99: Option<f64>,
    /// Purchases a second while the table was filled to this level; none where nothing was missing.
    filled_a_second: Option<f64>,
    /// The most memory of this process so far, with both hosts, their tables and who calls them.
    peak_mebibytes: f64,
    /// The size of the table's file, if it is in one.
    file_megabytes: Option<f64>,
    /// The median of a purchase, to that of the small table at the same time.
    purchase_ratio: Option<f64>,
    /// The same of a query.
    query_ratio: Option<f64>,
}

impl Row for Measured {
    const COLUMNS: &'static [&'static str] = &[
        "instances",
        "newInstance p50 ms",
        "p99 ms",
        "queryInstance p50 ms",
        "p99 ms",
        "newInstance beside 1,000",
        "queryInstance beside 1,000",
        "filled a second",
        "peak MiB",
        "file MB",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.instances.to_string(),
            cell(self.purchase_p50, 2),
            cell(self.purchase_p99, 2),
            cell(self.query_p50, 2),
            cell(self.query_p99, 2),
            cell(self.purchase_ratio, 2),
            cell(self.query_ratio, 2),
            cell(self.filled_a_second, 0),
            cell(Some(self.peak_mebibytes), 0),
            cell(self.file_megabytes, 0),
        ]
    }
}

pub(crate) async fn measure(options: &Options) -> Result<Vec<Measured>, Problem> {
    let small_file = options.data.as_ref().map(|file| file.with_extension("small.db"));
    // One of an earlier run holds instances of the same names.
    if let Some(file) = small_file.as_ref().filter(|file| file.exists()) {
        std::fs::remove_file(file)?;
    }
    let mut small = Table::start(small_file, 0).await?;
    let template = Template::of(&small.host, &small.marketplace).await?;
    small.holds = 1;
    small.fill(&template, BESIDE).await?;
    let mut table = Table::start(options.data.clone(), options.held).await?;
    let mut rows = Vec::new();
    for level in &options.instances {
        let filled_a_second = table.fill(&template, *level).await?;
        let instances = table.holds;
        let (mut purchases, mut queries) = (Vec::new(), Vec::new());
        let (mut small_purchases, mut small_queries) = (Vec::new(), Vec::new());
        for _ in 0..options.calls {
            let (purchase, query) = table.call().await?;
            let (small_purchase, small_query) = small.call().await?;
            purchases.push(purchase);
            queries.push(query);
            small_purchases.push(small_purchase);
            small_queries.push(small_query);
        }
        let ratio = |here: &[f64], there: &[f64]| median(here).zip(median(there)).map(|(here, there)| here / there);
        rows.push(Measured {
            instances,
            purchase_p50: median(&purchases),
            purchase_p99: quantile(&purchases, 0.99),
            query_p50: median(&queries),
            query_p99: quantile(&queries, 0.99),
            filled_a_second,
            peak_mebibytes: mebibytes(std::process::id(), "VmHWM")?,
            file_megabytes: options.data.as_deref().map(megabytes).transpose()?,
            purchase_ratio: ratio(&purchases, &small_purchases),
            query_ratio: ratio(&queries, &small_queries),
        });
    }
    drop(table.host.stop().await);
    drop(small.host.stop().await);
    Ok(rows)
}

/// The size of a table's file with what is not written into it yet.
fn megabytes(file: &Path) -> Result<f64, Problem> {
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    let bytes = std::fs::metadata(file)?.len() + std::fs::metadata(log).map_or(0, |log| log.len());
    #[allow(clippy::cast_precision_loss)]
    Ok(bytes as f64 / 1e6)
}

/// A host over a table of its own.
struct Table {
    host: LocalHost,
    marketplace: Marketplace,
    /// How many instances it holds. The next one has this number.
    holds: usize,
}

impl Table {
    async fn start(file: Option<PathBuf>, holds: usize) -> Result<Self, Problem> {
        let (host, marketplace) = own_host::start(file).await?;
        Ok(Self { host, marketplace, holds })
    }

    /// Fills the table up to so many instances; how many of them were written a second.
    async fn fill(&mut self, template: &Template, level: usize) -> Result<Option<f64>, Problem> {
        let (missing, start) = (level.saturating_sub(self.holds), Instant::now());
        let store = self.host.store();
        let fill = stream::iter(0..missing).map(|_| template.transaction(store)).buffer_unordered(WRITERS);
        let () = fill.try_collect().await?;
        self.holds += missing;
        #[allow(clippy::cast_precision_loss)]
        let rate = missing as f64 / start.elapsed().as_secs_f64();
        Ok((missing > 0).then_some(rate))
    }

    /// How long a purchase and a query took, in milliseconds.
    async fn call(&mut self) -> Result<(f64, f64), Problem> {
        let purchase = self.timed(Callback::NewInstance).await?;
        let query = self.timed(Callback::QueryInstance).await?;
        self.holds += 1;
        Ok((purchase, query))
    }

    async fn timed(&self, callback: Callback) -> Result<f64, Problem> {
        let call = calls::call(&self.marketplace, callback, self.holds)?;
        let start = Instant::now();
        let reply = self.marketplace.send(&call).await?.reply()?;
        let took = start.elapsed().as_secs_f64() * 1e3;
        if reply.result_code.as_str() == "000000" { Ok(took) } else { Err(reply.result_code.as_str().into()) }
    }
}
