//! However often, from however many sides, a call counts once; and a nonce works once.

#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::{NewInstance, QueryInstance, TestFlag};
use koogallery_local::marketplace::{SignedCall, new_nonce};
use koogallery_runtime::now;
use koogallery_tests::bodies::{self, FUTURE, ID, INSTANCE, with};
use koogallery_tests::{Seller, at_once, text};
use serde_json::Value;
use tokio::task::JoinSet;

fn purchase(business: &str) -> NewInstance {
    NewInstance::new("CS1", "CS1-000001", business).unwrap()
}

fn success(id: Option<&str>) -> HashSet<(String, Option<String>)> {
    HashSet::from([("000000".to_owned(), id.map(str::to_owned))])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_simultaneous_purchases_make_one_instance() {
    let seller = Arc::new(Seller::start().await);
    let resent = |n| with(bodies::purchase(), "businessId", format!("b-{n}"));
    let answers = at_once(&seller, (0..100).map(resent)).await;
    assert_eq!(answers.len(), 1, "{answers:?}");
    let id = answers.iter().next().unwrap().1.clone().unwrap();
    assert_eq!(answers, success(Some(&id)));
    let partition = format!("INSTANCE#{id}");
    assert_eq!(seller.events(&partition).await, ["instance.created"]);
    let items = seller.items().await;
    let instances: Vec<String> =
        items.iter().map(|item| text(item, "pk")).filter(|pk| pk.starts_with("INSTANCE#")).collect();
    assert_eq!(instances, [partition.as_str(); 3], "the state, its event, and that it is to be delivered");
    assert_eq!(items.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn simultaneous_changes_and_notices_count_once() {
    let seller = Arc::new(Seller::start().await);
    seller.say_all(&[bodies::purchase()]).await;
    for (body, event) in [
        (bodies::renewal("R1", FUTURE), "instance.refreshed"),
        (bodies::upgrade("U1"), "instance.upgraded"),
        (bodies::freeze(), "instance.frozen"),
        (bodies::unfreeze(), "instance.unfrozen"),
        (bodies::release(), "instance.released"),
    ] {
        assert_eq!(at_once(&seller, (0..50).map(|_| body.clone())).await, success(None), "{body}");
        let events = seller.events(INSTANCE).await;
        assert_eq!(events.iter().filter(|kind| *kind == event).count(), 1, "{events:?}");
        assert_eq!(events.last().unwrap(), event);
    }
    let orders = seller.host.store().instance_orders(&ID.parse().unwrap()).await.unwrap();
    assert_eq!(orders.len(), 2);
    assert_eq!(at_once(&seller, (0..50).map(|_| bodies::order_notice())).await, success(None));
    assert_eq!(seller.events("ORDER#CS1").await, ["order.paid"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn simultaneous_orders_that_want_one_id_get_one_each() {
    let seller = Arc::new(Seller::start().await);
    let order = |n| with(bodies::purchase(), "orderId", format!("CS-{n}"));
    let answers = at_once(&seller, (0..30).map(order)).await;
    let ids: HashSet<_> = answers.iter().map(|(_, id)| id.clone().unwrap()).collect();
    assert!(answers.iter().all(|(code, _)| code == "000000"), "{answers:?}");
    assert_eq!(ids.len(), 30, "an instance for each order");
    assert!(ids.contains(ID), "one of them got what it wanted");
    for id in &ids {
        assert_eq!(seller.events(&format!("INSTANCE#{id}")).await, ["instance.created"]);
    }
    assert_eq!(seller.items().await.len(), 120);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_call_sent_many_times_at_once_is_done_once() {
    let seller = Arc::new(Seller::start().await);
    seller.say_all(&[bodies::purchase()]).await;
    for body in [bodies::renewal("R1", FUTURE), bodies::query(), bodies::purchase_resent(), bodies::order_notice()] {
        let call = Arc::new(seller.signed(&body));
        let mut sending = JoinSet::new();
        for _ in 0..20 {
            let (seller, call) = (Arc::clone(&seller), Arc::clone(&call));
            sending.spawn(async move { seller.send(&call).await.result_code.to_string() });
        }
        let mut codes = sending.join_all().await;
        // A call that the store had no time for may be either; it was not done twice.
        codes.retain(|code| code != "000005");
        assert!(codes.iter().filter(|code| *code == "000000").count() <= 1, "{body}: {codes:?}");
        assert!(codes.iter().all(|code| code == "000000" || code == "000001"), "{body}: {codes:?}");
        assert_eq!(seller.send(&call).await.result_code.as_str(), "000001");
    }
}

#[tokio::test]
async fn a_purchase_sent_again_after_the_release_makes_nothing_new() {
    let seller = Seller::start().await;
    seller.say_all(&[bodies::purchase(), bodies::release()]).await;
    let before = seller.standing().await;
    let reply = seller.send(&seller.signed(&bodies::purchase_resent())).await;
    assert_eq!((reply.result_code.as_str(), reply.instance_id.unwrap().as_str()), ("000000", ID));
    assert_eq!(seller.standing().await, before);
}

#[tokio::test]
async fn another_orders_instance_id_is_not_taken_over() {
    let seller = Seller::start().await;
    seller.succeed(&purchase("b-1")).await;
    let other = NewInstance::new("CS2", "CS2-000001", "b-1").unwrap();
    let id = seller.succeed(&other).await.instance_id.unwrap();
    assert_ne!(id.as_str(), "b-1");
    assert_eq!(id.as_str().len(), 32, "a UUID: {id}");
    assert_eq!(seller.succeed(&other).await.instance_id.unwrap(), id);
    assert_eq!(seller.instance("b-1").await.unwrap().order_id.as_str(), "CS1");
}

#[tokio::test]
async fn a_business_id_that_could_not_be_asked_for_names_nothing() {
    let seller = Seller::start().await;
    let long = "😀".repeat(64);
    for (order, business) in [("CS1", "a,b"), ("CS2", " padded "), ("CS3", long.as_str())] {
        let purchase = NewInstance::new(order, "1", business).unwrap();
        let id = seller.succeed(&purchase).await.instance_id.unwrap();
        let query = QueryInstance { instance_ids: id.as_str().parse().unwrap(), test_flag: TestFlag::Real };
        let info = seller.succeed(&query).await.info.unwrap();
        assert_eq!(info[0].instance_id, id);
        assert_eq!(seller.succeed(&purchase).await.instance_id.unwrap(), id);
    }
}

#[tokio::test]
async fn a_pay_per_use_order_makes_one_instance_for_each_product() {
    let seller = Seller::start().await;
    let bought = async |product: &str, line: &str, business: &str| {
        let body = with(with(bodies::purchase(), "productId", product), "orderLineId", line);
        let reply = seller.send(&seller.signed(&with(body, "businessId", business))).await;
        assert_eq!(reply.result_code.as_str(), "000000");
        reply.instance_id.unwrap().to_string()
    };
    assert_eq!(bought("p1", "L1", "b-1").await, "b-1");
    assert_eq!(bought("p2", "L1", "b-2").await, "b-2", "one line, two products");
    assert_eq!(bought("p1", "L1", "b-3").await, "b-1");
    assert_eq!(bought("p1", "L2", "b-4").await, "b-1", "the product names it, whichever line it is on");
    assert_eq!(bought("p2", "L2", "b-5").await, "b-2");
    assert_eq!(bought("", "L1", "b-6").await, "b-6", "a line without a product is another purchase");
    for (id, product) in [("b-1", Some("p1")), ("b-2", Some("p2")), ("b-6", None)] {
        let instance = seller.instance(id).await.unwrap();
        assert_eq!(instance.life.product_id.as_ref().map(koogallery::ProductId::as_str), product);
        assert_eq!(seller.events(&format!("INSTANCE#{id}")).await, ["instance.created"]);
    }
    assert_eq!(seller.items().await.len(), 12);
}

#[tokio::test]
async fn orders_are_told_apart_by_both_parts_of_their_name() {
    let seller = Seller::start().await;
    let order = |order: &str, line: &str, expire_time: &str| {
        with(with(bodies::renewal("R", expire_time), "orderId", order), "orderLineId", line)
    };
    seller.say_all(&[bodies::purchase()]).await;
    let expiries = ["20300101000000000", "20310101000000000", "20320101000000000", "20330101000000000"];
    let names = [("R1", "1"), ("R1", "2"), ("R#1", "1"), ("R", "1#1")];
    for ((name, line), expire_time) in names.into_iter().zip(expiries) {
        seller.say_all(&[order(name, line, expire_time)]).await;
        let instance = seller.instance(ID).await.unwrap();
        assert_eq!(instance.life.expire_time.unwrap().to_string(), expire_time, "order {name}, line {line}");
    }
    assert_eq!(seller.events(INSTANCE).await.len(), 5);
}

/// Replays a call at once and expects it to be refused, whatever it was answered.
async fn answered_once(seller: &Seller, body: &Value, code: &str) {
    let call = seller.signed(body);
    assert_eq!(seller.send(&call).await.result_code.as_str(), code, "{body}");
    let before = seller.standing().await;
    for _ in 0..2 {
        assert_eq!(seller.send(&call).await.result_code.as_str(), "000001", "replayed: {body}");
    }
    assert_eq!(seller.standing().await, before, "replayed: {body}");
}

#[tokio::test]
async fn a_nonce_works_once_whatever_the_call_did() {
    let seller = Seller::start().await;
    for body in bodies::one_of_each() {
        let of_nothing = with(body.clone(), "instanceId", "unknown");
        let about_an_instance = body.get("instanceId").is_some();
        if about_an_instance {
            answered_once(&seller, &of_nothing, "000003").await;
        }
        answered_once(&seller, &body, "000000").await;
        answered_once(&seller, &body, "000000").await;
        let debug = with(body, "testFlag", "1");
        answered_once(&seller, &debug, "000000").await;
        if about_an_instance {
            answered_once(&seller, &with(of_nothing, "testFlag", "1"), "000000").await;
        }
    }
    // All of it again, now that the instance is gone.
    for body in bodies::one_of_each() {
        let gone = body.get("instanceId").is_some() && body["activity"] != "releaseInstance";
        answered_once(&seller, &body, if gone { "000003" } else { "000000" }).await;
    }
}

#[tokio::test]
async fn a_nonce_is_taken_by_another_call_too() {
    let seller = Seller::start().await;
    seller.say_all(&[bodies::purchase()]).await;
    let (at, nonce) = (now(), new_nonce());
    let key = seller.key(koogallery::InterfaceType::Basic);
    let mut codes = Vec::new();
    for body in [bodies::query(), bodies::freeze(), bodies::change_check()] {
        let call = SignedCall::basic(&key, body.to_string(), at, &nonce);
        codes.push(seller.send(&call).await.result_code.to_string());
    }
    assert_eq!(codes, ["000000", "000001", "000001"]);
    assert_eq!(seller.events(INSTANCE).await, ["instance.created"]);
}

#[tokio::test]
async fn an_expired_nonce_that_was_not_deleted_yet_is_free_again() {
    let seller = Seller::start().await;
    let store = seller.host.store();
    // Calls that write their nonce with what they change, and calls that write it alone.
    for body in
        [bodies::purchase(), bodies::purchase_resent(), bodies::query(), with(bodies::freeze(), "instanceId", "x")]
    {
        let call = seller.signed(&body);
        let nonce = &call.query.iter().find(|(name, _)| name == "nonce").unwrap().1;
        for (expires_at, free) in [(now().as_seconds() + 5, false), (1_764_000_000, true)] {
            let put = store.client().put_item().table_name(store.table());
            let put = put.item("pk", AttributeValue::S(format!("NONCE#{nonce}")));
            let put = put.item("sk", AttributeValue::S("NONCE".to_owned()));
            put.item("expiresAt", AttributeValue::N(expires_at.to_string())).send().await.unwrap();
            let code = seller.send(&call).await.result_code;
            assert_eq!(code.as_str() != "000001", free, "{body}: {code}");
        }
        assert_eq!(seller.send(&call).await.result_code.as_str(), "000001");
    }
}

#[tokio::test]
async fn a_nonce_is_kept_for_as_long_as_its_call_could_come_again() {
    let seller = Seller::start().await;
    let signed_at = koogallery::Timestamp::from_millis(now().as_millis() + 50_000);
    seller.send(&seller.signed_with("basic-key", &bodies::purchase(), signed_at)).await;
    let everything = seller.everything().await;
    let nonce = everything.iter().find(|item| text(item, "pk").starts_with("NONCE#")).unwrap();
    let expires_at: i64 = nonce["expiresAt"].as_n().unwrap().parse().unwrap();
    assert!(expires_at >= signed_at.as_seconds() + 60, "{expires_at}");
}

#[tokio::test]
async fn a_refused_call_leaves_nothing_behind() {
    let seller = Seller::start().await;
    for body in bodies::one_of_each() {
        let mut forged = seller.signed(&body);
        forged.query[0].1 = "0".repeat(64);
        assert_eq!(seller.send(&forged).await.result_code.as_str(), "000001");
        let half = serde_json::json!({ "activity": body["activity"] });
        assert_eq!(seller.say(&half).await, "000002");
    }
    assert!(seller.everything().await.is_empty());
}
