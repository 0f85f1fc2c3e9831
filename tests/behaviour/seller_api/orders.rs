//! What an order bought, and who bought it.

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery_open_api::OrderInfo;
use koogallery_tests::bodies::{freeze, purchase, release, with};
use serde_json::{Value, json};

use super::{SK, about, bought, say_v1, start, with_open_api};

#[tokio::test]
async fn who_bought_is_shown_and_the_look_is_logged() {
    let (seller, api) = start().await;
    let told = [
        ("activity", "newInstance"),
        ("customerId", "c-1"),
        ("businessId", "b-1"),
        ("orderId", "CS1"),
        ("productId", "p-1"),
        ("customerName", "客户 一"),
    ];
    say_v1(&seller, &told).await;
    let path = "/v1/instances/b-1/purchase-details";
    let details = api.get(path).await.expect(200);
    assert_eq!(details["purchase"], json!({ "customerId": "c-1", "customerName": "客户 一" }));
    let record = seller.api_records().last().unwrap().clone();
    assert_eq!((record.shown, record.status), (Some("purchase details"), 200));
    assert_eq!(record.subjects, [("instanceId", "b-1".to_owned())]);
    assert!(!format!("{:?}", seller.api_records()).contains("客户"));

    seller.say_all(&[bought("b-2")]).await;
    let details = api.get("/v1/instances/b-2/purchase-details").await.expect(200);
    assert_eq!(details, json!({ "instanceId": "b-2", "orderId": "b-2" }));
}

/// An order that the order query knows, of two lines.
pub(super) fn order_info(id: &str) -> OrderInfo {
    let line = |number: u8, users: u32| {
        json!({ "orderLineId": format!("{id}-00000{number}"), "chargingMode": "PERIOD",
            "expireTime": "20981231160000", "periodType": "year", "periodNumber": 1,
            "productInfo": [{ "productId": "p-1", "skuCode": "team", "linearValue": users }],
            "extendParams": [{ "name": "contact", "value": "buyer-7" }] })
    };
    let lines = [line(1, 5), line(2, 20)];
    let order = json!({ "orderId": id, "orderType": "NEW", "orderLine": lines,
        "buyerInfo": { "email": "buyer@example.com" } });
    serde_json::from_value(order).unwrap()
}

#[tokio::test]
async fn what_an_order_bought_is_learnt_without_a_webhook_and_a_look_changes_nothing() {
    let (seller, api, stand_in) = with_open_api(SK).await;
    stand_in.put_order(order_info("CS1"));
    let second = with(with(bought("b-2"), "orderId", "CS1"), "orderLineId", "CS1-000002");
    let calls = [purchase(), second, bought("b-3"), about(release(), "b-3"), bought("b-4"), freeze()];
    seller.say_all(&calls).await;
    let unknown = api.get("/v1/instances/b-4/purchase-details").await.expect(200);
    assert_eq!(unknown, json!({ "instanceId": "b-4", "orderId": "b-4" }), "KooGallery does not know the order");
    let reason = seller.api_records().last().unwrap().reason.clone().unwrap();
    assert!(reason.contains("order b-4") && reason.contains("MKT.0100"), "{reason}");
    assert_eq!(api.get("/v1/orders/CS9/details").await.expect(404)["koogalleryCode"], "MKT.0100");

    // Learnt as the events come.
    for id in ["b-1", "b-2"] {
        while seller.instance(id).await.unwrap().life.bought.is_none() {
            tokio::task::yield_now().await;
        }
    }
    let shown = api.get("/v1/instances/b-1").await.expect(200);
    let team = |users| {
        json!({ "productId": "p-1", "skuCode": "team", "linearValue": users, "chargingMode": "PERIOD",
        "periodType": "year", "periodNumber": 1 })
    };
    assert_eq!((&shown["bought"], &shown["holds"]), (&team(5.0), &team(5.0)));
    assert_eq!((&shown["boughtUntil"], &shown["freezeCause"]), (&shown["expireTime"], &json!("suspended")));
    assert_eq!(shown["boughtUntil"], "2098-12-31T16:00:00.000Z");
    let listed = api.get("/v1/instances?status=active").await.expect(200);
    let listed = listed["instances"].as_array().unwrap();
    let second = listed.iter().find(|instance| instance["instanceId"] == "b-2").unwrap();
    assert_eq!(second["holds"], team(20.0));

    // What is not kept is asked for at a look, and stays so.
    stand_in.put_order(order_info("b-3"));
    let released = api.get("/v1/instances/b-3/purchase-details").await.expect(200);
    assert_eq!(released["order"], Value::Null, "of a released instance nobody asks any more");
    let whole = api.get("/v1/orders/CS1/details").await.expect(200);
    assert_eq!(whole["order"]["orderLine"].as_array().unwrap().len(), 2);
    assert_eq!(whole["order"]["orderLine"][0]["expireTime"], "2098-12-31T16:00:00.000Z");
    assert!(seller.item("ORDER#CS1", "DETAILS").await.is_none());
    let store = seller.host.store();
    let of_second = [("pk", "ORDER#CS1"), ("sk", "DETAILS#CS1-000002")]
        .map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned())));
    store.client().delete_item().table_name(store.table()).set_key(Some(of_second.into())).send().await.unwrap();
    let before = seller.instance("b-2").await.unwrap();
    let looked = api.get("/v1/instances/b-2/purchase-details").await.expect(200);
    assert_eq!(looked["order"]["buyerInfo"]["email"], "buyer@example.com");
    assert!(seller.item("ORDER#CS1", "DETAILS#CS1-000002").await.is_none(), "a look keeps nothing");
    assert_eq!(seller.instance("b-2").await.unwrap(), before);
    api.get("/v1/orders/CS1/details?orderLineId=%20").await.expect(400);

    // What is kept is told though KooGallery answers no more.
    stand_in.stop().await;
    let details = api.get("/v1/instances/b-1/purchase-details").await.expect(200);
    assert_eq!(details["order"]["buyerInfo"]["email"], "buyer@example.com");
    assert_eq!(details["order"]["orderLine"][0]["extendParams"][0]["value"], "buyer-7");
    let kept = api.get("/v1/orders/CS1/details?orderLineId=CS1-000001").await.expect(200);
    assert_eq!(kept, json!({ "order": details["order"] }));
    let record = seller.api_records().last().unwrap().clone();
    assert_eq!((record.shown, &*record.subjects), (Some("order details"), &[("orderId", "CS1".to_owned())][..]));
    let (kept, logged) = (format!("{:?}", seller.everything().await), format!("{:?}", seller.api_records()));
    for personal in ["buyer@example.com", "buyer-7"] {
        assert!(!kept.contains(personal) && !logged.contains(personal), "{personal}");
    }
}
