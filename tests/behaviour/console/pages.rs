//! What the pages show: what waits, what something is, what happened to it; in both languages, within their size.

use koogallery_tests::bodies::{self, with};
use koogallery_tests::browser::Page;
use serde_json::json;

use super::world::World;

/// The most bytes of a page.
const LARGEST: usize = 50 << 10;

fn deferred(environment: koogallery_runtime::Environment) -> koogallery_runtime::Environment {
    environment.with("KOOGALLERY_PROVISIONING", "deferred")
}

async fn in_english(world: &World) {
    let page = world.open("/").await;
    let fields = [("language", "en"), ("zone", "+00:00")];
    let page = world.browser.submit_to(&page, "/console/settings", &fields).await;
    assert_eq!(world.browser.follow(page).await.status, 200);
}

fn has(page: &Page, texts: &[&str]) {
    for text in texts {
        assert!(page.body.contains(text), "{text} is not in {}", page.body);
    }
    assert!(page.body.len() <= LARGEST, "{} bytes", page.body.len());
}

#[tokio::test]
async fn home_shows_what_waits_with_its_deadline_and_one_act() {
    let world = World::with(deferred).await;
    in_english(&world).await;
    has(&world.open("/").await, &["All is well"]);
    assert_eq!(world.seller.say(&bodies::purchase()).await, "000004");
    let event = world.seller.park(bodies::INSTANCE, 0).await;
    let probe = with(with(bodies::purchase(), "orderLineId", ""), "testFlag", "1");
    assert_ne!(world.seller.say(&probe).await, "000000");
    let page = world.open("/").await;
    has(&page, &["Instance b-1 waits", "/console/instances/b-1#app-info", "in 2 h 59 min"]);
    has(&page, &[&format!("Event {event}"), &format!("/console/events/{event}")]);
    has(&page, &["The debug call newInstance was answered 000002"]);
    // A call that was refused is told before the watch warns of it.
    let refused = with(bodies::freeze(), "instanceId", "i-none");
    assert_ne!(world.seller.say(&refused).await, "000000");
    has(&world.open("/").await, &["The call updateInstanceStatus about i-none was answered"]);
    // The refund has a deadline: it comes first.
    assert!(page.body.find("Instance b-1 waits") < page.body.find(&format!("Event {event}")));
}

#[tokio::test]
async fn an_instances_page_says_what_follows_and_what_happened() {
    let world = World::start().await;
    in_english(&world).await;
    world.seller.say_all(&[bodies::purchase(), bodies::freeze()]).await;
    let refused = with(bodies::upgrade("CS9"), "activity", "refreshInstance");
    assert_ne!(world.seller.say(&refused).await, "000000");
    let page = world.open("/instances/b-1").await;
    has(&page, &["frozen", "Event instance.created", "Event instance.frozen", "Call newInstance, answered 000000"]);
    has(&page, &["<dd id=\"status\">frozen (expired)</dd>"]);
    assert!(page.body.contains("/console/orders/CS1"));
    world.seller.say_all(&[bodies::release()]).await;
    has(&world.open("/instances/b-1").await, &["It was released on", "id=\"erase\""]);
    assert_eq!(world.browser.open(&world.at("/instances/none")).await.status, 404);
}

#[tokio::test]
async fn the_search_finds_by_any_id() {
    let world = World::start().await;
    world.seller.say_all(&[bodies::purchase()]).await;
    let event = world.seller.whole_events(bodies::INSTANCE).await[0].event_id.to_string();
    for (typed, path) in [
        ("CS1", "/console/orders/CS1"),
        (" CS1-000001 ", "/console/orders/CS1"),
        ("b-1", "/console/instances/b-1"),
        (&event, &*format!("/console/events/{event}")),
    ] {
        let mut url: reqwest::Url = world.at("/find").parse().unwrap();
        url.query_pairs_mut().append_pair("q", typed);
        let page = world.browser.go(url.as_str()).await;
        assert_eq!((page.status.as_u16(), page.url.path()), (200, path), "{typed}");
    }
    // No key leads to a request: it is looked for among what came last.
    let order = world.seller.host.store().trace("CS1").await.unwrap();
    let id = order.calls[0].call.request_id.clone().unwrap();
    let found = world.open(&format!("/find?q={id}")).await;
    has(&found, &["newInstance", "000000", "/console/orders/CS1"]);
    let refused = with(bodies::freeze(), "instanceId", "i-none");
    assert_ne!(world.seller.say(&refused).await, "000000");
    let failed = world.seller.host.store().trace("i-none").await.unwrap();
    let id = failed.calls[0].call.request_id.clone().unwrap();
    has(&world.open(&format!("/find?q={id}")).await, &["updateInstanceStatus", "/console/instances/i-none"]);
    has(&world.open("/find?q=no-such-request").await, &["id=\"nothing\""]);
    has(&world.open("/find?q=nothing").await, &["id=\"nothing\""]);
    has(&world.open("/find").await, &["id=\"nothing\""]);
}

#[tokio::test]
async fn lists_are_read_page_by_page_each_member_once() {
    let world = World::start().await;
    for number in 0..120 {
        let id = format!("i{number:03}");
        let purchase = json!({ "activity": "newInstance", "orderId": format!("CS{id}"), "businessId": id,
            "orderLineId": format!("CS{id}-000001") });
        world.seller.say_all(&[purchase]).await;
    }
    let mut seen = std::collections::BTreeMap::new();
    let (mut page, mut pages) = (world.open("/instances?status=active").await, 0);
    loop {
        has(&page, &[]);
        for part in page.body.split("/console/instances/").skip(1) {
            let id = part.split('"').next().unwrap().to_owned();
            *seen.entry(id).or_insert(0) += 1;
        }
        pages += 1;
        if !page.body.contains("rel=\"next\"") {
            break;
        }
        let (_, link) = page.body.split_once("rel=\"next\" href=\"").unwrap();
        let link = link.split('"').next().unwrap().replace("&amp;", "&");
        page = world.browser.open(world.at("/").parse::<reqwest::Url>().unwrap().join(&link).unwrap().as_str()).await;
    }
    assert_eq!((seen.len(), pages), (120, 3));
    assert!(seen.values().all(|times| *times == 1));
}

#[tokio::test]
async fn figures_count_orders_by_the_week_and_events_by_their_age() {
    let world = World::start().await;
    in_english(&world).await;
    has(&world.open("/figures").await, &["Orders by week", "Nothing matches"]);
    world.seller.say_all(&[bodies::purchase(), bodies::renewal("R1", bodies::FUTURE)]).await;
    world.seller.park(bodies::INSTANCE, 0).await;
    let page = world.open("/figures").await;
    // The week of today has one of each; the parked event has no age yet.
    has(&page, &["<svg viewBox=", "<td data-label=\"new\">1</td><td data-label=\"renewed or changed\">1</td>"]);
    has(
        &page,
        &["≤ 1 min: waiting 1, parked 1", "brought or changed an order 2, failed, and not answered well since 0"],
    );
    let refused = with(bodies::freeze(), "instanceId", "i-none");
    assert_ne!(world.seller.say(&refused).await, "000000");
    has(&world.open("/figures").await, &["failed, and not answered well since 1"]);
    assert!(!page.body.contains("style="), "the policy lets no style in");
}

#[tokio::test]
async fn every_page_is_in_the_language_and_zone_that_were_chosen() {
    let world = World::start().await;
    world.seller.say_all(&[bodies::purchase()]).await;
    let chinese = world.open("/instances/b-1").await;
    has(&chinese, &["<html lang=\"zh-CN\">", "当前状态", "时间线"]);
    in_english(&world).await;
    let english = world.open("/instances/b-1").await;
    has(&english, &["<html lang=\"en\">", "Facts", "Timeline"]);
    let without = english.body.replace("中文", "");
    assert!(!without.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{without}");
}
