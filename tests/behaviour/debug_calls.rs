//! Debug calls: answered like real ones for ever, in a world of their own.

#![allow(clippy::unwrap_used)]

use koogallery::{
    ChangeInstanceCheck, ExpireTime, InstanceStatus, NewInstance, OrderNotify, ProductInfo, QueryInstance,
    RefreshInstance, ReleaseInstance, Scene, TestFlag, UpdateInstanceStatus, UpgradeInstance,
};
use koogallery_tests::{Seller, text};

const DEBUG: TestFlag = TestFlag::Debug;

/// Plays every debug case once on an instance; all must succeed whatever stands: KooGallery counts no other code.
async fn every_debug_case(seller: &Seller, id: &str) {
    let purchase = NewInstance { test_flag: DEBUG, ..NewInstance::new("CS1", "CS1-000001", "b-1").unwrap() };
    assert_eq!(seller.succeed(&purchase).await.instance_id.unwrap().as_str(), "b-1");
    let instance_id: koogallery::InstanceId = id.parse().unwrap();
    let (order_id, order_line_id): (koogallery::OrderId, koogallery::OrderLineId) =
        ("MOCKPERIODYEARNEW".parse().unwrap(), "MOCKPERIODYEARNEW-000001".parse().unwrap());
    let queried =
        seller.succeed(&QueryInstance { instance_ids: id.parse().unwrap(), test_flag: DEBUG }).await.info.unwrap();
    assert_eq!(queried[0].instance_id.as_str(), id);
    assert!(queried[0].app_info.is_some());
    seller
        .succeed(&RefreshInstance {
            scene: Scene::Renewal,
            order_id: order_id.clone(),
            order_line_id: Some(order_line_id.clone()),
            instance_id: instance_id.clone(),
            product_id: None,
            expire_time: "20361231160000".parse::<ExpireTime>().unwrap(),
            test_flag: DEBUG,
            further: std::collections::BTreeMap::new(),
        })
        .await;
    for status in [InstanceStatus::Freeze, InstanceStatus::Unfreeze] {
        seller.succeed(&UpdateInstanceStatus { instance_id: instance_id.clone(), status, test_flag: DEBUG }).await;
    }
    seller
        .succeed(&UpgradeInstance {
            instance_id: instance_id.clone(),
            order_id: order_id.clone(),
            order_line_id: Some(order_line_id.clone()),
            test_flag: DEBUG,
            product_id: None,
            further: std::collections::BTreeMap::new(),
        })
        .await;
    let product_info = ProductInfo::default();
    seller.succeed(&ChangeInstanceCheck { instance_id: instance_id.clone(), product_info, test_flag: DEBUG }).await;
    seller.succeed(&OrderNotify { order_id, order_line_id, test_flag: DEBUG }).await;
    seller.succeed(&ReleaseInstance { instance_id, order_id: None, order_line_id: None, test_flag: DEBUG }).await;
}

#[tokio::test]
async fn debug_cases_succeed_for_ever_and_stay_in_their_world() {
    let seller = Seller::start().await;
    for id in ["b-1", "b-1", "never-made", "b-1"] {
        every_debug_case(&seller, id).await;
    }
    for item in seller.everything().await {
        assert!(text(&item, "pk").starts_with("TEST#"), "{item:?}");
        assert!(item.contains_key("expiresAt"), "debug items go away by themselves: {item:?}");
        assert!(!text(&item, "sk").starts_with("EVENT#"), "nobody hears of a debug call: {item:?}");
    }
}

#[tokio::test]
async fn a_deferred_sellers_debug_cases_succeed_without_its_application() {
    let seller = Seller::with(|environment| environment.with("KOOGALLERY_PROVISIONING", "deferred")).await;
    for _ in 0..2 {
        every_debug_case(&seller, "b-1").await;
    }
}

#[tokio::test]
async fn the_two_worlds_do_not_meet() {
    let seller = Seller::start().await;
    let real = NewInstance::new("CS1", "CS1-000001", "b-real").unwrap();
    let debug = NewInstance { test_flag: DEBUG, ..NewInstance::new("CS1", "CS1-000001", "b-debug").unwrap() };
    assert_eq!(seller.succeed(&debug).await.instance_id.unwrap().as_str(), "b-debug");
    assert_eq!(seller.succeed(&real).await.instance_id.unwrap().as_str(), "b-real");
    assert_eq!(seller.succeed(&debug).await.instance_id.unwrap().as_str(), "b-debug");

    let release = |id: &str, test_flag| ReleaseInstance {
        instance_id: id.parse().unwrap(),
        order_id: None,
        order_line_id: None,
        test_flag,
    };
    seller.succeed(&release("b-real", DEBUG)).await;
    let query = |id: &str| QueryInstance { instance_ids: id.parse().unwrap(), test_flag: TestFlag::Real };
    seller.succeed(&query("b-real")).await;
    assert_eq!(seller.code(&query("b-debug")).await, "000003");
    assert_eq!(seller.code(&release("b-debug", TestFlag::Real)).await, "000003");
    assert_eq!(seller.events("INSTANCE#b-real").await, ["instance.created"]);
}
