//! Personal data is behind a button, and the audit has who pressed it.

use koogallery::{AccessKeys, InterfaceType};
use koogallery_local::marketplace::SignedCall;
use koogallery_local::open_api::StandIn;
use koogallery_open_api::Credentials;
use koogallery_runtime::now;
use koogallery_store::Action;
use koogallery_tests::bodies::{self, with};
use koogallery_tests::kit::{auth, tenant, user};
use koogallery_tests::{KEYS, Seller};
use serde_json::json;

use super::world::World;

#[tokio::test]
async fn what_only_the_buyer_and_the_application_know_is_shown_once_asked_for() {
    let world = World::with(|environment| environment.with("KOOGALLERY_PROVISIONING", "deferred")).await;
    assert_eq!(world.seller.say(&bodies::purchase()).await, "000004");
    let info = [
        ("frontEndUrl", "https://app.example.com/"),
        ("userName", "li.wei@buyer.example"),
        ("password", "first-password"),
        ("memo", "ring 555-0100"),
        ("reason", "the application was down"),
    ];
    assert_eq!(world.send("/instances/b-1", "/instances/b-1/app-info", &info).await.status, 200);
    for path in ["/instances/b-1", "/orders/CS1", "/instances", "/audit", "/audit.csv"] {
        let page = world.open(path).await;
        assert!(!page.body.contains("li.wei") && !page.body.contains("555-0100"), "{path}");
    }
    let page = world.open("/instances/b-1").await;
    let shown = world.browser.submit_to(&page, "/console/instances/b-1/show", &[("reason", "the buyer called")]).await;
    assert!(shown.body.contains("li.wei@buyer.example") && shown.body.contains("555-0100"), "{}", shown.body);
    assert!(!shown.body.contains("first-password"), "only the buyer sees it");
    let done = world.done_to(bodies::INSTANCE).await;
    let told: Vec<&str> = done.iter().map(|action| action.what.as_str()).collect();
    assert_eq!(told, [Action::PERSONAL_DATA_SHOWN, Action::APP_INFO_HANDED_IN]);
    assert_eq!(done[0].reason.as_ref().unwrap().as_str(), "the buyer called");
    assert!(!format!("{done:?}").contains("li.wei"));
}

#[tokio::test]
async fn a_tenants_name_is_on_no_page_until_it_is_asked_for() {
    let seller = Seller::of_kit().await;
    let browser = koogallery_tests::browser::Browser::default();
    drop(browser.go(seller.host.console().unwrap()).await);
    let world = World { seller, browser };
    world.seller.say_all(&[bodies::purchase()]).await;
    assert_eq!(world.seller.sync(&tenant(1)).await, "000000");
    for (path, known) in [("/tenants", "t-1"), ("/tenants/t-1", "b-1"), ("/instances/b-1", "b-1")] {
        let page = world.open(path).await;
        assert!(!page.body.contains("Example Ltd") && page.body.contains(known), "{path}");
    }
    let page = world.open("/tenants/t-1").await;
    let shown = world.browser.submit_to(&page, "/console/tenants/t-1/show", &[("reason", "who is it")]).await;
    assert!(shown.body.contains("Example Ltd"));
    assert_eq!(world.done_to("TENANT#t-1").await.len(), 1);
}

#[tokio::test]
async fn a_user_and_a_customer_are_found_by_those_who_say_why() {
    let seller = Seller::of_kit().await;
    let browser = koogallery_tests::browser::Browser::default();
    drop(browser.go(seller.host.console().unwrap()).await);
    let world = World { seller, browser };
    world.seller.say_all(&[bodies::purchase()]).await;
    assert_eq!(world.seller.sync(&tenant(1)).await, "000000");
    assert_eq!(world.seller.sync(&auth(1, [user(7)], 6)).await, "000000");
    let search = async |text: &str| {
        let typed = [("text", text), ("reason", "a buyer called")];
        world.send("/find?q=", "/find/people", &typed).await
    };
    let found = search("user-00007").await;
    for path in ["/console/tenants/t-1", "/console/instances/b-1"] {
        assert!(found.body.contains(path), "{path}: {}", found.body);
    }
    assert!(search("user-0000").await.body.contains("id=\"nothing\""), "only the whole name");
    let typed = [("text", "user-00007"), ("reason", "a buyer called")];
    let of_tenant = world.send("/tenants/t-1", "/find/people", &typed).await;
    assert!(of_tenant.body.contains("/console/instances/b-1"), "{}", of_tenant.body);
    for unsaid in [" ", "\u{200b}", "\u{3164}\u{feff}"] {
        let unsaid = [("text", "user-00007"), ("reason", unsaid)];
        assert_eq!(world.send("/find?q=", "/find/people", &unsaid).await.status, 400);
    }

    let actions = world.actions().await;
    assert!(actions.iter().all(|action| action.what == Action::PERSONAL_DATA_SEARCHED), "{actions:?}");
    assert_eq!((actions.len(), world.done_to("TENANT#t-1").await.len()), (3, 1));
    assert!(!format!("{actions:?}").contains("user-0"), "what was typed is not kept");
}

#[tokio::test]
async fn a_customer_is_found_by_what_v1_said_of_the_buyer() {
    let world = World::start().await;
    let bought = [
        ("activity", "newInstance"),
        ("customerId", "customer-77"),
        ("customerName", "Example Buyer"),
        ("businessId", "v-1"),
        ("orderId", "CS7"),
        ("productId", "p-1"),
    ];
    let keys = AccessKeys::from_json(KEYS).unwrap();
    let bought = bought.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let call = SignedCall::basic_v1(keys.current(InterfaceType::Basic).unwrap(), bought, now());
    let reply = world.seller.marketplace.send(&call).await.unwrap().body;
    assert!(String::from_utf8_lossy(&reply).contains("\"000000\""), "{}", String::from_utf8_lossy(&reply));
    for text in ["customer-77", "example buyer"] {
        let typed = [("text", text), ("reason", "a buyer called")];
        let found = world.send("/find?q=", "/find/people", &typed).await;
        assert!(found.body.contains("/console/orders/CS7"), "{text}: {}", found.body);
    }
    assert!(!world.open("/audit").await.body.contains("customer-77"));
}

/// A console beside a stand-in for KooGallery's open APIs, which knows the order of [`bodies::purchase`].
async fn with_order_query() -> (World, StandIn) {
    let keys = AccessKeys::from_json(KEYS).unwrap();
    let stand_in = StandIn::start(Credentials::new("LOCALTEST", "sk").unwrap(), keys, now).await.unwrap();
    let endpoint = stand_in.endpoint().to_string();
    let world = World::with(|environment| {
        environment
            .with("KOOGALLERY_OPEN_API_URL", endpoint)
            .with("KOOGALLERY_ACCESS_KEY_ID", "LOCALTEST")
            .with("KOOGALLERY_SECRET_ACCESS_KEY", "sk")
    })
    .await;
    let line = json!({ "orderLineId": "CS1-000001", "productInfo": [{ "productId": "p-1" }] });
    let order = json!({ "orderId": "CS1", "orderType": "NEW", "orderLine": [line],
        "buyerInfo": { "customerId": "c-1", "customerName": "Example Buyer" } });
    stand_in.put_order(serde_json::from_value(order).unwrap());
    (world, stand_in)
}

#[tokio::test]
async fn the_buyer_of_an_order_line_is_found_whether_the_call_names_its_product_or_not() {
    for (product, sort) in [(Some("p-1"), "PRODUCT#p-1"), (None, "LINE#CS1-000001")] {
        let (world, _stand_in) = with_order_query().await;
        let purchase = product.map_or_else(bodies::purchase, |id| with(bodies::purchase(), "productId", id));
        world.seller.say_all(&[purchase]).await;
        let (order, line) = ("CS1".parse().unwrap(), "CS1-000001".parse().unwrap());
        let store = world.seller.host.store();
        let is_learnt = async || {
            let bought = world.seller.instance(bodies::ID).await.unwrap().life.bought;
            store.order_details(&order, Some(&line), now()).await.unwrap().is_some()
                && bought.is_some_and(|bought| bought.product_id.is_some())
        };
        while !is_learnt().await {
            tokio::task::yield_now().await;
        }
        // Second, as an earlier version kept it: without the line.
        for is_earlier in [false, true] {
            if is_earlier {
                let text = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
                let update = store.client().update_item().table_name(store.table()).key("pk", text("ORDER#CS1"));
                update.key("sk", text(sort)).update_expression("REMOVE orderLineId").send().await.unwrap();
            }
            for (path, says) in [("/orders", "CS1-000001"), ("/orders", "p-1"), ("/orders/CS1", "CS1-000001")] {
                assert!(world.open(path).await.body.contains(says), "{sort} {path} {says}");
            }
            let shown = world.send("/orders/CS1", "/orders/CS1/show", &[("reason", "the buyer called")]).await;
            assert!(shown.body.contains("<bdi>Example Buyer</bdi>"), "{sort}: {}", shown.body);
            let typed = [("text", "example buyer"), ("reason", "a buyer called")];
            let found = world.send("/find?q=", "/find/people", &typed).await;
            assert!(found.body.contains("/console/orders/CS1"), "{sort}: {}", found.body);
        }
    }
}
