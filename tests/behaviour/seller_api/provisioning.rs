//! How the application says that an instance is ready, or cannot be.

use std::time::Duration;

use koogallery_runtime::now;
use koogallery_tests::bodies::{purchase, query, with};
use serde_json::json;

use super::{app_info, deferred, say_v1};

#[tokio::test]
async fn an_instance_is_provisioned_by_the_application() {
    let (seller, api) = deferred().await;
    assert_eq!((seller.say(&purchase()).await, seller.say(&query()).await), ("000004", "000004"));
    let waiting = api.get("/v1/instances?status=provisioning").await.expect(200);
    assert_eq!(waiting["instances"][0]["instanceId"], "b-1");
    for _ in 0..2 {
        api.put("/v1/instances/b-1/app-info", &app_info()).await.expect(204);
    }
    let reply = seller.send(&seller.signed(&query())).await;
    assert_eq!(reply.result_code.as_str(), "000000");
    let told = serde_json::to_value(&reply.info.unwrap()[0].app_info).unwrap();
    assert_eq!(told, app_info());
    assert_eq!(api.get("/v1/instances?status=provisioning").await.expect(200), json!({ "instances": [] }));
    assert_eq!(api.get("/v1/instances/b-1").await.expect(200)["status"], "active");
}

#[tokio::test]
async fn how_long_a_buyer_waits_is_measured_whenever_koogallery_asks() {
    let (seller, api) = deferred().await;
    let half_a_minute = Duration::from_secs(30);
    let paid_at = koogallery::Timestamp::from_millis(now().as_millis() - 30_000);
    assert_eq!(seller.send(&seller.signed_body_at(&purchase(), paid_at)).await.result_code.as_str(), "000004");
    let age = || seller.records().pop().unwrap().provisioning_age;
    for asked in [purchase(), query()] {
        seller.say(&asked).await;
        assert!(age().unwrap() >= half_a_minute, "{asked}");
    }
    api.put("/v1/instances/b-1/app-info", &app_info()).await.expect(204);
    for asked in [purchase(), query(), with(query(), "instanceId", "b-2")] {
        seller.say(&asked).await;
        assert_eq!(age(), None, "{asked}");
    }
    let debug = with(with(purchase(), "testFlag", "1"), "businessId", "b-3");
    assert_eq!((seller.say(&debug).await, age()), ("000000", None));
    assert_eq!((seller.say(&debug).await, age()), ("000000", None), "nobody waits for a debug case");
}

#[tokio::test]
async fn a_failure_is_told_until_a_success() {
    let (seller, api) = deferred().await;
    seller.say(&purchase()).await;
    let path = "/v1/instances/b-1/provisioning-failure";
    for body in [json!({ "resultCode": "000106" }), json!({ "resultCode": "000106", "message": "until tomorrow" })] {
        api.put(path, &body).await.expect(204);
        assert_eq!((seller.say(&purchase()).await, seller.say(&query()).await), ("000106", "000106"));
    }
    let failure = &api.get("/v1/instances/b-1").await.expect(200)["provisioningFailure"];
    assert_eq!(*failure, json!({ "resultCode": "000106", "message": "sold out: until tomorrow" }));
    api.put("/v1/instances/b-1/app-info", &app_info()).await.expect(204);
    assert_eq!(seller.say(&query()).await, "000000");
    let problem = api.put(path, &json!({ "resultCode": "000106" })).await.expect(409);
    assert_eq!(problem["type"], "/problems/already-provisioned");
    assert_eq!(seller.say(&query()).await, "000000", "a success stays");
}

#[tokio::test]
async fn what_cannot_be_used_is_refused_and_changes_nothing() {
    let (seller, api) = deferred().await;
    seller.say(&purchase()).await;
    let long = |length| "x".repeat(length);
    let before = seller.standing().await;
    for body in [
        json!({}),
        json!([]),
        json!({ "frontEndUrl": "" }),
        json!({ "frontEndUrl": "app.example.com" }),
        json!({ "frontEndUrl": "javascript:alert(1)" }),
        json!({ "frontEndUrl": format!("https://{}", long(505)) }),
        json!({ "frontEndUrl": null }),
        json!({ "frontEndUrl": "https://app.example.com/", "adminUrl": "app.example.com" }),
        json!({ "frontEndUrl": "https://app.example.com/", "memo": long(1025) }),
        json!({ "frontEndUrl": "https://app.example.com/", "password": long(129) }),
        json!({ "frontEndUrl": "https://app.example.com/", "password": 7 }),
    ] {
        api.put("/v1/instances/b-1/app-info", &body).await.expect(400);
    }
    let no_text = json!({ "frontEndUrl": "https://app.example.com/", "memo": ["a"] });
    let problem = api.put("/v1/instances/b-1/app-info", &no_text).await.expect(400);
    assert_eq!(problem["detail"], "appInfo.memo is not a text");
    for body in [
        json!({}),
        json!({ "resultCode": "000000" }),
        json!({ "resultCode": "000004" }),
        json!({ "resultCode": "000108" }),
        json!({ "resultCode": 100 }),
        json!({ "resultCode": "000100", "message": long(256) }),
    ] {
        api.put("/v1/instances/b-1/provisioning-failure", &body).await.expect(400);
    }
    assert_eq!(seller.standing().await, before);
}

#[tokio::test]
async fn what_is_optional_of_an_app_info_may_be_null_blank_or_more_than_is_known() {
    let (seller, api) = deferred().await;
    seller.say(&purchase()).await;
    let body = json!({ "frontEndUrl": "https://app.example.com/", "adminUrl": "", "userName": null, "memo": " ",
        "tenant": { "id": 7 } });
    api.put("/v1/instances/b-1/app-info", &body).await.expect(204);
    let shown = api.get("/v1/instances/b-1").await.expect(200);
    assert_eq!(shown["appInfo"], json!({ "frontEndUrl": "https://app.example.com/" }));
}

#[tokio::test]
async fn v1_can_be_told_only_what_fits() {
    let (seller, api) = deferred().await;
    let parameters = [("activity", "newInstance"), ("customerId", "c-1"), ("businessId", "b-1"), ("orderId", "CS1")];
    say_v1(&seller, &[&parameters[..], &[("productId", "p-1")]].concat()).await;
    let body = |length| with(app_info(), "password", "x".repeat(length));
    let problem = api.put("/v1/instances/b-1/app-info", &body(80)).await.expect(422);
    assert!(problem["detail"].as_str().unwrap().contains("password"), "{problem}");
    api.put("/v1/instances/b-1/app-info", &body(79)).await.expect(204);
    assert_eq!(api.get("/v1/instances/b-1").await.expect(200)["v1"], true);
}
