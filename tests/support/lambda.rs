//! AWS Lambda in small: an emulator of its Runtime API, Invoke API and function URLs, and the real function binaries as
//! processes of their own, as in Lambda's sandbox.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{any, get, post};
use bytes::Bytes;
use http::header::HeaderMap;
use http::request::Parts;
use koogallery::Callback;
use koogallery_local::http_server::{Limits, Server};
use koogallery_runtime::now;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

/// The functions that answer callbacks; `front-door` stands before them.
#[must_use]
pub fn callback_functions() -> Vec<&'static str> {
    Callback::ALL.map(Callback::function).to_vec()
}

/// Lambda ends an invocation after this long.
const TIMEOUT: Duration = Duration::from_secs(6);

/// Where cargo puts binaries of the profile that this code is built in.
#[must_use]
pub fn binaries() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().unwrap();
    if folder.ends_with("deps") { folder.parent().unwrap().to_owned() } else { folder.to_owned() }
}

/// Builds the example receiver, and what else is named by `--bin`, into [`binaries`], as this code was built.
pub fn build<'a>(targets: impl IntoIterator<Item = &'a str>) {
    let mut build = std::process::Command::new(env!("CARGO"));
    // An example of the whole workspace has the features that `cargo test --workspace` has: with others, all dependencies
    // are compiled once more.
    build.args(["build", "--quiet", "--workspace", "--example", "receiver"]).args(targets);
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    build.arg("--target-dir").arg(binaries().parent().unwrap());
    build.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    // What cargo tells this test of itself: ring's build script watches it, and would be run anew with all that stands on
    // ring, here and again in the next build outside.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            build.env_remove(name);
        }
    }
    assert!(build.status().unwrap().success());
}

/// A function's process. It ends when this is dropped.
pub struct FunctionProcess {
    child: Child,
    output: Arc<Mutex<Vec<String>>>,
}

impl FunctionProcess {
    /// Starts a binary with nothing but what Lambda would give it.
    #[must_use]
    pub fn start(binary: &str, runtime_api: &str, environment: &[(&str, String)]) -> Self {
        let mut child = Command::new(binaries().join(binary))
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", runtime_api)
            .env("AWS_LAMBDA_FUNCTION_NAME", binary)
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", binary)
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "local")
            // Of the tests' own client, as DynamoDB Local keeps a database for each region and access key.
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let output = Arc::new(Mutex::new(Vec::new()));
        let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (kept, kept_too) = (Arc::clone(&output), Arc::clone(&output));
        tokio::spawn(async move {
            let mut lines = BufReader::new(stdout).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                kept.lock().unwrap().push(line);
            }
        });
        tokio::spawn(async move {
            let mut lines = BufReader::new(stderr).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                kept_too.lock().unwrap().push(line);
            }
        });
        Self { child, output }
    }

    /// The process's id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }

    /// What it wrote so far, a line each.
    #[must_use]
    pub fn output(&self) -> Vec<String> {
        self.output.lock().unwrap().clone()
    }

    /// Waits for its end and says whether it was one without an error.
    pub async fn ended(&mut self) -> bool {
        self.child.wait().await.unwrap().success()
    }
}

/// What stands behind a function's name.
pub enum Behaviour {
    /// A process that polls the Runtime API.
    Process,
    /// It says that it failed.
    Fails,
    /// It never answers.
    Hangs,
    /// Lambda is too busy for it so many times; then it answers this.
    TooManyRequests {
        /// How often.
        times: usize,
        /// The function's answer.
        answer: Value,
    },
}

/// The emulator.
#[derive(Clone)]
pub struct LambdaEmulator {
    address: String,
    functions: Arc<HashMap<String, Slot>>,
}

struct Slot {
    behaviour: Behaviour,
    invocations: AtomicUsize,
    waiting: mpsc::UnboundedSender<Invocation>,
    next: tokio::sync::Mutex<mpsc::UnboundedReceiver<Invocation>>,
    running: Mutex<HashMap<String, oneshot::Sender<Outcome>>>,
}

struct Invocation {
    id: String,
    payload: Bytes,
    done: oneshot::Sender<Outcome>,
}

enum Outcome {
    Answered(Bytes),
    Failed(Bytes),
}

impl LambdaEmulator {
    /// Starts it with these functions.
    pub async fn start<'a>(functions: impl IntoIterator<Item = (&'a str, Behaviour)>) -> Self {
        let slot = |behaviour| {
            let (waiting, next) = mpsc::unbounded_channel();
            let (invocations, next) = (AtomicUsize::new(0), tokio::sync::Mutex::new(next));
            Slot { behaviour, invocations, waiting, next, running: Mutex::default() }
        };
        let functions = functions.into_iter().map(|(name, behaviour)| (name.to_owned(), slot(behaviour)));
        let functions = Arc::new(functions.collect::<HashMap<_, _>>());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let router = Router::new()
            .route("/{function}/2018-06-01/runtime/invocation/next", get(next))
            .route("/{function}/2018-06-01/runtime/invocation/{id}/response", post(answered))
            .route("/{function}/2018-06-01/runtime/invocation/{id}/error", post(failed))
            .route("/{function}/2018-06-01/runtime/init/error", post(accepted))
            .route("/2015-03-31/functions/{function}/invocations", post(invoke))
            .route("/lambda-url/{function}/", any(function_url_root))
            .route("/lambda-url/{function}/{*path}", any(function_url))
            .layer(axum::extract::DefaultBodyLimit::disable())
            .with_state(Arc::clone(&functions));
        // An invocation carries a body in base64.
        let limits = Limits { most_bytes: 64 << 20, ..Limits::default() };
        tokio::spawn(Server { router, limits, tls: None }.serve(listener, std::future::pending()));
        Self { address, functions }
    }

    /// What a function's process is told as `AWS_LAMBDA_RUNTIME_API`: one address for many functions needs a path, and
    /// that a scheme; on Lambda it is host and port.
    #[must_use]
    pub fn runtime_api(&self, function: &str) -> String {
        format!("http://{}/{function}", self.address)
    }

    /// Where the Lambda API is.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A function's URL.
    #[must_use]
    pub fn function_url(&self, function: &str) -> String {
        format!("http://{}/lambda-url/{function}/", self.address)
    }

    /// How often a function was invoked.
    #[must_use]
    pub fn invocations(&self, function: &str) -> usize {
        self.functions[function].invocations.load(Ordering::SeqCst)
    }

    /// Invokes a function with an event and gives what it answered; the error where it failed.
    pub async fn invoke(&self, function: &str, event: impl Into<Bytes>) -> Result<Bytes, Bytes> {
        match run(&self.functions[function], event.into()).await {
            Outcome::Answered(body) => Ok(body),
            Outcome::Failed(body) => Err(body),
        }
    }
}

type Functions = State<Arc<HashMap<String, Slot>>>;

/// The Runtime API: a process asks for its next event and waits.
async fn next(State(functions): Functions, Path(function): Path<String>) -> Response {
    let slot = &functions[&function];
    let Some(Invocation { id, payload, done }) = slot.next.lock().await.recv().await else {
        return status(410);
    };
    slot.running.lock().unwrap().insert(id.clone(), done);
    let deadline = now().saturating_add(TIMEOUT).to_string();
    Response::builder()
        .header("Lambda-Runtime-Aws-Request-Id", id)
        .header("Lambda-Runtime-Deadline-Ms", deadline)
        .header("Lambda-Runtime-Invoked-Function-Arn", arn(&function))
        .header("Lambda-Runtime-Trace-Id", "Root=1-00000000-000000000000000000000000")
        .header("Content-Type", "application/json")
        .body(Body::from(payload))
        .unwrap()
}

async fn answered(State(functions): Functions, Path((function, id)): Path<(String, String)>, body: Bytes) -> Response {
    finish(&functions[&function], &id, Outcome::Answered(body))
}

async fn failed(State(functions): Functions, Path((function, id)): Path<(String, String)>, body: Bytes) -> Response {
    finish(&functions[&function], &id, Outcome::Failed(body))
}

async fn accepted() -> Response {
    status(202)
}

fn finish(slot: &Slot, id: &str, outcome: Outcome) -> Response {
    if let Some(done) = slot.running.lock().unwrap().remove(id) {
        drop(done.send(outcome));
    }
    status(202)
}

/// The Invoke API.
async fn invoke(State(functions): Functions, Path(function): Path<String>, payload: Bytes) -> Response {
    let function = function.rsplit(':').next().unwrap_or_default();
    let Some(slot) = functions.get(function) else { return status(404) };
    if let Behaviour::TooManyRequests { times, .. } = slot.behaviour
        && slot.invocations.load(Ordering::SeqCst) < times
    {
        slot.invocations.fetch_add(1, Ordering::SeqCst);
        return Response::builder()
            .status(429)
            .header("x-amzn-ErrorType", "TooManyRequestsException")
            .body(Body::from(r#"{"Type":"User","message":"Rate Exceeded."}"#))
            .unwrap();
    }
    let response = Response::builder().header("Content-Type", "application/json");
    match run(slot, payload).await {
        Outcome::Answered(body) => response.body(Body::from(body)).unwrap(),
        Outcome::Failed(body) => response.header("X-Amz-Function-Error", "Unhandled").body(Body::from(body)).unwrap(),
    }
}

async fn run(slot: &Slot, payload: Bytes) -> Outcome {
    slot.invocations.fetch_add(1, Ordering::SeqCst);
    let failure = |message: &str| Outcome::Failed(json!({ "errorMessage": message }).to_string().into());
    match &slot.behaviour {
        Behaviour::Fails => return failure("as the test asked"),
        Behaviour::Hangs => tokio::time::sleep(TIMEOUT).await,
        Behaviour::TooManyRequests { answer, .. } => return Outcome::Answered(answer.to_string().into()),
        Behaviour::Process => {
            let (done, outcome) = oneshot::channel();
            let invocation = Invocation { id: Uuid::new_v4().to_string(), payload, done };
            if slot.waiting.send(invocation).is_ok()
                && let Ok(Ok(outcome)) = tokio::time::timeout(TIMEOUT, outcome).await
            {
                return outcome;
            }
        }
    }
    failure("Task timed out")
}

async fn function_url_root(
    functions: Functions,
    Path(function): Path<String>,
    request: http::Request<Body>,
) -> Response {
    call_url(functions, &function, "/", request).await
}

async fn function_url(
    functions: Functions,
    Path((function, path)): Path<(String, String)>,
    request: http::Request<Body>,
) -> Response {
    call_url(functions, &function, &format!("/{path}"), request).await
}

/// A function URL: the HTTP request becomes an event, the function's answer an HTTP response.
async fn call_url(State(functions): Functions, function: &str, path: &str, request: http::Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let payload = event(&parts, path, &body);
    let answer: Value = match run(&functions[function], payload.to_string().into()).await {
        Outcome::Answered(body) => serde_json::from_slice(&body).unwrap(),
        Outcome::Failed(_) => return status(502),
    };
    let mut response = Response::builder().status(u16::try_from(answer["statusCode"].as_u64().unwrap()).unwrap());
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        // A function URL writes a name as the function spelled it, and here it goes out in this spelling whatever it was.
        let words = name.split('-').map(|word| word[..1].to_uppercase() + &word[1..]);
        assert_eq!(*name, words.collect::<Vec<_>>().join("-"), "a header's name as it goes over the wire");
        response = response.header(name, value.as_str().unwrap());
    }
    assert_ne!(answer["isBase64Encoded"], true, "the replies are text");
    response.body(Body::from(answer["body"].as_str().unwrap_or_default().to_owned())).unwrap()
}

/// The event of payload format 2.0 that a function URL makes of a request.
pub fn event(parts: &Parts, path: &str, body: &Bytes) -> Value {
    let headers = |headers: &HeaderMap| -> HashMap<String, String> {
        headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect()
    };
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": parts.uri.query().unwrap_or_default(),
        "headers": headers(&parts.headers),
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "local",
            "domainName": "local.lambda-url.us-east-1.on.aws",
            "domainPrefix": "local",
            "http": {
                "method": parts.method.as_str(),
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "koogallery",
            },
            "requestId": Uuid::new_v4().to_string(),
            "routeKey": "$default",
            "stage": "$default",
            "time": "24/Nov/2025:00:00:00 +0000",
            "timeEpoch": now().as_millis(),
        },
        "body": String::from_utf8_lossy(body),
        "isBase64Encoded": false,
    })
}

fn arn(function: &str) -> String {
    format!("arn:aws:lambda:us-east-1:123456789012:function:{function}")
}

fn status(code: u16) -> Response {
    Response::builder().status(code).body(Body::from("{}")).unwrap()
}
