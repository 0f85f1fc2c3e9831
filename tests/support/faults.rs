//! A DynamoDB that fails: a proxy before the real one that cuts, delays, refuses or forgets to answer, as told.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use koogallery_local::database::EmbeddedDatabase;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// What the proxy does with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: it goes through.
    None,
    /// It waits longer than anyone will.
    Hang,
    /// DynamoDB does it, and the answer comes later than anyone will wait.
    HangAfter,
    /// It stays on its way until [`FaultyDynamoDb::let_go`], and reaches DynamoDB then, whoever waits for it.
    Held,
    /// The connection breaks before the request reaches DynamoDB.
    CutBefore,
    /// DynamoDB does it, and the connection breaks before the answer.
    CutAfter,
    /// DynamoDB does it, and the connection breaks in the middle of the answer.
    CutInside,
    /// What answers is not DynamoDB.
    Nonsense,
    /// DynamoDB fails inside.
    InternalError,
    /// DynamoDB asks to slow down.
    Throttled,
    /// Another transaction holds the items that are to be written; reads go through.
    Conflict,
    /// DynamoDB refuses for good.
    Denied,
    /// The database knows no such operation; others go through.
    Lacks(&'static str),
}

/// What reading came to.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Reads {
    /// How many requests read.
    pub requests: usize,
    /// How many items the database looked at for them.
    pub items: u64,
    /// The read units that it counts for them.
    pub units: f64,
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
    /// Closed once: [`Fault::Held`] requests wait at it.
    gate: Arc<Semaphore>,
    seen: AtomicUsize,
    reads: Mutex<Reads>,
    held: Mutex<JoinSet<()>>,
}

impl FaultyDynamoDb {
    /// Before an embedded DynamoDB, or the one to run against.
    pub async fn start() -> Self {
        let (database, upstream) = if let Some(endpoint) = crate::other_dynamodb() {
            (None, endpoint)
        } else {
            let (database, endpoint) = crate::embedded_dynamodb().await;
            (Some(database), endpoint)
        };
        Self::before(upstream, database).await
    }

    /// Before any other endpoint that is spoken to as DynamoDB is, such as [`crate::secrets::Secrets`].
    pub async fn in_front_of(upstream: String) -> Self {
        Self::before(upstream, None).await
    }

    async fn before(upstream: String, database: Option<EmbeddedDatabase>) -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let plan = Arc::new(Plan {
            upstream,
            // Without certificates, which take longer to read than most tests take.
            client: reqwest::Client::builder().tls_certs_only([]).build().unwrap(),
            next: Mutex::default(),
            always: Mutex::new(Fault::None),
            gate: Arc::new(Semaphore::new(0)),
            seen: AtomicUsize::new(0),
            reads: Mutex::default(),
            held: Mutex::default(),
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

    /// Every request from now on, but for the first few.
    pub fn after(&self, requests: usize, fault: Fault) {
        self.always(fault);
        self.plan.next.lock().unwrap().extend(std::iter::repeat_n(Fault::None, requests));
    }

    /// How many requests have come so far.
    #[must_use]
    pub fn seen(&self) -> usize {
        self.plan.seen.load(Ordering::SeqCst)
    }

    /// What was read since the last time.
    #[must_use]
    pub fn reads(&self) -> Reads {
        std::mem::take(&mut *self.plan.reads.lock().unwrap())
    }

    /// Sends on every request that was held, and waits until DynamoDB has answered them all; how many there were.
    pub async fn let_go(&self) -> usize {
        let held = std::mem::take(&mut *self.plan.held.lock().unwrap());
        self.plan.gate.add_permits(Semaphore::MAX_PERMITS / 2);
        held.join_all().await.len()
    }
}

async fn forward(State(plan): State<Arc<Plan>>, request: http::Request<Body>) -> Response {
    plan.seen.fetch_add(1, Ordering::SeqCst);
    let fault = plan.next.lock().unwrap().pop_front();
    let fault = fault.unwrap_or_else(|| *plan.always.lock().unwrap());
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let operation = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    match fault {
        Fault::Hang => hang().await,
        Fault::HangAfter => {
            pass(&plan, &parts, body).await;
            hang().await
        }
        Fault::Held => {
            // A task of its own: the caller's end of the connection may be gone by then.
            let (passing, gate) = (Arc::clone(&plan), Arc::clone(&plan.gate));
            plan.held.lock().unwrap().spawn(async move {
                drop(gate.acquire().await);
                pass(&passing, &parts, body).await;
            });
            hang().await
        }
        Fault::CutBefore => cut(Bytes::new()),
        Fault::CutAfter => {
            pass(&plan, &parts, body).await;
            cut(Bytes::new())
        }
        Fault::CutInside => {
            let whole = to_bytes(pass(&plan, &parts, body).await.into_body(), usize::MAX).await.unwrap();
            cut(whole.slice(..whole.len() / 2))
        }
        Fault::Nonsense => Response::new(Body::from("<html>Welcome to the network</html>")),
        Fault::InternalError => refuse(500, "InternalServerError", "{}"),
        Fault::Throttled => refuse(400, "ProvisionedThroughputExceededException", "{}"),
        Fault::Denied => refuse(400, "AccessDeniedException", "{}"),
        Fault::Conflict if operation.ends_with(".TransactWriteItems") => {
            let reasons = r#"{"CancellationReasons":[{"Code":"None"},{"Code":"TransactionConflict"}]}"#;
            refuse(400, "TransactionCanceledException", reasons)
        }
        Fault::Conflict if operation.ends_with(".PutItem") => refuse(400, "TransactionConflictException", "{}"),
        Fault::Lacks(name) if operation.ends_with(name) => refuse(400, "UnknownOperationException", "{}"),
        Fault::None | Fault::Conflict | Fault::Lacks(_) => pass(&plan, &parts, body).await,
    }
}

async fn hang() -> Response {
    std::future::pending().await
}

async fn pass(plan: &Plan, parts: &http::request::Parts, body: Bytes) -> Response {
    let operation = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let reads = operation.starts_with("DynamoDB_") && operation.ends_with(".Query") || operation.ends_with(".GetItem");
    let body = if reads { asking_for_cost(&body) } else { body };
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
    let body = answer.bytes().await.unwrap();
    if reads {
        plan.count(&body);
    }
    response.body(Body::from(body)).unwrap()
}

fn asking_for_cost(body: &Bytes) -> Bytes {
    let mut request: serde_json::Value = serde_json::from_slice(body).unwrap();
    request["ReturnConsumedCapacity"] = "TOTAL".into();
    request.to_string().into()
}

impl Plan {
    fn count(&self, answer: &Bytes) {
        let answer: serde_json::Value = serde_json::from_slice(answer).unwrap_or_default();
        let mut reads = self.reads.lock().unwrap();
        reads.requests += 1;
        reads.items += answer["ScannedCount"].as_u64().unwrap_or_else(|| u64::from(answer["Item"].is_object()));
        reads.units += answer["ConsumedCapacity"]["CapacityUnits"].as_f64().unwrap_or_default();
    }
}

/// An answer that breaks off: it announces more than it sends, and the connection ends.
fn cut(sent: Bytes) -> Response {
    let broken = futures_util::stream::iter([Ok(sent), Err(std::io::Error::other("cut"))]);
    Response::builder().header("content-length", "1000000").body(Body::from_stream(broken)).unwrap()
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
