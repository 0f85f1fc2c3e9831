//! Who takes part: a seller, its application, KooGallery, and what erases.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use aws_sdk_dynamodb::types::AttributeValue;
use erase_personal_data::{Eraser, Journal, Run, erased_line};
use koogallery::{AccessKeys, Timestamp};
use koogallery_local::open_api::StandIn;
use koogallery_open_api::Credentials;
use koogallery_runtime::{CloudWatch, Environment, Job, now};
use koogallery_store::{Gone, StoreError, Subject};
use koogallery_tests::api::TOKEN;
use koogallery_tests::application::{Post, TestClock};
use koogallery_tests::kit::RSA_PRIVATE_KEY;
use koogallery_tests::{Item, KEYS, Seller, text};

use super::DAY;
use super::sold::Sold;

/// Log lines, as they go out.
#[derive(Debug, Default)]
pub(super) struct Lines(Mutex<Vec<String>>);

impl Journal for Lines {
    fn erased(&self, of: &Subject, gone: &Result<Gone, StoreError>) {
        let line = erased_line(of, gone);
        self.0.lock().unwrap().push(line.to_string());
    }

    fn ran(&self, run: &Run) {
        self.0.lock().unwrap().push(run.line(&CloudWatch::of(&Environment::default())).to_string());
    }
}

/// A seller, the events' receiver, KooGallery's open APIs, and what erases, all in one time.
pub(super) struct World {
    pub(super) seller: Seller,
    pub(super) post: Post,
    pub(super) stand_in: StandIn,
    pub(super) clock: TestClock,
    pub(super) lines: Arc<Lines>,
}

impl World {
    pub(super) async fn at(endpoint: Option<String>) -> Self {
        let seller = Seller::at(endpoint, |environment| {
            environment.with("KOOGALLERY_RSA_PRIVATE_KEY", RSA_PRIVATE_KEY).with("KOOGALLERY_API_TOKEN", TOKEN)
        })
        .await;
        let keys = AccessKeys::from_json(KEYS).unwrap();
        let stand_in = StandIn::start(Credentials::new("LOCALTEST", "sk").unwrap(), keys, now).await.unwrap();
        let post = Post::of(&seller, |environment| {
            environment
                .with("KOOGALLERY_OPEN_API_URL", stand_in.endpoint().to_string())
                .with("KOOGALLERY_ACCESS_KEY_ID", "LOCALTEST")
                .with("KOOGALLERY_SECRET_ACCESS_KEY", "sk")
        })
        .await;
        let clock = post.clock.clone();
        Self { seller, post, stand_in, clock, lines: Arc::default() }
    }

    pub(super) async fn new() -> Self {
        Self::at(koogallery_tests::other_dynamodb()).await
    }

    pub(super) async fn deliver(&self) {
        let mut pump = self.post.pump(&self.seller).await;
        self.post.deliver(&mut pump).await;
    }

    /// How many events the application had with what KooGallery tells of a buyer.
    pub(super) fn orders_told(&self) -> usize {
        let taken = self.post.application.taken();
        taken.iter().filter(|event| event.body["data"]["order"]["buyerInfo"]["email"] == "mock@example.com").count()
    }

    pub(super) fn eraser(&self) -> Eraser {
        let journal = Arc::clone(&self.lines) as Arc<dyn Journal>;
        let job = Job::new(self.seller.host.store().clone(), self.clock.clock(), journal);
        Eraser::of(&Environment::default(), job).unwrap()
    }

    /// One run of the schedule.
    pub(super) async fn run(&self) -> Result<Run, StoreError> {
        let eraser = self.eraser();
        Ok(eraser.erase(eraser.due().await?, Instant::now() + DAY).await)
    }

    pub(super) async fn released_at(&self, sold: Sold) -> Timestamp {
        self.seller.instance(sold.id).await.unwrap().life.released_at.unwrap()
    }

    /// Releases one, tells the application, and lets the time pass.
    pub(super) async fn release(&self, sold: Sold) {
        self.seller.say_all(&[sold.release()]).await;
        self.deliver().await;
        self.clock.reach(self.released_at(sold).await.saturating_add(30 * DAY));
    }

    /// Where something is sealed.
    pub(super) async fn sealed(&self) -> BTreeSet<String> {
        let is_sealed = |item: &Item| item.values().any(|value| matches!(value, AttributeValue::B(_)));
        let items = self.seller.items().await.into_iter();
        let items = items.filter(|item| is_sealed(item) && text(item, "pk") != "DATA_KEY");
        items.map(|item| format!("{} {}", text(&item, "pk"), text(&item, "sk"))).collect()
    }

    /// All that can be read in the table and the logs.
    pub(super) async fn readable(&self) -> String {
        let items = self.seller.everything().await;
        format!("{items:?} {:?} {:?} {:?}", self.seller.records(), self.seller.api_records(), self.lines)
    }

    pub(super) async fn assert_gone(&self, sold: Sold, of: &str) {
        let (readable, sealed) = (self.readable().await, self.sealed().await);
        for told in sold.clear().into_iter().chain(sold.hidden()) {
            assert!(!readable.contains(&told), "{told}: {of}");
        }
        let left: Vec<&String> = sealed.iter().filter(|place| sold.is_at(place)).collect();
        assert!(left.is_empty(), "{left:?}: {of}");
        let instance = self.seller.item(&format!("INSTANCE#{}", sold.id), "STATE").await.unwrap();
        assert!(instance.contains_key("erasedAt") && !instance.contains_key("open"), "{of}");
        for kept in ["orderId", "lastOrder", "expireTime", "releasedAt", "listed"] {
            assert!(instance.contains_key(kept), "{kept}: {of}");
        }
    }
}
