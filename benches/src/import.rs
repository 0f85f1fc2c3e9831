//! How long it takes to bring customers in who were there before, and whether KooGallery's calls about them are answered at once.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use koogallery::Callback;
use koogallery_local::api::Api;
use koogallery_local::import::{self, Format};
use koogallery_local::keys::LOCAL_API_TOKEN;
use serde::Serialize;

use crate::Problem;
use crate::calls;
use crate::own_host;
use crate::report::{Row, cell, median, quantile};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How many customers the file has, a row each.
    #[arg(long, default_value_t = 100_000, value_name = "NUMBER")]
    rows: usize,
    /// How many of them KooGallery then renews, freezes and releases.
    #[arg(long, default_value_t = 300, value_name = "NUMBER")]
    calls: usize,
    /// Keep the table in this file [default: in memory].
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
}

/// What is called about each of some customers, in this order.
const CALLS: [Callback; 4] =
    [Callback::QueryInstance, Callback::RefreshInstance, Callback::UpdateInstanceStatus, Callback::ReleaseInstance];

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Measured {
    what: String,
    count: usize,
    seconds: f64,
    a_second: f64,
    p50: Option<f64>,
    p99: Option<f64>,
}

impl Row for Measured {
    const COLUMNS: &'static [&'static str] = &["what", "count", "seconds", "a second", "p50 ms", "p99 ms"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.what.clone(),
            self.count.to_string(),
            cell(Some(self.seconds), 1),
            cell(Some(self.a_second), 0),
            cell(self.p50, 2),
            cell(self.p99, 2),
        ]
    }
}

pub(crate) async fn measure(options: &Options) -> Result<Vec<Measured>, Problem> {
    let (host, marketplace) = own_host::start(options.data.clone()).await?;
    let api = Api::new(&format!("{}seller-api", host.address()), LOCAL_API_TOKEN.to_owned())?;
    let file = customers(options.rows)?;
    // The command does the same: it reads the file, and sends its rows.
    let mut measured = Vec::new();
    for what in ["rows imported", "rows once more"] {
        let start = Instant::now();
        let rows = import::read(file.as_bytes(), Format::Csv)?;
        let outcome = import::send(&api, &rows, false, |_| {}).await?;
        if let Some(refused) = outcome.refused.first() {
            return Err(format!("line {} is refused: {}", refused.line, refused.detail).into());
        }
        measured.push(row(what, options.rows, start, None));
    }
    for callback in CALLS {
        let (start, mut took) = (Instant::now(), Vec::with_capacity(options.calls));
        for number in 0..options.calls.min(options.rows) {
            let call = calls::call(&marketplace, callback, number)?;
            let sent = Instant::now();
            let reply = marketplace.send(&call).await?.reply()?;
            took.push(sent.elapsed().as_secs_f64() * 1e3);
            if reply.result_code.as_str() != "000000" {
                return Err(format!("{} was answered with {}", callback.activity(), reply.result_code.as_str()).into());
            }
        }
        measured.push(row(callback.activity(), took.len(), start, Some(&took)));
    }
    drop(host.stop().await);
    Ok(measured)
}

fn row(what: &str, count: usize, start: Instant, took: Option<&[f64]>) -> Measured {
    let seconds = start.elapsed().as_secs_f64();
    let a_second = f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / seconds;
    let (p50, p99) = (took.and_then(median), took.and_then(|took| quantile(took, 0.99)));
    Measured { what: what.to_owned(), count, seconds, a_second, p50, p99 }
}

/// A file as a seller writes it from records of its own.
fn customers(rows: usize) -> Result<String, std::fmt::Error> {
    let mut file =
        "kind,createdAt,instanceId,orderId,orderLineId,productId,quantity,expireTime,status,frontEndUrl\n".to_owned();
    for number in 0..rows {
        let [order, line, instance] = [calls::order(number), calls::line(number), calls::instance(number)];
        writeln!(
            file,
            "instance,2025-12-01T02:00:00Z,{instance},{order},{line},p-{},1,2099-12-31T16:00:00Z,active,https://app.example.com/",
            number % 3
        )?;
    }
    Ok(file)
}
