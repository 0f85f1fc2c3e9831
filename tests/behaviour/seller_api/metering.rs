//! Records of use and their hours over the seller API.

use koogallery_tests::bodies::{purchase, release};
use serde_json::json;

use super::start;
use super::usage::utc;

#[tokio::test]
async fn records_are_counted_once_and_those_that_cannot_be_are_named() {
    let (seller, api) = start().await;
    seller.say_all(&[purchase()]).await;
    let record = |id: &str, quantity: serde_json::Value| json!({ "id": id, "instanceId": "b-1", "at": utc(0), "quantity": quantity });
    let first = record("r-1", json!(0.1));
    let call = json!({ "records": [first, record("r-2", json!("0.2000"))] });
    assert_eq!(api.post("/v1/usage/records", &call).await.expect(200), json!({ "counted": 2, "known": 0 }));
    assert_eq!(api.post("/v1/usage/records", &call).await.expect(200), json!({ "counted": 0, "known": 2 }));

    let other = json!({ "id": "r-1", "instanceId": "b-1", "at": first["at"], "quantity": 0.2 });
    let call = json!({ "records": [other, record("r-3", json!(1))] });
    let problem = api.post("/v1/usage/records", &call).await.expect(409);
    assert_eq!(problem["type"], "/problems/record-stands");
    let named =
        json!([{ "place": 0, "id": "r-1", "instanceId": "b-1", "detail": "another record with this id came before" }]);
    assert_eq!(problem["records"], named);

    let spanning =
        json!({ "id": "r-6", "instanceId": "b-1", "begin": utc(60_000), "end": utc(0), "at": utc(0), "quantity": 1 });
    let call = json!({ "records": [
        record("r-4", json!(0.00001)), record("r-5", json!(1)), spanning, record("r-7", json!(-0.5)),
        json!({ "id": "r-8", "instanceId": "b-2", "at": utc(0), "quantity": 1 }),
    ] });
    let problem = api.post("/v1/usage/records", &call).await.expect(422);
    let places: Vec<_> = problem["records"].as_array().unwrap().iter().map(|record| record["place"].clone()).collect();
    assert_eq!(places, [0, 2, 4]);
    assert!(problem["detail"].as_str().unwrap().contains("2 of them new"), "{problem}");

    let turned = api.get("/v1/usage/hours?instanceId=b-1&from=3000-01-01T00:00:00Z").await.expect(200);
    assert_eq!(turned["hours"], json!([]), "nothing is after the latest hour");
    let hours = api.get("/v1/usage/hours?instanceId=b-1&state=open").await.expect(200);
    let amounts: f64 = hours["hours"].as_array().unwrap().iter().map(|hour| hour["amount"].as_f64().unwrap()).sum();
    assert!((amounts - 1.8).abs() < 1e-9, "{hours}");
    let (mut from, mut seen) = (String::new(), Vec::new());
    loop {
        let page = api.get(&format!("/v1/usage/records?instanceId=b-1&limit=2{from}")).await.expect(200);
        for record in page["records"].as_array().unwrap() {
            seen.push(record["id"].as_str().unwrap().to_owned());
        }
        let Some(next) = page["next"].as_str() else { break };
        from = format!("&cursor={next}");
    }
    seen.sort();
    assert_eq!(seen, ["r-1", "r-2", "r-3", "r-5", "r-7"]);
}

#[tokio::test]
async fn what_no_call_can_be_is_refused_whole() {
    let (seller, api) = start().await;
    seller.say_all(&[purchase()]).await;
    let record = json!({ "id": "r-1", "instanceId": "b-1", "at": utc(0), "quantity": 1 });
    for records in [json!([]), json!(vec![record.clone(); 1001])] {
        api.post("/v1/usage/records", &json!({ "records": records })).await.expect(400);
    }
    for (name, value) in [
        ("id", json!("")),
        ("id", json!("x".repeat(65))),
        ("at", json!("soon")),
        ("quantity", json!(true)),
        ("typo", json!(1)),
    ] {
        let mut bad = record.clone();
        bad[name] = value;
        api.post("/v1/usage/records", &json!({ "records": [bad] })).await.expect(400);
    }
    api.get("/v1/usage/hours").await.expect(400);
    let none = api.get("/v1/usage/hours?state=unpushed").await.expect(200);
    assert_eq!(none, json!({ "hours": [], "hasMore": false }));
}

#[tokio::test]
async fn a_package_has_a_quota_and_what_was_used_of_it() {
    let (seller, api) = start().await;
    let buy = |id: &str| json!({ "activity": "newInstance", "orderId": id, "orderLineId": format!("{id}-000001"), "businessId": id });
    seller.say_all(&[purchase(), buy("p-1")]).await;
    api.get("/v1/instances/p-1/package").await.expect(404);
    api.put("/v1/instances/p-1/package", &json!({ "quota": "2.5" })).await.expect(204);
    let record = json!({ "id": "r-1", "instanceId": "b-1", "relatedPackage": "p-1", "at": utc(0), "quantity": 2.5 });
    api.post("/v1/usage/records", &json!({ "records": [record] })).await.expect(200);
    let package = api.get("/v1/instances/p-1/package").await.expect(200);
    assert_eq!((&package["used"], &package["quota"]), (&json!(2.5), &json!(2.5)));
    assert_eq!(package["by"], json!([{ "instanceId": "b-1", "used": 2.5 }]));
    assert!(package["exhaustedAt"].is_string());
    assert!(seller.events("INSTANCE#p-1").await.contains(&"usage.package_exhausted".to_owned()));
    let mut gone = release();
    gone["instanceId"] = "p-1".into();
    seller.say_all(&[gone]).await;
    api.put("/v1/instances/p-1/package", &json!({ "quota": 5 })).await.expect(404);
}
