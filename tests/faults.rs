//! A store that fails, is slow, or forgets to answer: KooGallery hears `000005` in time or the right answer, nothing is
//! half done, and the next try finds everything as it should be.

#![allow(clippy::unwrap_used)]

use koogallery::{InstanceStatus, NewInstance, QueryInstance, TestFlag, UpdateInstanceStatus};
use koogallery_tests::faults::{Fault, FaultyDynamoDb};
use koogallery_tests::{Seller, text};

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
    assert_eq!(items.len(), 3);
    Some(id)
}

#[tokio::test]
async fn a_store_that_is_down_is_000005_and_the_next_try_succeeds() {
    for fault in
        [Fault::CutBefore, Fault::CutAfter, Fault::InternalError, Fault::Throttled, Fault::Conflict, Fault::Denied]
    {
        let (database, seller) = seller().await;
        database.always(fault);
        assert_eq!(seller.code(&purchase("b-1")).await, "000005", "{fault:?}");
        let query = QueryInstance { instance_ids: "b-1".parse().unwrap(), test_flag: TestFlag::Real };
        assert_eq!(seller.code(&query).await, "000005", "{fault:?}");
        let reason = seller.records().pop().unwrap().reason.unwrap();
        assert!(reason.contains("the store") || reason.contains("no answer"), "{reason}");

        database.always(Fault::None);
        let made_behind_our_back = whole_or_nothing(&seller).await;
        assert_eq!(made_behind_our_back.is_some(), fault == Fault::CutAfter, "{fault:?}");
        let id = seller.succeed(&purchase("b-2")).await.instance_id.unwrap().to_string();
        assert_eq!(id, made_behind_our_back.unwrap_or_else(|| "b-2".to_owned()), "{fault:?}");
        assert_eq!(whole_or_nothing(&seller).await, Some(id));
    }
}

#[tokio::test]
async fn a_store_that_hangs_is_000005_inside_koogallerys_patience() {
    let (database, seller) = seller().await;
    database.always(Fault::Hang);
    assert_eq!(seller.code(&purchase("b-1")).await, "000005");
    database.always(Fault::None);
    assert_eq!(whole_or_nothing(&seller).await, None);
    seller.succeed(&purchase("b-2")).await;
}

#[tokio::test]
async fn a_store_that_is_not_there_is_000005() {
    let database = koogallery_local::database::EmbeddedDatabase::start(None).await.unwrap();
    let seller = Seller::at(Some(database.endpoint()), |environment| environment).await;
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
