//! What rings the alarms of `template.yaml`: calls of KooGallery that go wrong, each by its own metric, and never a stranger's.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use koogallery::Timestamp;
use koogallery_local::marketplace::{SignedCall, new_nonce};
use koogallery_runtime::{CloudWatch, Environment, now};
use koogallery_tests::bodies::{self, FUTURE, with};
use koogallery_tests::faults::{Fault, FaultyDynamoDb};
use koogallery_tests::metrics;
use koogallery_tests::secrets::Secrets;
use koogallery_tests::{KEYS, Seller};
use serde_json::{Value, json};

/// The metrics that say what went wrong.
const TELLING: [&str; 8] = [
    "DeadlinesHit",
    "DebugCallsFailed",
    "InternalError",
    "OrdersUnanswered",
    "RealCallsRefused",
    "SecretsUnavailable",
    "SignatureRefused",
    "StoreFaults",
];

/// Those that the last call's line has.
fn told(seller: &Seller) -> Vec<&'static str> {
    let lines = CloudWatch::of(&Environment::default()).lines(&seller.records().pop().unwrap());
    let written: BTreeSet<String> = lines.iter().flat_map(metrics::of).collect();
    assert!(written.contains("Calls"));
    TELLING.into_iter().filter(|metric| written.contains(*metric)).collect()
}

async fn told_of(seller: &Seller, body: &Value) -> Vec<&'static str> {
    seller.say(body).await;
    told(seller)
}

#[tokio::test]
async fn what_koogallery_itself_sends_and_gets_refused_is_told() {
    let refuses = |environment: Environment| environment.with("KOOGALLERY_CHANGE_CHECK", "refuse");
    let seller = Seller::with(refuses).await;
    assert!(told_of(&seller, &bodies::purchase()).await.is_empty());
    let unknown = |body| with(body, "instanceId", "nobody's");
    assert_eq!(told_of(&seller, &unknown(bodies::renewal("R1", FUTURE))).await, ["RealCallsRefused"]);
    // Its members cannot be read.
    assert_eq!(told_of(&seller, &with(bodies::freeze(), "status", "HEAT")).await, ["RealCallsRefused"]);
    let debug = |body| with(body, "testFlag", "1");
    assert_eq!(told_of(&seller, &debug(with(bodies::freeze(), "status", "HEAT"))).await, ["DebugCallsFailed"]);
    // One of two clocks is wrong: no call gets through.
    let early = Timestamp::from_millis(now().as_millis() - 120_000);
    seller.send(&seller.signed_body_at(&bodies::query(), early)).await;
    assert_eq!(told(&seller), ["RealCallsRefused"]);
    // A change that the seller does not offer is refused as the seller wants it.
    assert_eq!(seller.say(&bodies::change_check()).await, "000002");
    assert!(told(&seller).is_empty());
}

#[tokio::test]
async fn what_a_stranger_sends_is_told_as_refused_and_as_nothing_else() {
    let seller = Seller::start().await;
    let debug = with(bodies::purchase(), "testFlag", "1");
    let early = Timestamp::from_millis(now().as_millis() - 120_000);
    for body in [bodies::purchase(), debug, bodies::renewal("R1", FUTURE), bodies::renew_code("R1", FUTURE)] {
        for at in [now(), early] {
            seller.send(&seller.signed_with("guessed", &body, at)).await;
            assert_eq!(told(&seller), ["SignatureRefused"], "{body}");
        }
        let mut unsigned = seller.signed(&body);
        unsigned.query.clear();
        seller.send(&unsigned).await;
        assert_eq!(told(&seller), ["SignatureRefused"], "{body}");
    }
    for body in ["", "{}", "no JSON", r#"{"activity":"giveInstance"}"#] {
        let key = seller.marketplace.key(koogallery::InterfaceType::Basic).unwrap();
        seller.send(&SignedCall::basic(key, body, now(), &new_nonce())).await;
        assert!(told(&seller).is_empty(), "{body}");
    }
}

#[tokio::test]
async fn a_fault_is_told_by_its_kind_and_an_order_without_an_answer_as_well() {
    let database = FaultyDynamoDb::start().await;
    let seller = Seller::at(Some(database.endpoint()), |environment| environment).await;
    database.always(Fault::Denied);
    let store = ["InternalError", "OrdersUnanswered", "StoreFaults"];
    assert_eq!(told_of(&seller, &bodies::purchase()).await, store);
    assert_eq!(told_of(&seller, &bodies::query()).await, ["InternalError", "StoreFaults"], "it names no order");
    let debug = with(bodies::purchase(), "testFlag", "1");
    assert_eq!(told_of(&seller, &debug).await, ["DebugCallsFailed", "InternalError", "StoreFaults"]);

    let secrets = Secrets::start("no JSON").await;
    let without = |environment: Environment| {
        let secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:koogallery";
        let environment = environment.with("KOOGALLERY_KEYS", " ").with("KOOGALLERY_SECRET_ARN", secret);
        environment.with("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets.endpoint())
    };
    let seller = Seller::with(without).await;
    assert_eq!(told_of(&seller, &bodies::purchase()).await, ["InternalError", "SecretsUnavailable"]);
    // Once it can be read, it is: nothing has to be deployed anew.
    secrets.put(&json!({ "accessKeys": serde_json::from_str::<Value>(KEYS).unwrap() }).to_string());
    assert!(told_of(&seller, &bodies::purchase()).await.is_empty());
}
