//! Orders after the payment: their state with the evidence, their supervision, customer demands.

use koogallery_runtime::now;
use koogallery_store::{Cause, Raise, Warning};
use koogallery_tests::bodies::{self, with};

use super::world::World;

const WHY: (&str, &str) = ("reason", "Seller Console shows it");

async fn in_english(world: &World) {
    let page = world.open("/").await;
    let page = world.browser.submit_to(&page, "/console/settings", &[("language", "en"), ("zone", "+00:00")]).await;
    assert_eq!(world.browser.follow(page).await.status, 200);
}

#[tokio::test]
async fn an_order_is_supervised_and_led_to_its_end_step_by_step() {
    let world = World::start().await;
    in_english(&world).await;
    world.seller.say_all(&[bodies::purchase()]).await;
    let page = world.open("/orders/CS1").await;
    for text in ["<dd id=\"state\">completed</dd>", "newInstance was answered with success", "id=\"supervise\""] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    let opened = world.send("/orders/CS1", "/orders/CS1/supervision", &[("flow", "package"), WHY]).await;
    assert_eq!(opened.status, 200, "{}", opened.body);
    for text in ["<dd id=\"state\">processing</dd>", "<dd id=\"stage\">awaits acceptance</dd>", "id=\"step\""] {
        assert!(opened.body.contains(text), "{text}: {}", opened.body);
    }
    assert!(!opened.body.contains("value=\"need-submitted\""), "only what follows can be chosen");
    let listed = world.open("/supervision?waits=buyer").await;
    assert!(listed.body.contains("/console/orders/CS1"), "{}", listed.body);
    assert!(!world.open("/supervision?waits=seller").await.body.contains("/console/orders/CS1"));

    let origin = world.seller.host.address().trim_end_matches('/').to_owned();
    let to = world.at("/orders/CS1/steps");
    let wrong = [("step", "need-confirmed"), WHY];
    assert_eq!(world.browser.post(&to, &origin, &wrong).await.status, 409, "it does not follow");
    let later = [("step", "accepted"), ("at", "2099-01-01T00:00"), WHY];
    assert_eq!(world.browser.post(&to, &origin, &later).await.status, 400, "it has not happened");
    assert_eq!(world.browser.post(&to, &origin, &[("step", "accepted")]).await.status, 400, "nobody said why");

    let accepted = world.send("/orders/CS1", "/orders/CS1/steps", &[("step", "accepted"), WHY]).await;
    assert!(accepted.body.contains("awaits completion"), "{}", accepted.body);
    let done = world.send("/orders/CS1", "/orders/CS1/steps", &[("step", "completed"), WHY]).await;
    assert!(done.body.contains("<dd id=\"stage\">completed</dd>"), "{}", done.body);
    let told: Vec<String> = world.done_to("ORDER#CS1").await.into_iter().map(|action| action.what).collect();
    assert_eq!(told, ["supervision.completed", "supervision.accepted", "supervision.open"]);
    assert!(world.open("/audit").await.body.contains("the buyer accepted or received it"));
}

#[tokio::test]
async fn a_customer_demand_is_entered_offered_and_won() {
    let world = World::start().await;
    in_english(&world).await;
    let demand = [("number", "XQ-4711"), ("customerId", "customer-77"), WHY];
    let page = world.send("/demands", "/demands/enter", &demand).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let path = page.url.path().trim_start_matches("/console").to_owned();
    assert!(page.body.contains("waits to be received") && page.body.contains("XQ-4711"), "{}", page.body);
    let origin = world.seller.host.address().trim_end_matches('/').to_owned();
    let skipped = world.browser.post(&world.at(&path), &origin, &[("state", "won"), WHY]).await;
    assert_eq!(skipped.status, 409, "{}", skipped.body);
    let bad = world.browser.post(&world.at(&path), &origin, &[("price", "much"), WHY]).await;
    assert_eq!(bad.status, 400, "{}", bad.body);
    for change in [
        vec![("state", "converting"), WHY],
        vec![("state", "offered"), ("offer", "50 users"), ("price", "8800.00"), WHY],
        vec![("state", "won"), ("orderId", "CS1"), WHY],
    ] {
        let page = world.send(&path, &path, &change).await;
        assert_eq!(page.status, 200, "{}", page.body);
    }
    let won = world.open(&path).await;
    assert!(won.body.contains("/console/orders/CS1") && won.body.contains("8800.00"), "{}", won.body);
    assert!(!won.body.contains("id=\"change\""), "nothing follows");
    assert!(world.open("/demands?state=won").await.body.contains("XQ-4711"));
    for path in ["/demands", &path, "/audit", "/audit.csv"] {
        assert!(!world.open(path).await.body.contains("customer-77"), "{path} names the customer");
    }
}

#[tokio::test]
async fn a_step_that_waits_for_the_seller_is_named_and_leads_to_where_it_is_entered() {
    let world = World::start().await;
    in_english(&world).await;
    world.seller.say_all(&[bodies::purchase()]).await;
    drop(world.send("/orders/CS1", "/orders/CS1/supervision", &[("flow", "standard"), WHY]).await);
    drop(world.send("/orders/CS1", "/orders/CS1/steps", &[("step", "need-submitted"), WHY]).await);
    let raise = Raise { cause: Cause::SellerStep, since: now(), at: now(), due_at: None };
    let warning = Warning::new("ORDER#CS1".parse().unwrap(), &raise, now());
    assert!(world.seller.host.store().raise(&warning).await.unwrap());
    let home = world.open("/").await;
    for text in ["(awaits confirmation)", "/console/orders/CS1#step", "Enter a step"] {
        assert!(home.body.contains(text), "{text}: {}", home.body);
    }
}

#[tokio::test]
async fn a_refund_is_told_with_its_order_and_the_reason_that_follows() {
    let world = World::with(|environment| environment.with("KOOGALLERY_PROVISIONING", "deferred")).await;
    in_english(&world).await;
    let info = [("frontEndUrl", "https://app.example.com/"), WHY];
    let failure = [("resultCode", "000100"), ("message", "no seat for Example Buyer"), WHY];
    for (id, state, because) in [
        ("b-1", "newInstance was never answered with success", "It was not provisioned yet"),
        ("b-2", "newInstance was answered with success", "the buyer asked in KooGallery"),
        ("b-3", "the application could not provision", "000100 (no instance resource can be allocated)"),
    ] {
        let (order, refund) = (format!("CS-{id}"), format!("X-{id}"));
        let bought = with(with(bodies::purchase(), "orderId", order.as_str()), "businessId", id);
        assert_eq!(world.seller.say(&bought).await, "000004");
        let path = format!("/instances/{id}");
        let page = world.open(&path).await;
        assert!(page.body.contains(">000106 sold out</option>"), "{}", page.body);
        match id {
            "b-2" => drop(world.send(&path, &format!("{path}/app-info"), &info).await),
            "b-3" => {
                drop(world.send(&path, &format!("{path}/failure"), &failure).await);
                // The event of the purchase says what became of it.
                let event = world.seller.whole_events(&format!("INSTANCE#{id}")).await[0].event_id;
                let event = world.open(&format!("/events/{event}")).await;
                assert!(event.body.contains(because) && !event.body.contains("Example Buyer"), "{}", event.body);
            }
            _ => {}
        }
        let release = with(with(bodies::release(), "instanceId", id), "orderId", refund.as_str());
        world.seller.say_all(&[release]).await;

        // One click: the search opens the order, and its page begins with the reason.
        let found = world.browser.go(&world.at(&format!("/find?q={order}"))).await;
        assert!(found.url.path().ends_with(&format!("/orders/{order}")), "{}", found.url);
        for page in [found, world.open(&path).await] {
            for text in ["It was refunded on", &format!("/console/orders/{refund}"), because] {
                assert!(page.body.contains(text), "{id} {text}: {}", page.body);
            }
            assert!(!page.body.contains("Example Buyer"), "{}", page.body);
        }
        let page = world.open(&format!("/orders/{order}")).await;
        assert!(page.body.contains(state), "{id}: {}", page.body);
        let page = world.open(&format!("/orders/{refund}")).await;
        for text in ["This order refunds:", &format!("/console/orders/{order}"), because] {
            assert!(page.body.contains(text), "{id} {text}: {}", page.body);
        }
    }
    assert_ne!(world.seller.say(&with(bodies::purchase(), "orderLineId", "")).await, "000000");
    let page = world.open("/orders/CS1").await;
    assert!(page.body.contains("000002 <span class=\"quiet\">invalid parameter</span>"), "{}", page.body);
}
