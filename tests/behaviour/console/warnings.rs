//! Warnings that stand: all of them can be reached, however many there are; and since when none stands.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use koogallery::Timestamp;
use koogallery_runtime::{Environment, Job, now};
use koogallery_store::{Cause, Raise, Warning};
use koogallery_tests::bodies;
use watch::{Journal, Run, Watcher};

use super::world::World;

const MANY: usize = 130;

async fn raise(world: &World, number: usize, cause: Cause, at: Timestamp) {
    let raise = Raise { cause, since: at, at, due_at: None };
    let warning = Warning::new(format!("ORDER#CS{number:03}").parse().unwrap(), &raise, at);
    assert!(world.seller.host.store().raise(&warning).await.unwrap());
}

#[tokio::test]
async fn each_warning_is_on_one_page() {
    let world = World::start().await;
    let at = now();
    for number in 0..MANY {
        // A run of the watch raises many at the same time.
        let cause = if number < 5 { Cause::SellerStep } else { Cause::RenewalDue };
        raise(&world, number, cause, at).await;
    }
    let (mut seen, mut pages) = (BTreeMap::new(), 0);
    let mut page = world.open("/warnings").await;
    loop {
        pages += 1;
        assert!(page.body.len() <= 50 << 10, "{} bytes", page.body.len());
        for part in page.body.split("/console/orders/CS").skip(1) {
            *seen.entry(part[..3].to_owned()).or_insert(0) += 1;
        }
        let Some((_, link)) = page.body.split_once("rel=\"next\" href=\"") else { break };
        let link = link.split('"').next().unwrap().replace("&amp;", "&");
        page = world.browser.open(page.url.join(&link).unwrap().as_str()).await;
        assert_eq!(page.status, 200, "{}", page.body);
    }
    assert_eq!((seen.len(), pages), (MANY, 3));
    assert!(seen.values().all(|times| *times == 1), "{seen:?}");
    let some = world.open("/warnings?cause=seller-step").await;
    assert_eq!(some.body.matches("/console/orders/CS").count(), 5, "{}", some.body);
    for bad in ["/warnings?cause=none", "/warnings?from=x"] {
        assert_eq!(world.browser.open(&world.at(bad)).await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn a_purchase_that_was_refused_waits_for_nobody_once_it_is_released() {
    let world = World::start().await;
    world.seller.say_all(&[bodies::purchase()]).await;
    let raise = Raise { cause: Cause::PurchaseRefused, since: now(), at: now(), due_at: None };
    let warning = Warning::new("ORDER#CS1".parse().unwrap(), &raise, now());
    assert!(world.seller.host.store().raise(&warning).await.unwrap());
    let link = format!("/console/warnings/{}", warning.warning_id);
    assert!(world.open("/").await.body.contains(&link));
    world.seller.say_all(&[bodies::release()]).await;
    assert!(!world.open("/").await.body.contains(&link), "the watch ends it when it runs next");
}

struct Nobody;

impl Journal for Nobody {
    fn raised(&self, _: &Warning) {}

    fn ran(&self, _: &Run) {}
}

#[tokio::test]
async fn home_says_since_when_no_warning_stands_and_figures_what_the_watch_counted() {
    let world = World::start().await;
    let page = world.open("/").await;
    let page = world.browser.submit_to(&page, "/console/settings", &[("language", "en"), ("zone", "+00:00")]).await;
    assert_eq!(world.browser.follow(page).await.status, 200);
    let since = "No warning has stood since";
    assert!(!world.open("/").await.body.contains(since), "nobody watched yet");
    assert!(world.open("/figures").await.body.contains("Instances are not counted yet"));

    world.seller.say_all(&[bodies::purchase()]).await;
    let job = Job::new(world.seller.host.store().clone(), Arc::new(now), Arc::new(Nobody) as Arc<dyn Journal>);
    let watcher = Watcher::of(&Environment::default(), job).unwrap();
    let run = async || watcher.run(Instant::now() + Duration::from_mins(10)).await.unwrap();
    run().await;
    let well = world.open("/").await;
    assert!(well.body.contains(since), "{}", well.body);
    let (_, notes) = world.seller.host.store().walk().await.unwrap();
    let (counts, first) = (notes.counts.unwrap().0, notes.well_since.unwrap());
    assert_eq!((counts.active, counts.frozen, counts.released), (1, 0, 0));
    let figures = world.open("/figures").await;
    assert!(figures.body.contains("1 in use, 0 frozen, 0 waiting for their app info, 0 released"), "{}", figures.body);
    assert!(figures.body.contains("<td data-label=\"bought\">1</td><td data-label=\"released\">0</td>"));
    run().await;
    let (_, notes) = world.seller.host.store().walk().await.unwrap();
    assert_eq!(notes.well_since, Some(first), "it is since the first time");

    // A product whose debug calls fail.
    let probe = bodies::with(bodies::with(bodies::purchase(), "orderLineId", ""), "testFlag", "1");
    assert_ne!(world.seller.say(&probe).await, "000000");
    run().await;
    run().await;
    let (_, notes) = world.seller.host.store().walk().await.unwrap();
    assert_eq!(notes.well_since, None, "a warning stands");
}
