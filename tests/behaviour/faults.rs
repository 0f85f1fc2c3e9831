//! A store that fails, is slow, or forgets to answer: KooGallery hears `000005` in time or the right answer, nothing is
//! half done, and the next try finds everything as it should be.

#![allow(clippy::unwrap_used)]

use koogallery::{InstanceStatus, NewInstance, QueryInstance, TestFlag, UpdateInstanceStatus};
use koogallery_runtime::{CloudWatch, Environment};
use koogallery_tests::bodies;
use koogallery_tests::faults::{Fault, FaultyDynamoDb};
use koogallery_tests::{Seller, text};
use serde_json::Value;

fn purchase(business: &str) -> NewInstance {
    NewInstance::new("CS1", "CS1-000001", business).unwrap()
}

async fn seller() -> (FaultyDynamoDb, Seller) {
    let database = FaultyDynamoDb::start().await;
    let seller = Seller::at(Some(database.endpoint()), |environment| environment).await;
    (database, seller)
}

/// All of a purchase stands, once; or, where nothing was bought yet, none of it.
async fn whole_or_nothing(seller: &Seller) -> Option<String> {
    let items = seller.items().await;
    if items.is_empty() {
        return None;
    }
    let line = items.iter().find(|item| text(item, "sk") == "LINE#CS1-000001").unwrap();
    let id = text(line, "instanceId");
    assert!(seller.instance(&id).await.is_some());
    assert_eq!(seller.events(&format!("INSTANCE#{id}")).await, ["instance.created"]);
    assert_eq!(items.len(), 4, "the order line, the instance, the event, and that it is to be delivered");
    Some(id)
}

/// DynamoDB did it and nobody heard.
fn lost_the_answer(fault: Fault) -> bool {
    matches!(fault, Fault::CutAfter | Fault::CutInside | Fault::HangAfter)
}

#[tokio::test]
async fn a_store_that_is_down_is_000005_and_the_next_try_succeeds() {
    for fault in [
        Fault::CutBefore,
        Fault::CutAfter,
        Fault::CutInside,
        Fault::InternalError,
        Fault::Throttled,
        Fault::Conflict,
        Fault::Denied,
        Fault::Nonsense,
    ] {
        let (database, seller) = seller().await;
        database.always(fault);
        assert_eq!(seller.code(&purchase("b-1")).await, "000005", "{fault:?}");
        let query = QueryInstance { instance_ids: "b-1".parse().unwrap(), test_flag: TestFlag::Real };
        assert_eq!(seller.code(&query).await, "000005", "{fault:?}");
        let reason = seller.records().pop().unwrap().reason.unwrap();
        assert!(reason.contains("the store") || reason.contains("no answer"), "{reason}");

        database.always(Fault::None);
        let made_behind_our_back = whole_or_nothing(&seller).await;
        assert_eq!(made_behind_our_back.is_some(), lost_the_answer(fault), "{fault:?}");
        let id = seller.succeed(&purchase("b-2")).await.instance_id.unwrap().to_string();
        assert_eq!(id, made_behind_our_back.unwrap_or_else(|| "b-2".to_owned()), "{fault:?}");
        assert_eq!(whole_or_nothing(&seller).await, Some(id));
    }
}

#[tokio::test]
async fn a_store_that_hangs_is_000005_inside_koogallerys_patience() {
    for (fault, bought) in [(Fault::Hang, "b-2"), (Fault::HangAfter, "b-1")] {
        let (database, seller) = seller().await;
        database.always(fault);
        assert_eq!(seller.code(&purchase("b-1")).await, "000005");
        database.always(Fault::None);
        assert_eq!(whole_or_nothing(&seller).await.is_some(), lost_the_answer(fault), "{fault:?}");
        assert_eq!(seller.succeed(&purchase("b-2")).await.instance_id.unwrap().as_str(), bought, "{fault:?}");
        assert_eq!(whole_or_nothing(&seller).await.as_deref(), Some(bought), "{fault:?}");
    }
}

#[tokio::test]
async fn a_store_that_hangs_once_is_not_noticed() {
    for fault in [Fault::Hang, Fault::HangAfter] {
        let (database, seller) = seller().await;
        database.next([fault]);
        assert_eq!(seller.succeed(&purchase("b-1")).await.instance_id.unwrap().as_str(), "b-1", "{fault:?}");
        assert_eq!(whole_or_nothing(&seller).await.as_deref(), Some("b-1"), "{fault:?}");
        database.next([fault]);
        seller.say_all(&[bodies::query()]).await;
    }
}

/// Says something whose requests stay on their way until everyone has given up.
async fn held(database: &FaultyDynamoDb, seller: &Seller, body: &Value) {
    database.always(Fault::Held);
    assert_eq!(seller.say(body).await, "000005", "{body}");
    database.always(Fault::None);
}

#[tokio::test]
async fn a_purchase_that_lands_after_it_was_given_up_makes_nothing_new() {
    let (database, seller) = seller().await;
    held(&database, &seller, &bodies::purchase()).await;
    assert_eq!(whole_or_nothing(&seller).await, None);
    let again = bodies::with(bodies::purchase(), "businessId", "b-again");
    let id = seller.send(&seller.signed(&again)).await.instance_id.unwrap();
    assert_eq!(id.as_str(), "b-again");
    assert!(database.let_go().await > 0);
    assert_eq!(whole_or_nothing(&seller).await.as_deref(), Some("b-again"));
    assert!(seller.instance("b-1").await.is_none());
}

#[tokio::test]
async fn a_purchase_that_lands_before_it_is_sent_again_is_the_one_that_counts() {
    let (database, seller) = seller().await;
    held(&database, &seller, &bodies::purchase()).await;
    assert!(database.let_go().await > 0);
    let again = bodies::with(bodies::purchase(), "businessId", "b-again");
    let id = seller.send(&seller.signed(&again)).await.instance_id.unwrap();
    assert_eq!(id.as_str(), "b-1");
    assert_eq!(whole_or_nothing(&seller).await.as_deref(), Some("b-1"));
}

#[tokio::test]
async fn a_freeze_that_lands_after_the_unfreeze_freezes_nobody() {
    let (database, seller) = seller().await;
    seller.say_all(&[bodies::purchase()]).await;
    held(&database, &seller, &bodies::freeze()).await;
    seller.say_all(&[bodies::unfreeze()]).await;
    let before = seller.standing().await;
    assert!(database.let_go().await > 0);
    assert_eq!(seller.standing().await, before);
    assert_eq!(seller.events(bodies::INSTANCE).await, ["instance.created"]);
}

#[tokio::test]
async fn a_renewal_that_lands_after_it_was_sent_again_counts_once() {
    let (database, seller) = seller().await;
    seller.say_all(&[bodies::purchase()]).await;
    let renewal = bodies::renewal("R1", bodies::FUTURE);
    held(&database, &seller, &renewal).await;
    seller.say_all(std::slice::from_ref(&renewal)).await;
    assert!(database.let_go().await > 0);
    assert_eq!(seller.events(bodies::INSTANCE).await, ["instance.created", "instance.refreshed"]);
}

#[tokio::test]
async fn a_failing_store_shows_no_secret_in_the_log() {
    let (database, seller) = seller().await;
    let log = CloudWatch::of(&Environment::default());
    let body = bodies::with(bodies::purchase(), "memo", "s3cret-body-text");
    for fault in [Fault::CutBefore, Fault::InternalError, Fault::Throttled, Fault::Denied, Fault::Nonsense] {
        database.always(fault);
        let call = seller.signed(&body);
        assert_eq!(seller.send(&call).await.result_code.as_str(), "000005");
        let line = log.lines(&seller.records().pop().unwrap()).pop().unwrap().to_string();
        for (_, secret) in call.query.iter().filter(|(name, _)| name != "timestamp") {
            assert!(!line.contains(secret), "{fault:?}: {line}");
        }
        for secret in ["s3cret-body-text", "basic-key"] {
            assert!(!line.contains(secret), "{fault:?}: {line}");
        }
    }
}

#[tokio::test]
async fn a_store_that_is_not_there_is_000005() {
    let (database, endpoint) = koogallery_tests::embedded_dynamodb().await;
    let seller = Seller::at(Some(endpoint), |environment| environment).await;
    database.stop().await;
    assert_eq!(seller.code(&purchase("b-1")).await, "000005");
}

#[tokio::test]
async fn a_short_fault_is_not_noticed() {
    for faults in [
        vec![Fault::CutBefore],
        vec![Fault::InternalError],
        vec![Fault::Throttled],
        vec![Fault::Conflict; 3],
        vec![Fault::Conflict, Fault::CutBefore, Fault::Conflict],
        // The write is done, its answer lost, the request sent again: it must not be taken for a replay or a repeat.
        vec![Fault::CutAfter],
        vec![Fault::CutAfter, Fault::CutAfter],
    ] {
        let (database, seller) = seller().await;
        database.next(faults.clone());
        assert_eq!(seller.code(&purchase("b-1")).await, "000000", "{faults:?}");
        assert_eq!(whole_or_nothing(&seller).await.as_deref(), Some("b-1"), "{faults:?}");

        // A repeat's nonce is written alone, with the same promise.
        database.next(
            [Fault::None].into_iter().chain(faults.clone().into_iter().filter(|fault| *fault != Fault::Conflict)),
        );
        assert_eq!(seller.code(&purchase("b-2")).await, "000000", "{faults:?}");

        let freeze = UpdateInstanceStatus {
            instance_id: "b-1".parse().unwrap(),
            status: InstanceStatus::Freeze,
            test_flag: TestFlag::Real,
        };
        database.next(faults.clone());
        assert_eq!(seller.code(&freeze).await, "000000", "{faults:?}");
        assert_eq!(seller.events("INSTANCE#b-1").await, ["instance.created", "instance.frozen"], "{faults:?}");
    }
}
