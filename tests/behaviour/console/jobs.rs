//! Jobs: all events that match are delivered once more, a few at each look, and each with its record.

use koogallery_store::{Action, Delivery};
use koogallery_tests::bodies;
use koogallery_tests::browser::Page;
use serde_json::json;

use super::world::World;

const MANY: usize = 30;

/// With so many instances, whose first events are all parked.
async fn with_parked() -> World {
    let world = World::start().await;
    for number in 0..MANY {
        let id = format!("i{number:03}");
        let purchase = json!({ "activity": "newInstance", "orderId": format!("CS{id}"), "businessId": id,
            "orderLineId": format!("CS{id}-000001") });
        world.seller.say_all(&[purchase]).await;
        world.seller.park(&format!("INSTANCE#{id}"), 0).await;
    }
    world
}

async fn to_the_end(world: &World, mut page: Page) -> Page {
    let mut steps = 0;
    while page.body.contains("http-equiv=\"refresh\"") {
        page = world.browser.open(page.url.as_str()).await;
        assert_eq!(page.status, 200, "{}", page.body);
        steps += 1;
        assert!(steps < 100, "it does not end");
    }
    page
}

#[tokio::test]
async fn all_that_are_parked_are_delivered_once_more() {
    let world = with_parked().await;
    let page = world.send("/events", "/jobs", &[("reason", "the application was down")]).await;
    assert!(page.url.path().starts_with("/console/jobs/"), "{}", page.url);
    assert!(world.open("/").await.body.contains(page.url.path()), "who leaves it finds it at home");
    let page = to_the_end(&world, page).await;
    assert!(page.body.contains(&format!("<dd id=\"resent\">{MANY}</dd>")), "{}", page.body);
    for number in 0..MANY {
        let subject = format!("INSTANCE#i{number:03}").parse().unwrap();
        let events = world.seller.host.store().events(&subject).await.unwrap();
        assert_eq!(events[0].delivery(), Delivery::Undelivered);
        let done = world.done_to(&format!("INSTANCE#i{number:03}")).await;
        assert_eq!((done.len(), done[0].what.as_str()), (1, Action::EVENT_RESENT));
        assert_eq!(done[0].reason.as_ref().unwrap().as_str(), "the application was down");
    }
    assert!(world.open("/jobs").await.body.contains(page.url.path()));
    assert!(!world.open("/").await.body.contains(page.url.path()));
}

#[tokio::test]
async fn only_what_matches_is_delivered_once_more() {
    let world = with_parked().await;
    let tomorrow = "2099-01-01";
    for fields in [[("since", tomorrow), ("reason", "x")], [("type", "instance.frozen"), ("reason", "x")]] {
        let page = world.send("/events", "/jobs", &fields).await;
        let page = to_the_end(&world, page).await;
        assert!(page.body.contains("<dd id=\"resent\">0</dd>"), "{}", page.body);
    }
    for bad in [("type", "instance.unknown"), ("since", "yesterday")] {
        assert_eq!(world.send("/events", "/jobs", &[bad, ("reason", "x")]).await.status, 400);
    }
    let left = world.seller.host.store().oldest_open(koogallery_store::Kind::Parked, 100).await.unwrap();
    assert_eq!(left.found.len(), MANY);
}

#[tokio::test]
async fn all_of_one_subject_are_delivered_once_more() {
    let world = World::start().await;
    world.seller.say_all(&[bodies::purchase(), bodies::freeze(), bodies::unfreeze()]).await;
    let origin = world.seller.host.address().trim_end_matches('/').to_owned();
    let fields = [("of", "subject"), ("subject", bodies::INSTANCE), ("reason", "x")];
    let page = world.browser.post(&world.at("/jobs"), &origin, &fields).await;
    let page = world.browser.follow(page).await;
    let page = to_the_end(&world, page).await;
    assert!(page.body.contains("<dd id=\"resent\">3</dd>"), "{}", page.body);
}
