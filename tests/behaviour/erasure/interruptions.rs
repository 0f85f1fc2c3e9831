//! Interrupted anywhere, or run twice at once, it ends alike.

use std::time::Instant;

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::StreamExt;
use koogallery_tests::faults::{Fault, FaultyDynamoDb};
use koogallery_tests::kit::{self, DIALECTS, Dialect};
use koogallery_tests::{Item, text};

use super::DAY;
use super::sold::{Sold, two};
use super::world::World;

/// What stands, but for what another run may make different.
async fn names(world: &World) -> Vec<String> {
    let name = |item: &Item| {
        let sort = text(item, "sk");
        let sort = match sort.split_once('#') {
            Some(("EVENT", _)) => text(item, "type"),
            Some(("OUTBOX", _)) => "to be delivered".to_owned(),
            _ => sort,
        };
        format!("{} {sort} {}", text(item, "pk"), item.contains_key("open"))
    };
    let items = world.seller.items().await;
    let mut names: Vec<String> = items.iter().filter(|item| text(item, "pk") != "DATA_KEY").map(name).collect();
    names.sort();
    names
}

/// With one instance that is due.
async fn due(database: &FaultyDynamoDb) -> (World, Sold) {
    let (world, [goes, _]) = (World::at(Some(database.endpoint())).await, two(Dialect::V1));
    goes.live(&world.seller).await;
    world.post.learn(&world.seller).await;
    assert!(world.sealed().await.contains("ORDER#MOCKPERIODYEARNEW DETAILS"));
    world.seller.say_all(&[goes.release()]).await;
    world.clock.reach(world.released_at(goes).await.saturating_add(30 * DAY));
    (world, goes)
}

async fn interrupted(fault: Fault, step: usize, undisturbed: &[String]) {
    let told = format!("{fault:?} at step {step}");
    let database = FaultyDynamoDb::start().await;
    let (world, goes) = due(&database).await;
    let before = database.seen();
    database.after(step, fault);
    if fault == Fault::Denied {
        match world.run().await {
            Ok(run) => assert_eq!((run.erased, run.failed, run.due), (0, 1, 1), "{told}"),
            Err(_) => assert!(step < SHARDS, "{told}: only the index may fail so"),
        }
    } else {
        tokio::select! {
            _ = world.run() => panic!("nothing hung: {told}"),
            () = async {
                while database.seen() - before <= step {
                    tokio::task::yield_now().await;
                }
            } => {}
        }
    }
    database.always(Fault::None);
    let run = world.run().await.unwrap();
    assert_eq!((run.failed, run.due), (0, 0), "{told}");
    world.assert_gone(goes, &told).await;
    assert_eq!(names(&world).await, undisturbed, "{told}");
}

/// The index is asked first, shard by shard.
const SHARDS: usize = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn interrupted_anywhere_it_ends_alike() {
    let database = FaultyDynamoDb::start().await;
    let (world, _) = due(&database).await;
    let before = database.seen();
    assert_eq!(world.run().await.unwrap().erased, 1);
    let steps = database.seen() - before;
    let undisturbed = names(&world).await;
    assert!(steps > SHARDS + 10, "{steps}");
    let cases = [Fault::Denied, Fault::HangAfter]
        .into_iter()
        .flat_map(|fault| (SHARDS - 1..steps).map(move |step| (fault, step)));
    let interrupted = |(fault, step)| interrupted(fault, step, &undisturbed);
    futures_util::stream::iter(cases.map(interrupted)).buffer_unordered(4).collect::<()>().await;
}

#[tokio::test]
async fn two_at_once_and_syncs_meanwhile_leave_nothing() {
    for dialect in DIALECTS {
        let world = World::new().await;
        let [goes, stays] = two(dialect);
        for sold in [goes, stays] {
            sold.live(&world.seller).await;
        }
        let many = |flag| goes.kit(kit::auth(flag, (100..160).map(kit::user), 3));
        assert_eq!(world.seller.sync_in(dialect, &many(1)).await, "000000");
        world.release(goes).await;
        let away = async {
            for number in 100..160 {
                let said = goes.kit(kit::auth(0, [kit::user(number)], 9));
                assert_eq!(world.seller.sync_in(dialect, &said).await, "000000");
            }
        };
        let (one, other, ()) = tokio::join!(world.run(), world.run(), away);
        let (one, other) = (one.unwrap(), other.unwrap());
        assert_eq!((one.erased + other.erased, one.failed + other.failed), (1, 0));
        world.assert_gone(goes, "two at once").await;
        assert!(!world.readable().await.contains("user-001"));
        world.stand_in.stop().await;
    }
}

#[tokio::test]
async fn one_that_fails_holds_up_no_other() {
    let world = World::new().await;
    let [goes, stays] = two(Dialect::V2);
    for sold in [goes, stays] {
        sold.live(&world.seller).await;
        world.seller.say_all(&[sold.release()]).await;
    }
    // What stands there is not what this version writes.
    let store = world.seller.host.store();
    let update = store.client().update_item().table_name(store.table());
    let update = update.key("pk", AttributeValue::S("INSTANCE#goes-1".to_owned()));
    let update = update.key("sk", AttributeValue::S("STATE".to_owned())).update_expression("SET holds = :bad");
    update.expression_attribute_values(":bad", AttributeValue::S(String::new())).send().await.unwrap();
    world.clock.reach(world.released_at(stays).await.saturating_add(33 * DAY));
    let eraser = world.eraser();
    let run = eraser.erase(eraser.due().await.unwrap(), Instant::now()).await;
    assert_eq!((run.erased, run.failed, run.due), (0, 1, 2), "there is time for the first only");
    let run = world.run().await.unwrap();
    assert_eq!((run.erased, run.failed, run.due), (1, 1, 1));
    assert!(run.overdue >= 3 * DAY && run.overdue < 4 * DAY, "{run:?}");
    world.assert_gone(stays, "beside one that fails").await;
}
