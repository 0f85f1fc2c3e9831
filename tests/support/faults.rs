//! A DynamoDB that fails: a proxy before the real one that cuts, delays, refuses or forgets to answer, as told.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use koogallery_local::database::EmbeddedDatabase;
use tokio::net::TcpListener;

/// What the proxy does with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: it goes through.
    None,
    /// It waits longer than anyone will.
    Hang,
    /// The connection breaks before the request reaches DynamoDB.
    CutBefore,
    /// DynamoDB does it, and the connection breaks before the answer.
    CutAfter,
    /// DynamoDB fails inside.
    InternalError,
    /// DynamoDB asks to slow down.
    Throttled,
    /// Another transaction holds the items.
    Conflict,
    /// DynamoDB refuses for good.
    Denied,
}

/// The proxy.
pub struct FaultyDynamoDb {
    address: SocketAddr,
    plan: Arc<Plan>,
    _database: Option<EmbeddedDatabase>,
}

struct Plan {
    upstream: String,
    client: reqwest::Client,
    /// For the next requests, one each; after them `always`.
    next: Mutex<VecDeque<Fault>>,
    always: Mutex<Fault>,
}

impl FaultyDynamoDb {
    /// Before an embedded DynamoDB, or the one to run against.
    pub async fn start() -> Self {
        let (database, upstream) = if let Some(endpoint) = crate::other_dynamodb() {
            (None, endpoint)
        } else {
            let database = EmbeddedDatabase::start(None).await.unwrap();
            let endpoint = database.endpoint();
            (Some(database), endpoint)
        };
        drop(rustls::crypto::ring::default_provider().install_default());
        let plan = Arc::new(Plan {
            upstream,
            client: reqwest::Client::new(),
            next: Mutex::default(),
            always: Mutex::new(Fault::None),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(forward).with_state(Arc::clone(&plan));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, plan, _database: database }
    }

    /// The endpoint to give to a host.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every request from now on.
    pub fn always(&self, fault: Fault) {
        self.plan.next.lock().unwrap().clear();
        *self.plan.always.lock().unwrap() = fault;
    }

    /// The next requests, one each; then none.
    pub fn next(&self, faults: impl IntoIterator<Item = Fault>) {
        self.always(Fault::None);
        self.plan.next.lock().unwrap().extend(faults);
    }
}

async fn forward(State(plan): State<Arc<Plan>>, request: http::Request<Body>) -> Response {
    let fault = plan.next.lock().unwrap().pop_front();
    let fault = fault.unwrap_or_else(|| *plan.always.lock().unwrap());
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    match fault {
        Fault::None => {}
        Fault::Hang => tokio::time::sleep(Duration::from_mins(1)).await,
        Fault::CutBefore => return cut(),
        Fault::CutAfter => {
            pass(&plan, &parts, body).await;
            return cut();
        }
        Fault::InternalError => return refuse(500, "InternalServerError", "{}"),
        Fault::Throttled => return refuse(400, "ProvisionedThroughputExceededException", "{}"),
        Fault::Denied => return refuse(400, "AccessDeniedException", "{}"),
        Fault::Conflict => {
            let reasons = r#"{"CancellationReasons":[{"Code":"None"},{"Code":"TransactionConflict"}]}"#;
            return refuse(400, "TransactionCanceledException", reasons);
        }
    }
    pass(&plan, &parts, body).await
}

async fn pass(plan: &Plan, parts: &http::request::Parts, body: Bytes) -> Response {
    let mut request = plan.client.post(&plan.upstream).body(body);
    for (name, value) in &parts.headers {
        if name != "host" && name != "content-length" {
            request = request.header(name, value);
        }
    }
    let answer = request.send().await.unwrap();
    let mut response = Response::builder().status(answer.status());
    for name in ["content-type", "x-amz-crc32"] {
        if let Some(value) = answer.headers().get(name) {
            response = response.header(name, value);
        }
    }
    response.body(Body::from(answer.bytes().await.unwrap())).unwrap()
}

/// An answer that breaks off: it announces more than it sends, and the connection ends.
fn cut() -> Response {
    let broken = futures_util::stream::once(async { Err::<Bytes, _>(std::io::Error::other("cut")) });
    Response::builder().header("content-length", "100").body(Body::from_stream(broken)).unwrap()
}

fn refuse(status: u16, code: &str, members: &str) -> Response {
    let mut body: serde_json::Value = serde_json::from_str(members).unwrap();
    body["__type"] = format!("com.amazonaws.dynamodb.v20120810#{code}").into();
    body["message"] = "as the test asked".into();
    Response::builder()
        .status(status)
        .header("content-type", "application/x-amz-json-1.0")
        .body(Body::from(body.to_string()))
        .unwrap()
}
