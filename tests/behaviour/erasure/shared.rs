//! What several share goes with the last of them; what belongs to nothing goes by itself.

use std::collections::BTreeSet;

use koogallery_runtime::now;
use koogallery_store::{Erased, Gone};
use koogallery_tests::api::Api;
use koogallery_tests::bodies::{self, CODE, FUTURE, LICENSE, with};
use koogallery_tests::kit::{self, DIALECTS, Dialect};
use koogallery_tests::{Item, Seller, operator, text};
use serde_json::{Value, json};

use super::DAY;
use super::sold::{Sold, two, v1};
use super::world::World;

#[tokio::test]
async fn what_two_instances_share_goes_with_the_last() {
    let world = World::new().await;
    // V1.0 names an order's products, so that the order's details are both instances'.
    for (id, product) in [("one", "p-1"), ("other", "p-2")] {
        v1(
            &world.seller,
            &[
                ("activity", "newInstance"),
                ("customerId", "c-1"),
                ("businessId", id),
                ("orderId", "MOCKPERIODYEARNEW"),
                ("productId", product),
            ],
        )
        .await;
    }
    world.deliver().await;
    let shared = "ORDER#MOCKPERIODYEARNEW DETAILS";
    assert!(world.sealed().await.contains(shared));
    for (id, left) in [("one", 1), ("other", 0)] {
        world.seller.say_all(&[with(bodies::release(), "instanceId", id)]).await;
        world.clock.reach(now().saturating_add(31 * DAY));
        assert_eq!(world.run().await.unwrap().erased, 1, "{id}");
        assert_eq!(world.sealed().await.iter().filter(|place| *place == shared).count(), left, "{id}");
        let details = Api::of(&world.seller).get(&format!("/v1/instances/{id}/purchase-details")).await.expect(200);
        assert_eq!(details, json!({ "instanceId": id, "orderId": "MOCKPERIODYEARNEW" }));
    }
    assert_eq!(world.sealed().await, BTreeSet::new());
}

#[tokio::test]
async fn an_enterprise_without_directories_goes_as_well_and_another_instance_s_application_stays() {
    let world = World::new().await;
    let [goes, stays] = two(Dialect::V2);
    for sold in [goes, stays] {
        let purchase = with(with(bodies::purchase(), "orderId", sold.order), "businessId", sold.id);
        world.seller.say_all(&[purchase]).await;
        world.seller.sync_all([sold.kit(kit::tenant(1)), sold.kit(kit::application(1, "s3cret", 1))]).await;
    }
    // Both know both applications.
    let known = |app: Sold, to: Sold| {
        let (callback, body) = kit::application(2, "s3cret", 2);
        (callback, with(to.of(body), "appId", app.app))
    };
    world.seller.sync_all([known(goes, stays), known(stays, goes)]).await;
    world.seller.say_all(&[goes.release(), stays.release()]).await;
    let store = world.seller.host.store();
    let left = async || -> Vec<String> {
        let items = world.seller.items().await.into_iter();
        items.filter(|item| text(item, "pk") == "TENANT#t-1").map(|item| text(&item, "sk")).collect()
    };
    let of_event = |sort: &str| sort.starts_with("EVENT#") || sort.starts_with("OUTBOX#");
    operator::erase(store, &format!("INSTANCE#{}", goes.id)).await;
    let mut of_stays = left().await;
    of_stays.retain(|sort| !of_event(sort));
    of_stays.sort();
    assert_eq!(of_stays, ["APPLICATION#app-goes#stays-2", "APPLICATION#app-stays#stays-2", "INSTANCE#stays-2"]);
    operator::erase(store, &format!("INSTANCE#{}", stays.id)).await;
    assert!(left().await.iter().all(|sort| of_event(sort)), "{:?}", left().await);
}

#[tokio::test]
async fn a_license_code_s_orders_go_with_it_and_those_of_nothing_go_by_themselves() {
    let world = World::new().await;
    let line = |body: Value, order: &str| with(with(body, "orderId", order), "orderLineId", format!("{order}-000001"));
    world
        .seller
        .say_all(&[bodies::renew_code("MOCKMONTYRENEW", FUTURE), line(bodies::order_notice(), "MOCKONETIMENEW")])
        .await;
    world.deliver().await;
    let taken = world.post.application.taken();
    assert!(taken.iter().all(|event| event.body["data"]["order"]["buyerInfo"].is_object()), "{taken:?}");
    let (kept, of_nothing) =
        ("ORDER#MOCKMONTYRENEW DETAILS#MOCKMONTYRENEW-000001", "ORDER#MOCKONETIMENEW DETAILS#MOCKONETIMENEW-000001");
    assert_eq!(world.sealed().await, BTreeSet::from([kept, of_nothing].map(str::to_owned)));
    let until = |item: &Item| item.get("expiresAt").and_then(|until| until.as_n().ok()?.parse::<i64>().ok());
    let place = |place: &'static str| place.split_once(' ').unwrap();
    let item = async |(partition, sort)| world.seller.item(partition, sort).await.unwrap();
    assert_eq!(until(&item(place(kept)).await), None);
    let until = until(&item(place(of_nothing)).await).unwrap();
    assert!((now().as_seconds()..=world.clock.now().saturating_add(4 * DAY).as_seconds()).contains(&until), "{until}");

    let store = world.seller.host.store();
    assert_eq!(operator::erase(store, LICENSE).await, Erased::NotDue);
    world.seller.say_all(&[bodies::release_code()]).await;
    world.clock.reach(now().saturating_add(31 * DAY));
    assert_eq!(world.run().await.unwrap().erased, 1);
    assert_eq!(world.sealed().await, BTreeSet::from([of_nothing.to_owned()]), "DynamoDB deletes it");
    let (order, line) = ("MOCKONETIMENEW".parse().unwrap(), "MOCKONETIMENEW-000001".parse().unwrap());
    let gone = world.seller.host.store().order_details(&order, Some(&line), world.clock.now()).await.unwrap();
    assert_eq!(gone, None, "and late as it may, nobody reads it");
    let item = world.seller.item(LICENSE, "STATE").await.unwrap();
    assert!(item.contains_key("erasedAt") && !item.contains_key("open"));
    assert!(!format!("{:?}", world.lines).contains(CODE), "a log shows a code's end only");
    assert_eq!(operator::erase(store, LICENSE).await, Erased::Before);
    assert_eq!(world.seller.say(&bodies::release_code()).await, "000000");
    assert_eq!(world.seller.say(&bodies::renew_code("R2", FUTURE)).await, "000003");
}

#[tokio::test]
async fn a_sync_that_takes_away_from_nobody_keeps_no_name() {
    let seller = Seller::of_kit().await;
    for dialect in DIALECTS {
        for flag in [0, 3] {
            assert_eq!(seller.sync_in(dialect, &kit::auth(flag, [kit::user(1)], 1)).await, "000000");
        }
    }
    let left = seller.items().await.into_iter().filter(|item| text(item, "pk") != "DATA_KEY").count();
    assert_eq!(left, 0);
    // Where its instance stands it is remembered, so that an older grant does not bring the user back.
    seller.say_all(&[bodies::purchase()]).await;
    assert_eq!(seller.sync(&kit::auth(0, [kit::user(1)], 5)).await, "000000");
    assert_eq!(seller.sync(&kit::auth(1, [kit::user(1)], 4)).await, "000000");
    assert_eq!(seller.users().await.len(), 0);
    // It is found though nobody told of its tenant or application.
    seller.sync_all([kit::department(1, "o-1", "Sales", 1)]).await;
    seller.say_all(&[bodies::release()]).await;
    let erased = operator::erase(seller.host.store(), bodies::INSTANCE).await;
    assert_eq!(erased, Erased::Done(Gone { items: 2, events: 1 }));
    assert!(seller.items().await.iter().all(|item| !text(item, "pk").starts_with("TENANT#t-1#")));
}
