//! How the local host's answers depend on how much its table holds: they must not.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use koogallery::{AccessKeys, Callback};
use koogallery_local::host::{LocalHost, Options as HostOptions, TableAt};
use koogallery_local::keys::LOCAL_TEST_KEYS;
use koogallery_local::log::Silent;
use koogallery_local::marketplace::Marketplace;
use koogallery_runtime::Environment;
use serde::Serialize;

use crate::Problem;
use crate::calls;
use crate::host::Template;
use crate::report::{Row, cell, median, quantile};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How many instances the table holds when the calls are measured.
    #[arg(long, value_delimiter = ',', default_value = "1000,10000,100000", value_name = "NUMBERS")]
    instances: Vec<usize>,
    /// How many calls of each kind are measured, one after the other.
    #[arg(long, default_value_t = 500, value_name = "NUMBER")]
    calls: usize,
    /// Keep the table in this new file [default: in memory].
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
}

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
    /// The median of a purchase, to that with the fewest instances.
    ratio: Option<f64>,
}

impl Row for Measured {
    const COLUMNS: &'static [&'static str] =
        &["instances", "newInstance p50 ms", "p99 ms", "queryInstance p50 ms", "p99 ms", "p50 of the first"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.instances.to_string(),
            cell(self.purchase_p50, 2),
            cell(self.purchase_p99, 2),
            cell(self.query_p50, 2),
            cell(self.query_p99, 2),
            cell(self.ratio, 2),
        ]
    }
}

pub(crate) async fn measure(options: &Options) -> Result<Vec<Measured>, Problem> {
    let host = LocalHost::start(HostOptions::new(
        ([127, 0, 0, 1], 0).into(),
        TableAt::Embedded { file: options.data.clone(), listen: None },
        Environment::default(),
        Arc::new(Silent),
        Arc::new(Silent),
    ))
    .await?;
    let marketplace = Marketplace::new(&host.address(), AccessKeys::from_json(LOCAL_TEST_KEYS)?)?;
    let template = Template::of(&host, &marketplace).await?;
    let timed = async |callback: Callback, number: usize| -> Result<f64, Problem> {
        let call = calls::call(&marketplace, callback, number)?;
        let start = Instant::now();
        let reply = marketplace.send(&call).await?.reply()?;
        let took = start.elapsed().as_secs_f64() * 1e3;
        if reply.result_code.as_str() == "000000" { Ok(took) } else { Err(reply.result_code.as_str().into()) }
    };

    let (mut rows, mut holds, mut number) = (Vec::<Measured>::new(), 1, 1);
    for level in &options.instances {
        let missing = level.saturating_sub(holds);
        let fill = stream::iter(0..missing).map(|_| template.transaction(host.store())).buffer_unordered(WRITERS);
        let () = fill.try_collect().await?;
        let (mut purchases, mut queries) = (Vec::new(), Vec::new());
        for _ in 0..options.calls {
            purchases.push(timed(Callback::NewInstance, number).await?);
            queries.push(timed(Callback::QueryInstance, number).await?);
            number += 1;
        }
        holds += missing + options.calls;
        let purchase_p50 = median(&purchases);
        let first = rows.first().map_or(purchase_p50, |first| first.purchase_p50);
        rows.push(Measured {
            instances: holds - options.calls,
            purchase_p50,
            purchase_p99: quantile(&purchases, 0.99),
            query_p50: median(&queries),
            query_p99: quantile(&queries, 0.99),
            ratio: purchase_p50.zip(first).map(|(here, first)| here / first),
        });
    }
    drop(host.stop().await);
    Ok(rows)
}
