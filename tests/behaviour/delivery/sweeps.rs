//! A sweep over a long backlog ends in time, and its figures are right.

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use deliver_events::{look, wake};
use koogallery::Timestamp;
use koogallery_runtime::{Environment, now};
use koogallery_tests::Seller;
use koogallery_tests::aws::AwsService;

use super::{lives, soon};

/// Undelivered events in one shard of the index, one a second.
async fn backlog(seller: &Seller, count: i64, newest: Timestamp) {
    let store = seller.host.store();
    let text = |text: String| AttributeValue::S(text);
    let items = (0..count).map(|number| {
        let id = uuid::Uuid::now_v7();
        let put = PutRequest::builder()
            .item("pk", text(format!("INSTANCE#i-{number:05}")))
            .item("sk", text(format!("OUTBOX#{id}")))
            .item("eventId", text(id.to_string()))
            .item("open", text("UNDELIVERED#3".to_owned()))
            .item("openSince", AttributeValue::N((newest.as_millis() - number * 1000).to_string()));
        WriteRequest::builder().put_request(put.build().unwrap()).build()
    });
    let items: Vec<_> = items.collect();
    for part in items.chunks(25) {
        let write = store.client().batch_write_item().request_items(store.table(), part.to_vec());
        assert!(write.send().await.unwrap().unprocessed_items.unwrap_or_default().is_empty());
    }
}

#[tokio::test]
async fn what_cannot_be_counted_in_time_is_told_and_the_ages_are_right() {
    let seller = Seller::start().await;
    let at = now();
    backlog(&seller, 1050, at).await;
    let store = seller.host.store();
    let (swept, _) = look(store, at, Instant::now()).await.unwrap();
    assert_eq!((swept.undelivered, swept.is_whole), (1000, false), "the beginning is read in any case");
    assert_eq!(swept.undelivered_age, Duration::from_secs(1049));
    let (swept, stalled) = look(store, at, soon()).await.unwrap();
    assert_eq!((swept.undelivered, swept.is_whole), (1050, true));
    assert_eq!(swept.undelivered_age, Duration::from_secs(1049));
    // Of those that wait longer than 15 minutes, the one that has waited longest comes first.
    assert_eq!((swept.driven, stalled.len()), (149, 149));
    assert_eq!(
        (stalled[0].to_string(), stalled[148].to_string()),
        ("INSTANCE#i-01049".into(), "INSTANCE#i-00901".into())
    );
}

#[tokio::test]
async fn waking_ends_in_time_and_goes_on_after_a_failure() {
    let (seller, service) = (Seller::start().await, AwsService::start().await);
    lives(&seller, 3).await;
    let queue = |endpoint: String| {
        let environment = Environment::default()
            .with("KOOGALLERY_EVENT_QUEUE_URL", format!("{endpoint}/123456789012/events.fifo"))
            .with("KOOGALLERY_DELAY_QUEUE_URL", format!("{endpoint}/123456789012/delayed"))
            .with("AWS_ENDPOINT_URL_SQS", endpoint);
        deliver_events::Queue::of(&environment).unwrap()
    };
    let later = now().saturating_add(Duration::from_mins(20));
    let (_, stalled) = look(seller.host.store(), later, soon()).await.unwrap();
    assert_eq!(stalled.len(), 3);
    let (works, gone) = (queue(service.endpoint()), queue("http://127.0.0.1:9".to_owned()));
    assert_eq!(wake(&works, stalled.clone(), Instant::now()).await, 0, "there is no time left");
    assert!(service.asked("SendMessage").is_empty());
    assert_eq!(wake(&gone, stalled.clone(), soon()).await, 0, "a queue that does not answer ends nothing");
    assert_eq!(wake(&works, stalled, soon()).await, 3);
    assert_eq!(service.asked("SendMessage").len(), 3);
}
