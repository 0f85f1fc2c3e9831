//! Webhook and event bus, each with its own state.

use std::time::Duration;

use koogallery_store::{Delivery, Ended, EventRecord, EventType, Kind};
use koogallery_tests::Seller;
use koogallery_tests::application::{Does, Post};
use koogallery_tests::aws::AwsService;
use koogallery_tests::bodies;
use serde_json::Value;

use super::{life, plain, subject};

#[tokio::test]
async fn each_destination_hears_every_event_once_and_one_that_fails_is_tried_again_alone() {
    let (seller, service) = (Seller::start().await, AwsService::start().await);
    let endpoint = service.endpoint();
    let post = Post::of(&seller, |environment| {
        environment.with("KOOGALLERY_EVENT_BUS", "sales").with("AWS_ENDPOINT_URL_EVENTBRIDGE", endpoint)
    })
    .await;
    seller.say_all(&life("i-0")).await;
    post.application.does(|event| if event.before == 0 { Does::Status(500) } else { Does::Take });
    let mut pump = post.pump(&seller).await;
    post.deliver(&mut pump).await;
    let put = service.asked("PutEvents");
    let entry = |put: &Value| put["Entries"][0].clone();
    let names: Vec<Value> = put.iter().map(|put| entry(put)["DetailType"].clone()).collect();
    let all = ["created", "refreshed", "frozen", "unfrozen", "upgraded", "released"];
    assert_eq!(names, all.map(|name| format!("instance.{name}")));
    assert_eq!((&entry(&put[0])["EventBusName"], &entry(&put[0])["Source"]), (&"sales".into(), &"koogallery".into()));
    let detail: Value = serde_json::from_str(entry(&put[0])["Detail"].as_str().unwrap()).unwrap();
    assert_eq!(detail, post.application.taken()[0].body);

    // The bus is down for days: the application hears of everything at once, and once.
    let delivered = post.application.arrived().len();
    service.fails(true);
    seller.say_all(&life("i-1")).await;
    post.deliver_for(&mut pump, Duration::from_mins(10)).await;
    let arrived = post.application.arrived();
    assert_eq!(
        arrived[delivered..].iter().filter(|event| event.before == 1).count(),
        6,
        "tried twice, as the rule says"
    );
    assert_eq!(arrived.len() - delivered, 12);
    assert_eq!(post.application.taken().len(), 12);
    let names = |events: &[EventRecord]| -> Vec<Delivery> { events.iter().map(EventRecord::delivery).collect() };
    let events = || async { seller.host.store().events(&subject("i-1")).await.unwrap() };
    assert_eq!(names(&events().await), [Delivery::Undelivered; 6], "the bus is still to have them");
    let tries = service.asked("PutEvents").len();
    assert!(tries < 6 + 6, "the bus is tried with the first event, in order: {tries}");
    service.fails(false);
    post.deliver(&mut pump).await;
    assert_eq!(names(&events().await), [Delivery::Delivered; 6]);
    assert_eq!(post.application.arrived().len(), arrived.len(), "the webhook is sent nothing again");
    let account = post.account(&seller).await;
    assert_eq!((account.lost, account.repeated, account.out_of_order), (0, 0, 0));

    // And the other way round.
    let put = service.asked("PutEvents").len();
    post.application.does(|_| Does::Status(503));
    seller.say_all(&life("i-2")).await;
    post.deliver_for(&mut pump, Duration::from_mins(10)).await;
    assert_eq!(service.asked("PutEvents").len() - put, 6, "the bus hears all of it at once");
    post.application.does(|_| Does::Take);
    post.deliver(&mut pump).await;
    assert_eq!((post.account(&seller).await.lost, service.asked("PutEvents").len() - put), (0, 6));
}

#[tokio::test]
async fn the_answers_that_stop_an_event_are_configured_and_the_bus_hears_it_all_the_same() {
    let (seller, service) = (Seller::start().await, AwsService::start().await);
    let endpoint = service.endpoint();
    let post = Post::of(&seller, |environment| {
        environment
            .with("KOOGALLERY_WEBHOOK_STOP_STATUSES", "422, 451")
            .with("KOOGALLERY_EVENT_BUS", "sales")
            .with("AWS_ENDPOINT_URL_EVENTBRIDGE", endpoint)
    })
    .await;
    seller.say_all(&life("i-0")).await;
    post.application.does(|event| match (event.name(), event.before) {
        ("instance.frozen", _) => Does::Status(422),
        // Not in the list: tried again.
        ("instance.unfrozen", 0) => Does::Status(410),
        _ => Does::Take,
    });
    let mut pump = post.pump(&seller).await;
    post.deliver(&mut pump).await;
    let account = post.account(&seller).await;
    assert_eq!((account.stopped, account.lost, account.out_of_order, account.tries), (1, 0, 0, 7));
    assert_eq!(service.asked("PutEvents").len(), 6);
    let events = seller.host.store().events(&subject("i-0")).await.unwrap();
    let has_problem = |event: &&EventRecord| event.last_problem.as_ref().is_some_and(|it| it.contains("HTTP 422"));
    let stopped = events.iter().find(has_problem).unwrap();
    assert_eq!(stopped.event.event_type, EventType::Frozen);
    let ended = |name: &str| stopped.destinations[name].ended;
    assert_eq!((ended("webhook"), ended("bus")), (Some(Ended::Stopped), Some(Ended::Delivered)));
}

#[tokio::test]
async fn what_ends_between_the_last_note_and_the_outbox_leaves_it_at_the_next_wake_up() {
    let (seller, service) = (Seller::start().await, AwsService::start().await);
    let endpoint = service.endpoint();
    let post = Post::of(&seller, |environment| {
        environment.with("KOOGALLERY_EVENT_BUS", "sales").with("AWS_ENDPOINT_URL_EVENTBRIDGE", endpoint)
    })
    .await;
    seller.say_all(&[bodies::purchase()]).await;
    service.fails(true);
    let mut pump = post.pump(&seller).await;
    post.deliver_for(&mut pump, Duration::from_mins(1)).await;
    // The bus is configured no more: what only it lacks has ended.
    let post = Post::of(&seller, plain).await;
    let mut pump = post.pump(&seller).await;
    post.deliver(&mut pump).await;
    let events = seller.host.store().events(&subject(bodies::ID)).await.unwrap();
    assert_eq!(events[0].delivery(), Delivery::Delivered);
    assert!(seller.host.store().open(Kind::Undelivered).await.unwrap().is_empty());
    assert_eq!(post.application.arrived().len(), 0, "the application had it");
}
