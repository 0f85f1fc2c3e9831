//! License codes, and licenses that the application makes.

use http::Method;
use koogallery::{AccessKeys, InterfaceType};
use koogallery_local::open_api::StandIn;
use koogallery_open_api::{Credentials, LicenseFile, LicenseInfo, LicenseStatus};
use koogallery_runtime::now;
use koogallery_tests::api::Api;
use koogallery_tests::bodies::{self, CODE, purchase, with};
use koogallery_tests::{KEYS, Seller};
use serde_json::{Value, json};

use super::{AK, SK, at_open_api, reply_v1, start, with_open_api, with_token};

#[tokio::test]
async fn a_license_is_activated_and_its_heartbeat_heard() {
    let (seller, api, stand_in) = with_open_api(SK).await;
    let (activate, heartbeat) = (format!("/v1/licenses/{CODE}/activate"), format!("/v1/licenses/{CODE}/heartbeat"));
    let unknown = api.ask(&Method::POST, &activate, None).await.expect(409);
    assert_eq!(unknown["koogalleryCode"], "92020001");
    assert!(!unknown["koogalleryMessage"].as_str().unwrap().is_empty());
    stand_in.put_license(CODE.parse().unwrap(), LicenseInfo::default());
    let start = json!({ "realEffectTime": "20251201T000000Z" });
    let active = api.post(&activate, &start).await.expect(200);
    assert_eq!(active, json!({ "status": "ALIVE", "activateTime": "2025-12-01T00:00:00.000Z" }));
    for body in [None, Some(json!({})), Some(json!({ "heartbeatInfo": "1.4" }))] {
        assert_eq!(api.ask(&Method::POST, &heartbeat, body.as_ref()).await.expect(200), active);
    }
    assert_eq!(api.post(&activate, &start).await.expect(409)["koogalleryCode"], "92020002");
    stand_in.put_license(
        CODE.parse().unwrap(),
        LicenseInfo { status: Some(LicenseStatus::Expired), ..LicenseInfo::default() },
    );
    assert_eq!(api.post(&activate, &json!({})).await.expect(409)["koogalleryCode"], "92020003");
    for bad in [json!({ "realEffectTime": "2025" }), json!({ "realEffectTime": null }), json!({ "other": 1 })] {
        api.post(&activate, &bad).await.expect(400);
    }
    let logged = format!("{:?}", seller.api_records());
    assert!(!logged.contains(CODE) && logged.contains("…LMNO"), "{logged}");
}

#[tokio::test]
async fn a_code_is_shown_as_callbacks_told_of_it() {
    let (seller, api) = start().await;
    let path = format!("/v1/licenses/{CODE}");
    let _ = api.get(&path).await.expect(404);
    seller.say_all(&[bodies::renew_code("R1", "20991231160000"), bodies::freeze_code()]).await;
    let shown = api.get(&path).await.expect(200);
    assert_eq!((&shown["status"], &shown["freezeCause"]), (&json!("frozen"), &json!("suspended")));
    assert_eq!(
        (&shown["expireTime"], &shown["laterOrders"][0]["orderId"]),
        (&json!("2099-12-31T16:00:00.000Z"), &json!("R1"))
    );
    seller.say_all(&[bodies::release_code()]).await;
    assert_eq!(api.get(&path).await.expect(200)["status"], "released");
    assert!(!format!("{:?}", seller.api_records()).contains(CODE));
}

#[tokio::test]
async fn a_license_that_was_applied_for_is_handed_in() {
    let (seller, api, stand_in) = with_open_api(SK).await;
    seller.sell_licenses();
    seller.say_all(&[purchase()]).await;
    let applied = bodies::get_license("e-1", "device-1");
    assert_eq!(seller.say(&applied).await, "000004");
    let path = "/v1/instances/b-1/licenses/e-1";
    let made = |members: Value| with(members, "deviceFingerprint", "device-1");
    for bad in
        [json!({}), json!({ "text": "" }), json!({ "file": "no base64" }), json!({ "text": "a", "file": "AA==" })]
    {
        api.put(path, &made(bad)).await.expect(400);
    }
    api.put(path, &json!({ "text": "another device's" })).await.expect(404);
    assert_eq!((seller.say(&applied).await, stand_in.license_files().len()), ("000004", 0));
    api.put(path, &made(json!({ "text": "a license 许可" }))).await.expect(204);
    assert_eq!(seller.say(&applied).await, "000000");
    api.put(path, &made(json!({ "file": "AP8=" }))).await.expect(204);
    let files: Vec<_> = stand_in.license_files().into_iter().map(|(event, file)| (event.to_string(), file)).collect();
    let sent = [LicenseFile::Text("a license 许可".to_owned()), LicenseFile::File(vec![0, 255].into())];
    assert_eq!(files, sent.map(|file| ("e-1".to_owned(), file)));
    assert!(!format!("{:?}", seller.api_records()).contains("许可"));
}

#[tokio::test]
async fn a_license_that_did_not_reach_koogallery_is_not_taken_for_handed_in() {
    let (misled, api, _stand_in) = with_open_api("another secret key").await;
    misled.sell_licenses();
    misled.say_all(&[purchase()]).await;
    let applied = bodies::get_license("e-1", "device-1");
    let (path, made) =
        ("/v1/instances/b-1/licenses/e-1", json!({ "deviceFingerprint": "device-1", "text": "a license" }));
    assert_eq!(misled.say(&applied).await, "000004");
    for _ in 0..2 {
        api.put(path, &made).await.expect(502);
        assert_eq!(misled.say(&applied).await, "000004");
    }

    // Once the SK is right, the same request does it.
    let stand_in = StandIn::start(Credentials::new(AK, SK).unwrap(), AccessKeys::from_json(KEYS).unwrap(), now).await;
    let stand_in = stand_in.unwrap();
    let (endpoint, table) = (stand_in.endpoint().to_string(), misled.host.store().table().to_owned());
    let dynamodb = misled.dynamodb_endpoint();
    let seller = Seller::at(Some(dynamodb), |environment| {
        at_open_api(with_token(environment), &endpoint, SK).with("KOOGALLERY_TABLE", table)
    })
    .await;
    for _ in 0..2 {
        Api::of(&seller).put(path, &made).await.expect(204);
        assert_eq!(misled.say(&applied).await, "000000");
    }
    assert_eq!(stand_in.license_files().len(), 2, "KooGallery is given it each time");
}

#[tokio::test]
async fn a_purchase_s_license_goes_to_koogallery_with_each_answer() {
    let (seller, api) = start().await;
    let ask = async |product| {
        let asked = [("activity", "getLicense"), ("orderId", "CS1"), ("productId", product)];
        let reply = reply_v1(&seller, InterfaceType::License, &asked).await;
        (reply.result_code.to_string(), reply.license.map(|license| license.reveal().to_owned()))
    };
    let (waiting, made) = (("000004".to_owned(), None), |text: &str| ("000000".to_owned(), Some(text.to_owned())));
    let path = "/v1/orders/CS1/license";
    let license = format!("-----BEGIN LICENSE-----\n{}\n许可", "x".repeat(8000));
    let of = |product: &str, text: &str| json!({ "productId": product, "text": text });
    api.put(path, &json!({ "text": "a license" })).await.expect(404);
    assert_eq!((ask("p-1").await, ask("").await), (waiting.clone(), waiting.clone()));
    api.put(path, &of("p-2", "a license")).await.expect(404);
    for bad in [json!({ "productId": "p-1" }), of("", "a license"), of("p-1", " "), of("p-1", &"x".repeat(8193))] {
        api.put(path, &bad).await.expect(400);
    }
    for _ in 0..2 {
        api.put(path, &of("p-1", &license)).await.expect(204);
        assert_eq!((ask("p-1").await, ask("").await), (made(&license), waiting.clone()));
    }
    let problem = api.put(path, &of("p-1", "another license")).await.expect(409);
    assert_eq!(problem["type"], "/problems/license-stands");
    assert_eq!(ask("p-1").await, made(&license), "KooGallery may have it");
    api.put(path, &json!({ "text": "the order's" })).await.expect(204);
    assert_eq!(ask("").await, made("the order's"));
    let at_rest = format!("{:?}", seller.everything().await);
    assert!(!at_rest.contains("BEGIN LICENSE") && !format!("{:?}", seller.api_records()).contains("许可"));
}
