//! All that is personal goes, nothing else does, and nothing comes back.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use koogallery_store::Subject;
use koogallery_tests::api::Api;
use koogallery_tests::kit::{self, DIALECTS};
use koogallery_tests::{Seller, operator, text};
use serde_json::{Value, json};

use super::DAY;
use super::sold::{Sold, two};
use super::world::World;

#[tokio::test]
async fn everything_personal_is_gone_when_the_time_is_over_and_nobody_elses() {
    for dialect in DIALECTS {
        let world = World::new().await;
        let [goes, stays] = two(dialect);
        for sold in [goes, stays] {
            sold.live(&world.seller).await;
        }
        world.deliver().await;
        assert_eq!(world.orders_told(), 4, "there is something to keep");
        world.release(goes).await;

        let (before, sealed) = (world.seller.standing().await, world.sealed().await);
        let is_of = |sold: Sold| sealed.iter().filter(|place| sold.is_at(place)).count();
        assert!(is_of(goes) >= 5 && is_of(stays) == is_of(goes), "{sealed:?}");
        let readable = world.readable().await;
        for sold in [goes, stays] {
            assert!(sold.clear().iter().all(|told| readable.contains(told)), "{readable}");
            assert!(!sold.hidden().iter().any(|told| readable.contains(told)), "{readable}");
        }

        // A moment too early nothing happens; then everything at once, and never again.
        let eraser = world.eraser();
        let too_early = world.released_at(goes).await.saturating_add(30 * DAY).saturating_sub(Duration::from_millis(1));
        let store = world.seller.host.store();
        assert_eq!(store.to_erase(too_early.saturating_sub(30 * DAY)).await.unwrap(), []);
        assert_eq!(world.seller.standing().await, before);
        let due = eraser.due().await.unwrap();
        assert_eq!(due.len(), 1);
        let run = world.run().await.unwrap();
        assert_eq!((run.erased, run.failed, run.due, run.overdue), (1, 0, 0, Duration::ZERO));
        world.assert_gone(goes, "after the run").await;
        let after = world.seller.standing().await;
        for again in [world.run().await.unwrap(), eraser.erase(due, Instant::now() + DAY).await] {
            assert_eq!((again.erased, again.failed, again.due), (0, 0, 0));
        }
        assert_eq!(world.seller.standing().await, after);

        let others: BTreeSet<String> = sealed.into_iter().filter(|place| !goes.is_at(place)).collect();
        assert_eq!(world.sealed().await, others);
        let readable = world.readable().await;
        assert!(stays.clear().iter().all(|told| readable.contains(told)), "{readable}");
        assert!(readable.contains(r#"\"subject\":\"INSTANCE#goes-1\""#), "the log names the instance");
        let events = world.seller.events("INSTANCE#goes-1").await;
        assert_eq!(events.first().map(String::as_str), Some("instance.created"), "history stays");

        // Late calls bring nothing back, nor do events that are sent once more.
        goes.call_late(&world.seller).await;
        world.assert_gone(goes, "after late calls").await;
        let before = world.post.application.taken().len();
        for subject in ["INSTANCE#goes-1", "TENANT#t-1"].map(|subject| subject.parse::<Subject>().unwrap()) {
            let all = store.events(&subject).await.unwrap();
            let ids: Vec<_> = all.iter().map(|record| record.event.event_id).collect();
            operator::resend(store, &subject, &ids).await;
        }
        world.deliver().await;
        let resent = &world.post.application.taken()[before..];
        let of_it = resent.iter().filter(|event| event.body["data"]["instanceId"] == goes.id);
        assert!(of_it.clone().count() > 5);
        assert!(of_it.clone().all(|event| event.body["data"]["order"].is_null()), "it is not asked for again");
        assert!(of_it.clone().all(|event| event.body["data"]["customerName"].is_null()), "nor is the buyer named");
        assert!(of_it.clone().all(|event| event.body["data"]["userNames"].is_null()));
        assert!(of_it.filter(|event| event.name() == "users.granted").all(|event| event.body["data"]["count"] == 1));
        assert_eq!(world.sealed().await, others);
        world.assert_gone(goes, "after events were sent once more").await;
        let items = format!("{:?}", world.seller.items().await);
        for late in ["user-late", "buyer-late", "device-late", "late.example.com", "R9", "U9"] {
            assert!(!items.contains(late), "{late}");
        }

        // The application sees what is left.
        let api = Api::of(&world.seller);
        let shown = api.get("/v1/instances/goes-1").await.expect(200);
        assert_eq!((&shown["status"], &shown["appInfo"]), (&json!("released"), &Value::Null));
        let erased_at = world.seller.instance(goes.id).await.unwrap().life.erased_at.unwrap();
        assert_eq!(shown["erasedAt"], erased_at.to_rfc_3339());
        let details = api.get("/v1/instances/goes-1/purchase-details").await.expect(200);
        assert_eq!(details, json!({ "instanceId": goes.id, "orderId": goes.order }));
        assert_eq!(api.get("/v1/instances/stays-2/purchase-details").await.expect(200)["orderId"], stays.order);
        world.stand_in.stop().await;
    }
}

#[tokio::test]
async fn what_was_released_keeps_nothing_new_while_it_waits() {
    for dialect in DIALECTS {
        let world = World::new().await;
        let [goes, _] = two(dialect);
        goes.live(&world.seller).await;
        // Its order is asked about only when it is over: its events have the details with them, which go by themselves.
        world.seller.say_all(&[goes.release()]).await;
        world.deliver().await;
        assert!(!world.post.application.taken().is_empty());
        assert!(world.orders_told() > 0);
        let items = world.seller.items().await;
        let mut details =
            items.iter().filter(|item| text(item, "sk").starts_with("DETAILS") && item.contains_key("details"));
        assert!(details.all(|item| !text(item, "pk").starts_with("ORDER#") || item.contains_key("expiresAt")));
        let (before, sealed) = (world.readable().await, world.sealed().await);
        goes.call_late(&world.seller).await;
        let now = world.sealed().await;
        assert!(now.is_subset(&sealed), "{now:?}");
        assert!(before.contains("user-00001"), "what takes away needs something to take away");
        assert_eq!(world.seller.users_of(goes).await, 0, "and takes it away");
        world.clock.reach(world.released_at(goes).await.saturating_add(30 * DAY));
        assert_eq!(world.run().await.unwrap().erased, 1);
        world.assert_gone(goes, "after late calls").await;
        world.stand_in.stop().await;
    }
}

trait UsersOf {
    async fn users_of(&self, sold: Sold) -> usize;
}

impl UsersOf for Seller {
    async fn users_of(&self, sold: Sold) -> usize {
        let mut of = kit::users_of();
        (of.instance_id, of.app_id) = (sold.id(), sold.app.parse().unwrap());
        let users =
            self.host.store().users(koogallery_store::World::Real, &of, None, usize::MAX, &kit::vault()).await.unwrap();
        users.iter().filter(|known| !known.revoked).count()
    }
}
