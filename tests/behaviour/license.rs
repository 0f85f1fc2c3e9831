//! License products from outside: codes that KooGallery makes, licenses that devices apply for, the retired interface.
//! Members, lengths and words are the conformance corpus's part; orders of arrival, the model's.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use koogallery::{ExpireTime, InterfaceType, LicenseTime};
use koogallery_local::marketplace::SignedCall;
use koogallery_local::v1_reply::genuine;
use koogallery_runtime::now;
use koogallery_store::{FreezeCause, LicenseRequestId, Status, World};
use koogallery_tests::application::Post;
use koogallery_tests::bodies::{
    CODE, FUTURE, ID, INSTANCE, LICENSE, PAST, freeze, freeze_code, get_license, purchase, refresh_code, release,
    release_code, renew_code, renewal, unfreeze_code, with,
};
use koogallery_tests::faults::FaultyDynamoDb;
use koogallery_tests::{Seller, at_once, text};
use serde_json::{Value, json};

async fn with_rules(rules: &str) -> Seller {
    Seller::with(|environment| environment.with("KOOGALLERY_LICENSE_RULES", rules)).await
}

/// A seller of an entitlement, bought with the license key.
async fn entitled(rules: &str) -> Seller {
    let seller = with_rules(rules).await;
    seller.sell_licenses();
    seller.say_all(&[purchase()]).await;
    seller
}

/// Status and freeze cause of the code, and its expiry.
async fn standing(seller: &Seller) -> (Status, Option<FreezeCause>, Option<String>) {
    let life = seller.license(CODE).await.unwrap().life;
    (life.status, life.freeze_cause, life.expire_time.map(|time| time.to_string()))
}

fn without(mut body: Value, name: &str) -> Value {
    body.as_object_mut().unwrap().remove(name);
    body
}

fn device(event: &str, fingerprint: Option<&str>) -> LicenseRequestId {
    LicenseRequestId::Device {
        instance_id: ID.parse().unwrap(),
        event_id: event.parse().unwrap(),
        device_fingerprint: fingerprint.map(|fingerprint| fingerprint.parse().unwrap()),
    }
}

#[tokio::test]
async fn a_codes_whole_life_leaves_one_event_for_each_change() {
    let seller = Seller::start().await;
    seller.say_all(&[renew_code("R1", FUTURE)]).await;
    assert_eq!(standing(&seller).await, (Status::Active, None, Some(FUTURE.to_owned())));
    seller.say_all(&[freeze_code()]).await;
    assert_eq!(standing(&seller).await.1, Some(FreezeCause::Suspended), "long before its end");
    seller.say_all(&[unfreeze_code(), refresh_code("F1", "UNSUBSCRIBE_RENEWAL_PERIOD", PAST), freeze_code()]).await;
    assert_eq!(standing(&seller).await, (Status::Frozen, Some(FreezeCause::Expired), Some(PAST.to_owned())));
    seller.say_all(&[renew_code("R2", FUTURE)]).await;
    assert_eq!(standing(&seller).await, (Status::Active, None, Some(FUTURE.to_owned())), "a renewal lifts it");
    seller.say_all(&[release_code()]).await;
    assert_eq!(
        seller.events(LICENSE).await,
        [
            "license.refreshed",
            "license.frozen",
            "license.unfrozen",
            "license.refreshed",
            "license.frozen",
            "license.refreshed",
            "license.unfrozen",
            "license.released"
        ]
    );
    let renewed = &seller.whole_events(LICENSE).await[0].data;
    let told = json!({ "license": CODE, "orderId": "R1", "orderLineId": "R1-000001", "scene": "RENEWAL",
        "expireTime": FUTURE.parse::<koogallery::ExpireTime>().unwrap().timestamp().to_rfc_3339() });
    assert_eq!(*renewed, told);
}

#[tokio::test]
async fn a_code_is_made_known_by_the_first_call_about_it() {
    for (body, status, events) in [
        (renew_code("R1", FUTURE), Status::Active, &["license.refreshed"][..]),
        (freeze_code(), Status::Frozen, &["license.frozen"]),
        (unfreeze_code(), Status::Active, &[]),
        (release_code(), Status::Released, &["license.released"]),
    ] {
        let seller = Seller::start().await;
        for _ in 0..2 {
            seller.say_all(std::slice::from_ref(&body)).await;
            assert_eq!(standing(&seller).await.0, status, "{body}");
            assert_eq!(seller.events(LICENSE).await, events, "{body}");
            let items = seller.items().await.into_iter().filter(|item| !text(item, "sk").starts_with("FACT#"));
            assert_eq!(items.count(), 1 + 2 * events.len(), "each event is to be delivered: {body}");
        }
    }
}

#[tokio::test]
async fn a_released_code_exists_no_more() {
    let seller = Seller::start().await;
    seller.say_all(&[renew_code("R1", FUTURE), release_code(), release_code()]).await;
    let before = seller.standing().await;
    for body in [renew_code("R1", FUTURE), renew_code("R2", FUTURE), freeze_code(), unfreeze_code()] {
        assert_eq!(seller.say(&body).await, "000003", "{body}");
    }
    seller.say_all(&[release_code()]).await;
    assert_eq!(seller.standing().await, before);
}

#[tokio::test]
async fn only_the_license_key_signs_them_and_a_nonce_works_once() {
    let seller = entitled("{}").await;
    for body in [renew_code("R1", FUTURE), freeze_code(), get_license("e-1", "f-1"), release_code()] {
        let before = seller.standing().await;
        for key in ["basic-key", "basic-key-before", "kit-key", "order-key"] {
            let call = seller.signed_with(key, &body, now());
            assert_eq!(seller.send(&call).await.result_code.as_str(), "000001", "{key}: {body}");
        }
        assert_eq!(seller.standing().await, before);
        for _ in 0..2 {
            let call = seller.signed(&body);
            assert_ne!(seller.send(&call).await.result_code.as_str(), "000001", "{body}");
            assert_eq!(seller.send(&call).await.result_code.as_str(), "000001", "replayed: {body}");
        }
    }
    let refused = seller.signed(&with(get_license("e-1", "f-1"), "instanceId", "unknown"));
    assert_eq!(seller.send(&refused).await.result_code.as_str(), "000003");
    assert_eq!(seller.send(&refused).await.result_code.as_str(), "000001", "replayed");
}

#[tokio::test(flavor = "multi_thread")]
async fn simultaneous_calls_about_a_code_count_once() {
    let seller = Arc::new(Seller::start().await);
    for (body, events) in [
        (renew_code("R1", FUTURE), &["license.refreshed"][..]),
        (freeze_code(), &["license.refreshed", "license.frozen"]),
        (release_code(), &["license.refreshed", "license.frozen", "license.released"]),
    ] {
        let answers = at_once(&seller, (0..50).map(|_| body.clone())).await;
        assert_eq!(answers.into_iter().collect::<Vec<_>>(), [("000000".to_owned(), None)], "{body}");
        assert_eq!(seller.events(LICENSE).await, events);
    }
}

#[tokio::test]
async fn a_license_follows_once_it_is_handed_in() {
    let seller = entitled("{}").await;
    assert_eq!(seller.instance(ID).await.unwrap().interface_type, InterfaceType::License);
    for _ in 0..3 {
        assert_eq!(seller.say(&get_license("e-1", "f-1")).await, "000004");
    }
    let times = ("20231027103015000", "20991027103015000");
    let data = json!({ "instanceId": ID, "eventId": "e-1", "deviceFingerprint": "f-1", "effectiveTime": "2023-10-27T10:30:15.000Z", "expireTime": "2099-10-27T10:30:15.000Z" });
    let event = seller.whole_events(INSTANCE).await.pop().unwrap();
    assert_eq!(event.data, data);
    assert_eq!(seller.events(INSTANCE).await, ["instance.created", "license.requested"]);
    assert_eq!(seller.instance(ID).await.unwrap().licenses, Some(1));

    let (store, id) = (seller.host.store(), device("e-1", Some("f-1")));
    let request = store.license_request(World::Real, &id).await.unwrap().unwrap();
    assert_eq!((&request.id, request.handed_in_at), (&id, None));
    assert_eq!(request.effective_time.unwrap().to_string(), times.0);
    let at = now();
    for _ in 0..2 {
        assert!(store.hand_in_license(World::Real, &id, at.saturating_add(Duration::from_secs(1))).await.unwrap());
    }
    let request = store.license_request(World::Real, &id).await.unwrap().unwrap();
    assert_eq!(request.handed_in_at, Some(at.saturating_add(Duration::from_secs(1))));
    assert_eq!(seller.say(&get_license("e-1", "f-1")).await, "000000");
    assert_eq!(seller.events(INSTANCE).await.len(), 2, "nobody needs to hear what the application did itself");

    let nobody = device("e-1", Some("f-2"));
    assert!(!store.hand_in_license(World::Real, &nobody, at).await.unwrap());
    assert_eq!(store.license_request(World::Real, &nobody).await.unwrap(), None);
}

#[tokio::test]
async fn event_and_fingerprint_together_name_an_application() {
    let seller = entitled("{}").await;
    let bare = without(get_license("e-1", ""), "deviceFingerprint");
    let applications = [
        get_license("e-1", "f-1"),
        get_license("e-1", "f-2"),
        get_license("e-2", "f-1"),
        get_license("e-1#", "f-1"),
        bare.clone(),
    ];
    for body in applications.iter().chain(&applications) {
        assert_eq!(seller.say(body).await, "000004", "{body}");
    }
    assert_eq!(seller.say(&with(bare, "deviceFingerprint", " ")).await, "000004", "blank is none");
    assert_eq!(seller.instance(ID).await.unwrap().licenses, Some(5));
    assert_eq!(seller.events(INSTANCE).await.len(), 6);
    assert!(seller.host.store().license_request(World::Real, &device("e-1", None)).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_simultaneous_applications_of_one_event_are_one() {
    let seller = Arc::new(entitled(r#"{"quota":2}"#).await);
    let answers = at_once(&seller, (0..100).map(|_| get_license("e-1", "f-1"))).await;
    assert_eq!(answers.into_iter().collect::<Vec<_>>(), [("000004".to_owned(), None)]);
    assert_eq!(seller.instance(ID).await.unwrap().licenses, Some(1));
    assert_eq!(seller.events(INSTANCE).await, ["instance.created", "license.requested"]);
    assert_eq!(seller.items().await.len(), 7, "purchase, instance, application; of the two an event, to be delivered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_of_two_is_two_however_many_ask_at_once() {
    let seller = Arc::new(entitled(r#"{"quota":2}"#).await);
    let bodies: Vec<Value> = (0..5).map(|n| get_license("e-1", &format!("f-{n}"))).collect();
    let answers = at_once(&seller, bodies.clone()).await;
    assert!(answers.contains(&("000900".to_owned(), None)) && answers.len() == 2, "{answers:?}");
    // Asked again, those that got one still have it, and the others still do not.
    let mut codes = BTreeMap::new();
    for body in &bodies {
        *codes.entry(seller.say(body).await).or_insert(0) += 1;
    }
    assert_eq!(codes, BTreeMap::from([("000004", 2), ("000900", 3)]));
    assert_eq!(seller.instance(ID).await.unwrap().licenses, Some(2));
    assert_eq!(seller.events(INSTANCE).await.len(), 3);
}

/// `days` from now, as getLicenseAsync and as refreshInstance write it.
fn in_days(days: u64) -> (String, String) {
    let time = ExpireTime::from_timestamp(now().saturating_add(Duration::from_hours(24 * days))).unwrap();
    (LicenseTime::from(time).to_string(), time.to_string())
}

#[tokio::test]
async fn what_speaks_against_a_license_is_told() {
    let apply = || get_license("e-1", "f-1");
    let period = || [renewal("R0", FUTURE)].to_vec();
    let month = renewal("R0", &in_days(30).1);
    let late = with(with(apply(), "effectiveTime", in_days(31).0), "expireTime", in_days(40).0);
    let (required, none) = (r#"{"fingerprint":"required","expiry":"required"}"#, "{}");
    for (rules, before, body, code) in [
        (none, vec![], with(apply(), "instanceId", "unknown"), "000003"),
        (none, vec![release()], apply(), "000003"),
        (none, vec![freeze()], apply(), "000901"),
        (none, vec![renewal("R0", PAST)], apply(), "000901"),
        (none, vec![month.clone()], apply(), "000901"),
        (none, vec![month.clone()], with(apply(), "expireTime", in_days(31).0), "000901"),
        (none, vec![month.clone()], with(apply(), "expireTime", in_days(29).0), "000004"),
        (none, vec![month.clone()], with(without(apply(), "expireTime"), "effectiveTime", in_days(31).0), "000901"),
        (none, vec![month], late, "000901"),
        (none, vec![renewal("R0", "20991027103015")], apply(), "000004"),
        (r#"{"quota":1}"#, vec![get_license("e-0", "f-0")], apply(), "000900"),
        (r#"{"quota":1}"#, vec![get_license("e-0", "f-0"), release()], apply(), "000003"),
        (r#"{"quota":1}"#, vec![apply()], apply(), "000004"),
        (none, vec![apply(), freeze()], apply(), "000004"),
        (none, vec![apply(), release()], apply(), "000003"),
        (none, vec![], without(apply(), "expireTime"), "000004"),
        (none, period(), without(apply(), "expireTime"), "000902"),
        (required, vec![], without(apply(), "expireTime"), "000902"),
        (required, vec![], without(apply(), "deviceFingerprint"), "000903"),
        (required, vec![release()], without(apply(), "deviceFingerprint"), "000003"),
        (none, period(), without(apply(), "deviceFingerprint"), "000004"),
        (required, period(), apply(), "000004"),
    ] {
        let seller = entitled(rules).await;
        for body in &before {
            assert!(["000000", "000004"].contains(&seller.say(body).await), "{body}");
        }
        let standing = seller.standing().await;
        for _ in 0..2 {
            assert_eq!(seller.say(&body).await, code, "{rules} {before:?} {body}");
        }
        let is_new = code == "000004" && !before.contains(&body);
        assert_eq!(seller.standing().await == standing, !is_new, "{rules} {before:?} {body}");
    }
}

#[tokio::test]
async fn an_instance_that_is_provisioned_later_has_licenses_too() {
    let seller = Seller::with(|environment| environment.with("KOOGALLERY_PROVISIONING", "deferred")).await;
    seller.sell_licenses();
    assert_eq!(seller.say(&purchase()).await, "000004");
    assert_eq!(seller.say(&get_license("e-1", "f-1")).await, "000004");
    assert_eq!(seller.instance(ID).await.unwrap().licenses, Some(1));
}

#[tokio::test]
async fn debug_calls_are_answered_for_ever_in_their_own_world() {
    let seller = with_rules(r#"{"quota":1,"expiry":"required"}"#).await;
    seller.sell_licenses();
    let real = [renew_code("R1", FUTURE), purchase(), get_license("e-1", "f-1")];
    for body in &real {
        assert!(["000000", "000004"].contains(&seller.say(body).await));
    }
    let before = seller.standing().await;
    let debug = |body| with(body, "testFlag", "1");
    for _ in 0..2 {
        for body in [renew_code("R2", PAST), freeze_code(), unfreeze_code(), release_code()] {
            assert_eq!(seller.say(&debug(body)).await, "000000");
        }
        for (instance, device) in [(ID, "f-1"), (ID, "f-2"), ("never-made", "f-1")] {
            assert_eq!(seller.say(&debug(with(get_license("e-1", device), "instanceId", instance))).await, "000000");
        }
        let unmet = debug(without(get_license("e-9", "f-1"), "expireTime"));
        assert_eq!(seller.say(&unmet).await, "000902", "what the call lacks is told as to a real one");
        for body in [freeze(), release()] {
            assert_eq!(seller.say(&debug(body)).await, "000000");
        }
    }
    let (test, kept): (Vec<_>, Vec<_>) =
        seller.standing().await.into_iter().partition(|item| text(item, "pk").starts_with("TEST#"));
    assert_eq!(kept, before);
    for item in &test {
        assert!(item.contains_key("expiresAt") && !text(item, "sk").starts_with("EVENT#"), "{item:?}");
    }
    let of_codes = test.iter().filter(|item| text(item, "pk").starts_with("TEST#LICENSE#")).count();
    assert_eq!((of_codes, test.len()), (3, 6), "a code with its renewal and its freeze, three applications");
}

#[tokio::test]
async fn neither_code_nor_fingerprint_reaches_the_log() {
    let seller = entitled("{}").await;
    let fingerprint = "00:00:5e:00:53:01";
    seller.say_all(&[renew_code("R1", FUTURE)]).await;
    assert_eq!(seller.say(&with(freeze_code(), "status", "no")).await, "000002");
    seller.say(&get_license("e-1", fingerprint)).await;
    assert_eq!(seller.say(&with(get_license("e-1", fingerprint), "eventId", "")).await, "000002");
    let records = seller.records();
    assert!(records.iter().any(|record| record.license.as_deref() == Some("…LMNO")));
    let told = format!("{records:?}");
    assert!(!told.contains(CODE) && !told.contains(fingerprint), "{told}");
}

#[tokio::test]
async fn the_usual_call_asks_the_store_once() {
    let database = FaultyDynamoDb::start().await;
    let seller = Seller::at(Some(database.endpoint()), |environment| environment).await;
    seller.sell_licenses();
    seller.say_all(&[purchase(), renew_code("R0", PAST)]).await;
    for (body, requests) in [
        (renew_code("R1", FUTURE), 1),
        (refresh_code("F1", "UNSUBSCRIBE_RENEWAL_PERIOD", PAST), 1),
        (freeze_code(), 1),
        (unfreeze_code(), 1),
        (with(freeze_code(), "license", "unheard of"), 2),
        (release_code(), 1),
        (get_license("e-1", "f-1"), 1),
        (get_license("e-2", "f-1"), 1),
    ] {
        let before = database.seen();
        let code = seller.say(&body).await;
        assert!(["000000", "000004"].contains(&code), "{code}: {body}");
        assert_eq!(database.seen() - before, requests, "{body}");
    }
}

/// Sends a V1.0 call; the code of its answer, which must be signed.
async fn say_v1(seller: &Seller, parameters: &[(&str, &str)]) -> String {
    reply_v1(seller, parameters).await.result_code.to_string()
}

async fn reply_v1(seller: &Seller, parameters: &[(&str, &str)]) -> koogallery::Reply {
    let key = seller.key(InterfaceType::License);
    let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let exchange = seller.marketplace.send(&SignedCall::basic_v1(&key, parameters, now())).await.unwrap();
    genuine(&exchange, &key, false).unwrap();
    exchange.reply().unwrap()
}

#[tokio::test]
async fn the_retired_interface_ends_in_the_same_state() {
    let seller = Seller::start().await;
    let of_code = |activity, name| [("activity", activity), (name, CODE), ("orderId", "R1"), ("expireTime", FUTURE)];
    for (activity, name, status, cause) in [
        ("refreshLicense", "license", Status::Active, None),
        ("refreshLicense", "instanceId", Status::Active, None),
        ("expireLicense", "licenseCode", Status::Frozen, Some(FreezeCause::Expired)),
        ("releaseLicense", "license", Status::Released, None),
        ("releaseLicense", "instanceId", Status::Released, None),
    ] {
        assert_eq!(say_v1(&seller, &of_code(activity, name)).await, "000000", "{activity}");
        assert_eq!(standing(&seller).await, (status, cause, Some(FUTURE.to_owned())), "{activity}");
    }
    assert_eq!(say_v1(&seller, &of_code("refreshLicense", "license")).await, "000003");
    assert_eq!(seller.events(LICENSE).await, ["license.refreshed", "license.frozen", "license.released"]);
}

/// What License 1.0 tells of a purchase, as V1.0's newInstance does.
fn bought(product: &'static str) -> Vec<(&'static str, &'static str)> {
    vec![
        ("activity", "getLicense"),
        ("businessId", "b-1"),
        ("customerId", "customer-4711"),
        ("customerName", "Example Buyer"),
        ("orderId", "CS1"),
        ("productId", product),
        ("chargingMode", "1"),
        ("expireTime", "20991231160000"),
        ("periodType", "year"),
        ("periodNumber", "1"),
        ("amount", "25"),
        // [{"name":"machineCode","value":"M-4711"}]
        ("saasExtendParams", "W3sibmFtZSI6Im1hY2hpbmVDb2RlIiwidmFsdWUiOiJNLTQ3MTEifV0="),
    ]
}

#[tokio::test]
async fn the_retired_interface_has_one_license_for_a_purchase() {
    let seller = with_rules(r#"{"quota":1,"fingerprint":"required","expiry":"required"}"#).await;
    let bare = |product: &'static str| [("activity", "getLicense"), ("orderId", "CS1"), ("productId", product)];
    for product in ["p-1", "p-1", "p-2", ""] {
        assert_eq!(say_v1(&seller, &bare(product)).await, "000004", "{product}");
    }
    let events = seller.whole_events("ORDER#CS1").await;
    let told: Vec<&Value> = events.iter().map(|event| &event.data).collect();
    let product = |product: &str| json!({ "orderId": "CS1", "productId": product });
    assert_eq!(told, [&product("p-1"), &product("p-2"), &json!({ "orderId": "CS1" })]);
}

#[tokio::test]
async fn a_debug_call_for_a_license_is_a_success_at_once_and_touches_nothing() {
    let seller = Seller::start().await;
    let debug = [&bought("p-1")[..], &[("testFlag", "1")]].concat();
    for _ in 0..2 {
        let reply = reply_v1(&seller, &debug).await;
        assert_eq!((reply.result_code.as_str(), reply.license.unwrap().reveal()), ("000000", "DEBUG-LICENSE"));
    }
    assert_eq!(reply_v1(&seller, &bought("p-1")).await.result_code.as_str(), "000004", "a real one waits");
    assert_eq!(reply_v1(&seller, &debug).await.result_code.as_str(), "000000");
    let debug = seller.everything().await.into_iter().filter(|item| text(item, "pk").starts_with("TEST#"));
    assert!(debug.count() > 0 && seller.events("TEST#ORDER#CS1").await.is_empty());
}

#[tokio::test]
async fn what_a_purchase_told_reaches_the_application_and_is_sealed_at_rest() {
    let seller = Seller::start().await;
    let post = Post::of(&seller, |environment| environment).await;
    assert_eq!(say_v1(&seller, &bought("p-1")).await, "000004");
    let clear = json!({ "orderId": "CS1", "productId": "p-1", "expireTime": "2099-12-31T16:00:00.000Z", "amount": "25",
        "chargingMode": "1", "periodType": "year", "periodNumber": "1" });
    assert_eq!(seller.whole_events("ORDER#CS1").await[0].data, clear);
    let at_rest = format!("{:?}", seller.everything().await);
    assert!(
        !at_rest.contains("M-4711") && !at_rest.contains("Example Buyer") && !at_rest.contains("customer-4711"),
        "{at_rest}"
    );
    let details =
        seller.items().await.into_iter().find(|item| text(item, "sk").starts_with("LICENSE_DETAILS")).unwrap();
    assert!(details.contains_key("expiresAt"), "it goes by itself");

    post.deliver(&mut post.pump(&seller).await).await;
    let told = &post.application.taken()[0].body["data"];
    assert_eq!(told["purchase"]["saasExtendParams"], json!([{ "name": "machineCode", "value": "M-4711" }]));
    assert_eq!((&told["purchase"]["customerName"], &told["amount"]), (&json!("Example Buyer"), &json!("25")));
    assert_eq!(told["customerName"], "Example Buyer");
    assert_eq!(post.account(&seller).await.lost, 0);
}
