//! The certificate of the production address: its end is warned of, and a warning ends when another one is there.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use koogallery::Timestamp;
use koogallery_runtime::{Environment, Job};
use koogallery_store::{Cause, Warning};
use koogallery_tests::Seller;
use koogallery_tests::application::TestClock;
use watch::{Journal, Run, Watcher};

use crate::doctor::tls_server;

const DAY: Duration = Duration::from_hours(24);

struct Nobody;

impl Journal for Nobody {
    fn raised(&self, _: &Warning) {}

    fn ran(&self, _: &Run) {}
}

/// A watch over a server with a certificate for this name, which ends then.
async fn watch(seller: &Seller, clock: &TestClock, name: &str, until: SystemTime) -> Watcher {
    let (address, trusts) = tls_server(name, until).await;
    let url = format!("https://localhost:{}", address.port());
    let job = Job::new(seller.host.store().clone(), clock.clock(), Arc::new(Nobody) as Arc<dyn Journal>);
    let environment = Environment::default().with("KOOGALLERY_PRODUCTION_URL", url);
    Watcher::of(&environment, job).unwrap().trusting(trusts)
}

async fn run(watcher: &Watcher) {
    watcher.run(Instant::now() + Duration::from_mins(10)).await.unwrap();
}

async fn standing(seller: &Seller) -> Vec<Warning> {
    let all = seller.host.store().warnings().await.unwrap();
    all.into_iter().filter(|warning| warning.cause == Cause::CertificateEnds).collect()
}

/// The beginning of the hour.
fn hour(at: Timestamp) -> Timestamp {
    Timestamp::from_millis(at.as_millis() / 3_600_000 * 3_600_000)
}

#[tokio::test]
async fn the_end_of_a_certificate_is_told_before_it_comes() {
    let seller = Seller::start().await;
    let clock = TestClock::default();
    let until = SystemTime::now() + DAY * 40;
    let old = watch(&seller, &clock, "localhost", until).await;
    let begin = hour(clock.now()).saturating_add(Duration::from_hours(1));
    clock.reach(begin);
    run(&old).await;
    assert!(standing(&seller).await.is_empty(), "40 days are enough");
    clock.reach(begin.saturating_add(DAY * 30));
    run(&old).await;
    let [first] = &standing(&seller).await[..] else { panic!("it ends in ten days") };
    assert!(first.due_at.is_some() && first.detail.is_none());
    // In the other runs of an hour nobody looks at it, and what stands stays.
    clock.reach(begin.saturating_add(DAY * 30 + Duration::from_mins(30)));
    run(&old).await;
    assert_eq!(standing(&seller).await.len(), 1);
    clock.reach(begin.saturating_add(DAY * 34));
    run(&old).await;
    let [second] = &standing(&seller).await[..] else { panic!("it ends in six days") };
    assert_ne!(first.warning_id, second.warning_id, "it is told once more");

    let new = watch(&seller, &clock, "localhost", until + DAY * 90).await;
    run(&new).await;
    assert!(standing(&seller).await.is_empty(), "it was renewed");
    let wrong = watch(&seller, &clock, "other.example.com", until + DAY * 90).await;
    run(&wrong).await;
    let [refused] = &standing(&seller).await[..] else { panic!("KooGallery would not accept it") };
    assert!(refused.detail.as_ref().unwrap().contains("not valid for name"), "{refused:?}");

    let nobody = Environment::default().with("KOOGALLERY_PRODUCTION_URL", "http://shop.example.com");
    let job = Job::new(seller.host.store().clone(), clock.clock(), Arc::new(Nobody) as Arc<dyn Journal>);
    let error = Watcher::of(&nobody, job).unwrap_err().to_string();
    assert!(error.contains("https://shop.example.com"), "{error}");
}
