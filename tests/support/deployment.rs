//! The functions with a way to AWS of each one's own, on which stands who writes down what it calls: which action on what,
//! as a role in `template.yaml` would have to grant it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use http::HeaderMap;
use koogallery::{AccessKeys, Callback, InterfaceType, Reply, ResultCode, Route, Timestamp, canonical_form, route};
use koogallery_local::database::EmbeddedDatabase;
use koogallery_local::functions::Functions;
use koogallery_local::keys::LOCAL_WEBHOOK_SECRET;
use koogallery_local::log::Silent;
use koogallery_local::marketplace::{Marketplace, SignedCall, new_nonce};
use koogallery_runtime::{Environment, Shared, dynamodb_client, now, response};
use koogallery_store::{Store, schema};
use seller_api::SellerApi;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::api::TOKEN;
use crate::aws::AwsService;
use crate::counted::Counted;
use crate::kit::RSA_PRIVATE_KEY;
use crate::kms::{self, Kms};
use crate::secrets::Secrets;
use crate::template::Template;
use crate::{KEYS, signer};

/// What the console shows to its identity provider.
pub const CONSOLE_SECRET: &str = "the console's secret";

/// The AK and SK that the secret holds.
pub const OPEN_API_KEY: (&str, &str) = ("LOCALTEST", "local secret key");

/// An action with what it was done to, as [`crate::template::Template::granted`] has them.
pub type Calls = BTreeSet<(String, String)>;

/// The functions over stand-ins of AWS.
pub struct Deployment {
    /// Who calls the production address.
    pub marketplace: Marketplace,
    door: SocketAddr,
    recorder: SocketAddr,
    table: String,
    held: Arc<Held>,
    /// The AWS services that are not asked for what they keep.
    pub services: Arc<AwsService>,
    _kept: (Option<EmbeddedDatabase>, Kms, Secrets),
}

struct Held {
    client: reqwest::Client,
    /// Where each service really is.
    upstream: BTreeMap<&'static str, String>,
    calls: Mutex<BTreeMap<String, Calls>>,
    counted: Mutex<BTreeMap<String, Counted>>,
    /// Which partitions of the table each function reached, by what.
    reached: Mutex<BTreeMap<String, BTreeSet<(String, String)>>>,
    /// What each function met once: see [`Met`].
    met: Mutex<BTreeSet<(String, Met)>>,
}

/// What a function meets by chance, and here once for certain, as it makes calls then that it does not make else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Met {
    /// Nobody has sealed yet: whoever is first makes the data key.
    NoDataKey,
    /// Another transaction holds the items that are to be written.
    Conflict,
}

impl Met {
    /// Whether one request is the chance for it.
    fn in_the_way_of(operation: &str, body: &Value) -> Option<Self> {
        match operation {
            "GetItem" if body["Key"]["sk"]["S"] == "CURRENT" && body["Key"]["pk"]["S"] == "DATA_KEY" => {
                Some(Self::NoDataKey)
            }
            "TransactWriteItems" => Some(Self::Conflict),
            _ => None,
        }
    }

    fn response(self) -> Response {
        let (status, body) = match self {
            Self::NoDataKey => (200, json!({})),
            Self::Conflict => {
                let kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
                let reasons = [json!({ "Code": "None" }), json!({ "Code": "TransactionConflict" })];
                (400, json!({ "__type": kind, "message": "as the test asked", "CancellationReasons": reasons }))
            }
        };
        let response = Response::builder().status(status).header("content-type", "application/x-amz-json-1.0");
        response.body(Body::from(body.to_string())).unwrap()
    }
}

impl Deployment {
    /// All functions, with a table and a secret of their own. `change` adds to every function's configuration.
    pub async fn start(change: impl Fn(Environment) -> Environment) -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let held = [
            ("Secret", json!({ "accessKeys": serde_json::from_str::<Value>(KEYS).unwrap() })),
            ("RsaKeySecret", json!({ "rsaPrivateKey": RSA_PRIVATE_KEY })),
            ("WebhookSecret", json!({ "webhookSecrets": [LOCAL_WEBHOOK_SECRET] })),
            ("ApiTokensSecret", json!({ "apiTokens": [TOKEN] })),
            ("NotifySecret", json!({ "notify": {} })),
            ("ConsoleSecretArn", json!({ "consoleClientSecret": CONSOLE_SECRET })),
            (
                "OpenApiSecret",
                json!({ "openApi": { "accessKeyId": OPEN_API_KEY.0, "secretAccessKey": OPEN_API_KEY.1 } }),
            ),
        ];
        let held = held.map(|(id, text)| (id.to_owned(), text.to_string())).into();
        let (database, dynamodb) = if let Some(endpoint) = crate::other_dynamodb() {
            (None, endpoint)
        } else {
            let (database, endpoint) = crate::embedded_dynamodb().await;
            (Some(database), endpoint)
        };
        let (kms, secrets) = (Kms::start().await, Secrets::holding("", held).await);
        let services = Arc::new(AwsService::start().await);
        let upstream = [
            ("dynamodb", dynamodb.clone()),
            ("kms", kms.endpoint()),
            ("secretsmanager", secrets.endpoint()),
            ("sqs", services.endpoint()),
            ("events", services.endpoint()),
            ("sns", services.endpoint()),
        ];
        let held = Arc::new(Held {
            // Without certificates, which take longer to read than most tests take.
            client: reqwest::Client::builder().tls_certs_only([]).build().unwrap(),
            upstream: upstream.into(),
            calls: Mutex::default(),
            counted: Mutex::default(),
            reached: Mutex::default(),
            met: Mutex::default(),
        });
        let table = format!("test-{}", Uuid::new_v4());
        let direct = Environment::default().with("DYNAMODB_ENDPOINT", dynamodb);
        schema::create(&dynamodb_client(&direct).unwrap(), &table).await.unwrap();

        let recorder = serve(Router::new().fallback(record).with_state(Arc::clone(&held))).await;
        let of = |function: &str| change(environment(function, recorder, &table));
        let shared = |function: &str| Shared::of(&of(function), Arc::new(Silent)).unwrap();
        let functions = Callback::ALL.map(|callback| {
            let name = callback.function();
            (callback, Functions::of(&of(name), &shared(name)).unwrap())
        });
        let api = SellerApi::of(&of("seller-api"), shared("seller-api"), now).unwrap();
        let door = Router::new().fallback(answer).with_state(Arc::new(HashMap::from(functions)));
        let door = serve(door.nest(seller_api::PATH, seller_api::router(Arc::new(api)))).await;
        let marketplace = Marketplace::new(&format!("http://{door}/"), AccessKeys::from_json(KEYS).unwrap()).unwrap();
        Self { marketplace, door, recorder, table, held, services, _kept: (database, kms, secrets) }
    }

    /// The address of the seller's API, without a closing slash.
    #[must_use]
    pub fn seller_api(&self) -> String {
        format!("http://{}{}", self.door, seller_api::PATH)
    }

    /// What a function is configured with; where AWS is, on its own way.
    #[must_use]
    pub fn environment(&self, function: &str) -> Environment {
        environment(function, self.recorder, &self.table)
    }

    /// The table as a function sees it.
    #[must_use]
    pub fn store(&self, function: &str) -> Store {
        Store::new(dynamodb_client(&self.environment(function)).unwrap(), &self.table)
    }

    /// Signs a call that is told apart by its activity, and sends it; the code of the answer.
    pub async fn say(&self, body: &Value) -> &'static str {
        self.say_at(body, now()).await
    }

    /// The same as if signed at another time.
    pub async fn say_at(&self, body: &Value, at: Timestamp) -> &'static str {
        let key = self.marketplace.key(signer(body)).unwrap();
        let body = canonical_form(body.to_string().as_bytes()).unwrap();
        self.send(&SignedCall::basic(key, body, at, &new_nonce())).await
    }

    /// Sends a call; the code of the answer.
    pub async fn send(&self, call: &SignedCall) -> &'static str {
        self.marketplace.send(call).await.unwrap().reply().unwrap().result_code.as_str()
    }

    /// The key of the joint-operations kit.
    #[must_use]
    pub fn kit_key(&self) -> &str {
        self.marketplace.key(InterfaceType::Kit).unwrap().reveal()
    }

    /// Which partitions of the table a function has reached so far, each with the action.
    #[must_use]
    pub fn reached(&self, function: &str) -> BTreeSet<(String, String)> {
        self.held.reached.lock().unwrap().get(function).cloned().unwrap_or_default()
    }

    /// What a function has called so far.
    #[must_use]
    pub fn called(&self, function: &str) -> Calls {
        self.held.calls.lock().unwrap().get(function).cloned().unwrap_or_default()
    }
}

impl Deployment {
    /// What a function's requests to DynamoDB have cost so far.
    #[must_use]
    pub fn counted(&self, function: &str) -> Counted {
        self.held.counted.lock().unwrap().get(function).copied().unwrap_or_default()
    }
}

async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// The ARNs of the secrets that the template tells a function of. The names at their ends are the logical ids.
fn secrets_of(function: &str) -> String {
    static TEMPLATE: LazyLock<Template> = LazyLock::new(Template::read);
    let ids = TEMPLATE.secrets(function).into_iter();
    let arns: Vec<_> = ids.map(|id| format!("arn:aws:secretsmanager:eu-west-1:123456789012:secret:{id}")).collect();
    arns.join(" ")
}

fn environment(function: &str, recorder: SocketAddr, table: &str) -> Environment {
    let at = |service: &str| format!("http://{recorder}/{function}/{service}");
    Environment::default()
        .with("KOOGALLERY_TABLE", table)
        .with("KOOGALLERY_SECRET_ARN", secrets_of(function))
        .with("KOOGALLERY_KMS_KEY_ARN", kms::ARN)
        .with("KOOGALLERY_PROVISIONING", "instant")
        .with(
            "KOOGALLERY_APP_INFO",
            r#"{"frontEndUrl":"https://app.example.com/{instanceId}","password":"first-password"}"#,
        )
        .with("DYNAMODB_ENDPOINT", at("dynamodb"))
        .with("AWS_ENDPOINT_URL_KMS", at("kms"))
        .with("AWS_ENDPOINT_URL_SECRETS_MANAGER", at("secretsmanager"))
        .with("AWS_ENDPOINT_URL_SQS", at("sqs"))
        .with("AWS_ENDPOINT_URL_EVENTBRIDGE", at("events"))
        .with("AWS_ENDPOINT_URL_SNS", at("sns"))
        .with("AWS_ENDPOINT_URL_LAMBDA", at("lambda"))
}

/// The production address: each callback to its function.
async fn answer(State(functions): State<Arc<HashMap<Callback, Functions>>>, request: http::Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let request = http::Request::from_parts(parts, to_bytes(body, usize::MAX).await.unwrap());
    let answer = match route(&request) {
        Ok(Route { callback, .. }) => functions[&callback].of_callback(callback).answer(&request).await,
        Err(error) => response(&Reply::refusal(ResultCode::InvalidParameter, &error)),
    };
    answer.map(Body::from)
}

/// AWS, as one function reaches it: `/{function}/{service}`.
async fn record(State(held): State<Arc<Held>>, request: http::Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let mut path = parts.uri.path().trim_start_matches('/').splitn(3, '/');
    let (function, service) = (path.next().unwrap(), path.next().unwrap());
    let calls = calls(service, path.next().unwrap_or_default(), &parts.headers, &body);
    held.calls.lock().unwrap().entry(function.to_owned()).or_default().extend(calls);
    if service == "lambda" {
        let answer = json!({ "statusCode": 200, "headers": {}, "body": "{}", "isBase64Encoded": false });
        return Response::new(Body::from(answer.to_string()));
    }
    if service == "sns" {
        return pass(&held, service, &parts.headers, body).await;
    }
    let operation = operation(&parts.headers);
    let read = serde_json::from_slice(&body).unwrap();
    if service == "dynamodb" {
        let reached = partitions(operation, &read);
        held.reached.lock().unwrap().entry(function.to_owned()).or_default().extend(reached);
    }
    if let Some(met) = Met::in_the_way_of(operation, &read).filter(|_| service == "dynamodb")
        && held.met.lock().unwrap().insert((function.to_owned(), met))
    {
        return met.response();
    }
    if service != "dynamodb" {
        return pass(&held, service, &parts.headers, body).await;
    }
    let body = Counted::asking(read).to_string().into();
    let (answer, body) = pass(&held, service, &parts.headers, body).await.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let read = serde_json::from_slice(&body).unwrap_or_default();
    held.counted.lock().unwrap().entry(function.to_owned()).or_default().add(operation, &read);
    Response::from_parts(answer, body.into())
}

fn operation(headers: &HeaderMap) -> &str {
    headers["x-amz-target"].to_str().unwrap().rsplit('.').next().unwrap()
}

async fn pass(held: &Held, service: &str, headers: &HeaderMap, body: Bytes) -> Response {
    let mut request = held.client.post(&held.upstream[service]).body(body);
    for (name, value) in headers {
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

/// What AWS asks a permission for.
fn calls(service: &str, path: &str, headers: &HeaderMap, body: &Bytes) -> Calls {
    if service == "lambda" {
        // `2015-03-31/functions/{name}/invocations`
        let function = path.split('/').nth(2).unwrap();
        return Calls::from([("lambda:InvokeFunction".to_owned(), format!("GetAtt {function}.Arn"))]);
    }
    if service == "sns" {
        return Calls::from([("sns:Publish".to_owned(), "Ref NotifyTopicArns".to_owned())]);
    }
    let operation = operation(headers);
    let body: Value = serde_json::from_slice(body).unwrap();
    let one = |target: &str| Calls::from([(format!("{service}:{operation}"), target.to_owned())]);
    match service {
        "dynamodb" => dynamodb(operation, &body),
        "kms" => one("GetAtt DataKey.Arn"),
        "secretsmanager" => one(&format!("Ref {}", body["SecretId"].as_str().unwrap().rsplit(':').next().unwrap())),
        "sqs" => one(match body["QueueUrl"].as_str().unwrap().rsplit('/').next().unwrap() {
            "learn-order-delays" => "GetAtt LearnOrderDelays.Arn",
            "deliver-events-delays" => "GetAtt DeliverEventsDelays.Arn",
            _ => "GetAtt EventQueue.Arn",
        }),
        "events" => one("Sub arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/${EventBusName}"),
        other => panic!("what is {other}?"),
    }
}

/// A transaction needs the permissions of what it holds, and none of its own.
/// The partitions that a request names, each with the action: IAM's `dynamodb:LeadingKeys`.
fn partitions(operation: &str, body: &Value) -> Vec<(String, String)> {
    let of = |action: &str, asked: &Value| {
        let key = [&asked["Key"], &asked["Item"]].into_iter().find_map(|item| item["pk"]["S"].as_str());
        // A query binds the partition first.
        let bound = || asked["ExpressionAttributeValues"][":v0"]["S"].as_str();
        (format!("dynamodb:{action}"), key.or_else(bound).unwrap_or_default().to_owned())
    };
    match operation {
        "TransactWriteItems" => {
            let items = body["TransactItems"].as_array().unwrap().iter().flat_map(|item| item.as_object().unwrap());
            items.map(|(kind, asked)| of(&format!("{}Item", kind.trim_end_matches("Check")), asked)).collect()
        }
        "BatchGetItem" => {
            let keys = body["RequestItems"].as_object().unwrap().values().flat_map(|of| of["Keys"].as_array().unwrap());
            keys.map(|key| ("dynamodb:BatchGetItem".to_owned(), key["pk"]["S"].as_str().unwrap().to_owned())).collect()
        }
        "GetItem" | "PutItem" | "UpdateItem" | "DeleteItem" | "Query" => vec![of(operation, body)],
        _ => Vec::new(),
    }
}

fn dynamodb(operation: &str, body: &Value) -> Calls {
    let on_table = |name: &str| (format!("dynamodb:{name}"), "GetAtt Table.Arn".to_owned());
    let parts = || body["TransactItems"].as_array().unwrap().iter().flat_map(|item| item.as_object().unwrap().keys());
    match (operation, body["IndexName"].as_str()) {
        ("TransactWriteItems", _) => parts()
            .map(|kind| match kind.as_str() {
                "ConditionCheck" => on_table("ConditionCheckItem"),
                kind => on_table(&format!("{kind}Item")),
            })
            .collect(),
        ("TransactGetItems", _) => Calls::from([on_table("GetItem")]),
        (operation, Some(index)) => {
            Calls::from([(format!("dynamodb:{operation}"), format!("Sub ${{Table.Arn}}/index/{index}"))])
        }
        (operation, None) => Calls::from([on_table(operation)]),
    }
}
