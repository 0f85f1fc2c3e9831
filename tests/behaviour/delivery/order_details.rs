//! What the order query tells goes with the events, and changes what stands.

use std::time::Duration;

use koogallery::ResultCode;
use koogallery_open_api::OrderInfo;
use koogallery_runtime::now;
use koogallery_store::{Changed, FreezeCause, Status, ToldOrder};
use koogallery_tests::Seller;
use koogallery_tests::application::{Arrived, Post};
use koogallery_tests::{bodies, operator};
use serde_json::{Value, json};

use super::{life, of_order, open_api, subject, with_open_api};

#[tokio::test]
async fn an_order_s_details_go_with_its_events_and_are_kept_sealed() {
    let (seller, stand_in) = (Seller::start().await, open_api().await);
    let post = Post::of(&seller, with_open_api(&stand_in)).await;
    let purchase = of_order(bodies::purchase(), "MOCKPERIODYEARNEW");
    let notice = of_order(bodies::order_notice(), "MOCKPERIODYEARNEW");
    seller.say_all(&[purchase, bodies::freeze()]).await;
    let mut pump = post.pump(&seller).await;
    post.deliver(&mut pump).await;
    let taken = post.application.taken();
    assert_eq!(taken[0].body["data"]["order"]["buyerInfo"]["email"], "mock@example.com");
    assert_eq!(taken[0].body["data"]["order"]["orderLine"][0]["periodType"], "year");
    assert!(taken[1].body["data"]["order"].is_null(), "a freeze has no order");

    // Asked once: the notice's event has them though KooGallery answers no more.
    stand_in.stop().await;
    seller.say_all(&[notice]).await;
    post.deliver(&mut pump).await;
    let last = post.application.taken().pop().unwrap();
    assert_eq!((last.name(), &last.body["data"]["order"]), ("order.paid", &taken[0].body["data"]["order"]));
    let at_rest = format!("{:?}", seller.everything().await);
    assert!(!at_rest.contains("mock@example.com") && !at_rest.contains("mock user"));
    assert_eq!(post.account(&seller).await.lost, 0);
}

#[tokio::test]
async fn a_release_names_its_refund_and_neither_waits_for_it_nor_brings_the_buyer_back() {
    let (seller, stand_in) = (Seller::start().await, open_api().await);
    let post = Post::of(&seller, with_open_api(&stand_in)).await;
    seller.say_all(&[bodies::purchase()]).await;
    let mut pump = post.pump(&seller).await;
    post.deliver(&mut pump).await;

    // KooGallery does not answer the question about the refund.
    stand_in.stop().await;
    let before = post.clock.now();
    seller.say_all(&[of_order(bodies::release(), "X1")]).await;
    post.deliver_for(&mut pump, Duration::from_secs(1)).await;
    let last = post.application.taken().pop().unwrap();
    let data = &last.body["data"];
    assert_eq!(
        (last.name(), &data["refundOrderId"], &data["orderId"]),
        ("instance.released", &json!("X1"), &json!("CS1"))
    );
    assert!(data["order"].is_null() && data["customerName"].is_null(), "{data}");
    assert!(post.clock.now() <= before.saturating_add(Duration::from_secs(1)), "it waited");
}

/// An order of one line, of so many users of a product.
pub(super) fn order_of(id: &str, order_type: &str, users: u32, expire_time: &Value) -> OrderInfo {
    let line = json!({ "orderLineId": format!("{id}-000001"), "chargingMode": "PERIOD", "expireTime": expire_time,
        "periodType": "year", "periodNumber": 1,
        "productInfo": [{ "productId": "p-1", "skuCode": "team", "linearValue": users }],
        "extendParams": [{ "name": "contact", "value": "buyer-7" }] });
    let buyer = json!({ "customerName": "customer-7", "email": "buyer@example.com" });
    let order = json!({ "orderId": id, "orderType": order_type, "orderLine": [line], "buyerInfo": buyer });
    serde_json::from_value(order).unwrap()
}

#[tokio::test]
async fn an_instance_is_told_what_its_orders_bought_and_nothing_of_the_buyer() {
    let (seller, stand_in) = (Seller::start().await, open_api().await);
    let post = Post::of(&seller, with_open_api(&stand_in)).await;
    let (until, later) = (json!("20981231160000"), json!("20991231160000"));
    for order in [
        order_of("CS1", "NEW", 5, &until),
        order_of("U1", "CHANGE", 20, &json!("soon")),
        order_of("R1", "RENEW", 10, &later),
        order_of("X1", "UNSUBSCRIBE", 3, &until),
    ] {
        stand_in.put_order(order);
    }
    // The renewal was signed first and comes last.
    let signed = |body: &Value, second| {
        seller.signed_body_at(body, post.clock.now().saturating_add(Duration::from_secs(second)))
    };
    let renewal = signed(&bodies::renewal("R1", bodies::FUTURE), 1);
    let upgrade = signed(&bodies::upgrade("U1"), 2);
    let refund = signed(&bodies::refresh("X1", "UNSUBSCRIBE_RENEWAL_PERIOD", "20981231160000"), 3);
    seller.say_all(&[bodies::purchase()]).await;
    let mut pump = post.pump(&seller).await;
    post.deliver(&mut pump).await;
    let life = seller.instance(bodies::ID).await.unwrap().life;
    assert_eq!((life.bought_until, life.expire_time), (Some("20981231160000".parse().unwrap()), life.bought_until));
    let bought = life.bought.clone().unwrap();
    assert_eq!((bought.sku_code.unwrap().as_str(), bought.linear_value), ("team", Some(5.0)));
    assert_eq!((bought.charging_mode.as_deref(), bought.period_number), (Some("PERIOD"), Some(1)));
    assert_eq!(life.product_id.unwrap().as_str(), "p-1");

    for call in [upgrade, refund, renewal] {
        assert_eq!(seller.send(&call).await.result_code, ResultCode::Success);
        post.deliver(&mut pump).await;
    }
    let life = seller.instance(bodies::ID).await.unwrap().life;
    assert_eq!(life.holds().unwrap().linear_value, Some(20.0), "the last one signed that is no refund");
    let orders = seller.host.store().instance_orders(&bodies::ID.parse().unwrap()).await.unwrap();
    assert_eq!(orders.iter().filter(|order| order.told && order.bought.is_some()).count(), 3);
    assert_eq!(life.bought.unwrap().linear_value, Some(5.0));
    let events = seller.events(bodies::INSTANCE).await;
    let (changed, refreshed) = ("instance.changed", "instance.refreshed");
    let expected = ["instance.created", changed, "instance.upgraded", changed, refreshed, refreshed];
    assert_eq!(events, expected, "what is told of an order is an event where it changes what stands");
    let at_rest = format!("{:?}", seller.everything().await);
    assert!(!["buyer-7", "customer-7", "buyer@example.com"].iter().any(|personal| at_rest.contains(personal)));

    // Delivered again, it changes nothing.
    let before = seller.instance(bodies::ID).await.unwrap();
    let id = post.application.taken()[0].id.parse().unwrap();
    operator::resend(seller.host.store(), &subject(bodies::ID), &[id]).await;
    post.deliver(&mut pump).await;
    assert_eq!(post.application.taken().len(), 7);
    assert_eq!(seller.instance(bodies::ID).await.unwrap(), before);
}

#[tokio::test]
async fn a_suspension_that_a_renewal_lifted_for_want_of_the_expiry_stands_once_it_is_known() {
    let (seller, stand_in) = (Seller::start().await, open_api().await);
    let post = Post::of(&seller, with_open_api(&stand_in)).await;
    stand_in.put_order(order_of("CS1", "NEW", 5, &json!("20981231160000")));
    stand_in.put_order(order_of("R1", "RENEW", 5, &json!("20991231160000")));
    let renewal = bodies::renewal("R1", bodies::FUTURE);
    seller.say_all(&[bodies::purchase(), bodies::freeze(), renewal]).await;
    assert_eq!(seller.instance(bodies::ID).await.unwrap().life.status, Status::Active);
    let mut pump = post.pump(&seller).await;
    post.deliver(&mut pump).await;
    let life = seller.instance(bodies::ID).await.unwrap().life;
    assert_eq!((life.status, life.freeze_cause), (Status::Frozen, Some(FreezeCause::Suspended)));
    let taken = post.application.taken();
    let names: Vec<&str> = taken.iter().map(Arrived::name).collect();
    let told = ["created", "frozen", "refreshed", "unfrozen", "changed", "frozen"];
    assert_eq!(names, told.map(|name| format!("instance.{name}")));
    assert_eq!(taken[4].body["data"]["holds"]["linearValue"].as_f64(), Some(5.0));
    assert_eq!(taken[5].body["data"]["cause"], "suspended");
    seller.say_all(&[bodies::unfreeze()]).await;
    assert_eq!(seller.instance(bodies::ID).await.unwrap().life.status, Status::Active);
}

#[tokio::test]
async fn a_released_instance_and_one_that_is_not_there_are_told_nothing() {
    let (seller, stand_in) = (Seller::start().await, open_api().await);
    let post = Post::of(&seller, with_open_api(&stand_in)).await;
    stand_in.put_order(order_of("CS1", "NEW", 5, &json!("20981231160000")));
    seller.say_all(&[bodies::purchase(), bodies::release()]).await;
    let before = seller.instance(bodies::ID).await.unwrap();
    let mut pump = post.pump(&seller).await;
    post.deliver(&mut pump).await;
    assert_eq!(post.account(&seller).await.lost, 0);
    assert_eq!(seller.instance(bodies::ID).await.unwrap(), before);
    let (order, told) = ("CS1".parse().unwrap(), ToldOrder::default());
    let told = seller.host.store().tell_order(&"i-none".parse().unwrap(), &order, None, &told, now()).await;
    assert_eq!(told.unwrap(), Changed::Unknown);
}

#[tokio::test]
async fn details_that_stay_unknown_hold_an_event_up_only_for_a_while() {
    let (seller, stand_in) = (Seller::start().await, open_api().await);
    let post = Post::of(&seller, with_open_api(&stand_in)).await;
    seller.say_all(&life("i-0")).await;
    let start = post.clock.now();
    let mut pump = post.pump(&seller).await;
    post.deliver(&mut pump).await;
    assert_eq!(post.application.taken().len(), 6);
    assert!(post.application.taken().iter().all(|event| event.body["data"]["order"].is_null()));
    assert!(post.clock.now() < start.saturating_add(Duration::from_mins(30)));
    let account = post.account(&seller).await;
    assert_eq!((account.lost, account.out_of_order, account.tries), (0, 0, 6), "nobody tries what is to wait");
    assert!(post.askings() >= 3 * 3, "{}", post.askings());
}
