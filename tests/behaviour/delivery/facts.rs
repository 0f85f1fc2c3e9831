//! An event says what an application needs to know, without a second question: order, product, quantity, expiry, buyer's name.

use koogallery::InterfaceType;
use koogallery_local::marketplace::SignedCall;
use koogallery_runtime::now;
use koogallery_tests::Seller;
use koogallery_tests::application::{Arrived, Post};
use koogallery_tests::{bodies, operator};
use serde_json::{Value, json};

use super::order_details::order_of;
use super::{open_api, plain, subject, with_open_api};

/// The flat facts of an event.
fn facts(event: &Arrived) -> Value {
    let data = &event.body["data"];
    let named = ["orderId", "productId", "skuCode", "quantity", "expireTime", "customerName"];
    named.into_iter().filter(|name| !data[name].is_null()).map(|name| (name.to_owned(), data[name].clone())).collect()
}

#[tokio::test]
async fn an_event_has_the_current_facts_of_its_instance() {
    let (seller, stand_in) = (Seller::start().await, open_api().await);
    let post = Post::of(&seller, with_open_api(&stand_in)).await;
    stand_in.put_order(order_of("CS1", "NEW", 5, &json!("20981231160000")));
    stand_in.put_order(order_of("U1", "CHANGE", 20, &json!("20981231160000")));
    seller.say_all(&[bodies::purchase(), bodies::freeze(), bodies::unfreeze(), bodies::order_notice()]).await;
    let mut pump = post.pump(&seller).await;
    post.deliver(&mut pump).await;
    for call in [bodies::upgrade("U1"), bodies::release()] {
        seller.say_all(&[call]).await;
        post.deliver(&mut pump).await;
    }

    let facts_of = |order: &str, quantity: u32, name: Option<&str>| {
        let mut facts = json!({ "orderId": order, "productId": "p-1", "skuCode": "team", "quantity": quantity,
            "expireTime": "2098-12-31T16:00:00.000Z" });
        if let Some(name) = name {
            facts["customerName"] = name.into();
        }
        facts
    };
    let buyer = Some("customer-7");
    let taken = post.application.taken();
    for event in &taken {
        let wanted = match event.name() {
            "instance.created" | "order.paid" => facts_of("CS1", 5, buyer),
            "instance.frozen" | "instance.unfrozen" => facts_of("CS1", 5, None),
            "instance.upgraded" => facts_of("U1", 20, buyer),
            "instance.released" => facts_of("CS1", 20, None),
            // The first one follows the purchase, the second one the upgrade.
            "instance.changed" => {
                let quantity = event.body["data"]["holds"]["linearValue"].as_f64().unwrap();
                assert_eq!(facts(event)["quantity"].as_f64(), Some(quantity), "{event:?}");
                continue;
            }
            other => panic!("{other}"),
        };
        assert_eq!(facts(event), wanted, "{}", event.name());
    }
    let at_rest = format!("{:?}", seller.everything().await);
    assert!(!at_rest.contains("customer-7"), "the name is sealed");

    // Sent once more, it does not take the application back.
    let created = taken.iter().find(|event| event.name() == "instance.created").unwrap().id.parse().unwrap();
    operator::resend(seller.host.store(), &subject(bodies::ID), &[created]).await;
    post.deliver(&mut pump).await;
    let resent = post.application.taken().pop().unwrap();
    assert_eq!((resent.name(), facts(&resent)["quantity"].clone()), ("instance.created", json!(20)));
}

#[tokio::test]
async fn what_is_learnt_late_comes_as_a_change() {
    let (seller, stand_in) = (Seller::start().await, open_api().await);
    let post = Post::of(&seller, with_open_api(&stand_in)).await;
    seller.say_all(&[bodies::purchase()]).await;
    let mut pump = post.pump(&seller).await;
    post.deliver(&mut pump).await;
    let first = post.application.taken().pop().unwrap();
    assert_eq!((first.name(), facts(&first)), ("instance.created", json!({ "orderId": "CS1" })));

    stand_in.put_order(order_of("CS1", "NEW", 5, &json!("20981231160000")));
    post.clock.reach(post.clock.now().saturating_add(std::time::Duration::from_hours(12)));
    post.learn(&seller).await;
    post.deliver(&mut pump).await;
    let last = post.application.taken().pop().unwrap();
    let learnt = json!({ "orderId": "CS1", "productId": "p-1", "skuCode": "team", "quantity": 5,
        "expireTime": "2098-12-31T16:00:00.000Z", "customerName": "customer-7" });
    assert_eq!((last.name(), facts(&last)), ("instance.changed", learnt));
}

#[tokio::test]
async fn v1_s_buyer_is_named_without_the_order_query() {
    let seller = Seller::start().await;
    let post = Post::of(&seller, plain).await;
    let purchase = [
        ("activity", "newInstance"),
        ("businessId", "b-1"),
        ("orderId", "CS1"),
        ("productId", "p-1"),
        ("customerId", "c-1"),
        ("customerName", "customer-7"),
        ("skuCode", "team"),
        ("amount", "10"),
    ];
    let purchase = purchase.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let call = SignedCall::basic_v1(&seller.key(InterfaceType::Basic), purchase, now());
    assert_eq!(seller.send(&call).await.result_code.as_str(), "000000");
    let mut pump = post.pump(&seller).await;
    post.deliver(&mut pump).await;
    let taken = post.application.taken().pop().unwrap();
    let known = json!({ "orderId": "CS1", "productId": "p-1", "skuCode": "team", "quantity": 10,
        "customerName": "customer-7" });
    assert_eq!((taken.name(), facts(&taken)), ("instance.created", known));
    assert!(!format!("{:?}", seller.everything().await).contains("customer-7"), "the name is sealed");
}
