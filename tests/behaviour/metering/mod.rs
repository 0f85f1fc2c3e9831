//! Metering: each unit that an application reports is charged once, whatever is repeated, lost or killed.

#![allow(clippy::unwrap_used)]

mod answers;
mod commands;
mod kills;
mod law;
mod packages;
mod runs;
mod take;

use std::cell::Cell;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::{AccessKeys, InstanceId, Timestamp};
use koogallery_local::open_api::{StandIn, UsageLife};
use koogallery_open_api::Credentials;
use koogallery_runtime::{CloudWatch, Environment, Job, now};
use koogallery_store::{Cycles, Quantity, Store, StoreError, Taken, UsageHour, UsageSent};
use koogallery_tests::bodies::{INSTANCE, purchase};
use koogallery_tests::faults::FaultyDynamoDb;
use koogallery_tests::{Item, KEYS, Seller};
use report_usage::{Journal, Pushed, Reporter, Run};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

thread_local! {
    /// The time in a test: each runs on one thread.
    static NOW: Cell<i64> = const { Cell::new(0) };
}

fn clock() -> Timestamp {
    Timestamp::from_millis(NOW.get())
}

fn pass(millis: i64) {
    NOW.set(NOW.get() + millis);
}

fn ago(millis: i64) -> Timestamp {
    Timestamp::from_millis(NOW.get() - millis)
}

/// Log lines, as they go out.
#[derive(Debug, Default)]
struct Lines(Mutex<Vec<String>>);

impl Journal for Lines {
    fn pushed(&self, pushed: &Pushed<'_>) {
        self.0.lock().unwrap().push(report_usage::pushed_line(pushed).to_string());
    }

    fn parked(&self, hour: &UsageHour, answer: &str) {
        self.0.lock().unwrap().push(report_usage::parked_line(hour, answer).to_string());
    }

    fn ran(&self, run: &Run) {
        self.0.lock().unwrap().push(run.line(&CloudWatch::of(&Environment::default())).to_string());
    }
}

/// A seller, KooGallery's open APIs, and what reports, all in one time.
struct World {
    database: Option<FaultyDynamoDb>,
    seller: Seller,
    stand_in: StandIn,
    reporter: Reporter,
    lines: Arc<Lines>,
    bought: Item,
}

impl World {
    async fn new() -> Self {
        let database = FaultyDynamoDb::start().await;
        let seller = Seller::at(Some(database.endpoint()), |environment| environment).await;
        Self { database: Some(database), ..Self::over(seller).await }
    }

    /// Over a store that never fails.
    async fn over(seller: Seller) -> Self {
        // On the hour, so that each test has the same time before it.
        NOW.set(now().as_millis() / HOUR * HOUR + HOUR);
        let keys = AccessKeys::from_json(KEYS).unwrap();
        let stand_in = StandIn::start(Credentials::new("LOCALTEST", "sk").unwrap(), keys, clock).await.unwrap();
        let environment = Environment::default()
            .with("KOOGALLERY_KEYS", KEYS)
            .with("KOOGALLERY_OPEN_API_URL", stand_in.endpoint().to_string())
            .with("KOOGALLERY_ACCESS_KEY_ID", "LOCALTEST")
            .with("KOOGALLERY_SECRET_ACCESS_KEY", "sk");
        let lines = Arc::new(Lines::default());
        let journal = Arc::clone(&lines) as Arc<dyn Journal>;
        let job = Job::new(seller.host.store().clone(), Arc::new(clock), journal);
        let reporter = Reporter::signing_by(&environment, job, clock).unwrap();
        seller.say_all(&[purchase()]).await;
        let bought = seller.item(INSTANCE, "STATE").await.unwrap();
        Self { database: None, seller, stand_in, reporter, lines, bought }
    }

    fn database(&self) -> &FaultyDynamoDb {
        self.database.as_ref().unwrap()
    }

    fn store(&self) -> &Store {
        self.seller.host.store()
    }

    /// An instance that was bought at this time.
    async fn buy(&self, id: &str, at: Timestamp) {
        let mut item = self.bought.clone();
        let text = |text: String| AttributeValue::S(text);
        item.insert("pk".to_owned(), text(format!("INSTANCE#{id}")));
        item.insert("instanceId".to_owned(), text(id.to_owned()));
        item.insert("createdAt".to_owned(), AttributeValue::N(at.to_string()));
        item.insert("listedAs".to_owned(), text(format!("{:013}#{id}", at.as_millis())));
        let store = self.store();
        store.client().put_item().table_name(store.table()).set_item(Some(item)).send().await.unwrap();
        self.stand_in.put_usage_life(id.parse().unwrap(), UsageLife { start: at, release: None });
    }

    /// It is released now.
    async fn release(&self, id: &str) {
        let store = self.store();
        let instance = self.seller.instance(id).await.unwrap();
        let set = store.client().update_item().table_name(store.table());
        set.key("pk", AttributeValue::S(format!("INSTANCE#{id}")))
            .key("sk", AttributeValue::S("STATE".to_owned()))
            .update_expression("SET #status = :released, releasedAt = :at, #open = :open, openSince = :at")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":released", AttributeValue::S("released".to_owned()))
            .expression_attribute_values(":at", AttributeValue::N(clock().to_string()))
            .expression_attribute_values(":open", AttributeValue::S("ERASURE#3".to_owned()))
            .send()
            .await
            .unwrap();
        let life = UsageLife { start: instance.life.created_at, release: Some(clock()) };
        self.stand_in.put_usage_life(id.parse().unwrap(), life);
    }

    async fn take(&self, sent: &[UsageSent]) -> Result<Vec<Taken>, StoreError> {
        self.take_at(sent, clock()).await
    }

    async fn take_at(&self, sent: &[UsageSent], now: Timestamp) -> Result<Vec<Taken>, StoreError> {
        self.store().take_usage(sent.to_vec(), &Cycles::default(), now).await
    }

    async fn run(&self) -> Result<Run, StoreError> {
        self.reporter.run(Instant::now() + Duration::from_mins(10)).await
    }

    /// All hours of an instance.
    async fn hours(&self, id: &str) -> Vec<UsageHour> {
        let (first, last) = (Timestamp::from_millis(0), Timestamp::from_millis(9_999_999_999_998));
        self.store().usage_hours(&id.parse().unwrap(), first, last).await.unwrap()
    }

    /// What is charged for an instance, as it is written.
    fn charged(&self, id: &str) -> String {
        let charged = self.stand_in.charged();
        let amount = charged.get(&id.parse::<InstanceId>().unwrap()).copied().unwrap_or_default();
        Quantity::from_ten_thousandths(amount).to_string()
    }

    fn last_line(&self) -> String {
        self.lines.0.lock().unwrap().last().cloned().unwrap_or_default()
    }
}

/// A record of use at a moment.
fn used(instance: &str, id: &str, at: Timestamp, quantity: &str) -> UsageSent {
    UsageSent {
        id: id.parse().unwrap(),
        instance_id: instance.parse().unwrap(),
        related_package: None,
        begin: at,
        end: at,
        quantity: quantity.parse().unwrap(),
    }
}

fn of_package(package: &str, sent: UsageSent) -> UsageSent {
    UsageSent { related_package: Some(package.parse().unwrap()), ..sent }
}
