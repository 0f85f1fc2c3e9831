//! Syncs of the joint-operations kit through the local host: how long one of so many users or departments takes, how
//! often it asks the store, and what it writes there.

use aws_sdk_dynamodb::types::AttributeValue;
use clap::Args;
use koogallery_tests::Seller;
use koogallery_tests::bodies::{purchase, with};
use koogallery_tests::faults::FaultyDynamoDb;
use koogallery_tests::kit::{Dialect, Said, auth, departments, signed_with, user};
use serde::Serialize;

use crate::Problem;
use crate::report::{Row, cell, median};

const SIZES: [usize; 3] = [100, 1_000, 10_000];

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How often each line is measured.
    #[arg(long, default_value_t = 10, value_name = "NUMBER")]
    rounds: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Measured {
    sync: String,
    milliseconds: Option<f64>,
    microseconds_for_each: Option<f64>,
    store_requests: usize,
    kilobytes_written: f64,
}

impl Row for Measured {
    const COLUMNS: &'static [&'static str] = &["sync", "p50 ms", "µs for each", "store requests", "KB written"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.sync.clone(),
            cell(self.milliseconds, 1),
            cell(self.microseconds_for_each, 1),
            self.store_requests.to_string(),
            cell(Some(self.kilobytes_written), 1),
        ]
    }
}

pub(crate) async fn measure(options: &Options) -> Result<Vec<Measured>, Problem> {
    // The one that is timed has nothing between itself and its store; before the other's, a proxy counts.
    let (timed, proxy) = (Seller::of_kit().await, FaultyDynamoDb::start().await);
    let counted = Seller::at(Some(proxy.endpoint()), |environment| environment).await;
    for seller in [&timed, &counted] {
        seller.say_all(&[purchase()]).await;
        for said in [users(1), tree(1)] {
            sync(seller, &said, "t-warm").await?;
        }
    }

    let mut rows = Vec::new();
    for size in SIZES {
        for (what, said) in [("users", users(size)), ("departments", tree(size))] {
            let mut each = Vec::new();
            for round in 0..options.rounds {
                each.push(sync(&timed, &said, &format!("t-{what}-{size}-{round}")).await?);
            }
            let (before, tenant) = (proxy.seen(), format!("t-{what}-{size}"));
            sync(&counted, &said, &tenant).await?;
            let (store_requests, kilobytes_written) = (proxy.seen() - before, sealed(&counted, &tenant).await);
            #[allow(clippy::cast_precision_loss)]
            let microseconds_for_each = median(&each).map(|milliseconds| milliseconds * 1e3 / size as f64);
            let sync = format!("{}, {size} {what}", said.0.activity());
            let milliseconds = median(&each);
            rows.push(Measured { sync, milliseconds, microseconds_for_each, store_requests, kilobytes_written });
        }
    }
    Ok(rows)
}

fn users(count: usize) -> Said {
    auth(1, (0..count).map(user), 1)
}

fn tree(count: usize) -> Said {
    departments((0..count).map(|code| (format!("o-{code:05}"), "Department of example")), 1)
}

/// Sends a sync to a directory that is new; milliseconds.
async fn sync(seller: &Seller, (callback, body): &Said, tenant: &str) -> Result<f64, Problem> {
    let call = signed_with("kit-key", Dialect::V2, &(*callback, with(body.clone(), "tenantId", tenant)));
    let exchange = seller.marketplace.send(&call).await?;
    let reply = exchange.reply()?;
    if reply.result_code.as_str() != "000000" {
        return Err(format!("{}: {}", callback.activity(), reply.result_msg).into());
    }
    Ok(exchange.elapsed.as_secs_f64() * 1e3)
}

/// What a tenant's directories take in the table.
async fn sealed(seller: &Seller, tenant: &str) -> f64 {
    let of_tenant = format!("TENANT#{tenant}#");
    let items =
        seller.items().await.into_iter().filter(|item| koogallery_tests::text(item, "pk").starts_with(&of_tenant));
    let bytes: usize = items
        .filter_map(|item| match item.get("sealed") {
            Some(AttributeValue::B(sealed)) => Some(sealed.as_ref().len()),
            _ => None,
        })
        .sum();
    #[allow(clippy::cast_precision_loss)]
    let kilobytes = bytes as f64 / 1024.0;
    kilobytes
}
