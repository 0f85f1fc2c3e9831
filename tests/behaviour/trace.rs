//! The trace: from any id of a purchase, a renewal, an instance, a license code, an enterprise or an event, all calls and what
//! became of them; without personal data, and without a trace of calls that nobody signed.

#![allow(clippy::unwrap_used)]

use koogallery::InterfaceType;
use koogallery_local::api::{Api as Asking, ApiError};
use koogallery_local::marketplace::SignedCall;
use koogallery_local::timeline::Timeline;
use koogallery_runtime::{Environment, now};
use koogallery_tests::api::{Api, TOKEN};
use koogallery_tests::application::{Does, Post};
use koogallery_tests::bodies::{self, CODE, FUTURE, freeze, one_of_each, purchase, query, renewal, upgrade, with};
use koogallery_tests::faults::{Fault, FaultyDynamoDb};
use koogallery_tests::{Item, Seller, is_of_a_trace, kit, text};
use serde_json::{Value, json};

fn with_token(environment: Environment) -> Environment {
    environment.with("KOOGALLERY_API_TOKEN", TOKEN)
}

async fn start() -> (Seller, Api) {
    let seller = Seller::with(with_token).await;
    let api = Api::of(&seller);
    (seller, api)
}

/// The entries of one kind in the trace of an id.
async fn entries(api: &Api, id: &str, kind: &str) -> Vec<Value> {
    let trace = api.get(&format!("/v1/trace/{id}")).await.expect(200);
    assert_eq!(trace["isComplete"], true, "{trace}");
    let entries = trace["timeline"].as_array().unwrap();
    assert!(entries.is_sorted_by_key(|entry| entry["at"].as_str().unwrap().to_owned()), "{trace:#}");
    entries.iter().filter(|entry| entry["kind"] == kind).cloned().collect()
}

/// The calls in the trace of an id, each with its result code.
async fn calls(api: &Api, id: &str) -> Vec<String> {
    let calls = entries(api, id, "call").await;
    let mut calls: Vec<String> = calls
        .iter()
        .map(|call| format!("{} {}", call["callback"].as_str().unwrap(), call["resultCode"].as_str().unwrap()))
        .collect();
    calls.sort();
    calls
}

#[tokio::test]
async fn any_order_of_an_instance_leads_to_its_whole_life() {
    let (seller, api) = start().await;
    let release = with(bodies::release(), "orderId", "OUT");
    seller.say_all(&[purchase(), renewal("R1", FUTURE), upgrade("U1"), freeze(), release]).await;
    let whole = [
        "newInstance 000000",
        "refreshInstance 000000",
        "releaseInstance 000000",
        "updateInstanceStatus 000000",
        "upgradeInstance 000000",
    ];
    for id in ["CS1", "R1", "U1", "OUT", "b-1"] {
        assert_eq!(calls(&api, id).await, whole, "{id}");
        let events = entries(&api, id, "event").await;
        let types: Vec<&str> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
        assert_eq!(types, seller.events("INSTANCE#b-1").await, "{id}");
    }
    // Also from an event, which is what a webhook names.
    let created = entries(&api, "b-1", "event").await.remove(0);
    assert_eq!((&created["type"], &created["orderId"]), (&json!("instance.created"), &json!("CS1")));
    assert_eq!(calls(&api, created["eventId"].as_str().unwrap()).await, whole);
    let bought = entries(&api, "CS1", "call").await.remove(0);
    assert_eq!((&bought["instanceId"], &bought["interfaceType"]), (&json!("b-1"), &json!("basic")), "{bought}");
    assert!(bought["requestId"].is_string() && bought["count"] == 1, "{bought}");
    for unknown in ["CS2", "b-2", &uuid::Uuid::now_v7().to_string()] {
        api.get(&format!("/v1/trace/{unknown}")).await.expect(404);
    }
}

#[tokio::test]
async fn license_codes_and_enterprises_have_a_trace_too() {
    let (seller, api) = start().await;
    seller.say_all(&[bodies::renew_code("LR1", FUTURE), bodies::freeze_code()]).await;
    for id in [CODE, "LR1"] {
        assert_eq!(calls(&api, id).await, ["refreshLicenseCode 000000", "updateLicenseCodeStatus 000000"], "{id}");
        assert_eq!(entries(&api, id, "event").await.len(), 2);
    }
    let whole = api.get("/v1/trace/LR1").await.expect(200).to_string();
    assert!(!whole.contains(CODE), "only the end of a code is shown: {whole}");

    seller.say_all(&[purchase()]).await;
    seller.sync_all([kit::tenant(1)]).await;
    assert_eq!(calls(&api, "t-1").await, ["tenantSync 000000"]);
    assert!(calls(&api, "CS1").await.contains(&"tenantSync 000000".to_owned()));
}

#[tokio::test]
async fn a_refused_call_says_why() {
    let (seller, api) = start().await;
    seller.say_all(&[purchase()]).await;
    let reason = async |id: &str, code: &str| {
        let calls = entries(&api, id, "call").await;
        let refused = calls.iter().find(|call| call["resultCode"] == code).unwrap_or_else(|| panic!("{calls:?}"));
        refused["reason"].as_str().unwrap().to_owned()
    };

    let call = seller.signed(&renewal("R1", FUTURE));
    assert_eq!(seller.send(&call).await.result_code.as_str(), "000000");
    assert_eq!(seller.send(&call).await.result_code.as_str(), "000001");
    for id in ["R1", "b-1"] {
        assert_eq!(reason(id, "000001").await, "the nonce was used before");
    }
    let mut half = renewal("R2", FUTURE);
    half.as_object_mut().unwrap().remove("expireTime");
    assert_eq!(seller.say(&half).await, "000002");
    assert_eq!(reason("R2", "000002").await, "missing field `expireTime`");
    let unknown = with(renewal("R3", FUTURE), "instanceId", "nobody's");
    assert_eq!(seller.say(&unknown).await, "000003");
    for id in ["R3", "nobody's"] {
        assert!(reason(id, "000003").await.contains("unknown"), "{id}");
    }
    // What was refused leads from its order to nothing but itself.
    assert_eq!(calls(&api, "R3").await, ["refreshInstance 000003"]);
}

#[tokio::test]
async fn calls_that_say_the_same_are_counted() {
    let (seller, api) = start().await;
    seller.say_all(&[purchase(), query(), query(), query()]).await;
    let asked: Vec<Value> =
        entries(&api, "b-1", "call").await.into_iter().filter(|call| call["callback"] == "queryInstance").collect();
    // Of one day, or of two where midnight is between.
    assert!((1..=2).contains(&asked.len()), "{asked:?}");
    assert_eq!(asked.iter().map(|call| call["count"].as_u64().unwrap()).sum::<u64>(), 3);
}

#[tokio::test]
async fn a_trace_has_no_personal_data_and_goes_by_itself() {
    let seller =
        Seller::with(|environment| with_token(environment).with("KOOGALLERY_RSA_PRIVATE_KEY", kit::RSA_PRIVATE_KEY))
            .await;
    let basic = seller.key(InterfaceType::Basic);
    let told = [
        ("activity", "newInstance"),
        ("businessId", "b-9"),
        ("orderId", "CS9"),
        ("productId", "p-1"),
        ("customerName", "Zhang San"),
        ("email", "buyer@example.com"),
        ("mobilePhone", "not encrypted: 13800000000"),
    ];
    let told = told.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    seller.marketplace.send(&SignedCall::basic_v1(&basic, told, now())).await.unwrap();
    seller.say_all(&[purchase()]).await;
    seller.sync_all(kit::one_of_each()).await;
    let wrong = with(renewal("R1", FUTURE), "expireTime", "buyer@example.com");
    assert_eq!(seller.say(&wrong).await, "000002");
    let kept: Vec<Item> = seller.everything().await.into_iter().filter(is_of_a_trace).collect();
    let records: Vec<&Item> = kept.iter().filter(|item| text(item, "sk").starts_with("CALL#")).collect();
    assert!(records.len() >= 8, "{records:?}");
    assert!(records.iter().all(|item| item.contains_key("expiresAt")));
    let shown = format!("{kept:?}");
    for personal in ["Zhang", "buyer@", "13800000000", "user-0", "example.com", "secret"] {
        assert!(!shown.contains(personal), "{personal} in {shown}");
    }
}

#[tokio::test]
async fn a_forged_call_leaves_nothing_behind() {
    let (seller, api) = start().await;
    for body in one_of_each() {
        let mut forged = seller.signed(&body);
        forged.query[0].1 = "0".repeat(64);
        assert_eq!(seller.send(&forged).await.result_code.as_str(), "000001");
    }
    assert!(seller.everything().await.is_empty());
    api.get("/v1/trace/CS1").await.expect(404);
}

#[tokio::test]
async fn every_try_of_an_event_is_told_also_those_before_a_resend() {
    let seller = Seller::with(|environment| with_token(environment).with("KOOGALLERY_PROVISIONING", "deferred")).await;
    let api = Api::of(&seller);
    let post = Post::of(&seller, |environment| environment).await;
    assert_eq!(seller.say(&purchase()).await, "000004");
    post.application.does(|event| if event.before == 0 { Does::Status(500) } else { Does::Take });
    let mut pump = post.pump(&seller).await;
    post.deliver(&mut pump).await;
    let tries = async || {
        let tries = entries(&api, "CS1", "delivery").await;
        let told = |entry: &Value| {
            let word = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
            assert!(entry["durationMs"].is_u64() && entry["destination"] == "webhook", "{entry}");
            (word("outcome"), word("problem"), word("answer"))
        };
        tries.iter().map(told).collect::<Vec<_>>()
    };
    let word = |one: &str, two: &str, three: &str| (one.to_owned(), two.to_owned(), three.to_owned());
    let failed = word("failed", "the receiver answered HTTP 500", "");
    let taken = word("delivered", "", "nothing");
    assert_eq!(tries().await, [failed.clone(), taken.clone()]);

    let store = seller.host.store();
    let event = store.events(&"INSTANCE#b-1".parse().unwrap()).await.unwrap().remove(0);
    store.resend(&event, post.clock.now()).await.unwrap();
    post.application.does(|_| Does::Say(r#"{"appInfo":{"frontEndUrl":"https://app.example.com/"}}"#.to_owned()));
    post.deliver(&mut pump).await;
    assert_eq!(tries().await, [failed, taken, word("delivered", "", "appInfo")]);
    assert_eq!(calls(&api, "CS1").await, ["newInstance 000004"]);
}

#[tokio::test]
async fn a_call_that_cannot_be_noted_is_answered_all_the_same() {
    let database = FaultyDynamoDb::start().await;
    let seller = Seller::at(Some(database.endpoint()), with_token).await;
    seller.say_all(&[purchase()]).await;
    // The nonce and the instance are asked for first.
    database.next([Fault::None, Fault::None, Fault::Denied]);
    seller.say_all(&[query()]).await;
    let not_noted = seller.records().pop().unwrap().not_noted.unwrap();
    assert!(not_noted.contains("the store refused the request"), "{not_noted}");
    // One that hangs delays the answer a little only.
    database.next([Fault::None, Fault::None, Fault::Hang]);
    seller.say_all(&[query()]).await;
    assert!(seller.records().pop().unwrap().not_noted.is_some());
}

#[tokio::test]
async fn the_command_shows_a_trace_and_says_what_is_wrong() {
    let (seller, _) = start().await;
    seller.say_all(&[purchase(), renewal("R1", FUTURE)]).await;
    let asking = |token: &str| Asking::new(&seller.host.seller_api(), token.to_owned()).unwrap();
    let trace = asking(TOKEN).get(&["trace", "R1"], &[]).await.unwrap();
    let shown = Timeline(&trace).to_string();
    for line in ["call      newInstance 000000", "call      refreshInstance 000000", "event     instance.refreshed"] {
        assert!(shown.contains(line), "{line} in\n{shown}");
    }
    let error = asking(TOKEN).get(&["trace", "CS2"], &[]).await.unwrap_err();
    assert!(matches!(&error, ApiError::Unknown(detail) if detail.contains("nothing is known")), "{error}");
    let error = asking("another-token-of-16").get(&["trace", "R1"], &[]).await.unwrap_err().to_string();
    assert!(error.contains("refuses the token") && error.contains("KOOGALLERY_API_TOKEN"), "{error}");
    let no_api = Asking::new(&seller.host.address(), TOKEN.to_owned()).unwrap();
    let error = no_api.get(&["trace", "R1"], &[]).await.unwrap_err().to_string();
    assert!(error.contains("does not answer like a seller API"), "{error}");
    let address = seller.host.seller_api();
    seller.host.stop().await.unwrap();
    let error = Asking::new(&address, TOKEN.to_owned()).unwrap().get(&["trace", "R1"], &[]).await.unwrap_err();
    assert!(error.to_string().contains("cannot be reached"), "{error}");
}

#[tokio::test]
async fn the_last_debug_call_of_each_callback_is_told_and_whether_it_failed() {
    let (seller, api) = start().await;
    let probes = async |path: &str| {
        let listed = api.get(path).await.expect(200);
        let told = |probe: &Value| {
            assert!(probe["at"].is_string() && probe["requestId"].is_string(), "{probe}");
            format!("{} {}", probe["callback"].as_str().unwrap(), probe["resultCode"].as_str().unwrap())
        };
        listed["probes"].as_array().unwrap().iter().map(told).collect::<Vec<_>>()
    };
    seller.say_all(&[purchase()]).await;
    assert_eq!(probes("/v1/probes").await, [""; 0], "a real call is none");
    let debug = |body: Value| with(body, "testFlag", "1");
    assert_eq!(seller.say(&debug(purchase())).await, "000000");
    let mut half = debug(renewal("R1", FUTURE));
    half.as_object_mut().unwrap().remove("expireTime");
    assert_eq!(seller.say(&half).await, "000002");
    assert_eq!(probes("/v1/probes").await, ["newInstance 000000", "refreshInstance 000002"]);
    assert_eq!(probes("/v1/probes?failed=true").await, ["refreshInstance 000002"]);
    let listed = api.get("/v1/probes?failed=true").await.expect(200);
    assert_eq!(listed["probes"][0]["reason"], "missing field `expireTime`");
    // The next one counts, not the one before.
    assert_eq!(seller.say(&debug(renewal("R1", FUTURE))).await, "000000");
    assert_eq!(probes("/v1/probes?failed=true").await, [""; 0]);
}
