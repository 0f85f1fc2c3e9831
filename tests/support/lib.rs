//! What the behaviour tests share: a seller with a table of its own, called over HTTP as KooGallery calls.
//!
//! `KOOGALLERY_TEST_DYNAMODB` names a DynamoDB endpoint to run against instead of the embedded one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::missing_panics_doc)]

pub mod api;
pub mod application;
pub mod aws;
pub mod bodies;
pub mod browser;
pub mod china;
pub mod counted;
pub mod deployment;
pub mod faults;
pub mod kit;
pub mod kms;
pub mod lambda;
pub mod metrics;
pub mod operator;
pub mod people;
pub mod secrets;
pub mod sqs;
pub mod template;

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::{
    AccessKey, AccessKeys, AppInfo, Callback, Dialect, InterfaceType, Reply, Request, ResultCode, Timestamp,
    canonical_form,
};
use koogallery_local::database::{EmbeddedDatabase, Listen};
use koogallery_local::host::{LocalHost, Options, TableAt};
use koogallery_local::log::Console;
use koogallery_local::marketplace::{Marketplace, SignedCall, new_nonce};
use koogallery_runtime::{
    ApiRecord, CallRecord, ConsoleRecord, Environment, ForwardRecord, Log, LoginRecord, PageRecord, now,
};
use koogallery_store::{Event, Instance, License, World};
use serde_json::Value;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::kit::vault;

/// Keys of all four types; basic has a previous one.
pub const KEYS: &str =
    r#"{"basic":["basic-key","basic-key-before"],"kit":["kit-key"],"license":["license-key"],"order":["order-key"]}"#;

/// KooGallery waits this long.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// An item as DynamoDB has it.
pub type Item = HashMap<String, AttributeValue>;

/// The endpoint to run against, where it is not the embedded one.
#[must_use]
pub fn other_dynamodb() -> Option<String> {
    std::env::var("KOOGALLERY_TEST_DYNAMODB").ok().filter(|endpoint| !endpoint.is_empty())
}

/// The access key id that an SDK sends if the environment has none, and an embedded DynamoDB of the tests expects.
const ACCESS_KEY_ID: &str = "local";

/// An embedded DynamoDB alone, and its endpoint.
pub async fn embedded_dynamodb() -> (EmbeddedDatabase, String) {
    let mut database = EmbeddedDatabase::start(None).unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let endpoint = database.listen(Listen { address, access_key_id: ACCESS_KEY_ID.into() }).await.unwrap();
    (database, endpoint)
}

/// A local host with its marketplace and its log.
pub struct Seller {
    /// The host.
    pub host: LocalHost,
    /// Who calls it.
    pub marketplace: Marketplace,
    log: Arc<Records>,
    sells_licenses: AtomicBool,
}

/// Keeps records of calls.
#[derive(Debug, Default)]
pub struct Records(
    Mutex<Vec<CallRecord>>,
    Mutex<Vec<ApiRecord>>,
    Mutex<Vec<LoginRecord>>,
    Mutex<Vec<ConsoleRecord>>,
    Mutex<Vec<PageRecord>>,
);

impl Log for Records {
    fn record(&self, record: &CallRecord) {
        self.0.lock().unwrap().push(record.clone());
    }

    fn api(&self, record: &ApiRecord) {
        self.1.lock().unwrap().push(record.clone());
    }

    fn login(&self, record: &LoginRecord) {
        self.2.lock().unwrap().push(record.clone());
    }

    fn console(&self, record: &ConsoleRecord) {
        self.3.lock().unwrap().push(record.clone());
    }

    fn page(&self, record: &PageRecord) {
        self.4.lock().unwrap().push(record.clone());
    }

    /// The local host passes nothing on.
    fn forwarded(&self, record: &ForwardRecord) {
        unreachable!("{record:?}");
    }
}

impl Seller {
    /// With instances that are ready at once.
    pub async fn start() -> Self {
        Self::with(|environment| environment).await
    }

    /// With other configuration.
    pub async fn with(change: impl FnOnce(Environment) -> Environment) -> Self {
        Self::at(other_dynamodb(), change).await
    }

    /// Over another DynamoDB.
    pub async fn at(dynamodb_endpoint: Option<String>, change: impl FnOnce(Environment) -> Environment) -> Self {
        Self::over(None, dynamodb_endpoint, change).await
    }

    /// Over the embedded DynamoDB in a file.
    pub async fn in_file(file: &Path, change: impl FnOnce(Environment) -> Environment) -> Self {
        Self::over(Some(file.to_owned()), None, change).await
    }

    async fn over(
        data: Option<PathBuf>,
        dynamodb_endpoint: Option<String>,
        change: impl FnOnce(Environment) -> Environment,
    ) -> Self {
        let environment = Environment::default()
            .with("KOOGALLERY_KEYS", KEYS)
            .with("KOOGALLERY_TABLE", format!("test-{}", Uuid::new_v4()));
        let log = Arc::new(Records::default());
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let listen = Listen { address: any, access_key_id: ACCESS_KEY_ID.into() };
        let options = Options::new(
            any,
            match dynamodb_endpoint {
                Some(endpoint) => TableAt::Endpoint(endpoint),
                None => TableAt::Embedded { file: data, listen: Some(listen) },
            },
            change(environment),
            Arc::clone(&log) as Arc<dyn Log>,
            Arc::new(Console),
        );
        let host = LocalHost::start(options).await.unwrap();
        let marketplace = Marketplace::new(&host.address(), AccessKeys::from_json(KEYS).unwrap()).unwrap();
        Self { host, marketplace, log, sells_licenses: AtomicBool::new(false) }
    }

    /// Where the AWS SDK finds its table.
    pub fn dynamodb_endpoint(&self) -> String {
        self.host.dynamodb_endpoint().unwrap().to_owned()
    }

    /// From now on, calls about instances are of Online License: signed with the license key, where a callback has both.
    pub fn sell_licenses(&self) {
        self.sells_licenses.store(true, Ordering::Relaxed);
    }

    /// Signs a request now with the usual key, sends it, reads the reply.
    pub async fn ask<R: Request>(&self, request: &R) -> Reply {
        self.send(&self.marketplace.sign(request).unwrap()).await
    }

    /// Asks and expects `000000`.
    pub async fn succeed<R: Request>(&self, request: &R) -> Reply {
        let reply = self.ask(request).await;
        assert_eq!(reply.result_code.as_str(), "000000", "{} {}", R::CALLBACK.activity(), reply.result_msg);
        reply
    }

    /// The code of the answer to a request.
    pub async fn code<R: Request>(&self, request: &R) -> &'static str {
        self.ask(request).await.result_code.as_str()
    }

    /// Signs as if at another time.
    #[must_use]
    pub fn signed_at<R: Request>(&self, request: &R, at: Timestamp) -> SignedCall {
        let key = self.key(R::CALLBACK.interface_types()[0]);
        SignedCall::basic(&key, request.to_body(), at, &new_nonce())
    }

    /// Signs a body now with the basic key.
    #[must_use]
    pub fn signed_body(&self, body: &str) -> SignedCall {
        SignedCall::basic(&self.key(InterfaceType::Basic), body, now(), &new_nonce())
    }

    /// Signs a body of [`bodies`] now, as KooGallery does: in canonical form, with the key of its activity's type.
    #[must_use]
    pub fn signed(&self, body: &Value) -> SignedCall {
        self.signed_body_at(body, now())
    }

    /// Signs a body of [`bodies`] as if at another time.
    #[must_use]
    pub fn signed_body_at(&self, body: &Value, at: Timestamp) -> SignedCall {
        self.signed_with(self.key(self.signer(body)).reveal(), body, at)
    }

    fn signer(&self, body: &Value) -> InterfaceType {
        let sells_licenses = self.sells_licenses.load(Ordering::Relaxed);
        let may_sign = |callback: Callback| callback.interface_types().contains(&InterfaceType::License);
        if sells_licenses && callback(body).is_some_and(may_sign) { InterfaceType::License } else { signer(body) }
    }

    /// Signs a body with any key, as if at any time.
    #[must_use]
    pub fn signed_with(&self, key: &str, body: &Value, at: Timestamp) -> SignedCall {
        let keys = AccessKeys::from_json(&serde_json::json!({ "basic": [key] }).to_string()).unwrap();
        let body = canonical_form(body.to_string().as_bytes()).unwrap();
        SignedCall::basic(keys.current(InterfaceType::Basic).unwrap(), body, at, &new_nonce())
    }

    /// Signs and sends a body; the code of the answer.
    pub async fn say(&self, body: &Value) -> &'static str {
        self.send(&self.signed(body)).await.result_code.as_str()
    }

    /// Says each in turn and expects `000000`.
    pub async fn say_all(&self, bodies: &[Value]) {
        for body in bodies {
            assert_eq!(self.say(body).await, "000000", "{body}");
        }
    }

    /// The current key of a type.
    #[must_use]
    pub fn key(&self, interface: InterfaceType) -> AccessKey {
        self.marketplace.key(interface).unwrap().clone()
    }

    /// Sends a call; whatever it is, a reply of the protocol comes back inside KooGallery's patience.
    pub async fn send(&self, call: &SignedCall) -> Reply {
        let exchange = self.marketplace.send(call).await.unwrap();
        assert!(exchange.elapsed < PATIENCE, "KooGallery would have given up after {:?}", exchange.elapsed);
        assert!(exchange.body.is_ascii());
        let reply = exchange.reply().unwrap();
        assert!(!reply.result_msg.is_empty() && reply.result_msg.chars().count() <= 255);
        reply
    }

    /// An instance as it stands.
    pub async fn instance(&self, id: &str) -> Option<Instance> {
        self.item(&format!("INSTANCE#{id}"), "STATE").await.map(|item| serde_dynamo::from_item(item).unwrap())
    }

    /// The whole app info of an instance.
    pub async fn app_info(&self, id: &str) -> Option<AppInfo> {
        let instance = self.instance(id).await?;
        let (store, id) = (self.host.store(), &instance.instance_id);
        Some(store.open_app_info(World::Real, id, instance.app_info?, &vault()).await.unwrap())
    }

    /// A license code as it stands.
    pub async fn license(&self, code: &str) -> Option<License> {
        self.item(&format!("LICENSE#{code}"), "STATE").await.map(|item| serde_dynamo::from_item(item).unwrap())
    }

    /// One item.
    pub async fn item(&self, partition: &str, sort: &str) -> Option<Item> {
        let store = self.host.store();
        let request = store.client().get_item().table_name(store.table()).consistent_read(true);
        let request = request.key("pk", AttributeValue::S(partition.to_owned()));
        request.key("sk", AttributeValue::S(sort.to_owned())).send().await.unwrap().item
    }

    /// All items but the nonces and those that only a trace reads, with their keys.
    pub async fn items(&self) -> Vec<Item> {
        let mut items = self.everything().await;
        items.retain(|item| !text(item, "pk").contains("NONCE#") && !is_of_a_trace(item));
        items
    }

    /// All items but the leases of hosts.
    pub async fn everything(&self) -> Vec<Item> {
        let store = self.host.store();
        let scan = store.client().scan().table_name(store.table()).consistent_read(true);
        // In small pages: a megabyte takes a busy machine longer than a request may take.
        let scan = scan.limit(200);
        let items: Result<Vec<Item>, _> = scan.into_paginator().items().send().collect().await;
        items.unwrap().into_iter().filter(|item| !text(item, "pk").starts_with("LEASE#")).collect()
    }

    /// The events in a partition, oldest first, by type.
    pub async fn events(&self, partition: &str) -> Vec<String> {
        let kind = |event: &Event| serde_json::to_value(event.event_type).unwrap().as_str().unwrap().to_owned();
        self.whole_events(partition).await.iter().map(kind).collect()
    }

    /// The events in a partition, oldest first.
    pub async fn whole_events(&self, partition: &str) -> Vec<Event> {
        let mut events: Vec<Event> = self
            .items()
            .await
            .into_iter()
            .filter(|item| text(item, "pk") == partition && text(item, "sk").starts_with("EVENT#"))
            .map(|item| serde_dynamo::from_item(item).unwrap())
            .collect();
        events.sort_by_key(|event| event.event_id);
        events
    }

    /// Lets an event of a subject, by its place in the history, be as if all tries of it had failed. Its id.
    ///
    /// # Panics
    /// Where there is no such event.
    pub async fn park(&self, partition: &str, place: usize) -> Uuid {
        let id = self.whole_events(partition).await[place].event_id;
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let store = self.host.store();
        let leave = store.client().delete_item().table_name(store.table()).key("pk", text(partition));
        leave.key("sk", text(&format!("OUTBOX#{id}"))).send().await.unwrap();
        let at = AttributeValue::N(now().to_string());
        let ended = serde_json::json!({ "webhook": { "attempts": 20, "ended": "parked", "lastProblem": "HTTP 500" } });
        let update = store.client().update_item().table_name(store.table()).key("pk", text(partition));
        update
            .key("sk", text(&format!("EVENT#{id}")))
            .update_expression("SET endedAt = :at, destinations = :ended, #open = :open, openSince = :at")
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":at", at)
            .expression_attribute_values(":ended", serde_dynamo::to_attribute_value(ended).unwrap())
            .expression_attribute_values(":open", text("PARKED#3"))
            .send()
            .await
            .unwrap();
        id
    }

    /// All that stands but nonces, in the order of the keys: two of these are equal where nothing changed.
    pub async fn standing(&self) -> Vec<Item> {
        let mut items = self.items().await;
        items.sort_by_key(|item| (text(item, "pk"), text(item, "sk")));
        items
    }

    /// The records of calls so far.
    #[must_use]
    pub fn records(&self) -> Vec<CallRecord> {
        self.log.0.lock().unwrap().clone()
    }

    /// The records of buyers' pages so far.
    #[must_use]
    pub fn page_records(&self) -> Vec<PageRecord> {
        self.log.4.lock().unwrap().clone()
    }

    /// The records of requests to the seller's API so far.
    #[must_use]
    pub fn api_records(&self) -> Vec<ApiRecord> {
        self.log.1.lock().unwrap().clone()
    }
}

/// KooGallery sends again what failed many times more often than this.
const KOOGALLERY_TRIES: usize = 20;

/// Says all of them at once, and those that were answered `000005` again, one after the other; the other codes and the
/// instance ids that came.
pub async fn at_once(
    seller: &Arc<Seller>,
    bodies: impl IntoIterator<Item = Value>,
) -> HashSet<(String, Option<String>)> {
    let mut calls = JoinSet::new();
    for body in bodies {
        let seller = Arc::clone(seller);
        calls.spawn(async move {
            let reply = seller.send(&seller.signed(&body)).await;
            (body, reply)
        });
    }
    let mut answers = HashSet::new();
    for (body, mut reply) in calls.join_all().await {
        for _ in 0..KOOGALLERY_TRIES {
            if reply.result_code == ResultCode::InternalError {
                reply = seller.send(&seller.signed(&body)).await;
            }
        }
        assert_ne!(reply.result_code, ResultCode::InternalError, "KooGallery has given up on {body}");
        answers.insert((reply.result_code.to_string(), reply.instance_id.map(|id| id.to_string())));
    }
    answers
}

/// Whose key signs a body of [`bodies`].
pub(crate) fn signer(body: &Value) -> InterfaceType {
    callback(body).map_or(InterfaceType::Basic, |callback| callback.interface_types()[0])
}

fn callback(body: &Value) -> Option<Callback> {
    body["activity"].as_str().and_then(|activity| Callback::named(Dialect::BasicV2, activity))
}

/// Whether only a trace or the watch reads an item: the record of a call, or what leads to a subject.
#[must_use]
pub fn is_of_a_trace(item: &Item) -> bool {
    let sort = text(item, "sk");
    sort.starts_with("CALL#")
        || sort.starts_with("FAILED_CALL#")
        || sort.starts_with("BELONGS#")
        || text(item, "pk").starts_with("EVENT#")
        || text(item, "pk") == "TEST#PROBES"
}

/// A text attribute; empty where there is none.
#[must_use]
pub fn text(item: &Item, name: &str) -> String {
    item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default()
}
