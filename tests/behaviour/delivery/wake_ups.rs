//! A wake-up that is not due does nothing, and none costs more than what is undelivered.

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use deliver_events::Left;
use koogallery_store::{Kind, Subject};
use koogallery_tests::application::{Does, Post};
use koogallery_tests::bodies;
use koogallery_tests::faults::{FaultyDynamoDb, Reads};
use koogallery_tests::{Seller, text};
use uuid::Uuid;

use super::{life, plain, subject};

#[tokio::test]
async fn a_wake_up_that_comes_twice_or_too_late_does_nothing() {
    let seller = Seller::start().await;
    let post = Post::of(&seller, plain).await;
    seller.say_all(&life("i-0")).await;
    let (courier, later) = (post.courier(&seller), Instant::now() + Duration::from_mins(5));
    post.learn(&seller).await;
    for _ in 0..3 {
        assert_eq!(courier.deliver(&subject("i-0"), later).await.unwrap(), Left::default());
    }
    assert_eq!(courier.deliver(&subject("nobody"), later).await.unwrap(), Left::default());
    assert_eq!(post.application.arrived().len(), 6);

    // Nor does one that comes before the pause is over, or when there is no time left.
    seller.say_all(&life("i-1")).await;
    post.learn(&seller).await;
    post.application.does(|_| Does::Status(500));
    let pause = Duration::from_secs(5);
    for begun in [vec![pause], vec![], vec![]] {
        let left = courier.deliver(&subject("i-1"), later).await.unwrap();
        assert_eq!(left, Left { next: Some(pause), begun, failed: true }, "who began a pause sees to its end");
    }
    assert_eq!(post.application.arrived().len(), 7);
    post.clock.reach(post.clock.now().saturating_add(Duration::from_secs(5)));
    post.application.does(|_| Does::Take);
    let left = courier.deliver(&subject("i-1"), Instant::now()).await.unwrap();
    assert_eq!(left, Left { next: Some(Duration::ZERO), ..Left::default() });
    assert_eq!(post.application.arrived().len(), 8, "one at a time");
}

/// Puts so many more events into a subject's history, delivered, as the first one of it stands.
async fn fill(seller: &Seller, subject: &Subject, count: usize) {
    let store = seller.host.store();
    let items = seller.items().await;
    let first = items.iter().find(|item| {
        text(item, "pk") == subject.partition()
            && text(item, "sk").starts_with("EVENT#")
            && item.contains_key("endedAt")
    });
    let first = first.unwrap().clone();
    let ids: Vec<Uuid> = (0..count).map(|_| Uuid::now_v7()).collect();
    for ids in ids.chunks(25) {
        let writes = ids.iter().map(|id| {
            let mut item = first.clone();
            item.insert("sk".to_owned(), AttributeValue::S(format!("EVENT#{id}")));
            item.insert("eventId".to_owned(), AttributeValue::S(id.to_string()));
            let put = PutRequest::builder().set_item(Some(item)).build().unwrap();
            WriteRequest::builder().put_request(put).build()
        });
        let write = store.client().batch_write_item().request_items(store.table(), writes.collect());
        // A database that is slow for a moment is asked again: the same items are written.
        let written = loop {
            if let Ok(written) = write.clone().send().await {
                break written;
            }
        };
        assert!(written.unprocessed_items.unwrap_or_default().is_empty());
    }
}

/// How many events a history has, read in pages that the test's database is quick with.
async fn length(seller: &Seller, of: &Subject) -> usize {
    let (mut length, mut after) = (0, None);
    loop {
        let Ok((page, last)) = seller.host.store().history(of, after, 250).await else { continue };
        length += page.len();
        if last.is_none() {
            return length;
        }
        after = last;
    }
}

#[tokio::test]
async fn a_wake_up_costs_what_is_undelivered_however_long_the_history_is() {
    let database = FaultyDynamoDb::start().await;
    let seller = Seller::at(Some(database.endpoint()), plain).await;
    let post = Post::of(&seller, plain).await;
    let (courier, learner, later) =
        (post.courier(&seller), post.learner(&seller), Instant::now() + Duration::from_hours(1));
    let of = subject(bodies::ID);
    seller.say_all(&[bodies::purchase(), bodies::freeze(), bodies::unfreeze()]).await;
    post.learn(&seller).await;
    assert_eq!(courier.deliver(&of, later).await.unwrap(), Left::default());
    println!("| events | wake-up for | requests | items read | read units |\n|---|---|---|---|---|");
    let (mut events, mut costs) = (3, Vec::new());
    for (round, size) in [10, 1_000, 10_000].into_iter().enumerate() {
        fill(&seller, &of, size - events).await;
        seller.say_all(&[bodies::renewal(&format!("R{round}"), bodies::FUTURE)]).await;
        events = length(&seller, &of).await;
        let [open] = &seller.host.store().open(Kind::Unlearnt).await.unwrap()[..] else { panic!("one is unlearnt") };
        let mut of_size = Vec::new();
        let _ = database.reads(); // counts anew from here
        learner.learn(&of, open.event_id().unwrap()).await.unwrap();
        of_size.push(("learning", database.reads()));
        let before = post.application.taken().len();
        assert_eq!(courier.deliver(&of, later).await.unwrap(), Left::default());
        assert!(post.application.taken().len() > before);
        of_size.push(("delivery", database.reads()));
        assert_eq!(courier.deliver(&of, later).await.unwrap(), Left::default());
        of_size.push(("nothing", database.reads()));
        for (what, Reads { requests, items, units }) in &of_size {
            println!("| {size} | {what} | {requests} | {items} | {units} |");
            assert!(*units > 0.0, "what the database counts");
        }
        costs.push(of_size);
    }
    assert!(events > 10_000);
    assert_eq!(costs[0], costs[1]);
    assert_eq!(costs[1], costs[2]);
    assert!(costs[0].iter().all(|(_, reads)| reads.items <= 5), "{costs:?}");
}
