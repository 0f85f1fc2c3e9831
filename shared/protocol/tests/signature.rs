//! What the signature promises: it agrees with independent implementations, what was signed verifies, and any change
//! of what was signed is refused.

#![allow(clippy::unwrap_used)]

use http::Request as HttpRequest;
use koogallery::{
    AccessKeys, Callback, DEFAULT_TIME_WINDOW, Dialect, InterfaceType, NewInstance, Refusal, Request, ResultCode,
    Route, Timestamp, route, signature, verify,
};
use proptest::prelude::*;
use serde::Deserialize;

const NOW: Timestamp = Timestamp::from_millis(1_764_000_000_000);

/// Golden values made by independent code; `vectors.json` beside this file.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vector {
    access_key: String,
    nonce: String,
    timestamp: String,
    body: String,
    signature: String,
}

fn vectors(family: &str) -> Vec<Vector> {
    let all: serde_json::Value = serde_json::from_str(include_str!("vectors.json")).unwrap();
    serde_json::from_value(all[family].clone()).unwrap()
}

fn keys(interface: &str, keys: &[&str]) -> AccessKeys {
    AccessKeys::from_json(&serde_json::json!({ interface: keys }).to_string()).unwrap()
}

fn query_signed(signature: &str, timestamp: &str, nonce: &str, body: impl Into<Vec<u8>>) -> HttpRequest<Vec<u8>> {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("signature", signature)
        .append_pair("timestamp", timestamp)
        .append_pair("nonce", nonce)
        .finish();
    HttpRequest::post(format!("/production/address?{query}")).body(body.into()).unwrap()
}

fn header_signed(path: &str, sign: &str, timestamp: &str, nonce: &str, body: &str) -> HttpRequest<Vec<u8>> {
    HttpRequest::post(path)
        .header("x-sign", sign)
        .header("x-timestamp", timestamp)
        .header("x-nonce", nonce)
        .body(body.as_bytes().to_vec())
        .unwrap()
}

/// The interface type whose key verified the request.
fn verified(request: &HttpRequest<Vec<u8>>, keys: &AccessKeys) -> Result<InterfaceType, Refusal> {
    let route = route(request).unwrap();
    verify(request, route, keys, NOW, DEFAULT_TIME_WINDOW).map(|call| call.interface_type())
}

#[test]
fn basic_signatures_agree_with_the_golden_values() {
    for vector in vectors("basicV2") {
        let Vector { access_key, nonce, timestamp, body, signature } = &vector;
        assert_eq!(&signature::basic(access_key, nonce, timestamp, body.as_bytes()), signature);
        for case in [signature.clone(), signature.to_uppercase()] {
            let request = query_signed(&case, timestamp, nonce, body.as_bytes());
            assert_eq!(verified(&request, &keys("basic", &[access_key])), Ok(InterfaceType::Basic));
        }
    }
}

#[test]
fn kit_signatures_agree_with_the_golden_values() {
    for vector in vectors("kitV2") {
        let Vector { access_key, nonce, timestamp, body, signature } = &vector;
        assert_eq!(&signature::kit(access_key, nonce, timestamp, body.as_bytes()), signature);
        // The basic page signs the body's digest where the kit page signs the body: both are taken.
        let digested = signature::basic(access_key, nonce, timestamp, body.as_bytes());
        for sign in [signature, &digested] {
            let request = header_signed("/x/produceAPI/v2/authSync", sign, timestamp, nonce, body);
            assert_eq!(verified(&request, &keys("kit", &[access_key])), Ok(InterfaceType::Kit));
        }
    }
}

#[test]
fn the_key_that_fits_tells_the_interface_type() {
    let all = AccessKeys::from_json(
        r#"{"basic":["basic-new","basic-old"],"kit":["kit"],"license":["license"],"order":["order"]}"#,
    )
    .unwrap();
    let signed_with = |key: &str, activity: &str| {
        let body = format!(r#"{{"activity":"{activity}"}}"#);
        let signature = signature::basic(key, "n", "1764000000000", body.as_bytes());
        verified(&query_signed(&signature, "1764000000000", "n", body), &all)
    };
    assert_eq!(signed_with("basic-new", "newInstance"), Ok(InterfaceType::Basic));
    assert_eq!(signed_with("basic-old", "newInstance"), Ok(InterfaceType::Basic));
    assert_eq!(signed_with("license", "newInstance"), Ok(InterfaceType::License));
    assert_eq!(signed_with("order", "orderNotify"), Ok(InterfaceType::Order));
    for (key, activity) in [
        ("order", "newInstance"),
        ("kit", "newInstance"),
        ("basic-new", "orderNotify"),
        ("license", "upgradeInstance"),
        ("basic-old", "getLicenseAsync"),
        ("stranger", "newInstance"),
    ] {
        assert_eq!(signed_with(key, activity), Err(Refusal::WrongSignature), "{key} {activity}");
    }
}

#[test]
fn each_refusal_has_its_code() {
    let body = r#"{"activity":"newInstance"}"#;
    let keys = keys("basic", &["k"]);
    let signed = |timestamp: &str, nonce: &str| {
        query_signed(&signature::basic("k", nonce, timestamp, body.as_bytes()), timestamp, nonce, body)
    };
    let code = |request: &HttpRequest<Vec<u8>>| verified(request, &keys).unwrap_err().result_code();
    let refused = ResultCode::AuthenticationFailed;
    let invalid = ResultCode::InvalidParameter;

    assert_eq!(code(&query_signed("", "1764000000000", "n", body)), refused);
    assert_eq!(code(&query_signed("0a", "1764000000000", "n", body)), refused);
    assert_eq!(code(&query_signed(&"g".repeat(64), "1764000000000", "n", body)), refused);
    assert_eq!(code(&signed("", "n")), invalid);
    assert_eq!(code(&signed("1764000000000", "")), invalid);
    assert_eq!(code(&signed("1764000000000", &"n".repeat(257))), invalid);
    assert_eq!(code(&signed("yesterday", "n")), invalid);
    assert_eq!(code(&signed("1763999939999", "n")), invalid);
    assert_eq!(code(&signed("1764000060001", "n")), invalid);
    // The signature is judged first: who cannot sign learns nothing of the clock.
    assert_eq!(code(&query_signed(&"0".repeat(64), "1763999939999", "n", body)), refused);

    for timestamp in ["1763999940000", "1764000060000", "1763999940", "1764000060"] {
        assert!(verified(&signed(timestamp, "n"), &keys).is_ok(), "{timestamp}");
    }
}

#[test]
fn a_body_that_a_proxy_wrote_anew_still_verifies_and_is_read_as_signed() {
    let sent =
        r#"{"activity":"newInstance","businessId":"业务","orderId":"CS1","orderLineId":"L","x":{"z":1.50,"a":[]}}"#;
    let rewritten = r#"
        { "x": { "z": 1.50, "a": [] }, "orderLineId": "L", "testFlag": null,
          "orderId": "CS1", "businessId": "\u4e1a\u52a1", "activity": "newInstance" }"#;
    let signature = signature::basic("k", "n", "1764000000000", sent.as_bytes());
    let keys = keys("basic", &["k"]);
    let request = query_signed(&signature, "1764000000000", "n", rewritten);
    let route = route(&request).unwrap();
    let call = verify(&request, route, &keys, NOW, DEFAULT_TIME_WINDOW).unwrap().parse::<NewInstance>().unwrap();
    assert_eq!(call.request().business_id.as_str(), "业务");

    let changed = rewritten.replace("1.50", "1.5");
    assert_eq!(verified(&query_signed(&signature, "1764000000000", "n", changed), &keys), Err(Refusal::WrongSignature));
}

#[derive(Debug, Clone, Copy)]
enum Part {
    Body,
    Nonce,
    Timestamp,
    Key,
    Signature,
}

/// Changes one byte, but not just the case of a hex digit, which the signature does not have.
fn tampered(text: &str, at: prop::sample::Index, by: u8) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    let index = at.index(bytes.len());
    let old = bytes[index];
    bytes[index] = old.wrapping_add(by);
    if bytes[index].eq_ignore_ascii_case(&old) {
        bytes[index] = b'_';
    }
    bytes
}

proptest! {
    #[test]
    fn what_was_signed_verifies(key in "\\PC{1,40}", nonce in "[0-9A-Za-z]{1,64}", order in "[!-~]\\PC{0,63}", offset in -60_000i64..=60_000) {
        let body = NewInstance::new(&order, "L", "b").unwrap().to_body();
        let timestamp = (NOW.as_millis() + offset).to_string();
        let request = query_signed(&signature::basic(&key, &nonce, &timestamp, body.as_bytes()), &timestamp, &nonce, body);
        prop_assert_eq!(verified(&request, &keys("basic", &[&key])), Ok(InterfaceType::Basic));
    }

    #[test]
    fn any_changed_byte_is_refused(
        part in prop_oneof![
            Just(Part::Body), Just(Part::Nonce), Just(Part::Timestamp), Just(Part::Key), Just(Part::Signature)
        ],
        at in any::<prop::sample::Index>(),
        by in 1u8..=255,
    ) {
        let (key, nonce, timestamp) = ("9fa6c870-8bb0-4e9b", "8B2C1F6D8B2C1F6D", "1764000000000");
        let body = NewInstance::new("CS1906666666ABCDE", "CS1906666666ABCDE-000001", "03pf80c2").unwrap().to_body();
        let signature = signature::basic(key, nonce, timestamp, body.as_bytes());
        let text = |part: &str, changed: bool| {
            if changed { String::from_utf8_lossy(&tampered(part, at, by)).into_owned() } else { part.to_owned() }
        };
        let bytes = if matches!(part, Part::Body) { tampered(&body, at, by) } else { body.clone().into_bytes() };
        let route = Route { callback: Callback::NewInstance, dialect: Dialect::BasicV2 };
        let request = query_signed(
            &text(&signature, matches!(part, Part::Signature)),
            &text(timestamp, matches!(part, Part::Timestamp)),
            &text(nonce, matches!(part, Part::Nonce)),
            bytes,
        );
        let key = text(key, matches!(part, Part::Key));
        let refusal = verify(&request, route, &keys("basic", &[&key]), NOW, DEFAULT_TIME_WINDOW).unwrap_err();
        prop_assert_eq!(refusal, Refusal::WrongSignature);
    }
}
