//! Keys: of the right type, current or previous, from the environment or from a secret; and never seen again.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use koogallery::{AccessKeys, InterfaceType, NewInstance, OrderNotify, ReleaseInstance, Request, TestFlag};
use koogallery_local::host::{HostError, LocalHost, Options, TableAt};
use koogallery_local::log::Silent;
use koogallery_local::marketplace::{SignedCall, new_nonce};
use koogallery_runtime::{CloudWatch, Environment, now};
use koogallery_tests::faults::{Fault, FaultyDynamoDb};
use koogallery_tests::secrets::Secrets;
use koogallery_tests::{KEYS, Seller, bodies};
use serde_json::json;

async fn code_with(seller: &Seller, key: &str, body: &str) -> String {
    let keys = AccessKeys::from_json(&serde_json::json!({ "basic": [key] }).to_string()).unwrap();
    let key = keys.current(InterfaceType::Basic).unwrap();
    seller.send(&SignedCall::basic(key, body, now(), &new_nonce())).await.result_code.to_string()
}

fn purchase() -> String {
    NewInstance::new("CS1", "CS1-000001", "b-1").unwrap().to_body()
}

#[tokio::test]
async fn current_and_previous_key_verify_side_by_side() {
    let seller = Seller::start().await;
    for key in ["basic-key", "basic-key-before"] {
        assert_eq!(code_with(&seller, key, &purchase()).await, "000000", "{key}");
    }
    assert_eq!(code_with(&seller, "basic-key-before-that", &purchase()).await, "000001");
}

#[tokio::test]
async fn another_types_key_is_refused() {
    let seller = Seller::start().await;
    let notice = OrderNotify {
        order_id: "CS1".parse().unwrap(),
        order_line_id: "L".parse().unwrap(),
        test_flag: TestFlag::Real,
    };
    for (key, body, code) in [
        ("order-key", purchase(), "000001"),
        ("kit-key", purchase(), "000001"),
        ("basic-key", notice.to_body(), "000001"),
        ("order-key", notice.to_body(), "000000"),
    ] {
        assert_eq!(code_with(&seller, key, &body).await, code, "{key} {body}");
    }
}

#[tokio::test]
async fn an_online_license_is_an_instance_of_the_license_key() {
    let seller = Seller::start().await;
    assert_eq!(code_with(&seller, "license-key", &purchase()).await, "000000");
    assert_eq!(seller.instance("b-1").await.unwrap().interface_type, InterfaceType::License);
    let release = ReleaseInstance {
        instance_id: "b-1".parse().unwrap(),
        order_id: None,
        order_line_id: None,
        test_flag: TestFlag::Real,
    };
    assert_eq!(code_with(&seller, "license-key", &release.to_body()).await, "000000");
    let upgrade = r#"{"activity":"upgradeInstance","instanceId":"b-1","orderId":"U","orderLineId":"L"}"#;
    assert_eq!(code_with(&seller, "license-key", upgrade).await, "000001");
}

async fn seller_with_secret(secrets: &Secrets) -> Seller {
    seller_with_secret_at(secrets.endpoint()).await
}

async fn seller_with_secret_at(endpoint: String) -> Seller {
    Seller::with(|environment| {
        environment
            .with("KOOGALLERY_KEYS", "")
            .with("KOOGALLERY_SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:koogallery")
            .with("AWS_ENDPOINT_URL_SECRETS_MANAGER", endpoint)
    })
    .await
}

#[tokio::test]
async fn keys_come_from_the_secret_and_strangers_do_not_make_it_read_again() {
    let secrets = Secrets::start(&format!(r#"{{"accessKeys":{KEYS},"webhookSecret":"for another function"}}"#)).await;
    let seller = seller_with_secret(&secrets).await;
    assert_eq!(code_with(&seller, "basic-key", &purchase()).await, "000000");
    for _ in 0..20 {
        assert_eq!(code_with(&seller, "a stranger's", &purchase()).await, "000001");
    }
    assert_eq!(secrets.reads(), 1);
}

#[tokio::test]
async fn a_secret_that_is_no_use_is_told_in_the_log_without_its_text() {
    for text in [r#"{"accessKeys":{}}"#, "s3cret-text", r#"{"accessKeys":{"basic":"s3cret-text"}}"#, ""] {
        let secrets = Secrets::start(text).await;
        let seller = seller_with_secret(&secrets).await;
        assert_eq!(code_with(&seller, "basic-key", &purchase()).await, "000005");
        let reason = seller.records().pop().unwrap().reason.unwrap();
        assert!(reason.contains("arn:aws:secretsmanager"), "{reason}");
        assert!(!reason.contains("s3cret-text"), "{reason}");

        // The operator puts it right; no deployment, no restart.
        secrets.put(&format!(r#"{{"accessKeys":{KEYS}}}"#));
        assert_eq!(code_with(&seller, "basic-key", &purchase()).await, "000000");
    }
}

/// Moves the clock on. It stands still only as long as this takes: what goes over the network needs it running.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_rotated_key_is_fetched_without_a_deployment_and_strangers_do_not_make_it_read_more_often() {
    let secrets = Secrets::start(&format!(r#"{{"accessKeys":{KEYS}}}"#)).await;
    let seller = seller_with_secret(&secrets).await;
    assert_eq!(code_with(&seller, "basic-key", &purchase()).await, "000000");
    secrets.put(r#"{"accessKeys":{"basic":["rotated-key","basic-key"]}}"#);

    // The old keys serve until a signature fails 30 s or more after they were read.
    pass(Duration::from_secs(29)).await;
    assert_eq!(code_with(&seller, "rotated-key", &purchase()).await, "000001");
    assert_eq!(secrets.reads(), 1);
    pass(Duration::from_secs(1)).await;
    for _ in 0..20 {
        assert_eq!(code_with(&seller, "a stranger's", &purchase()).await, "000001");
    }
    assert_eq!(secrets.reads(), 2);
    for (key, code) in [("rotated-key", "000000"), ("basic-key", "000000"), ("basic-key-before", "000001")] {
        assert_eq!(code_with(&seller, key, &purchase()).await, code, "{key}");
    }
    assert_eq!(seller.events("INSTANCE#b-1").await, ["instance.created"]);
}

#[tokio::test]
async fn the_first_calls_at_once_read_the_secret_once() {
    let secrets = Secrets::start(&format!(r#"{{"accessKeys":{KEYS}}}"#)).await;
    let seller = seller_with_secret(&secrets).await;
    let calls =
        (0..20).map(|_| code_with(&seller, "basic-key-before", r#"{"activity":"queryInstance","instanceId":"i"}"#));
    for code in futures_util::future::join_all(calls).await {
        assert_eq!(code, "000003");
    }
    assert_eq!(secrets.reads(), 1);
}

#[tokio::test]
async fn a_secret_that_cannot_be_had_is_000005_until_it_can() {
    let secrets = Secrets::start(&format!(r#"{{"accessKeys":{KEYS}}}"#)).await;
    for fault in [Fault::CutBefore, Fault::InternalError, Fault::Denied, Fault::Nonsense, Fault::Hang] {
        let manager = FaultyDynamoDb::in_front_of(secrets.endpoint()).await;
        let seller = seller_with_secret_at(manager.endpoint()).await;
        manager.always(fault);
        assert_eq!(code_with(&seller, "basic-key", &purchase()).await, "000005", "{fault:?}");
        assert!(seller.everything().await.is_empty());
        manager.always(Fault::None);
        assert_eq!(code_with(&seller, "basic-key", &purchase()).await, "000000", "{fault:?}");
    }
}

#[tokio::test]
async fn a_reply_to_an_unusable_secret_says_nothing_of_it() {
    let secrets = Secrets::start(r#"{"accessKeys":{"basic":["s3cret-text","s3cret-text-2","s3cret-text-3"]}}"#).await;
    let seller = seller_with_secret(&secrets).await;
    let exchange = seller.marketplace.send(&seller.signed_body(&purchase())).await.unwrap();
    let reply = String::from_utf8(exchange.body.to_vec()).unwrap();
    assert!(reply.contains("000005"), "{reply}");
    for told in ["s3cret-text", "secret", "arn:", "access key"] {
        assert!(!reply.contains(told), "{reply}");
    }
    assert!(!log_of(&seller).contains("s3cret-text"));
}

/// All that the log says.
fn log_of(seller: &Seller) -> String {
    let log = CloudWatch::of(&Environment::default());
    seller.records().iter().flat_map(|record| log.lines(record)).map(|line| line.to_string()).collect()
}

#[tokio::test]
async fn no_record_shows_a_word_of_a_body_that_was_refused() {
    const WORD: &str = "s3cret-of-a-body";
    let seller = Seller::start().await;
    let mut refused = Vec::new();
    for body in bodies::one_of_each() {
        for name in ["scene", "status", "expireTime", "testFlag", "productInfo", "memo"] {
            refused.push(bodies::with(body.clone(), name, WORD));
            refused.push(bodies::with(body.clone(), name, json!({ WORD: WORD })));
            refused.push(bodies::with(body.clone(), name, json!([WORD])));
        }
        for name in ["orderId", "orderLineId", "businessId", "instanceId", "productId"] {
            refused.push(bodies::with(body.clone(), name, json!([WORD])));
            refused.push(bodies::with(body.clone(), name, format!("{WORD}{}", "x".repeat(64))));
        }
        refused.push(bodies::with(body.clone(), "productInfo", json!({ "linearValue": WORD })));
        refused.push(bodies::with(body.clone(), "activity", WORD));
    }
    for body in &refused {
        seller.send(&seller.signed(body)).await;
    }
    for text in [format!("\"{WORD}\""), format!("{{\"{WORD}\""), format!("{{\"activity\":\"{WORD}"), WORD.to_owned()] {
        seller.send(&seller.signed_body(&text)).await;
    }
    let log = log_of(&seller);
    let telling: Vec<&str> = log.lines().filter(|line| line.contains(WORD)).collect();
    assert!(telling.is_empty(), "{} of {} lines, such as {}", telling.len(), log.lines().count(), telling[0]);
}

#[tokio::test]
async fn no_record_shows_a_key_a_signature_a_nonce_or_a_body() {
    let seller = Seller::start().await;
    let mut calls = vec![
        seller.signed_body(&purchase()),
        seller.signed_body(r#"{"activity":"newInstance","orderId":"a body's text"}"#),
        seller.signed_body(r#"{"activity":"a body's text"}"#),
        seller.signed_body("a body's text"),
    ];
    calls.push(calls[0].clone());
    let mut secrets: Vec<String> =
        ["basic-key", "license-key", "order-key", "kit-key", "a body's text"].map(str::to_owned).into();
    for call in &calls {
        seller.send(call).await;
        secrets.extend(call.query.iter().filter(|(name, _)| name != "timestamp").map(|(_, value)| value.clone()));
    }
    let log = CloudWatch::of(&Environment::default());
    let records = seller.records();
    assert_eq!(records.len(), calls.len());
    for record in records {
        let line = log.lines(&record).pop().unwrap().to_string();
        for secret in &secrets {
            assert!(!line.contains(secret.as_str()), "{secret} in {line}");
        }
    }
}

#[tokio::test]
async fn the_key_that_everybody_knows_stays_on_this_machine() {
    let options = Options::new(
        "0.0.0.0:0".parse().unwrap(),
        TableAt::IN_MEMORY,
        Environment::default(),
        std::sync::Arc::new(Silent),
        std::sync::Arc::new(Silent),
    );
    assert!(matches!(LocalHost::start(options).await, Err(HostError::TestKeysBeyondLoopback(_))));
}
