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
    for fields in [
        [("since", tomorrow), ("reason", "x")],
        [("until", "2020-01-01"), ("reason", "x")],
        [("type", "instance.frozen"), ("reason", "x")],
    ] {
        let page = world.send("/events", "/jobs", &fields).await;
        let page = to_the_end(&world, page).await;
        assert!(page.body.contains("<dd id=\"resent\">0</dd>"), "{}", page.body);
    }
    for bad in [("type", "instance.unknown"), ("since", "yesterday"), ("until", "x")] {
        assert_eq!(world.send("/events", "/jobs", &[bad, ("reason", "x")]).await.status, 400);
    }
    // The list is filtered in the same way, and the form takes its filter over.
    for (query, shown) in [
        ("since=2099-01-01", 0),
        ("until=2020-01-01", 0),
        ("since=2020-01-01&until=2098-12-31", MANY),
        ("type=instance.frozen", 0),
        ("type=instance.created", MANY),
    ] {
        let list = world.open(&format!("/events?{query}")).await;
        assert_eq!(list.body.matches("/console/events/").count(), shown, "{query}: {}", list.body);
        let form = list.forms().into_iter().find(|form| form.action.path() == "/console/jobs").unwrap();
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap();
            assert!(form.fields.contains(&(name.to_owned(), value.to_owned())), "{query}: {:?}", form.fields);
        }
    }
    for bad in ["/events?since=x", "/events?until=2020-13-01"] {
        assert_eq!(world.browser.open(&world.at(bad)).await.status, 400, "{bad}");
    }
    let left = world.seller.host.store().oldest_open(koogallery_store::Kind::Parked, 100).await.unwrap();
    assert_eq!(left.found.len(), MANY);
}

#[tokio::test]
async fn all_of_one_subject_are_delivered_once_more() {
    let world = World::start().await;
    world.seller.say_all(&[bodies::purchase(), bodies::freeze(), bodies::unfreeze()]).await;
    // Each thing's own page offers it.
    let page = world.send("/instances/b-1", "/jobs", &[("reason", "x")]).await;
    let page = to_the_end(&world, page).await;
    assert!(page.body.contains("<dd id=\"resent\">3</dd>"), "{}", page.body);
    for event in world.seller.whole_events(bodies::INSTANCE).await {
        assert!(page.body.contains(&format!("/console/events/{}", event.event_id)), "{}", page.body);
    }
    assert!(world.open("/orders/CS1").await.body.contains("value=\"ORDER#CS1\""), "an order's page offers it too");
}
