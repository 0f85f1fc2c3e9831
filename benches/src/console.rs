//! How long the console's pages take, and how large they are, beside a table that holds much: neither may grow with it.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use koogallery::Callback;
use koogallery_local::marketplace::Marketplace;
use koogallery_store::Place;
use koogallery_tests::browser::Browser;
use serde::Serialize;

use crate::Problem;
use crate::calls;
use crate::own_host;
use crate::report::{Row, cell, median, quantile};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How many instances the table holds when the pages are measured.
    #[arg(long, default_value_t = 100_000, value_name = "NUMBER")]
    instances: usize,
    /// How often each page is opened, one after the other.
    #[arg(long, default_value_t = 50, value_name = "NUMBER")]
    times: usize,
    /// Keep the table in this file [default: in memory].
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// How many instances the file holds already, from an earlier run.
    #[arg(long, default_value_t = 0, value_name = "NUMBER", requires = "data")]
    held: usize,
}

/// So many purchases are on their way while the table is filled.
const BUYERS: usize = 8;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Measured {
    page: String,
    p50: Option<f64>,
    p99: Option<f64>,
    /// The size of the page, in KB of 1,000 bytes.
    size: f64,
}

impl Row for Measured {
    const COLUMNS: &'static [&'static str] = &["page", "p50 ms", "p99 ms", "KB"];

    fn cells(&self) -> Vec<String> {
        vec![self.page.clone(), cell(self.p50, 1), cell(self.p99, 1), cell(Some(self.size), 1)]
    }
}

pub(crate) async fn measure(options: &Options) -> Result<Vec<Measured>, Problem> {
    let (host, marketplace) = own_host::start(options.data.clone()).await?;
    let purchases = (options.held..options.instances).map(|number| buy(&marketplace, number));
    let () = stream::iter(purchases).buffer_unordered(BUYERS).try_collect().await?;
    let browser = Browser::default();
    let entered = browser.go(host.console().ok_or("the host has no console")?).await;
    if entered.status != 200 {
        return Err(format!("the console's link was answered with {}", entered.status).into());
    }
    let page = host.store().orders(Place::default(), 1).await?;
    let order = page.members.into_iter().next().ok_or("the table holds no order")?;
    let instance = order.instance_id.ok_or("the order bought no instance")?;
    let (one, bought) = (format!("/instances/{instance}"), format!("/orders/{}", order.order_id));
    let found = format!("/find?q={}", order.order_id);
    let base = format!("{}console", host.address());
    let mut rows = Vec::new();
    for page in [
        ("home", ""),
        ("search", &*found),
        ("instances", "/instances"),
        ("instances that are frozen", "/instances?status=frozen"),
        ("an instance", &*one),
        ("orders", "/orders"),
        ("an order", &*bought),
        ("events", "/events?state=undelivered"),
        ("warnings", "/warnings"),
        ("supervision", "/supervision"),
        ("figures", "/figures"),
        ("audit", "/audit"),
    ] {
        rows.push(opened(&browser, &base, page, options.times).await?);
    }
    drop(host.stop().await);
    Ok(rows)
}

async fn buy(marketplace: &Marketplace, number: usize) -> Result<(), Problem> {
    let reply = marketplace.send(&calls::call(marketplace, Callback::NewInstance, number)?).await?.reply()?;
    if reply.result_code.as_str() == "000000" { Ok(()) } else { Err(reply.result_code.as_str().into()) }
}

async fn opened(browser: &Browser, base: &str, (name, path): (&str, &str), times: usize) -> Result<Measured, Problem> {
    let (mut took, mut size) = (Vec::with_capacity(times), 0);
    for _ in 0..times {
        let start = Instant::now();
        // A search leads to what it found.
        let page = browser.go(&format!("{base}{path}")).await;
        took.push(start.elapsed().as_secs_f64() * 1e3);
        if page.status.as_u16() >= 400 {
            return Err(format!("{path} was answered with {}", page.status).into());
        }
        size = size.max(page.body.len());
    }
    let size = f64::from(u32::try_from(size).unwrap_or(u32::MAX)) / 1e3;
    Ok(Measured { page: name.to_owned(), p50: median(&took), p99: quantile(&took, 0.99), size })
}
