//! Starting, calling and weighing one function.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use koogallery::{AccessKeys, Callback};
use koogallery_local::database::Listen;
use koogallery_local::host::{LocalHost, Options, TableAt};
use koogallery_local::keys::{
    LOCAL_API_TOKEN, LOCAL_KEY, LOCAL_RSA_PRIVATE_KEY, LOCAL_TEST_KEYS, LOCAL_WEBHOOK_SECRET,
};
use koogallery_local::log::Silent;
use koogallery_local::marketplace::{Marketplace, SignedCall};
use koogallery_runtime::Environment;
use koogallery_tests::aws::AwsService;
use koogallery_tests::lambda::{Behaviour, FunctionProcess, LambdaEmulator};
use koogallery_tests::secrets::Secrets;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Measured;
use crate::Problem;
use crate::calls::{self, event_of};
use crate::process::mebibytes;
use crate::report::{median, quantile};
use crate::tls::Tls;

/// Calls before the warm ones are counted.
const WARMING: usize = 50;
/// What the front door finds instead of a function.
const ANSWERED: &str = "answered-by-the-emulator";

/// The login's client.
const CLIENTS: &str = r#"[{"client_id":"shop","token_endpoint_auth_method":"none","app_id":"app-1",
    "redirect_uris":["https://shop.example.com/callback"]}]"#;

/// How a function reaches AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    /// Plain HTTP, keys from the environment.
    Plain,
    /// As on AWS: TLS, trusting the platform's certificates; keys from a secret.
    Tls,
}

/// Everything that the functions are run against: the local host has the store, and makes the instances.
pub(crate) struct Bench {
    folder: PathBuf,
    spawns: usize,
    calls: usize,
    host: LocalHost,
    marketplace: Marketplace,
    tls: Tls,
    secrets: Secrets,
    sqs: AwsService,
}

/// The empty function's constant.
pub(crate) fn constant() -> Result<Bytes, Problem> {
    event_of(&to_empty(String::new()))
}

/// The empty function's transaction: four items about as long as those of a newInstance.
pub(crate) fn transaction(_: usize) -> Result<Bytes, Problem> {
    let item = |length: usize| json!({ "pk": Uuid::new_v4(), "sk": "STATE", "data": "x".repeat(length) });
    event_of(&to_empty(json!([item(60), item(40), item(400), item(500)]).to_string()))
}

fn to_empty(body: String) -> SignedCall {
    let (path, query, headers) = (String::new(), Vec::new(), Vec::new());
    SignedCall { method: http::Method::POST, path, query, headers, body: body.into_bytes() }
}

impl Bench {
    pub(crate) async fn start(folder: PathBuf, spawns: usize, calls: usize) -> Result<Self, Problem> {
        let environment = Environment::default();
        let (log, journal) = (Arc::new(Silent), Arc::new(Silent));
        let listen: SocketAddr = ([127, 0, 0, 1], 0).into();
        // The functions' processes reach the table through a port.
        let tools = Listen { address: listen, access_key_id: "local".into() };
        let table = TableAt::Embedded { file: None, listen: Some(tools) };
        let host = LocalHost::start(Options::new(listen, table, environment, log, journal)).await?;
        let marketplace = Marketplace::new(&host.address(), AccessKeys::from_json(LOCAL_TEST_KEYS)?)?;
        let secrets = Secrets::start(&format!(r#"{{"accessKeys":{LOCAL_TEST_KEYS}}}"#)).await;
        let bench = Self {
            folder,
            spawns,
            calls,
            host,
            marketplace,
            tls: Tls::new()?,
            secrets,
            sqs: AwsService::start().await,
        };

        let buy = async |number| -> Result<(), Problem> {
            let call = calls::call(&bench.marketplace, Callback::NewInstance, number)?;
            bench.marketplace.send(&call).await?.reply()?;
            Ok(())
        };
        stream::iter(0..bench.rounds()).map(buy).buffer_unordered(8).try_collect::<()>().await?;
        Ok(bench)
    }

    /// How many calls each row takes.
    const fn rounds(&self) -> usize {
        self.spawns + WARMING + self.calls
    }

    /// What wakes a function of the seller's side: a schedule, or the application with its token.
    pub(crate) fn own_event(function: &str) -> Result<Bytes, Problem> {
        match function {
            "deliver-events" | "learn-order" => Ok(Bytes::from_static(br#"{"sweep":true}"#)),
            "report-usage" | "watch" | "notify" | "erase-personal-data" => Ok(Bytes::from_static(b"{}")),
            // A browser that begins a login: the flow is sealed and written, and the way on is the answer.
            "login" => event_of(&SignedCall {
                method: http::Method::GET,
                path: "authorize".to_owned(),
                query: [
                    ("client_id", "shop"),
                    ("redirect_uri", "https://shop.example.com/callback"),
                    ("response_type", "code"),
                    ("scope", "openid"),
                    ("code_challenge_method", "S256"),
                    ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
                ]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
                headers: Vec::new(),
                body: Vec::new(),
            }),
            // Of a session that has ended: it is looked for, and the browser is led to sign in.
            "console" => event_of(&SignedCall {
                method: http::Method::GET,
                path: String::new(),
                query: Vec::new(),
                headers: vec![("cookie".to_owned(), format!("__Host-koogallery-console={}", "A".repeat(43)))],
                body: Vec::new(),
            }),
            _ => event_of(&SignedCall {
                method: http::Method::GET,
                path: "v1/instances".to_owned(),
                query: [("status", "frozen"), ("limit", "1")]
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .into(),
                headers: vec![("authorization".to_owned(), format!("Bearer {LOCAL_API_TOKEN}"))],
                body: Vec::new(),
            }),
        }
    }

    /// The event of a good call. Each row works on instances of its own where it makes them.
    pub(crate) fn call(&self, callback: Callback, wire: Wire, number: usize) -> Result<Bytes, Problem> {
        let offset = match (callback, wire) {
            (Callback::NewInstance, Wire::Plain) => self.rounds(),
            (Callback::NewInstance, Wire::Tls) => 2 * self.rounds(),
            _ => 0,
        };
        event_of(&calls::call(&self.marketplace, callback, offset + number)?)
    }

    /// Measures one function. `event` makes the event of each call by its number.
    pub(crate) async fn row(
        &self,
        what: String,
        function: &'static str,
        wire: Wire,
        event: impl Fn(usize) -> Result<Bytes, Problem>,
    ) -> Result<Measured, Problem> {
        let size = std::fs::metadata(self.folder.join(function))?.len();
        let mut numbers = 0..;
        let mut next = || event(numbers.next().unwrap_or_default());

        let mut cold = Vec::new();
        for _ in 0..self.spawns {
            let (event, lambda) = (next()?, emulator(function).await);
            let environment = self.environment(&lambda, wire).await?;
            let start = Instant::now();
            let process = self.process(function, &lambda, &environment);
            let answer = lambda.invoke(function, event).await;
            cold.push(milliseconds(start));
            succeeded(answer, &process)?;
        }

        let lambda = emulator(function).await;
        let process = self.process(function, &lambda, &self.environment(&lambda, wire).await?);
        let mut warm = Vec::new();
        for call in 0..WARMING + self.calls {
            let event = next()?;
            let start = Instant::now();
            let answer = lambda.invoke(function, event).await;
            if call >= WARMING {
                warm.push(milliseconds(start));
            }
            succeeded(answer, &process)?;
        }
        Ok(Measured {
            function: what,
            megabytes: in_units(size, 1e6),
            cold_milliseconds: median(&cold),
            cold_of_empty: None,
            warm_milliseconds_p50: median(&warm),
            warm_milliseconds_p99: quantile(&warm, 0.99),
            resident_mebibytes: mebibytes(process.id(), "VmRSS")?,
        })
    }

    fn process(
        &self,
        function: &str,
        lambda: &LambdaEmulator,
        environment: &[(&'static str, String)],
    ) -> FunctionProcess {
        let binary = self.folder.join(function);
        FunctionProcess::start(&binary.to_string_lossy(), &lambda.runtime_api(function), environment)
    }

    /// What any of the functions is told.
    async fn environment(&self, lambda: &LambdaEmulator, wire: Wire) -> Result<Vec<(&'static str, String)>, Problem> {
        let (dynamodb, lambda) = (self.host.dynamodb_endpoint().unwrap_or_default().to_owned(), lambda.endpoint());
        let mut environment = vec![
            ("KOOGALLERY_TABLE", self.host.store().table().to_owned()),
            ("KOOGALLERY_PROVISIONING", "instant".to_owned()),
            ("KOOGALLERY_APP_INFO", r#"{"frontEndUrl":"https://app.example.com/{instanceId}"}"#.to_owned()),
            ("KOOGALLERY_LOCAL_KEY", LOCAL_KEY.to_owned()),
            ("KOOGALLERY_LOGIN_ISSUER", "https://login.example.com".to_owned()),
            ("KOOGALLERY_OIDC_CLIENTS", CLIENTS.to_owned()),
            ("KOOGALLERY_CONSOLE_URL", "https://console.example.com".to_owned()),
            ("KOOGALLERY_CONSOLE_ISSUER", "https://id.example.com".to_owned()),
            ("KOOGALLERY_CONSOLE_CLIENT_ID", "console".to_owned()),
            ("KOOGALLERY_CONSOLE_ACCESS", "ann@example.com=viewer".to_owned()),
            ("KOOGALLERY_RSA_PRIVATE_KEY", LOCAL_RSA_PRIVATE_KEY.to_owned()),
            ("KOOGALLERY_NOTIFY", r#"[{"name":"on-call","to":"wecom"}]"#.to_owned()),
            ("KOOGALLERY_CHANGE_CHECK", "allow".to_owned()),
            ("KOOGALLERY_API_TOKEN", LOCAL_API_TOKEN.to_owned()),
            ("KOOGALLERY_WEBHOOK_SECRET", LOCAL_WEBHOOK_SECRET.to_owned()),
            ("KOOGALLERY_WEBHOOK_URL", "http://127.0.0.1:1/".to_owned()),
            ("KOOGALLERY_EVENT_QUEUE_URL", self.sqs.endpoint()),
            ("KOOGALLERY_DELAY_QUEUE_URL", self.sqs.endpoint()),
            ("AWS_ENDPOINT_URL_SQS", self.sqs.endpoint()),
            ("KOOGALLERY_FUNCTIONS", json!({ "query-instance": ANSWERED }).to_string()),
        ];
        environment.extend(match wire {
            Wire::Plain => vec![
                ("DYNAMODB_ENDPOINT", dynamodb),
                ("AWS_ENDPOINT_URL_LAMBDA", lambda),
                ("KOOGALLERY_KEYS", LOCAL_TEST_KEYS.to_owned()),
            ],
            Wire::Tls => vec![
                ("DYNAMODB_ENDPOINT", self.tls.before(&dynamodb).await?),
                ("AWS_ENDPOINT_URL_LAMBDA", self.tls.before(&lambda).await?),
                ("AWS_ENDPOINT_URL_SECRETS_MANAGER", self.tls.before(&self.secrets.endpoint()).await?),
                ("KOOGALLERY_SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:keys".to_owned()),
                ("SSL_CERT_FILE", self.tls.trusted()),
            ],
        });
        Ok(environment)
    }
}

/// An emulator of its own for each process: none waits there for another's event.
async fn emulator(function: &'static str) -> LambdaEmulator {
    let answer = json!({
        "statusCode": 200,
        "headers": { "content-type": "application/json" },
        "body": r#"{"resultCode":"000000","resultMsg":"success"}"#,
        "isBase64Encoded": false,
    });
    let answered = Behaviour::TooManyRequests { times: 0, answer };
    LambdaEmulator::start([(function, Behaviour::Process), (ANSWERED, answered)]).await
}

fn succeeded(answer: Result<Bytes, Bytes>, process: &FunctionProcess) -> Result<(), Problem> {
    let failed = |told: &[u8]| -> Problem {
        let told = String::from_utf8_lossy(told);
        format!("a call failed: {told}\n{}", process.output().join("\n")).into()
    };
    let answer = answer.map_err(|told| failed(&told))?;
    let response: Value = serde_json::from_slice(&answer)?;
    // A license that was applied for is handed in later: 000004 is the good answer there. What a schedule woke tells a
    // number, and the seller API HTTP's status.
    let good = [r#""resultCode":"000000""#, r#""resultCode":"000004""#, r#"{"instances":"#];
    let is_good = |body: &str| good.iter().any(|code| body.contains(code));
    // A login goes on elsewhere, and so does who has no session.
    let goes_on = response["statusCode"] == 302 || response["statusCode"] == 303;
    if response.is_number()
        || goes_on
        || response["statusCode"] == 200 && response["body"].as_str().is_some_and(is_good)
    {
        Ok(())
    } else {
        Err(failed(&answer))
    }
}

fn milliseconds(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}

#[allow(clippy::cast_precision_loss)]
fn in_units(amount: u64, unit: f64) -> f64 {
    amount as f64 / unit
}
