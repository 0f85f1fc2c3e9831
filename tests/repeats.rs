//! However often, from however many sides, a call counts once; and a nonce works once.

#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::{
    ExpireTime, InstanceStatus, NewInstance, OrderNotify, QueryInstance, RefreshInstance, Request, Scene, TestFlag,
    UpdateInstanceStatus,
};
use koogallery_tests::{Seller, text};
use tokio::task::JoinSet;

fn purchase(business: &str) -> NewInstance {
    NewInstance::new("CS1", "CS1-000001", business).unwrap()
}

fn renewal(id: &str) -> RefreshInstance {
    RefreshInstance {
        scene: Scene::Renewal,
        order_id: "R1".parse().unwrap(),
        order_line_id: "R1-000001".parse().unwrap(),
        instance_id: id.parse().unwrap(),
        product_id: None,
        expire_time: "20361231160000".parse::<ExpireTime>().unwrap(),
        test_flag: TestFlag::Real,
    }
}

/// Sends all of them at once and gives the replies' codes and instance ids.
async fn at_once<R: Request + Send + Sync + 'static>(
    seller: &Arc<Seller>,
    requests: impl IntoIterator<Item = R>,
) -> Vec<(String, Option<String>)> {
    let mut calls = JoinSet::new();
    for request in requests {
        let seller = Arc::clone(seller);
        calls.spawn(async move {
            let reply = seller.ask(&request).await;
            (reply.result_code.to_string(), reply.instance_id.map(|id| id.to_string()))
        });
    }
    calls.join_all().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_simultaneous_purchases_make_one_instance() {
    let seller = Arc::new(Seller::start().await);
    let replies = at_once(&seller, (0..100).map(|n| purchase(&format!("b-{n}")))).await;
    let different: HashSet<_> = replies.into_iter().collect();
    assert_eq!(different.len(), 1, "{different:?}");
    let (code, id) = different.into_iter().next().unwrap();
    assert_eq!(code, "000000");
    let partition = format!("INSTANCE#{}", id.unwrap());
    assert_eq!(seller.events(&partition).await, ["instance.created"]);
    let items = seller.items().await;
    let instances: Vec<String> =
        items.iter().map(|item| text(item, "pk")).filter(|pk| pk.starts_with("INSTANCE#")).collect();
    assert_eq!(instances, [partition.as_str(), partition.as_str()], "the state and its event");
    assert_eq!(items.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn simultaneous_renewals_notices_and_freezes_count_once() {
    let seller = Arc::new(Seller::start().await);
    seller.succeed(&purchase("b-1")).await;
    for (code, _) in at_once(&seller, (0..50).map(|_| renewal("b-1"))).await {
        assert_eq!(code, "000000");
    }
    let freeze = UpdateInstanceStatus {
        instance_id: "b-1".parse().unwrap(),
        status: InstanceStatus::Freeze,
        test_flag: TestFlag::Real,
    };
    for (code, _) in at_once(&seller, (0..50).map(|_| freeze.clone())).await {
        assert_eq!(code, "000000");
    }
    assert_eq!(seller.events("INSTANCE#b-1").await, ["instance.created", "instance.refreshed", "instance.frozen"]);
    let notice = OrderNotify {
        order_id: "CS1".parse().unwrap(),
        order_line_id: "CS1-000001".parse().unwrap(),
        test_flag: TestFlag::Real,
    };
    for (code, _) in at_once(&seller, (0..50).map(|_| notice.clone())).await {
        assert_eq!(code, "000000");
    }
    assert_eq!(seller.events("ORDER#CS1").await, ["order.paid"]);
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
    let of_product = |product: &str, business: &str| NewInstance {
        product_id: Some(product.parse().unwrap()),
        ..purchase(business)
    };
    let first = seller.succeed(&of_product("p1", "b-1")).await.instance_id;
    let second = seller.succeed(&of_product("p2", "b-2")).await.instance_id;
    assert_ne!(first, second);
    assert_eq!(seller.succeed(&of_product("p1", "b-3")).await.instance_id, first);
}

#[tokio::test]
async fn a_nonce_works_once_whatever_the_call_did() {
    let seller = Seller::start().await;
    let unknown = QueryInstance { instance_ids: "unknown".parse().unwrap(), test_flag: TestFlag::Real };
    let known = QueryInstance { instance_ids: "b-1".parse().unwrap(), test_flag: TestFlag::Real };
    let sign = |what: &str| {
        let signed = match what {
            "a purchase" | "its repeat" => seller.marketplace.sign(&purchase(what)),
            "a renewal" | "the renewal's repeat" => seller.marketplace.sign(&renewal("b-1")),
            "a renewal of nothing" => seller.marketplace.sign(&renewal("unknown")),
            "a query" => seller.marketplace.sign(&known),
            _ => seller.marketplace.sign(&unknown),
        };
        signed.unwrap()
    };
    seller.succeed(&NewInstance::new("CS9", "CS9-000001", "b-1").unwrap()).await;
    for what in [
        "a purchase",
        "its repeat",
        "a renewal",
        "the renewal's repeat",
        "a renewal of nothing",
        "a query",
        "a query of nothing",
    ] {
        let call = sign(what);
        assert_ne!(seller.send(&call).await.result_code.as_str(), "000001", "{what}");
        assert_eq!(seller.send(&call).await.result_code.as_str(), "000001", "{what}, replayed");
    }
}

#[tokio::test]
async fn an_expired_nonce_that_was_not_deleted_yet_is_free_again() {
    let seller = Seller::start().await;
    let call = seller.marketplace.sign(&purchase("b-1")).unwrap();
    let nonce = &call.query.iter().find(|(name, _)| name == "nonce").unwrap().1;
    let store = seller.host.store();
    store
        .client()
        .put_item()
        .table_name(store.table())
        .item("pk", AttributeValue::S(format!("NONCE#{nonce}")))
        .item("sk", AttributeValue::S("NONCE".to_owned()))
        .item("expiresAt", AttributeValue::N("1764000000".to_owned()))
        .send()
        .await
        .unwrap();
    assert_eq!(seller.send(&call).await.result_code.as_str(), "000000");
    assert_eq!(seller.send(&call).await.result_code.as_str(), "000001");
}

#[tokio::test]
async fn a_refused_call_leaves_nothing_behind() {
    let seller = Seller::start().await;
    let mut forged = seller.marketplace.sign(&purchase("b-1")).unwrap();
    forged.query[0].1 = "0".repeat(64);
    assert_eq!(seller.send(&forged).await.result_code.as_str(), "000001");
    let half = seller.signed_body(r#"{"activity":"newInstance"}"#);
    assert_eq!(seller.send(&half).await.result_code.as_str(), "000002");
    assert!(seller.everything().await.is_empty());
}
