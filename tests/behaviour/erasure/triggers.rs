//! What leads to an erasure: each way to a release, an operator, a host that starts.

use std::sync::Arc;

use koogallery_local::api::ApiError;
use koogallery_local::host::{HostError, LocalHost, Options, TableAt};
use koogallery_local::log::Silent;
use koogallery_runtime::{Environment, now};
use koogallery_tests::bodies::{self, with};
use koogallery_tests::faults::{Fault, FaultyDynamoDb};
use koogallery_tests::kit::Dialect;
use koogallery_tests::{Item, KEYS, Seller, operator, text};

use super::DAY;
use super::sold::two;
use super::world::World;

#[tokio::test]
async fn an_operator_erases_at_once_what_is_released_and_nothing_else() {
    let world = World::new().await;
    let [goes, stays] = two(Dialect::V2);
    for sold in [goes, stays] {
        sold.live(&world.seller).await;
    }
    let api = operator::api(&world.seller);
    let erase = async |id: &str| api.post(&["instances", id, "erase"], None).await;
    let before = world.seller.standing().await;
    let refused = erase(goes.id).await.unwrap_err().to_string();
    assert!(refused.contains("the instance is not released"), "{refused}");
    assert!(matches!(erase("nobody").await, Err(ApiError::Unknown(_))));
    assert_eq!(world.seller.standing().await, before);
    world.seller.say_all(&[goes.release()]).await;
    let gone = erase(goes.id).await.unwrap();
    assert!(gone["items"].as_u64().unwrap() >= 4 && gone["events"] == 4, "{gone}");
    world.assert_gone(goes, "at once").await;
    assert_eq!(erase(goes.id).await.unwrap()["erasedBefore"], true);
}

#[tokio::test]
async fn every_way_to_a_release_leads_to_the_erasure_and_debug_calls_to_none() {
    let database = FaultyDynamoDb::start().await;
    let seller =
        Seller::at(Some(database.endpoint()), |environment| environment.with("KOOGALLERY_PROVISIONING", "deferred"))
            .await;
    let to_erase = async || seller.host.store().to_erase(now().saturating_add(DAY)).await.unwrap().len();
    let sold = |id: &str| with(with(bodies::purchase(), "businessId", id), "orderId", id);
    let released = |id: &str| with(bodies::release(), "instanceId", id);
    for (place, id) in ["usual", "overtaken", "frozen"].into_iter().enumerate() {
        assert_eq!(seller.say(&sold(id)).await, "000004");
        if id == "frozen" {
            seller.say_all(&[with(bodies::freeze(), "instanceId", id)]).await;
        }
        if id == "overtaken" {
            database.next([Fault::Conflict]);
        }
        seller.say_all(&[released(id), released(id)]).await;
        assert_eq!(to_erase().await, place + 1, "{id}");
        assert_eq!(seller.say(&sold(id)).await, "000000", "what is released waits for nobody");
    }
    for (place, body) in
        [bodies::release_code(), with(bodies::release_code(), "license", "OTHER-CODE1-OTHER")].iter().enumerate()
    {
        if place == 1 {
            seller.say_all(&[with(bodies::freeze_code(), "license", "OTHER-CODE1-OTHER")]).await;
        }
        seller.say_all(std::slice::from_ref(body)).await;
        assert_eq!(to_erase().await, 4 + place, "{body}");
    }
    for body in [sold("debug"), released("debug"), bodies::release_code()] {
        seller.say(&with(body, "testFlag", "1")).await;
    }
    assert_eq!(to_erase().await, 5);
    let debug: Vec<Item> =
        seller.items().await.into_iter().filter(|item| text(item, "pk").starts_with("TEST#")).collect();
    assert!(!debug.is_empty() && debug.iter().all(|item| !item.contains_key("open")));
}

#[tokio::test]
async fn the_local_host_erases_when_it_starts_and_tells_a_mistake() {
    let world = World::new().await;
    let [goes, _] = two(Dialect::V2);
    goes.live(&world.seller).await;
    world.seller.say_all(&[goes.release()]).await;
    let host = async |days: &str| {
        let environment = Environment::default()
            .with("KOOGALLERY_KEYS", KEYS)
            .with("KOOGALLERY_TABLE", world.seller.host.store().table())
            .with("KOOGALLERY_PERSONAL_DATA_DAYS", days);
        let table = TableAt::Endpoint(world.seller.dynamodb_endpoint());
        let listen = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        let (log, journal) = (Arc::new(Silent), Arc::new(Silent));
        LocalHost::start(Options::new(listen, table, environment, log, journal)).await
    };
    let mistake = host("3651").await.unwrap_err();
    assert!(
        matches!(&mistake, HostError::Config(error) if error.to_string().contains("KOOGALLERY_PERSONAL_DATA_DAYS"))
    );
    host("30").await.unwrap().stop().await.unwrap();
    assert!(world.seller.instance(goes.id).await.unwrap().life.erased_at.is_none());
    let host = host("0").await.unwrap();
    while world.seller.instance(goes.id).await.unwrap().life.erased_at.is_none() {
        tokio::task::yield_now().await;
    }
    host.stop().await.unwrap();
    world.assert_gone(goes, "by the host").await;
}
