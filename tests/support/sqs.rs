//! Amazon SQS as far as delivery uses it, in a time of the test's own: FIFO queues whose groups are locked while one of
//! their messages is in flight, and standard queues with delayed messages.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use koogallery::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::application::TestClock;

/// As the template sets it.
const VISIBILITY_TIMEOUT: Duration = Duration::from_mins(12);
const LARGEST_BATCH: usize = 10;

/// The service.
pub struct Sqs {
    address: SocketAddr,
    held: Arc<Held>,
}

struct Held {
    clock: TestClock,
    queues: Mutex<BTreeMap<String, Vec<Message>>>,
}

#[derive(Debug, Clone)]
struct Message {
    id: String,
    body: String,
    group: Option<String>,
    visible_at: Timestamp,
    received: usize,
}

impl Message {
    fn is_in_flight(&self, now: Timestamp) -> bool {
        self.received > 0 && self.visible_at > now
    }
}

impl Sqs {
    /// Without any message.
    pub async fn start(clock: TestClock) -> Self {
        let held = Arc::new(Held { clock, queues: Mutex::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&held));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, held }
    }

    /// Where it is.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A queue's URL. One whose name ends in `.fifo` is a FIFO queue.
    #[must_use]
    pub fn url(&self, queue: &str) -> String {
        format!("http://{}/123456789012/{queue}", self.address)
    }

    /// What Lambda would hand over of a queue now, hidden from others meanwhile; none where nothing is to be had.
    #[must_use]
    pub fn receive(&self, queue: &str) -> Option<Value> {
        let now = self.held.clock.now();
        let mut queues = self.held.queues.lock().unwrap();
        let messages = queues.get_mut(queue)?;
        let locked = messages.iter().filter(|message| message.is_in_flight(now));
        let mut locked: BTreeSet<String> = locked.filter_map(|message| message.group.clone()).collect();
        let mut batch = Vec::new();
        for message in messages.iter_mut() {
            let is_locked = message.group.as_ref().is_some_and(|group| locked.contains(group));
            if is_locked || message.visible_at > now {
                // A message that is to come later holds up those behind it in its group.
                locked.extend(message.group.clone());
            } else if batch.len() < LARGEST_BATCH {
                message.received += 1;
                message.visible_at = now.saturating_add(VISIBILITY_TIMEOUT);
                let (id, body) = (&message.id, &message.body);
                batch.push(json!({ "messageId": id, "receiptHandle": id, "body": body }));
            }
        }
        (!batch.is_empty()).then(|| json!({ "Records": batch }))
    }

    /// Deletes what was handed over, but for what the function says is to stay.
    pub fn settle(&self, queue: &str, batch: &Value, answer: &Value) {
        let stays: Vec<&Value> = answer["batchItemFailures"].as_array().unwrap().iter().collect();
        let stays = |id: &str| stays.iter().any(|failure| failure["itemIdentifier"] == id);
        let handed: Vec<&str> =
            batch["Records"].as_array().unwrap().iter().map(|message| message["messageId"].as_str().unwrap()).collect();
        let mut queues = self.held.queues.lock().unwrap();
        queues.get_mut(queue).unwrap().retain(|message| !handed.contains(&message.id.as_str()) || stays(&message.id));
    }

    /// When the next message comes that cannot be had now.
    #[must_use]
    pub fn next_at(&self) -> Option<Timestamp> {
        let now = self.held.clock.now();
        let queues = self.held.queues.lock().unwrap();
        queues.values().flatten().map(|message| message.visible_at).filter(|at| *at > now).min()
    }
}

async fn answer(State(held): State<Arc<Held>>, request: http::Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let operation = parts.headers["x-amz-target"].to_str().unwrap().rsplit('.').next().unwrap().to_owned();
    let request: Value = serde_json::from_slice(&to_bytes(body, usize::MAX).await.unwrap()).unwrap();
    let queue = request["QueueUrl"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let (now, seconds) = (held.clock.now(), |name: &str| Duration::from_secs(request[name].as_u64().unwrap_or(0)));
    let mut queues = held.queues.lock().unwrap();
    let messages = queues.entry(queue.clone()).or_default();
    match operation.as_str() {
        "SendMessage" => {
            let group = request["MessageGroupId"].as_str().map(str::to_owned);
            assert_eq!(group.is_some(), queue.strip_suffix(".fifo").is_some(), "{request}");
            assert!(
                group.is_none() || request["DelaySeconds"].is_null(),
                "no message of a FIFO queue has its own delay"
            );
            assert!(seconds("DelaySeconds") <= Duration::from_mins(15), "{request}");
            let id = uuid::Uuid::now_v7().to_string();
            let body = request["MessageBody"].as_str().unwrap().to_owned();
            let visible_at = now.saturating_add(seconds("DelaySeconds"));
            messages.push(Message { id: id.clone(), body, group, visible_at, received: 0 });
            Json(json!({ "MessageId": id })).into_response()
        }
        "ChangeMessageVisibility" => {
            let message = messages.iter_mut().find(|message| request["ReceiptHandle"] == message.id.as_str()).unwrap();
            message.visible_at = now.saturating_add(seconds("VisibilityTimeout"));
            Json(json!({})).into_response()
        }
        other => panic!("delivery does not use {other}"),
    }
}
