//! A parked event is given up: it is counted no more, and the history keeps who and why.

use koogallery_local::events;
use koogallery_runtime::now;
use koogallery_store::Delivery;
use koogallery_tests::Seller;
use koogallery_tests::api::{Api, TOKEN};
use koogallery_tests::application::Post;
use koogallery_tests::{bodies, operator};
use serde_json::json;

use super::{plain, soon, subject};
use deliver_events::look;

/// With an event that is parked, and one that is not.
async fn with_parked() -> (Seller, uuid::Uuid) {
    let seller = Seller::with(|environment| environment.with("KOOGALLERY_API_TOKEN", format!("crm:{TOKEN}"))).await;
    seller.say_all(&[bodies::purchase(), bodies::freeze()]).await;
    let id = seller.park(bodies::INSTANCE, 0).await;
    (seller, id)
}

async fn parked(seller: &Seller) -> (usize, usize) {
    let (swept, _) = look(seller.host.store(), now(), soon()).await.unwrap();
    (swept.parked, swept.parked_of_released)
}

#[tokio::test]
async fn an_operator_gives_a_parked_event_up_with_a_reason() {
    let (seller, id) = with_parked().await;
    let (api, store) = (Api::of(&seller), seller.host.store());
    assert_eq!(parked(&seller).await, (1, 0));
    let other = store.events(&subject(bodies::ID)).await.unwrap()[1].event.event_id;
    let ask = async |ids: &[uuid::Uuid], reason: &str| {
        api.post("/v1/events/discard", &json!({ "instanceId": "b-1", "eventIds": ids, "reason": reason })).await
    };
    ask(&[id], "").await.expect(400);
    ask(&[id], &"x".repeat(256)).await.expect(400);
    assert_eq!(ask(&[id, other], "no").await.expect(409)["type"], "/problems/not-parked");
    ask(&[id, uuid::Uuid::now_v7()], "no").await.expect(404);
    assert_eq!(parked(&seller).await, (1, 0), "either all of them or none");

    assert_eq!(ask(&[id], "moved by hand").await.expect(200), json!({ "discarded": 1 }));
    assert_eq!(parked(&seller).await, (0, 0));
    ask(&[id], "again").await.expect(409);
    let shown = api.get("/v1/events?state=discarded&instanceId=b-1").await.expect(200)["events"][0].clone();
    assert_eq!((&shown["eventId"], &shown["delivery"]), (&json!(id), &"discarded".into()));
    assert_eq!((&shown["discarded"]["by"], &shown["discarded"]["reason"]), (&"crm".into(), &"moved by hand".into()));
    api.get("/v1/events?state=discarded").await.expect(400);
    assert_eq!(api.get("/v1/events?state=parked").await.expect(200)["events"], json!([]));

    // A resend delivers it all the same.
    let post = Post::of(&seller, plain).await;
    let event = store.event(&subject(bodies::ID), id).await.unwrap().unwrap();
    store.resend(&event, post.clock.now()).await.unwrap();
    post.deliver(&mut post.pump(&seller).await).await;
    let event = store.event(&subject(bodies::ID), id).await.unwrap().unwrap();
    assert_eq!((event.delivery(), event.discarded), (Delivery::Delivered, None));
}

#[tokio::test]
async fn the_command_gives_it_up_too() {
    let (seller, id) = with_parked().await;
    let (store, api) = (seller.host.store(), operator::api(&seller));
    let other = store.events(&subject(bodies::ID)).await.unwrap()[1].event.event_id;
    let refused = events::discard(&api, &[id, other], "moved by hand").await.unwrap_err().to_string();
    assert!(refused.contains(&format!("event {other} is not parked")), "{refused}");
    assert_eq!(events::discard(&api, &[id], "moved by hand").await.unwrap(), 1);
    let event = store.event(&subject(bodies::ID), id).await.unwrap().unwrap();
    assert_eq!((event.delivery(), event.discarded.unwrap().reason.as_str()), (Delivery::Discarded, "moved by hand"));
    assert_eq!(events::resend_failed(&api).await.unwrap(), 0, "nobody has it sent again by mistake");
}

#[tokio::test]
async fn what_is_parked_of_something_released_rings_no_more_but_for_the_release_itself() {
    let (seller, _) = with_parked().await;
    seller.say_all(&[bodies::release()]).await;
    assert_eq!(parked(&seller).await, (0, 1));
    seller.park(bodies::INSTANCE, 2).await;
    assert_eq!(seller.events(bodies::INSTANCE).await[2], "instance.released");
    assert_eq!(parked(&seller).await, (1, 1), "the application still keeps the customer");
}
