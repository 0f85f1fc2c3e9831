//! What makes a call genuine, for every callback alike: its signature, its time, its nonce, its key. A call that is
//! not genuine leaves nothing in the table.

#![allow(clippy::unwrap_used)]

use koogallery::{InterfaceType, Timestamp, signature};
use koogallery_local::marketplace::{SignedCall, new_nonce};
use koogallery_runtime::now;
use koogallery_tests::bodies::{
    FUTURE, change_check, freeze, one_of_each, order_notice, purchase, purchase_resent, query, release, renewal,
    upgrade, with,
};
use koogallery_tests::{KEYS, Seller};
use serde_json::{Value, json};

fn seconds_from_now(seconds: i64) -> Timestamp {
    Timestamp::from_millis(now().as_millis() + seconds * 1000)
}

/// A change to a genuine call's query.
type Spoil = fn(&mut Vec<(String, String)>);

fn without(query: &mut Vec<(String, String)>, parameter: &str) {
    query.retain(|(name, _)| name != parameter);
}

fn set(query: &mut Vec<(String, String)>, parameter: &str, value: &str) {
    without(query, parameter);
    query.push((parameter.to_owned(), value.to_owned()));
}

#[tokio::test]
async fn a_call_that_is_not_genuine_is_refused_whichever_it_is() {
    let spoilt: [(&str, Spoil, &str); 9] = [
        ("no signature", |query| without(query, "signature"), "000001"),
        ("an empty signature", |query| set(query, "signature", ""), "000001"),
        ("a signature that is no hex", |query| set(query, "signature", &"g".repeat(64)), "000001"),
        ("another signature", |query| set(query, "signature", &"0".repeat(64)), "000001"),
        ("another nonce", |query| set(query, "nonce", &new_nonce()), "000001"),
        ("no nonce", |query| without(query, "nonce"), "000002"),
        ("an empty nonce", |query| set(query, "nonce", ""), "000002"),
        ("no timestamp", |query| without(query, "timestamp"), "000002"),
        ("an empty timestamp", |query| set(query, "timestamp", ""), "000002"),
    ];
    let seller = Seller::start().await;
    for body in one_of_each() {
        for (what, spoil, code) in spoilt {
            let mut call = seller.signed(&body);
            spoil(&mut call.query);
            assert_eq!(seller.send(&call).await.result_code.as_str(), code, "{what}: {body}");
        }
        let mut call = seller.signed(&body);
        call.body.push(b' ');
        call.body[1] ^= 1;
        assert_ne!(seller.send(&call).await.result_code.as_str(), "000000", "a changed byte: {body}");
    }
    assert!(seller.everything().await.is_empty());
}

#[tokio::test]
async fn a_refusal_does_not_tell_why_a_signature_is_wrong() {
    let seller = Seller::start().await;
    let mut messages = Vec::new();
    for key in ["a stranger's", "license-key-of-before", "order-key"] {
        messages.push(seller.send(&seller.signed_with(key, &query(), now())).await.result_msg);
    }
    let mut unsigned = seller.signed(&query());
    without(&mut unsigned.query, "signature");
    messages.push(seller.send(&unsigned).await.result_msg);
    messages.dedup();
    assert_eq!(messages.len(), 1, "{messages:?}");
}

#[tokio::test]
async fn a_timestamp_counts_inside_the_window_only() {
    let seller = Seller::start().await;
    for body in one_of_each() {
        let key = if body["activity"] == "orderNotify" { "order-key" } else { "basic-key" };
        for seconds in [-70, 70, -3600, 86_400] {
            let reply = seller.send(&seller.signed_with(key, &body, seconds_from_now(seconds))).await;
            assert_eq!(reply.result_code.as_str(), "000002", "{seconds} s from now: {body}");
        }
    }
    assert!(seller.everything().await.is_empty());
    for seconds in [-50, 50] {
        let reply = seller.send(&seller.signed_with("basic-key", &purchase(), seconds_from_now(seconds))).await;
        assert_eq!(reply.result_code.as_str(), "000000", "{seconds} s from now");
    }
}

#[tokio::test]
async fn the_window_is_the_sellers_to_choose() {
    let seller = Seller::with(|environment| environment.with("KOOGALLERY_TIME_WINDOW_SECONDS", "600")).await;
    for (seconds, code) in [(-500, "000000"), (500, "000000"), (-700, "000002"), (700, "000002")] {
        let reply = seller.send(&seller.signed_with("basic-key", &purchase(), seconds_from_now(seconds))).await;
        assert_eq!(reply.result_code.as_str(), code, "{seconds} s from now");
    }
}

/// A purchase signed with a timestamp and a nonce as they are written.
fn signed_as_written(seller: &Seller, timestamp: &str, nonce: &str) -> SignedCall {
    let body = purchase().to_string();
    let signature = signature::basic("basic-key", nonce, timestamp, body.as_bytes());
    let mut call = seller.signed(&purchase());
    call.body = body.into_bytes();
    set(&mut call.query, "signature", &signature);
    set(&mut call.query, "timestamp", timestamp);
    set(&mut call.query, "nonce", nonce);
    call
}

#[tokio::test]
async fn timestamps_and_nonces_come_in_several_forms() {
    let seller = Seller::start().await;
    let (milliseconds, seconds) = (now().to_string(), now().as_seconds().to_string());
    let longest = "n".repeat(256);
    for (timestamp, nonce, code) in [
        (milliseconds.as_str(), "32AlphanumericsAsInTheSampleXXXX", "000000"),
        (&seconds, "seconds as the international site says", "000000"),
        (&milliseconds, "随机 & odd=?+/%#", "000000"),
        (&milliseconds, &longest, "000000"),
        (&milliseconds, &"n".repeat(257), "000002"),
        (&milliseconds[..12], "n-1", "000002"),
        (&format!("{milliseconds}0"), "n-2", "000002"),
        (&format!("-{}", &milliseconds[1..]), "n-3", "000002"),
        ("now", "n-4", "000002"),
    ] {
        let reply = seller.send(&signed_as_written(&seller, timestamp, nonce)).await;
        assert_eq!(reply.result_code.as_str(), code, "{timestamp} {nonce}");
    }
    // The same nonce is the same in whichever form the time is written.
    let again = signed_as_written(&seller, &seconds, "32AlphanumericsAsInTheSampleXXXX");
    assert_eq!(seller.send(&again).await.result_code.as_str(), "000001");
}

#[tokio::test]
async fn a_body_that_a_proxy_wrote_anew_is_still_genuine() {
    let seller = Seller::start().await;
    let body = with(purchase(), "memo", "云 \"x\"");
    for rewritten in [
        serde_json::to_string_pretty(&body).unwrap(),
        r#"{"orderLineId":"CS1-000001","memo":"\u4e91 \"x\"","gone":null,"orderId":"CS1","businessId":"b-1","activity":"newInstance"}"#.to_owned(),
    ] {
        let mut call = seller.signed(&body);
        call.body = rewritten.into_bytes();
        assert_eq!(seller.send(&call).await.result_code.as_str(), "000000");
    }
}

#[tokio::test]
async fn what_was_verified_is_what_is_done() {
    let seller = Seller::start().await;
    // Two members of one name: one for the verifier to see, one for the reader.
    let body = r#"{"activity":"newInstance","activity":"releaseInstance","businessId":"b-1","instanceId":"b-1","orderId":"CS1","orderLineId":"CS1-000001"}"#;
    assert_eq!(seller.send(&seller.signed_body(body)).await.result_code.as_str(), "000002");
    let body =
        r#"{"activity":"newInstance","businessId":"b-1","orderId":"CS1","orderId":"CS2","orderLineId":"CS1-000001"}"#;
    assert_eq!(seller.send(&seller.signed_body(body)).await.result_code.as_str(), "000002");
    assert!(seller.items().await.is_empty());

    // A genuine query followed by one more of each parameter.
    let mut call = seller.signed(&purchase());
    let forged = [("signature", "0".repeat(64)), ("nonce", new_nonce())];
    call.query.extend(forged.map(|(name, value)| (name.to_owned(), value)));
    assert_eq!(seller.send(&call).await.result_code.as_str(), "000001");
    assert!(seller.items().await.is_empty());
}

#[tokio::test]
async fn each_callback_takes_the_keys_of_its_own_types() {
    let basic: &[&str] = &["basic-key", "basic-key-before"];
    let or_license: &[&str] = &["basic-key", "basic-key-before", "license-key"];
    let seller = Seller::start().await;
    let all: Value = serde_json::from_str(KEYS).unwrap();
    let all = all.as_object().unwrap().values().flat_map(|keys| keys.as_array().unwrap());
    let all: Vec<&str> = all.map(|key| key.as_str().unwrap()).chain(["a stranger's"]).collect();
    seller.say_all(&[purchase()]).await;
    for (body, allowed) in [
        (purchase_resent(), or_license),
        (renewal("R1", FUTURE), or_license),
        (freeze(), or_license),
        (query(), basic),
        (upgrade("U1"), basic),
        (change_check(), basic),
        (order_notice(), &["order-key"]),
        (release(), or_license),
    ] {
        for key in &all {
            let code = seller.send(&seller.signed_with(key, &body, now())).await.result_code;
            let expected = match *key {
                // What the basic key bought is unknown to the license key, which signs purchases of its own.
                "license-key" if allowed == or_license && body["activity"] != "newInstance" => "000003",
                key if allowed.contains(&key) => "000000",
                _ => "000001",
            };
            assert_eq!(code.as_str(), expected, "{key}: {body}");
        }
    }
}

#[tokio::test]
async fn a_type_without_a_key_takes_no_call() {
    let seller = Seller::with(|environment| environment.with("KOOGALLERY_KEYS", r#"{"order":["order-key"]}"#)).await;
    assert_eq!(seller.say(&purchase()).await, "000001");
    let unkeyed = signature::basic("", "n", &now().to_string(), b"{}");
    let mut call = seller.signed(&purchase());
    set(&mut call.query, "signature", &unkeyed);
    assert_eq!(seller.send(&call).await.result_code.as_str(), "000001");
    assert_eq!(seller.say(&order_notice()).await, "000000");
}

#[tokio::test]
async fn the_kits_signature_does_not_sign_a_basic_callback() {
    let seller = Seller::start().await;
    let body = json!({ "activity": "queryInstance", "instanceId": "b-1" }).to_string();
    let (timestamp, nonce) = (now().to_string(), new_nonce());
    for key in [InterfaceType::Kit, InterfaceType::Basic] {
        let mut call = seller.signed_body(&body);
        set(&mut call.query, "timestamp", &timestamp);
        set(&mut call.query, "nonce", &nonce);
        let signed = signature::kit(seller.key(key).reveal(), &nonce, &timestamp, body.as_bytes());
        set(&mut call.query, "signature", &signed);
        assert_eq!(seller.send(&call).await.result_code.as_str(), "000001");
    }
}
