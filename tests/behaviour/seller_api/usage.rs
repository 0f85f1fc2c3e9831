//! The usage that queryInstance tells, and the usage that is billed.

use koogallery_local::open_api::UsageTold;
use koogallery_runtime::now;
use koogallery_tests::bodies::{freeze, purchase, query, unfreeze, with};
use serde_json::{Value, json};

use super::{SK, start, with_open_api};

#[tokio::test]
async fn query_instance_tells_the_usage_that_was_put() {
    let (seller, api) = start().await;
    seller.say_all(&[purchase()]).await;
    let path = "/v1/instances/b-1/usage-info";
    assert_eq!(api.get(path).await.expect(200), json!({ "usageInfo": [] }));
    for value in [json!(12.5), json!(99_999_999.999_9), json!(0), json!(7)] {
        let usage = json!({ "usageInfo": [{ "relatedInstanceId": "b-0", "usageValue": value,
            "statisticalTime": "2025-12-01T08:00:00+08:00", "dashboardUrl": "https://app.example.com/usage" }] });
        api.put(path, &usage).await.expect(204);
        let written = |time: &str| json!([with(usage["usageInfo"][0].clone(), "statisticalTime", time)]);
        assert_eq!(api.get(path).await.expect(200)["usageInfo"], written("2025-12-01T00:00:00.000Z"));
        let reply = seller.send(&seller.signed(&query())).await;
        let told = serde_json::to_value(&reply.info.unwrap()[0].usage_info).unwrap();
        assert_eq!(told, written("20251201000000000"), "as KooGallery wants it");
    }
    seller.say_all(&[freeze(), unfreeze()]).await;
    assert_eq!(api.get(path).await.expect(200)["usageInfo"][0]["usageValue"], 7, "other changes leave it alone");
    api.put(path, &json!({ "usageInfo": [] })).await.expect(204);
    assert_eq!(api.get(path).await.expect(200), json!({ "usageInfo": [] }));
}

#[tokio::test]
async fn usage_that_koogallery_would_not_take_is_refused() {
    let (seller, api) = start().await;
    seller.say_all(&[purchase()]).await;
    let good = json!({ "usageValue": 1, "statisticalTime": "20251201000000000" });
    api.put("/v1/instances/b-1/usage-info", &json!({ "usageInfo": [good] })).await.expect(204);
    api.put("/v1/instances/b-1/usage-info", &json!({ "usageInfo": [] })).await.expect(204);
    for (name, value) in [
        ("usageValue", json!(0.00001)),
        ("usageValue", json!(-1)),
        ("usageValue", json!(100_000_000)),
        ("usageValue", json!(1e300)),
        ("usageValue", json!("1")),
        ("statisticalTime", json!("2025-12-01")),
        ("statisticalTime", json!("20251301000000000")),
        ("statisticalTime", json!(20_251_201_000_000_000_u64)),
        ("relatedInstanceId", json!(7)),
        ("relatedInstanceId", json!("")),
        ("unknown", json!(1)),
    ] {
        let body = json!({ "usageInfo": [good, with(good.clone(), name, value)] });
        api.put("/v1/instances/b-1/usage-info", &body).await.expect(400);
    }
    let many = json!({ "usageInfo": vec![good; 101] });
    api.put("/v1/instances/b-1/usage-info", &many).await.expect(400);
    assert!(seller.instance("b-1").await.unwrap().usage_info.is_empty());
}

pub(super) fn utc(millis_ago: i64) -> String {
    let at = koogallery::Timestamp::from_millis(now().as_millis() - millis_ago);
    koogallery_open_api::UtcTime::from_timestamp(at).unwrap().to_string()
}

const HOUR: i64 = 3_600_000;

pub(super) fn record(sn: &str) -> Value {
    json!({ "instance_id": "b-1", "record_time": utc(0), "begin_time": utc(2 * HOUR), "end_time": utc(HOUR),
        "usage_value": 0.25, "metering_sn": sn })
}

#[tokio::test]
async fn usage_records_reach_koogallery() {
    let (_seller, api, stand_in) = with_open_api(SK).await;
    let package = with(with(record("sn-2"), "instance_id", "b-2"), "relate_pkg_instance", "b-9");
    let pushed = api.post("/v1/usage", &json!({ "usage_records": [record("sn-1"), package] })).await.expect(202);
    assert_eq!(pushed, json!({ "accepted": 2 }));
    let kept = stand_in.usage_records();
    let seen: Vec<_> = kept.iter().map(|r| (r.metering_sn.as_str(), r.usage_value.to_string())).collect();
    assert_eq!(seen, [("sn-1", "0.25".to_owned()), ("sn-2", "0.25".to_owned())]);
    assert_eq!(kept[1].relate_pkg_instance.as_ref().unwrap().as_str(), "b-9");
    let thousand: Vec<_> =
        (0..1000).map(|n| with(record(&format!("n-{n}")), "instance_id", format!("i-{n}"))).collect();
    api.post("/v1/usage", &json!({ "usage_records": thousand })).await.expect(202);
}

#[tokio::test]
async fn usage_records_that_would_not_count_are_refused_with_their_place() {
    let (_seller, api, stand_in) = with_open_api(SK).await;
    for (name, value) in [
        ("usage_value", json!(0)),
        ("usage_value", json!(-1)),
        ("usage_value", json!(0.00001)),
        ("usage_value", json!(100_000_000)),
        ("usage_value", json!("1")),
        ("begin_time", json!(utc(HOUR))),
        ("begin_time", json!(utc(0))),
        ("begin_time", json!(utc(21 * 24 * HOUR + 60_000))),
        ("begin_time", json!("2025-12-01T00:00:00Z")),
        ("metering_sn", json!("sn-1")),
        ("metering_sn", json!("")),
        ("instance_id", json!("x".repeat(65))),
        ("end_time", json!(utc(-60_000))),
        ("instance_id", json!("b-1")),
        ("typing_eror", json!(1)),
    ] {
        let second = with(record("sn-2"), "instance_id", "b-2");
        let records = json!({ "usage_records": [record("sn-1"), with(second, name, value.clone())] });
        let problem = api.post("/v1/usage", &records).await.expect(400);
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("usage_records/1") || detail.contains("line 1"), "{name} {value}: {detail}");
    }
    for count in [0, 1001] {
        let records: Vec<_> = (0..count).map(|n| record(&n.to_string())).collect();
        api.post("/v1/usage", &json!({ "usage_records": records })).await.expect(400);
    }
    assert!(stand_in.usage_records().is_empty());
}

#[tokio::test]
async fn a_span_belongs_to_the_first_serial_number_in_whatever_call_the_others_come() {
    let (_seller, api, stand_in) = with_open_api(SK).await;
    let first = record("sn-1");
    let many = |sn: &str| -> Vec<_> {
        let of = |n: usize| with(first.clone(), "instance_id", format!("i-{n}"));
        (0..150).map(|n| with(of(n), "metering_sn", format!("{sn}-{n}"))).collect()
    };
    let push = |records: Vec<Value>| json!({ "usage_records": records });
    api.post("/v1/usage", &push(vec![first.clone()])).await.expect(202);
    api.post("/v1/usage", &push(vec![first.clone()])).await.expect(202);
    let mut other = with(first.clone(), "metering_sn", "sn-2");
    let problem = api.post("/v1/usage", &push([many("a"), vec![other.clone()]].concat())).await.expect(400);
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.starts_with("usage_records/150: a record that was sent before"), "{detail}");
    // Nothing of that call holds its span.
    api.post("/v1/usage", &push(many("b"))).await.expect(202);
    other["begin_time"] = utc(90 * 60_000).into();
    api.post("/v1/usage", &push(vec![other])).await.expect(202);

    // What KooGallery refused may come again under another number; what it may have taken may not.
    for (id, told, status, later) in [
        ("b-7", UsageTold::Code(400, "MKT.9002"), 422, 202),
        ("b-8", UsageTold::LostAfter, 504, 400),
        ("b-9", UsageTold::LostBefore, 504, 400),
    ] {
        let of =
            |sn: &str| push(vec![with(with(first.clone(), "instance_id", id), "metering_sn", format!("{sn}-{id}"))]);
        stand_in.next_usage([told]);
        api.post("/v1/usage", &of("one")).await.expect(status);
        stand_in.next_usage([]);
        api.post("/v1/usage", &of("two")).await.expect(later);
    }
    assert_eq!(stand_in.uncounted_usage(), []);
}
