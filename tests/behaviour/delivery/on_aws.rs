//! Delivery as it runs on AWS: batches of a FIFO queue, delayed wake-ups, the sweep.

use std::sync::Arc;
use std::time::{Duration, Instant};

use deliver_events::{Batch, Queue, deliver, look, wake};
use koogallery_runtime::Environment;
use koogallery_store::{Delivery, Subject};
use koogallery_tests::Seller;
use koogallery_tests::application::{Does, Post};
use koogallery_tests::aws::AwsService;
use koogallery_tests::sqs::Sqs;
use serde_json::{Value, json};

use super::{deferred, instance, life, lives, plain, soon, subject};

/// What Lambda hands over of the queue: a message for each subject named.
fn batch(subjects: &[&str]) -> Batch {
    let message = |(number, subject): (usize, &&str)| {
        json!({ "messageId": format!("m-{number}"), "receiptHandle": format!("r-{number}"),
            "body": json!({ "subject": subject }).to_string() })
    };
    let messages: Vec<Value> = subjects.iter().enumerate().map(message).collect();
    serde_json::from_value(json!({ "Records": messages })).unwrap()
}

fn queue_at(service: &AwsService) -> Queue {
    let environment = Environment::default()
        .with("KOOGALLERY_EVENT_QUEUE_URL", format!("{}/123456789012/events.fifo", service.endpoint()))
        .with("KOOGALLERY_DELAY_QUEUE_URL", format!("{}/123456789012/delayed", service.endpoint()))
        .with("AWS_ENDPOINT_URL_SQS", service.endpoint());
    Queue::of(&environment).unwrap()
}

#[tokio::test]
async fn a_batch_leaves_the_group_of_what_failed_free_and_has_it_woken_after_its_pause() {
    let (seller, service) = (Seller::start().await, AwsService::start().await);
    let (post, queue) = (Post::of(&seller, plain).await, queue_at(&service));
    lives(&seller, 3).await;
    post.learn(&seller).await;
    post.application.does(|event| if instance(event) == "i-1" { Does::Status(500) } else { Does::Take });
    let (courier, later) = (post.courier(&seller), Instant::now() + Duration::from_mins(5));
    let of = ["INSTANCE#i-0", "INSTANCE#i-1", "INSTANCE#i-1", "INSTANCE#i-2", "INSTANCE#i-0"];
    let mut tried = Vec::new();
    for (number, pause) in [5, 30, 120, 300].into_iter().enumerate() {
        for _ in 0..2 {
            let answer = serde_json::to_value(deliver(&courier, &queue, batch(&of), later).await).unwrap();
            assert_eq!(answer, json!({ "batchItemFailures": [] }), "no message stays to lock its group");
        }
        let sent = service.asked("SendMessage");
        assert_eq!(sent.len(), number + 1, "one wake-up for each pause, however often it is met");
        assert_eq!(sent[number]["DelaySeconds"], pause);
        let due = post.clock.now().saturating_add(Duration::from_secs(pause));
        let body: Value = serde_json::from_str(sent[number]["MessageBody"].as_str().unwrap()).unwrap();
        assert_eq!(body, json!({ "wakeUp": { "subject": "INSTANCE#i-1" }, "due": due.as_millis() }));
        tried.push(post.application.arrived().len());
        post.clock.reach(due);
    }
    assert_eq!(tried, [13, 14, 15, 16], "the others once, the failing one's first event each time");
    assert!(service.asked("ChangeMessageVisibility").is_empty());

    let unreadable = json!({ "Records": [{ "messageId": "m-9", "receiptHandle": "r-9", "body": "what?" }] });
    let answer = deliver(&courier, &queue, serde_json::from_value(unreadable).unwrap(), later).await;
    let answer = serde_json::to_value(answer).unwrap();
    assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": "m-9" }] }));
}

#[tokio::test]
async fn what_lost_its_wake_up_is_found_by_the_sweep() {
    let (seller, service) = (Seller::start().await, AwsService::start().await);
    let (post, queue) = (Post::of(&seller, plain).await, queue_at(&service));
    lives(&seller, 2).await;
    let store = seller.host.store();
    let (swept, stalled) = look(store, post.clock.now(), soon()).await.unwrap();
    assert_eq!((swept.undelivered, stalled.len()), (12, 0), "they are young");
    post.clock.reach(post.clock.now().saturating_add(Duration::from_mins(20)));
    let (swept, stalled) = look(store, post.clock.now(), soon()).await.unwrap();
    assert_eq!((swept.driven, stalled.len()), (2, 2));
    assert!(swept.undelivered_age > Duration::from_mins(15));
    assert_eq!(wake(&queue, stalled, soon()).await, 2);
    let sent = service.asked("SendMessage");
    assert_eq!(sent[0]["MessageGroupId"], "INSTANCE#i-0");
    assert_eq!(sent[0]["MessageBody"], r#"{"subject":"INSTANCE#i-0"}"#);
    let message = |message: &Value| json!({ "messageId": "m", "receiptHandle": "r", "body": message["MessageBody"] });
    let sent: Vec<Value> = sent.iter().map(message).collect();
    post.learn(&seller).await;
    let batch = serde_json::from_value(json!({ "Records": sent })).unwrap();
    deliver(&post.courier(&seller), &queue, batch, Instant::now() + Duration::from_mins(5)).await;
    assert_eq!(post.account(&seller).await.lost, 0);
}

/// Delivery as it runs on AWS: woken by a FIFO queue and one of delayed wake-ups.
struct OnAws<'a> {
    seller: &'a Seller,
    post: &'a Post,
    sqs: Sqs,
    queue: Queue,
}

impl<'a> OnAws<'a> {
    async fn start(seller: &'a Seller, post: &'a Post) -> Self {
        let sqs = Sqs::start(post.clock.clone()).await;
        let environment = Environment::default()
            .with("KOOGALLERY_EVENT_QUEUE_URL", sqs.url("events.fifo"))
            .with("KOOGALLERY_DELAY_QUEUE_URL", sqs.url("delayed"))
            .with("AWS_ENDPOINT_URL_SQS", sqs.endpoint());
        let queue = Queue::of(&environment).unwrap();
        Self { seller, post, sqs, queue }
    }

    /// What the stream starts: learning, and what the pipe sends.
    async fn changed(&self, subject: &Subject) {
        self.post.learn(self.seller).await;
        self.queue.wake(subject).await.unwrap();
    }

    /// Works off what the queues hand over, for so long on the clock.
    async fn run_for(&self, time: Duration) {
        let (courier, end) = (self.post.courier(self.seller), self.post.clock.now().saturating_add(time));
        loop {
            let mut busy = false;
            for queue in ["events.fifo", "delayed"] {
                while let Some(batch) = self.sqs.receive(queue) {
                    busy = true;
                    let handed = serde_json::from_value(batch.clone()).unwrap();
                    let later = Instant::now() + Duration::from_mins(5);
                    let answer = deliver(&courier, &self.queue, handed, later).await;
                    self.sqs.settle(queue, &batch, &serde_json::to_value(answer).unwrap());
                }
            }
            match self.sqs.next_at() {
                _ if busy => {}
                Some(next) if next <= end => self.post.clock.reach(next),
                Some(_) | None => return self.post.clock.reach(end),
            }
        }
    }
}

#[tokio::test]
async fn a_resend_is_delivered_within_seconds_whatever_ran_before_it() {
    const SECOND: Duration = Duration::from_secs(1);
    const HOUR: Duration = Duration::from_hours(1);
    let broken = Does::Say(r#"{"appInfo":{}}"#.to_owned());
    let long = vec![3 * SECOND, 20 * SECOND, 600 * SECOND, 2 * HOUR, 12 * HOUR, 40 * HOUR];
    // These take a second of real time each.
    let short = long[..2].to_vec();
    println!("| fault | after | delivered within |\n|---|---|---|");
    for (fault, moments) in [
        (Does::Status(503), &long),
        (Does::Status(308), &long),
        (Does::Cut, &long),
        (broken, &long),
        (Does::Hang, &short),
        (Does::TakeAndHang, &short),
    ] {
        let seller = Seller::with(deferred).await;
        let post = Post::of(&seller, plain).await;
        let aws = OnAws::start(&seller, &post).await;
        let failing = fault.clone();
        post.application.does(move |_| failing.clone());
        let (start, store) = (post.clock.now(), seller.host.store());
        for number in 0..moments.len() {
            seller.say(&life(&format!("i-{number}"))[0]).await;
            aws.changed(&subject(&format!("i-{number}"))).await;
        }
        for (number, moment) in moments.iter().enumerate() {
            let id = format!("i-{number}");
            aws.run_for(moment.saturating_sub(post.clock.now().since(start))).await;
            let event = store.events(&subject(&id)).await.unwrap().remove(0);
            assert!(event.attempts > 0 && event.delivery() == Delivery::Undelivered, "{fault:?}: {event:?}");
            let (failing, well) = (fault.clone(), id.clone());
            post.application.does(move |event| if instance(event) == well { Does::Take } else { failing.clone() });
            let resent_at = post.clock.now();
            store.resend(&event, resent_at).await.unwrap();
            aws.changed(&subject(&id)).await;
            aws.run_for(SECOND).await;
            let event = store.events(&subject(&id)).await.unwrap().remove(0);
            assert_eq!(event.delivery(), Delivery::Delivered, "{fault:?} after {moment:?}: {event:?}");
            println!("| {fault:?} | {moment:?} | {:?} |", event.delivered_at.unwrap().since(resent_at));
        }
    }
}

#[tokio::test]
async fn on_aws_every_pause_ends_in_time_and_nothing_is_lost() {
    let seller = Seller::start().await;
    let post = Post::of(&seller, plain).await;
    let aws = OnAws::start(&seller, &post).await;
    lives(&seller, 3).await;
    for number in 0..3 {
        for _ in 0..6 {
            aws.changed(&subject(&format!("i-{number}"))).await;
        }
    }
    let (clock, start) = (post.clock.clone(), post.clock.now());
    let times: Arc<std::sync::Mutex<Vec<u64>>> = Arc::default();
    let heard = Arc::clone(&times);
    post.application.does(move |event| {
        let since = clock.now().since(start);
        if instance(event) == "i-1" && since < Duration::from_hours(30) {
            heard.lock().unwrap().push(since.as_secs());
            return Does::Status(503);
        }
        Does::Take
    });
    aws.run_for(Duration::from_hours(48)).await;
    let times = times.lock().unwrap().clone();
    assert_eq!(times[..5], [0, 5, 35, 155, 455]);
    let account = post.account(&seller).await;
    assert_eq!((account.events, account.lost, account.out_of_order, account.repeated), (18, 0, 0, 0));
    assert_eq!(aws.sqs.next_at(), None, "no wake-up goes round for ever");
}
