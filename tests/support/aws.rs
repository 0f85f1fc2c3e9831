//! A stand-in for AWS services with a JSON protocol, and for SNS, which is asked by forms: it answers what it is told and remembers what it was asked.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::Response;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The stand-in.
pub struct AwsService {
    address: SocketAddr,
    held: Arc<Held>,
}

#[derive(Default)]
struct Held {
    asked: Mutex<Vec<(String, Value)>>,
    failing: Mutex<bool>,
}

impl AwsService {
    /// SQS, EventBridge, whatever speaks JSON.
    pub async fn start() -> Self {
        let held = Arc::new(Held::default());
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

    /// From now on it refuses, or takes, what it is asked.
    pub fn fails(&self, failing: bool) {
        *self.held.failing.lock().unwrap() = failing;
    }

    /// What it was asked of one operation.
    #[must_use]
    pub fn asked(&self, operation: &str) -> Vec<Value> {
        let asked = self.held.asked.lock().unwrap();
        asked.iter().filter(|(name, _)| name == operation).map(|(_, body)| body.clone()).collect()
    }
}

async fn answer(State(held): State<Arc<Held>>, request: http::Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let failing = *held.failing.lock().unwrap();
    let Some(target) = parts.headers.get("x-amz-target") else { return form(&held, &body) };
    let operation = target.to_str().unwrap().rsplit('.').next().unwrap().to_owned();
    let answer = match (operation.as_str(), failing) {
        ("PutEvents", false) => json!({ "FailedEntryCount": 0, "Entries": [{ "EventId": "1" }] }),
        ("PutEvents", true) => json!({ "FailedEntryCount": 1, "Entries": [{ "ErrorCode": "ThrottlingException" }] }),
        ("SendMessage", _) => json!({ "MessageId": "1", "SequenceNumber": "1" }),
        _ => json!({}),
    };
    held.asked.lock().unwrap().push((operation, serde_json::from_slice(&body).unwrap()));
    Json(answer).into_response()
}

/// SNS takes every message.
fn form(held: &Held, body: &[u8]) -> Response {
    let members: Value =
        form_urlencoded::parse(body).map(|(name, value)| (name.into_owned(), Value::from(value))).collect();
    let operation = members["Action"].as_str().unwrap().to_owned();
    held.asked.lock().unwrap().push((operation, members));
    let answer = "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult><MessageId>1</MessageId>\
                  </PublishResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></PublishResponse>";
    ([("content-type", "text/xml")], answer).into_response()
}
