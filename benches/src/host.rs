//! The local host beside its own store: the same transactions, through the same client, without our code. And beside an empty host:
//! how many requests one core answers.

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, Put, TransactWriteItem};
use clap::Args;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use koogallery::{AccessKeys, Callback};
use koogallery_local::host::LocalHost;
use koogallery_local::keys::LOCAL_TEST_KEYS;
use koogallery_local::marketplace::{Marketplace, SignedCall};
use koogallery_runtime::now;
use koogallery_store::Store;
use koogallery_tests::{Item, text};
use serde::Serialize;
use uuid::Uuid;

use crate::Problem;
use crate::apart::{Apart, What};
use crate::calls;
use crate::own_host;
use crate::report::{Row, cell, median, quantile};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How many calls are under way at the same time.
    #[arg(long, default_value_t = 8, value_name = "NUMBER")]
    concurrency: usize,
    /// How many calls of each kind.
    #[arg(long, default_value_t = 10_000, value_name = "NUMBER")]
    calls: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Measured {
    what: &'static str,
    per_second: f64,
    milliseconds_p50: Option<f64>,
    milliseconds_p99: Option<f64>,
    /// Of the store's own rate.
    share: Option<f64>,
    /// Requests for each second of CPU that the host's process used, of user and system, on all cores together.
    per_cpu_second: Option<f64>,
    /// Of what an empty host answers in a second of CPU.
    share_of_empty: Option<f64>,
}

impl Row for Measured {
    const COLUMNS: &'static [&'static str] =
        &["", "per second", "p50 ms", "p99 ms", "of the store's rate", "per CPU second", "of the empty host's"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.what.to_owned(),
            cell(Some(self.per_second), 0),
            cell(self.milliseconds_p50, 2),
            cell(self.milliseconds_p99, 2),
            cell(self.share, 2),
            cell(self.per_cpu_second, 0),
            cell(self.share_of_empty, 3),
        ]
    }
}

/// Rounds of each kind, in turns, so that a busy moment of the machine does not fall on one kind alone.
const ROUNDS: usize = 5;

pub(crate) async fn measure(options: &Options) -> Result<Vec<Measured>, Problem> {
    let mut measured = beside_its_store(options).await?;
    measured.extend(beside_an_empty_one(options).await?);
    Ok(measured)
}

async fn beside_its_store(options: &Options) -> Result<Vec<Measured>, Problem> {
    let (host, marketplace) = own_host::start(None).await?;
    let template = Template::of(&host, &marketplace).await?;

    let mut kinds: [(&str, Timed); 4] = [
        ("newInstance", Timed::default()),
        ("its transaction, by the store alone", Timed::default()),
        ("queryInstance", Timed::default()),
        ("its nonce and read, by the store alone", Timed::default()),
    ];
    let calls = options.calls.div_ceil(ROUNDS);
    for round in 0..ROUNDS {
        let first = 1 + round * calls;
        // Signed beforehand: that is the marketplace's work, not the host's.
        let signed = |callback: Callback| -> Result<Vec<SignedCall>, Problem> {
            (first..first + calls).map(|number| calls::call(&marketplace, callback, number)).collect()
        };
        let send = async |call: SignedCall| {
            let reply = marketplace.send(&call).await?.reply()?;
            if reply.result_code.as_str() == "000000" { Ok(()) } else { Err(reply.result_code.as_str().into()) }
        };
        let numbers = || (0..calls).collect::<Vec<_>>();
        kinds[0].1.run(options.concurrency, signed(Callback::NewInstance)?, send).await?;
        kinds[1].1.run(options.concurrency, numbers(), |_| template.transaction(host.store())).await?;
        kinds[2].1.run(options.concurrency, signed(Callback::QueryInstance)?, send).await?;
        kinds[3].1.run(options.concurrency, numbers(), |_| template.read(host.store())).await?;
    }
    drop(host.stop().await);
    let rates = kinds.each_ref().map(|(_, timed)| timed.rate());
    let shares = [Some(rates[0] / rates[1]), None, Some(rates[2] / rates[3]), None];
    Ok(kinds
        .iter()
        .zip(shares)
        .map(|((what, timed), share)| Measured {
            what,
            per_second: timed.rate(),
            milliseconds_p50: median(&timed.each),
            milliseconds_p99: quantile(&timed.each, 0.99),
            share,
            per_cpu_second: None,
            share_of_empty: None,
        })
        .collect())
}

/// What is called in a process of its own, and with which callback.
const APART: [(&str, What, bool, Callback); 6] = [
    ("an empty axum host", What::Empty, false, Callback::QueryInstance),
    ("the same, served as the host is", What::EmptyServedAlike, false, Callback::QueryInstance),
    ("newInstance, the store in the host's process", What::Host, false, Callback::NewInstance),
    ("queryInstance, the same", What::Host, false, Callback::QueryInstance),
    ("newInstance, the store in another process", What::Host, true, Callback::NewInstance),
    ("queryInstance, the same", What::Host, true, Callback::QueryInstance),
];

/// Each in a process of its own, called with the same client in turns.
async fn beside_an_empty_one(options: &Options) -> Result<Vec<Measured>, Problem> {
    let store = Apart::start(What::Store, None).await?;
    let keys = AccessKeys::from_json(LOCAL_TEST_KEYS)?;
    let mut called = Vec::new();
    // One process for each store: what is queried was bought there before.
    for (what, store) in
        [(What::Empty, None), (What::EmptyServedAlike, None), (What::Host, None), (What::Host, Some(&store))]
    {
        let process = Apart::start(what, store).await?;
        let marketplace = Marketplace::new(process.said(), keys.clone())?;
        called.push((what, store.is_some(), process, marketplace));
    }
    let mut kinds = APART.map(|kind| (kind, Timed::default(), Duration::ZERO));
    let calls = options.calls.div_ceil(ROUNDS);
    for round in 0..ROUNDS {
        let first = 1 + round * calls;
        for ((_, what, elsewhere, callback), timed, used) in &mut kinds {
            let found = called.iter_mut().find(|(of, at, ..)| (of, at) == (what, elsewhere));
            let (_, _, process, marketplace) = found.ok_or("each kind has its process")?;
            // Signed beforehand: that is the marketplace's work, not the host's.
            let signed = (first..first + calls).map(|number| calls::call(marketplace, *callback, number));
            let signed = signed.collect::<Result<Vec<_>, _>>()?;
            let send = async |call: SignedCall| {
                let reply = marketplace.send(&call).await?.reply()?;
                if reply.result_code.as_str() == "000000" { Ok(()) } else { Err(reply.result_code.as_str().into()) }
            };
            let before = process.cpu().await?;
            timed.run(options.concurrency, signed, send).await?;
            *used += process.cpu().await?.saturating_sub(before);
        }
    }
    #[allow(clippy::cast_precision_loss)]
    let per_cpu_second = |timed: &Timed, used: &Duration| timed.each.len() as f64 / used.as_secs_f64();
    let empty = per_cpu_second(&kinds[0].1, &kinds[0].2);
    Ok(kinds
        .iter()
        .map(|((what, ..), timed, used)| Measured {
            what,
            per_second: timed.rate(),
            milliseconds_p50: median(&timed.each),
            milliseconds_p99: quantile(&timed.each, 0.99),
            share: None,
            per_cpu_second: Some(per_cpu_second(timed, used)),
            share_of_empty: Some(per_cpu_second(timed, used) / empty),
        })
        .collect())
}

/// Calls under way, and how long each took.
#[derive(Default)]
struct Timed {
    each: Vec<f64>,
    whole: Duration,
}

impl Timed {
    fn rate(&self) -> f64 {
        #[allow(clippy::cast_precision_loss)]
        let calls = self.each.len() as f64;
        calls / self.whole.as_secs_f64()
    }

    async fn run<T, F>(&mut self, concurrency: usize, calls: Vec<T>, call: impl Fn(T) -> F) -> Result<(), Problem>
    where
        F: Future<Output = Result<(), Problem>>,
    {
        let start = Instant::now();
        let timed = |one| async {
            let (start, answer) = (Instant::now(), call(one));
            answer.await.map(|()| start.elapsed().as_secs_f64() * 1e3)
        };
        let each: Vec<f64> = stream::iter(calls).map(timed).buffer_unordered(concurrency).try_collect().await?;
        self.whole += start.elapsed();
        self.each.extend(each);
        Ok(())
    }
}

/// What one newInstance wrote, to write the same again under other keys.
pub(crate) struct Template {
    written: Vec<Item>,
    nonce: Item,
    instance: String,
}

impl Template {
    pub(crate) async fn of(host: &LocalHost, marketplace: &Marketplace) -> Result<Self, Problem> {
        marketplace.send(&calls::call(marketplace, Callback::NewInstance, 0)?).await?.reply()?;
        let scan = host.store().client().scan().table_name(host.store().table()).consistent_read(true);
        let written = scan.send().await?.items.unwrap_or_default();
        let item = |sort: &str| written.iter().find(|item| text(item, "sk") == sort).cloned();
        let nonce = item("NONCE").ok_or("newInstance wrote no nonce")?;
        let instance = item("STATE").ok_or("newInstance wrote no instance")?;
        Ok(Self { written, nonce, instance: text(&instance, "pk") })
    }

    /// All that a newInstance writes, under its conditions.
    pub(crate) async fn transaction(&self, store: &Store) -> Result<(), Problem> {
        let unique = Uuid::new_v4();
        let mut request = store.client().transact_write_items();
        for item in &self.written {
            let put = Put::builder().table_name(store.table()).set_item(Some(renamed(item, unique)));
            let put = match &*text(item, "sk") {
                "NONCE" => put.condition_expression(NONCE_IS_NEW).expression_attribute_values(":now", now_seconds()),
                sort if sort.starts_with("EVENT#") || sort.starts_with("OUTBOX#") => put,
                _ => put.condition_expression("attribute_not_exists(pk)"),
            };
            request = request.transact_items(TransactWriteItem::builder().put(put.build()?).build());
        }
        request.send().await?;
        Ok(())
    }

    /// The nonce and the instance of a queryInstance, side by side, as it sends them.
    async fn read(&self, store: &Store) -> Result<(), Problem> {
        let put = store.client().put_item().table_name(store.table());
        let put = put.set_item(Some(renamed(&self.nonce, Uuid::new_v4())));
        let put = put.condition_expression(NONCE_IS_NEW).expression_attribute_values(":now", now_seconds());
        let key = [("pk", &*self.instance), ("sk", "STATE")];
        let key = key.map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned())));
        let keys = KeysAndAttributes::builder().keys(key.into()).consistent_read(true).build()?;
        let get = store.client().batch_get_item().request_items(store.table(), keys);
        let (put, got) = tokio::join!(put.send(), get.send());
        put?;
        got?;
        Ok(())
    }
}

const NONCE_IS_NEW: &str = "attribute_not_exists(pk) OR expiresAt < :now";

fn now_seconds() -> AttributeValue {
    AttributeValue::N(now().as_seconds().to_string())
}

/// The same item in a partition of its own.
fn renamed(item: &Item, unique: Uuid) -> Item {
    let mut item = item.clone();
    let kind = text(&item, "pk").split('#').next().unwrap_or_default().to_owned();
    item.insert("pk".to_owned(), AttributeValue::S(format!("{kind}#{unique}")));
    item
}
