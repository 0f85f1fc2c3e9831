//! What V1.0 promises beyond the conformance corpus: what it tells is kept and sealed, replies are signed with the very
//! key that asked, and credentials go out encrypted or not at all.

#![allow(clippy::unwrap_used)]

use koogallery::v1_cipher::{self, EncryptType};
use koogallery::{AccessKey, AccessKeys, InterfaceType, Timestamp};
use koogallery_local::keys::LOCAL_KEY;
use koogallery_local::marketplace::SignedCall;
use koogallery_local::v1_reply::{decrypted, genuine};
use koogallery_runtime::{Environment, Vault, now};
use koogallery_store::{EventType, FreezeCause, Status, World, purchase_details_place};
use koogallery_tests::Seller;
use koogallery_tests::api::{Api, TOKEN};
use serde_json::{Value, json};

const ID: &str = "b-1";
const CREDENTIALS: &str = r#"{"frontEndUrl":"https://app.example.com/","userName":"admin","password":"pässword"}"#;

fn key(text: &str) -> AccessKey {
    let keys = AccessKeys::from_json(&json!({ "basic": [text] }).to_string()).unwrap();
    keys.current(InterfaceType::Basic).unwrap().clone()
}

/// Sends a call signed with `key`; the reply in the clear, which must be signed with the same.
async fn say_with(seller: &Seller, key_text: &str, at: Timestamp, parameters: &[(&str, &str)]) -> Value {
    let key = key(key_text);
    let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let exchange = seller.marketplace.send(&SignedCall::basic_v1(&key, parameters, at)).await.unwrap();
    genuine(&exchange, &key, false).unwrap();
    decrypted(serde_json::from_slice(&exchange.body).unwrap(), &key).unwrap()
}

async fn say(seller: &Seller, parameters: &[(&str, &str)]) -> Value {
    say_with(seller, "basic-key", now(), parameters).await
}

const PURCHASE: [(&str, &str); 5] =
    [("activity", "newInstance"), ("customerId", "c-1"), ("businessId", ID), ("orderId", "CS1"), ("productId", "p-1")];

fn with<'a>(parameters: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = parameters.iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name));
    kept.chain(more).copied().collect()
}

#[tokio::test]
async fn a_purchase_is_told_how_to_get_in_and_again_the_same() {
    for (encrypt_type, kind) in [("1", EncryptType::Aes256), ("2", EncryptType::Aes128)] {
        let seller = Seller::with(|environment| {
            environment.with("KOOGALLERY_APP_INFO", CREDENTIALS).with("KOOGALLERY_V1_ENCRYPT_TYPE", encrypt_type)
        })
        .await;
        let first = say(&seller, &PURCHASE).await;
        let way_in = json!({ "frontEndUrl": "https://app.example.com/", "userName": "admin", "password": "pässword" });
        assert_eq!((&first["resultCode"], &first["instanceId"]), (&json!("000000"), &json!(ID)));
        assert_eq!((&first["appInfo"], &first["encryptType"]), (&way_in, &json!(kind.as_str())));
        let resent = say(&seller, &with(&PURCHASE, &[("businessId", "b-2")])).await;
        assert_eq!(resent, first);
        let queried = say(&seller, &[("activity", "queryInstance"), ("instanceId", ID)]).await;
        assert_eq!(queried["info"], json!([{ "instanceId": ID, "appInfo": way_in }]));
    }
}

#[tokio::test]
async fn v2_does_not_tell_the_way_in_with_the_purchase() {
    let seller = Seller::with(|environment| environment.with("KOOGALLERY_APP_INFO", CREDENTIALS)).await;
    let reply = seller.succeed(&koogallery::NewInstance::new("CS2", "L", "b-2").unwrap()).await;
    assert_eq!((reply.app_info, reply.encrypt_type), (None, None));
}

#[tokio::test]
async fn credentials_that_would_not_fit_encrypted_are_not_sold_by() {
    let app_info = |password: String| json!({ "frontEndUrl": "https://x", "password": password }).to_string();
    for (bytes, code) in [(79, "000000"), (80, "000005"), (128, "000005")] {
        let seller =
            Seller::with(|environment| environment.with("KOOGALLERY_APP_INFO", app_info("x".repeat(bytes)))).await;
        assert_eq!(say(&seller, &PURCHASE).await["resultCode"], code, "{bytes} bytes");
        assert_eq!(seller.instance(ID).await.is_some(), code == "000000");
        let reason = seller.records().last().unwrap().reason.clone().unwrap_or_default();
        assert_eq!(reason.contains("password is longer than 79 bytes"), code == "000005", "{reason}");
        let v2 = seller.ask(&koogallery::NewInstance::new("CS2", "L", "b-2").unwrap()).await;
        assert_eq!(v2.result_code.as_str(), "000000", "V2.0 has room for it");
    }
}

#[tokio::test]
async fn what_is_told_of_the_buyer_is_kept_sealed() {
    let seller = Seller::start().await;
    let iv = "a1B2c3D4e5F6g7H8".parse().unwrap();
    let phone = v1_cipher::encrypt("basic-key", EncryptType::Aes256, &iv, "13800000000");
    let told = [
        // Long enough not to be in a UUID by chance.
        ("customerId", "customer-4711"),
        ("customerName", "客户 一"),
        ("mobilePhone", phone.as_str()),
        ("email", "buyer@example.com"),
        ("expireTime", "20361231160000"),
        ("somethingNew", "as it came"),
        ("userName", ""),
    ];
    assert_eq!(say(&seller, &with(&PURCHASE, &told)).await["resultCode"], "000000");

    let instance = seller.instance(ID).await.unwrap();
    assert!(instance.v1 && instance.order_line_id.is_none());
    assert_eq!(instance.life.expire_time.unwrap().to_string(), "20361231160000000");
    let store = seller.host.store();
    let sealed = store.purchase_details(World::Real, &ID.parse().unwrap()).await.unwrap().unwrap();
    let vault = Vault::of(&Environment::default().with("KOOGALLERY_LOCAL_KEY", LOCAL_KEY)).unwrap();
    let place = purchase_details_place(&instance.order_id);
    let details: Value = serde_json::from_slice(&vault.open(store, &place, &sealed).await.unwrap()).unwrap();
    assert_eq!(
        details,
        json!({ "customerId": "customer-4711", "customerName": "客户 一", "mobilePhone": "13800000000",
            "email": "buyer@example.com", "somethingNew": "as it came" })
    );
    let everything = format!("{:?} {:?}", seller.everything().await, seller.records());
    for personal in ["客户", "13800000000", "buyer@example.com", "customer-4711"] {
        assert!(!everything.contains(personal), "{personal}");
        assert!(!sealed.as_bytes().windows(personal.len()).any(|bytes| bytes == personal.as_bytes()), "{personal}");
    }
    let reason = seller.records().last().unwrap().reason.clone().unwrap();
    assert!(reason.contains("email") && !reason.contains("mobilePhone"), "{reason}");
}

#[tokio::test]
async fn one_order_makes_an_instance_for_each_product() {
    let seller = Seller::start().await;
    assert_eq!(say(&seller, &PURCHASE).await["instanceId"], "b-1");
    let other = with(&PURCHASE, &[("productId", "p-2"), ("businessId", "b-2")]);
    assert_eq!(say(&seller, &other).await["instanceId"], "b-2");
    let resent = with(&PURCHASE, &[("businessId", "b-3")]);
    assert_eq!(say(&seller, &resent).await["instanceId"], "b-1");
}

#[tokio::test]
async fn a_later_order_is_kept_with_all_that_it_tells() {
    let seller = Seller::start().await;
    say(&seller, &PURCHASE).await;
    let renewal = [
        ("activity", "refreshInstance"),
        ("instanceId", ID),
        ("orderId", "R1"),
        ("expireTime", "20361231160000"),
        ("trialToFormal", "1"),
        ("periodType", "year"),
    ];
    let upgrade = [
        ("activity", "upgrade"),
        ("instanceId", ID),
        ("orderId", "U1"),
        ("skuCode", "large"),
        ("productId", "p-9"),
        ("amount", "10000"),
        ("orderAmount", "99.5"),
    ];
    for (parameters, event) in [(&renewal[..], "instance.refreshed"), (&upgrade[..], "instance.upgraded")] {
        for _ in 0..2 {
            assert_eq!(say(&seller, parameters).await["resultCode"], "000000");
        }
        let events = seller.events("INSTANCE#b-1").await;
        assert_eq!(events.iter().filter(|kind| *kind == event).count(), 1);
    }
    let instance = seller.instance(ID).await.unwrap();
    assert_eq!(instance.life.product_id.as_ref().unwrap().as_str(), "p-9");
    let orders = seller.host.store().instance_orders(&ID.parse().unwrap()).await.unwrap();
    assert_eq!(orders.iter().map(|order| order.order_id.as_str()).collect::<Vec<_>>(), ["R1", "U1"]);
    for (order, name, value) in [("2#R1#", "periodType", "year"), ("2#U1#", "orderAmount", "99.5")] {
        let item = seller.item("INSTANCE#b-1", &format!("FACT#ORDER#{order}")).await.unwrap();
        let further = item["further"].as_m().unwrap();
        assert_eq!(further[name].as_s().unwrap(), value);
    }
}

fn with_api(environment: Environment) -> Environment {
    environment.with("KOOGALLERY_API_TOKEN", TOKEN)
}

/// What the events of an instance tell, the oldest first, by type.
async fn told(seller: &Seller) -> Vec<(String, Value)> {
    let events = seller.whole_events("INSTANCE#b-1").await;
    let told = |event: koogallery_store::Event| {
        let kind = serde_json::to_value(event.event_type).unwrap();
        (kind.as_str().unwrap().to_owned(), event.data)
    };
    events.into_iter().map(told).collect()
}

#[tokio::test]
async fn what_was_bought_is_told_kept_and_shown() {
    let seller = Seller::with(with_api).await;
    let first = [("skuCode", "team"), ("amount", "10"), ("diskSize", "20"), ("bandWidth", "5")];
    let period = [("periodType", "month"), ("periodNumber", "1"), ("chargingMode", "1")];
    say(&seller, &with(&PURCHASE, &[&first[..], &period[..]].concat())).await;
    let upgrade = [("activity", "upgrade"), ("instanceId", ID), ("orderId", "U1"), ("productId", "p-1")];
    say(&seller, &with(&upgrade, &[("skuCode", "team"), ("amount", "25"), ("diskSize", "much")])).await;
    let renewal = [("activity", "refreshInstance"), ("instanceId", ID), ("orderId", "R1")];
    let until = [("expireTime", "20361231160000"), ("periodType", "year"), ("periodNumber", "2")];
    say(&seller, &with(&renewal, &until)).await;

    let bought = json!({ "productId": "p-1", "skuCode": "team", "amount": 10, "diskSize": 20, "bandWidth": 5,
        "chargingMode": "PERIOD", "periodType": "month", "periodNumber": 1 });
    let upgraded = json!({ "productId": "p-1", "skuCode": "team", "amount": 25 });
    let renewed = json!({ "periodType": "year", "periodNumber": 2 });
    let holds = json!({ "productId": "p-1", "skuCode": "team", "amount": 25, "diskSize": 20, "bandWidth": 5,
        "chargingMode": "PERIOD", "periodType": "year", "periodNumber": 2 });
    let told = told(&seller).await;
    for ((kind, data), (expected, bought)) in
        told.iter().zip([("created", &bought), ("upgraded", &upgraded), ("refreshed", &renewed)])
    {
        assert_eq!(kind, &format!("instance.{expected}"));
        assert_eq!((&data["bought"], &data["holds"]), (bought, bought), "{kind}");
    }
    let api = Api::of(&seller);
    for shown in [api.get(&format!("/v1/instances/{ID}")).await, api.get("/v1/instances?status=active").await] {
        let shown = shown.body["instances"].get(0).unwrap_or(&shown.body).clone();
        assert_eq!((&shown["bought"], &shown["holds"]), (&bought, &holds));
        let later: Vec<_> = shown["laterOrders"].as_array().unwrap().iter().map(|order| &order["bought"]).collect();
        assert_eq!(later, [&upgraded, &renewed]);
    }
}

#[tokio::test]
async fn a_trial_that_turned_into_a_shorter_formal_period_ends_with_that() {
    let seller = Seller::start().await;
    let trial =
        koogallery::ExpireTime::from_timestamp(now().saturating_add(std::time::Duration::from_hours(90 * 24))).unwrap();
    say(&seller, &with(&PURCHASE, &[("trialFlag", "1"), ("expireTime", &trial.to_string())])).await;
    let formal =
        koogallery::ExpireTime::from_timestamp(now().saturating_add(std::time::Duration::from_hours(30 * 24))).unwrap();
    let formal = formal.to_string();
    let refresh = [("activity", "refreshInstance"), ("instanceId", ID), ("orderId", "F1"), ("expireTime", &*formal)];
    assert_eq!(say(&seller, &with(&refresh, &[("trialToFormal", "1")])).await["resultCode"], "000000");
    assert_eq!(seller.instance(ID).await.unwrap().life.expire_time.unwrap().to_string(), formal);
    let written = formal.parse::<koogallery::ExpireTime>().unwrap().timestamp().to_rfc_3339();
    assert_eq!(told(&seller).await.last().unwrap().1["expireTime"], written);
}

const ACCEPTED: [(&str, &str); 2] = [("provisionType", "1"), ("acceptanceTime", "20251126080000123")];

#[tokio::test]
async fn an_acceptance_is_kept_and_told_once_whatever_comes_first() {
    let acceptance = with(&with(&PURCHASE, &ACCEPTED), &[("businessId", "b-1-accepted")]);
    let second = |second: i64| Timestamp::from_millis(now().as_millis() + second * 1000);
    for calls in [
        vec![(0, &PURCHASE[..]), (1, &acceptance), (2, &acceptance)],
        vec![(1, &acceptance), (0, &PURCHASE[..]), (0, &PURCHASE[..])],
        vec![(1, &acceptance), (1, &acceptance), (2, &PURCHASE[..])],
        vec![(0, &PURCHASE[..]), (2, &acceptance), (1, &acceptance)],
    ] {
        let seller = Seller::with(with_api).await;
        let mut id = Value::Null;
        for (signed, call) in calls {
            let reply = say_with(&seller, "basic-key", second(signed), call).await;
            assert_eq!(reply["resultCode"], "000000");
            if id.is_null() {
                id.clone_from(&reply["instanceId"]);
            }
            assert_eq!(reply["instanceId"], id, "no second instance");
        }
        let api = Api::of(&seller);
        let shown = api.get(&format!("/v1/instances/{}", id.as_str().unwrap())).await.body;
        assert_eq!(shown["acceptance"], json!({ "acceptanceTime": "2025-11-26T08:00:00.123Z", "provisionType": "1" }));
        let events = seller.whole_events(&format!("INSTANCE#{}", id.as_str().unwrap())).await;
        let accepted: Vec<_> = events.iter().filter(|event| event.event_type == EventType::Accepted).collect();
        assert_eq!((events.len(), accepted.len()), (2, 1));
        assert_eq!(accepted[0].data["acceptanceTime"], "2025-11-26T08:00:00.123Z");
        assert_eq!(accepted[0].data["provisionType"], "1");
    }
}

#[tokio::test]
async fn of_two_acceptances_the_one_signed_last_stands_and_is_told() {
    let at = |time| with(&PURCHASE, &[("acceptanceTime", time)]);
    let (first, last) = (at("20251126080000"), at("20251127080000"));
    let second = |second: i64| Timestamp::from_millis(now().as_millis() + second * 1000);
    for calls in [[(1, &first), (2, &last)], [(2, &last), (1, &first)]] {
        let seller = Seller::start().await;
        for (signed, call) in calls {
            say_with(&seller, "basic-key", second(signed), call).await;
        }
        let accepted = seller.instance(ID).await.unwrap().acceptance.unwrap();
        assert_eq!(accepted.acceptance_time.to_string(), "20251127080000000");
        assert_eq!(told(&seller).await.last().unwrap().1["acceptanceTime"], "2025-11-27T08:00:00.000Z");
    }
}

#[tokio::test]
async fn an_acceptance_that_is_no_time_is_refused_and_a_deferred_one_waits_as_any_purchase() {
    let seller = Seller::with(|environment| with_api(environment).with("KOOGALLERY_PROVISIONING", "deferred")).await;
    let odd = say(&seller, &with(&PURCHASE, &[("acceptanceTime", "tomorrow")])).await;
    assert_eq!(odd["resultCode"], "000002");
    assert!(odd["resultMsg"].as_str().unwrap().contains("acceptanceTime"), "{odd}");
    say(&seller, &PURCHASE).await;
    let accepted = with(&PURCHASE, &ACCEPTED);
    assert_eq!(say(&seller, &accepted).await["resultCode"], "000004", "there is no way in yet");
    assert!(seller.instance(ID).await.unwrap().acceptance.is_some(), "it is kept all the same");
    let api = Api::of(&seller);
    let way_in = json!({ "frontEndUrl": "https://a.example.com/" });
    assert_eq!(api.put(&format!("/v1/instances/{ID}/app-info"), &way_in).await.status, 204);
    assert_eq!(say(&seller, &accepted).await["resultCode"], "000000");
}

#[tokio::test]
async fn what_is_longer_than_any_guide_says_is_refused_before_it_is_kept() {
    let seller = Seller::start().await;
    say(&seller, &PURCHASE).await;
    let long = "x".repeat(2049);
    let upgrade =
        [("activity", "upgrade"), ("instanceId", ID), ("orderId", "U1"), ("productId", "p-1"), ("skuCode", "s")];
    let renewal =
        [("activity", "refreshInstance"), ("instanceId", ID), ("orderId", "R1"), ("expireTime", "20361231160000")];
    for call in [with(&upgrade, &[("unknown", &long)]), with(&renewal, &[("unknown", &long)])] {
        assert_eq!(say(&seller, &call).await["resultCode"], "000002");
    }
    assert_eq!(told(&seller).await.len(), 1);
}

#[tokio::test]
async fn an_expiry_that_says_so_is_lifted_by_a_renewal_and_a_suspension_is_not() {
    let seller = Seller::start().await;
    say(&seller, &with(&PURCHASE, &[("expireTime", "20361231160000")])).await;
    let state = async || {
        let instance = seller.instance(ID).await.unwrap();
        (instance.life.status, instance.life.freeze_cause)
    };
    let renewal =
        |order, until| [("activity", "refreshInstance"), ("instanceId", ID), ("orderId", order), ("expireTime", until)];
    say(&seller, &[("activity", "expireInstance"), ("instanceId", ID)]).await;
    assert_eq!(state().await, (Status::Frozen, Some(FreezeCause::Expired)));
    say(&seller, &renewal("R1", "20371231160000")).await;
    assert_eq!(state().await, (Status::Active, None));
    say(&seller, &[("activity", "instanceStatus"), ("instanceStatus", "FREEZE"), ("instanceId", ID)]).await;
    assert_eq!(state().await, (Status::Frozen, Some(FreezeCause::Suspended)));
    say(&seller, &renewal("R2", "20381231160000")).await;
    assert_eq!(state().await, (Status::Frozen, Some(FreezeCause::Suspended)));
    say(&seller, &[("activity", "instanceStatus"), ("instanceStatus", "NORMAL"), ("instanceId", ID)]).await;
    assert_eq!(state().await, (Status::Active, None));
}

#[tokio::test]
async fn a_reply_is_signed_with_the_key_that_asked() {
    let seller = Seller::with(|environment| environment.with("KOOGALLERY_APP_INFO", CREDENTIALS)).await;
    for (key, order) in [("basic-key", "CS1"), ("basic-key-before", "CS2")] {
        let reply = say_with(&seller, key, now(), &with(&PURCHASE, &[("orderId", order)])).await;
        assert_eq!((&reply["resultCode"], &reply["appInfo"]["userName"]), (&json!("000000"), &json!("admin")));
    }
}

#[tokio::test]
async fn a_refusal_is_signed_with_the_current_key() {
    let seller = Seller::start().await;
    let current = key("basic-key");
    let parameters = || vec![("activity".to_owned(), "releaseInstance".to_owned())];
    let long_ago = Timestamp::from_millis(now().as_millis() - 600_000);
    for (call, code) in [
        (SignedCall::basic_v1(&key("a stranger's"), parameters(), now()), "000001"),
        (SignedCall::basic_v1(&current, parameters(), long_ago), "000002"),
        (SignedCall::basic_v1(&current, parameters(), now()), "000002"),
    ] {
        let exchange = seller.marketplace.send(&call).await.unwrap();
        assert_eq!(exchange.reply().unwrap().result_code.as_str(), code);
        genuine(&exchange, &current, false).unwrap();
    }
    assert!(seller.everything().await.is_empty());
}

#[tokio::test]
async fn a_debug_purchase_touches_no_buyers_state() {
    let seller = Seller::start().await;
    let debug = with(&PURCHASE, &[("testFlag", "1"), ("email", "buyer@example.com")]);
    for _ in 0..2 {
        assert_eq!(say(&seller, &debug).await["resultCode"], "000000");
    }
    assert!(seller.instance(ID).await.is_none());
    let partitions: Vec<String> = seller.items().await.iter().map(|item| koogallery_tests::text(item, "pk")).collect();
    assert!(partitions.iter().all(|pk| pk.starts_with("TEST#") || pk == "DATA_KEY"), "{partitions:?}");
}
