//! The real function binaries on Lambda's Runtime API: the front door and all behind it, as they are deployed.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use koogallery::{AccessKeys, InterfaceType, NewInstance, Request, Timestamp, body_sign};
use koogallery_local::database::EmbeddedDatabase;
use koogallery_local::keys::{LOCAL_KEY, LOCAL_RSA_PRIVATE_KEY, LOCAL_WEBHOOK_SECRET, local_rsa_public_key};
use koogallery_local::marketplace::{Marketplace, SignedCall};
use koogallery_local::open_api::StandIn;
use koogallery_local::simulate::{Family, Simulation};
use koogallery_open_api::Credentials;
use koogallery_runtime::{Environment, dynamodb_client, now};
use koogallery_store::{Cause, Cycles, Flow, Kind, PageKey, Raise, UsageSent, Warning, World, schema};
use koogallery_tests::api::{Api, TOKEN};
use koogallery_tests::application::{Application, Does, TestClock};
use koogallery_tests::aws::AwsService;
use koogallery_tests::lambda::{self, Behaviour, FunctionProcess, LambdaEmulator, callback_functions};
use koogallery_tests::people::People;
use koogallery_tests::{KEYS, Seller, bodies, embedded_dynamodb, metrics};
use serde_json::{Value, json};

/// Builds the binaries once.
fn build() {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        let packages = [
            "front-door",
            "deliver-events",
            "learn-order",
            "seller-api",
            "report-usage",
            "erase-personal-data",
            "login",
            "rotate-signing-keys",
            "watch",
            "console",
            "notify",
        ]
        .into_iter()
        .chain(callback_functions());
        lambda::build(packages.flat_map(|function| ["--bin", function]));
    });
}

/// A database with its table, and what the functions are told of it.
async fn database() -> (EmbeddedDatabase, Vec<(&'static str, String)>) {
    let (database, endpoint) = embedded_dynamodb().await;
    let environment = Environment::default().with("DYNAMODB_ENDPOINT", &endpoint);
    schema::create(&dynamodb_client(&environment).unwrap(), "koogallery").await.unwrap();
    let variables = vec![
        ("DYNAMODB_ENDPOINT", endpoint),
        ("KOOGALLERY_TABLE", "koogallery".to_owned()),
        ("KOOGALLERY_KEYS", KEYS.to_owned()),
        ("KOOGALLERY_PROVISIONING", "instant".to_owned()),
        ("KOOGALLERY_APP_INFO", r#"{"frontEndUrl":"https://app.example.com/{instanceId}"}"#.to_owned()),
        ("KOOGALLERY_LOCAL_KEY", LOCAL_KEY.to_owned()),
        ("KOOGALLERY_RSA_PRIVATE_KEY", LOCAL_RSA_PRIVATE_KEY.to_owned()),
    ];
    (database, variables)
}

fn front_door_variables(lambda: &str, functions: &[&str]) -> Vec<(&'static str, String)> {
    let functions: HashMap<_, _> = functions.iter().map(|function| (function, function)).collect();
    vec![("AWS_ENDPOINT_URL_LAMBDA", lambda.to_owned()), ("KOOGALLERY_FUNCTIONS", json!(functions).to_string())]
}

/// Starts every function's process. `runtime_api` says where a function's Runtime API is.
fn start_all(runtime_api: impl Fn(&str) -> String, lambda: &str, variables: &[(&str, String)]) -> Vec<FunctionProcess> {
    build();
    let start = |name: &str, variables: &[_]| FunctionProcess::start(name, &runtime_api(name), variables);
    let mut processes: Vec<_> = callback_functions().iter().map(|function| start(function, variables)).collect();
    processes.push(start("front-door", &front_door_variables(lambda, &callback_functions())));
    processes
}

fn marketplace(address: &str) -> Marketplace {
    Marketplace::new(address, AccessKeys::from_json(KEYS).unwrap()).unwrap()
}

fn purchase() -> NewInstance {
    NewInstance::new("CS1", "CS1-000001", "b-1").unwrap()
}

async fn code<R: Request>(marketplace: &Marketplace, request: &R) -> String {
    let exchange = marketplace.send(&marketplace.sign(request).unwrap()).await.unwrap();
    exchange.reply().unwrap().result_code.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_life_through_the_front_door() {
    let (_database, variables) = database().await;
    let functions = callback_functions().into_iter().chain(["front-door"]).map(|name| (name, Behaviour::Process));
    let lambda = LambdaEmulator::start(functions).await;
    let processes = start_all(|function| lambda.runtime_api(function), &lambda.endpoint(), &variables);

    let rsa_public_key = Some(local_rsa_public_key().unwrap());
    // Nobody hands licenses in here.
    let patience = std::time::Duration::from_secs(1);
    let simulation =
        Simulation { rsa_public_key, patience, ..Simulation::new(marketplace(&lambda.function_url("front-door"))) };
    let report = simulation.play(|_| {}).await.unwrap();
    assert_eq!(report.failed, 0, "{report}");
    assert_eq!(code(&marketplace(&lambda.function_url("new-instance")), &purchase()).await, "000000");

    // What they wrote: one record for each call, in CloudWatch's embedded metric format, without a secret.
    let (mut records, mut written) = (0, BTreeSet::new());
    for line in processes.iter().flat_map(FunctionProcess::output) {
        let record: Value = serde_json::from_str(&line).unwrap();
        written.extend(metrics::of(&record));
        let version = record["version"].as_str().unwrap();
        assert!(version.starts_with(env!("CARGO_PKG_VERSION")) && record["timestamp"].as_str().unwrap().ends_with('Z'));
        for key in ["basic-key", "license-key", "order-key", "kit-key"] {
            assert!(!line.contains(key), "{line}");
        }
        records += 1;
    }
    assert!(records >= report.passed, "{records} records of {} calls", report.passed);

    // What CloudWatch bills for each month: docs/cost.md has this number. Tries to deliver are not made here.
    written.extend(metrics::other_lines().iter().flat_map(metrics::of));
    written.extend(metrics::OF_A_TRY.map(str::to_owned));
    let cost = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/cost.md")).unwrap();
    let told = format!("| metrics in one run of `simulate` | {} |", written.len());
    assert!(cost.contains(&told), "docs/cost.md lacks: {told}\n{written:?}");
    assert!(written.len() <= 60, "{} metrics: {written:?}", written.len());
    let dimensions: Vec<_> = written.iter().filter(|metric| metric.contains(' ')).collect();
    assert!(dimensions.iter().all(|metric| metric.starts_with("Calls resultCode=")), "{dimensions:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_front_door_answers_itself_when_it_must() {
    build();
    let answer = json!({
        "statusCode": 200,
        "headers": { "Content-Type": "application/json" },
        "body": r#"{"resultCode":"000104","resultMsg":"untouched"}"#,
    });
    let lambda = LambdaEmulator::start([
        ("front-door", Behaviour::Process),
        ("new-instance", Behaviour::Fails),
        ("query-instance", Behaviour::Hangs),
        ("release-instance", Behaviour::TooManyRequests { times: 2, answer }),
    ])
    .await;
    let known: Vec<&str> = callback_functions().into_iter().filter(|function| *function != "order-notify").collect();
    let door = FunctionProcess::start(
        "front-door",
        &lambda.runtime_api("front-door"),
        &front_door_variables(&lambda.endpoint(), &known),
    );
    let marketplace = marketplace(&lambda.function_url("front-door"));
    let mut call = marketplace.sign(&purchase()).unwrap();

    // What may have run is not sent again.
    assert_eq!(marketplace.send(&call).await.unwrap().reply().unwrap().result_code.as_str(), "000005");
    assert_eq!(lambda.invocations("new-instance"), 1);
    call.body = br#"{"activity":"queryInstance"}"#.to_vec();
    assert_eq!(marketplace.send(&call).await.unwrap().reply().unwrap().result_code.as_str(), "000005");
    assert_eq!(lambda.invocations("query-instance"), 1);

    // What Lambda did not run is; the function's answer comes back as it is.
    call.body = br#"{"activity":"releaseInstance"}"#.to_vec();
    let reply = marketplace.send(&call).await.unwrap().reply().unwrap();
    assert_eq!((reply.result_code.as_str(), &*reply.result_msg), ("000104", "untouched"));
    assert_eq!(lambda.invocations("release-instance"), 3);

    // A callback that Lambda does not know, one without a function, and what is no callback.
    for (body, code) in [
        (r#"{"activity":"upgradeInstance"}"#, "000005"),
        (r#"{"activity":"orderNotify"}"#, "000002"),
        (r#"{"activity":"nonsense"}"#, "000002"),
        ("nonsense", "000002"),
    ] {
        call.body = body.as_bytes().to_vec();
        let reply = marketplace.send(&call).await.unwrap().reply().unwrap();
        assert_eq!(reply.result_code.as_str(), code, "{body}");
    }
    assert!(door.output().iter().all(|line| serde_json::from_str::<Value>(line).is_ok()));
    assert!(lambda.invoke("front-door", r#"{"not":"an HTTP request"}"#).await.is_ok());
}

/// A call of V1.0 as an event whose query is written as `write` says.
fn v1_event(parameters: &[(&str, &str)], write: impl Fn(String) -> String) -> Value {
    let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let keys = AccessKeys::from_json(KEYS).unwrap();
    let call = SignedCall::basic_v1(keys.current(InterfaceType::Basic).unwrap(), parameters, now());
    let query = call.query.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    json!({ "rawPath": "/", "rawQueryString": write(query), "requestContext": { "http": { "method": "GET" } } })
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_an_event_holds_the_answer_is_koogallerys() {
    let (_database, variables) = database().await;
    build();
    let functions = ["front-door", "query-instance", "seller-api"];
    let lambda = LambdaEmulator::start(functions.map(|name| (name, Behaviour::Process))).await;
    let api_token = ("KOOGALLERY_API_TOKEN", TOKEN.to_owned());
    let _processes = [
        FunctionProcess::start("query-instance", &lambda.runtime_api("query-instance"), &variables),
        FunctionProcess::start(
            "seller-api",
            &lambda.runtime_api("seller-api"),
            &[&variables[..], &[api_token]].concat(),
        ),
        FunctionProcess::start(
            "front-door",
            &lambda.runtime_api("front-door"),
            &front_door_variables(&lambda.endpoint(), &["query-instance"]),
        ),
    ];
    let answered = async |function: &str, event: &Value| -> Value {
        serde_json::from_slice(&lambda.invoke(function, event.to_string()).await.unwrap()).unwrap()
    };
    let code = |answer: &Value| -> String {
        let reply: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        reply["resultCode"].as_str().unwrap().to_owned()
    };

    // A blank and a quote as they were sent are a blank and a quote; a bare plus is what was signed.
    let memo = [("activity", "queryInstance"), ("instanceId", "i-1"), ("memo", "a \"b\" c+d")];
    let unknown = [("activity", "giveInstance"), ("memo", "a b")];
    let key = AccessKeys::from_json(KEYS).unwrap();
    let key = key.current(InterfaceType::Basic).unwrap();
    let signed = |answer: &Value| {
        let sign = answer["headers"]["Body-Sign"].as_str().unwrap();
        body_sign::matches(key.reveal(), sign, answer["body"].as_str().unwrap().as_bytes())
    };
    for function in ["front-door", "query-instance"] {
        // Verified, and asked about an instance that never was.
        for (parameters, expected) in [(&memo[..], "000003"), (&unknown[..], "000002")] {
            // The token's own + stands for itself as well.
            let answer = answered(function, &v1_event(parameters, |query| query)).await;
            assert_eq!((code(&answer).as_str(), &answer["statusCode"]), (expected, &json!(200)), "{function} {answer}");
            assert!(signed(&answer), "{function} {answer}");
        }
        let post = |more: Value| {
            let mut event = json!({ "rawPath": "/", "requestContext": { "http": { "method": "POST" } } });
            event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            event
        };
        for event in [
            json!({ "not": "an HTTP request" }),
            json!(null),
            post(json!({ "rawQueryString": "a b\"\u{0}云" })),
            post(json!({ "body": "###", "isBase64Encoded": true })),
            post(json!({ "body": { "activity": "queryInstance" } })),
            post(json!({ "rawQueryString": "x".repeat(70_000), "headers": { "a b": "\n" } })),
            json!({ "requestContext": { "http": { "method": "G E T" } } }),
        ] {
            let answer = answered(function, &event).await;
            assert_eq!((code(&answer).as_str(), &answer["statusCode"]), ("000002", &json!(200)), "{function} {event}");
        }
    }
    for (event, status) in [
        (json!({ "rawPath": "/v1/instances/a b\"", "requestContext": { "http": { "method": "GET" } } }), 401),
        (json!({ "rawPath": "/v1/openapi.json", "requestContext": { "http": { "method": "GET" } } }), 200),
        (json!({ "requestContext": { "http": { "method": "G E T" } } }), 400),
    ] {
        assert_eq!(answered("seller-api", &event).await["statusCode"], status, "{event}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_learnt_and_delivered_by_the_real_binaries() {
    build();
    let (seller, sqs) = (Seller::start().await, AwsService::start().await);
    let application = Application::start(TestClock::default()).await;
    seller.say_all(&[bodies::purchase(), bodies::freeze()]).await;
    let lambda = LambdaEmulator::start(["deliver-events", "learn-order"].map(|name| (name, Behaviour::Process))).await;
    let variables = [
        ("DYNAMODB_ENDPOINT", seller.dynamodb_endpoint()),
        ("KOOGALLERY_TABLE", seller.host.store().table().to_owned()),
        ("KOOGALLERY_KEYS", KEYS.to_owned()),
        ("KOOGALLERY_LOCAL_KEY", LOCAL_KEY.to_owned()),
        ("KOOGALLERY_WEBHOOK_URL", application.url()),
        ("KOOGALLERY_WEBHOOK_SECRET", LOCAL_WEBHOOK_SECRET.to_owned()),
        ("KOOGALLERY_EVENT_QUEUE_URL", format!("{}/123456789012/events.fifo", sqs.endpoint())),
        ("KOOGALLERY_DELAY_QUEUE_URL", format!("{}/123456789012/delayed", sqs.endpoint())),
        ("AWS_ENDPOINT_URL_SQS", sqs.endpoint()),
    ];
    // The order of the purchase is asked about first, as the stream says.
    let store = seller.host.store();
    let event = store.events(&bodies::INSTANCE.parse().unwrap()).await.unwrap()[0].event.event_id;
    let change = json!({ "eventName": "INSERT", "eventID": "1", "dynamodb": { "Keys": {
        "pk": { "S": bodies::INSTANCE }, "sk": { "S": format!("EVENT#{event}") } } } });
    let _learning = FunctionProcess::start("learn-order", &lambda.runtime_api("learn-order"), &variables);
    let learnt = lambda.invoke("learn-order", json!({ "Records": [change] }).to_string()).await.unwrap();
    assert_eq!(&learnt[..], br#"{"batchItemFailures":[]}"#);
    assert!(store.open(Kind::Unlearnt).await.unwrap().is_empty());
    assert_eq!(&lambda.invoke("learn-order", r#"{"sweep": true}"#).await.unwrap()[..], b"0");

    let process = FunctionProcess::start("deliver-events", &lambda.runtime_api("deliver-events"), &variables);
    let batch = json!({ "Records": [{
        "messageId": "m-1",
        "receiptHandle": "r-1",
        "body": json!({ "subject": bodies::INSTANCE }).to_string(),
        "attributes": { "MessageGroupId": bodies::INSTANCE },
    }] })
    .to_string();
    application.does(|event| if event.before == 0 { Does::Status(500) } else { Does::Take });
    let answer = lambda.invoke("deliver-events", batch.clone()).await.unwrap();
    assert_eq!(&answer[..], br#"{"batchItemFailures":[]}"#);
    assert_eq!(sqs.asked("SendMessage")[0]["DelaySeconds"], 5, "woken after its pause");

    let swept = lambda.invoke("deliver-events", r#"{"sweep": true}"#).await.unwrap();
    assert_eq!(&swept[..], b"0", "nothing is late yet");
    let lines = || -> Vec<Value> { process.output().iter().map(|line| serde_json::from_str(line).unwrap()).collect() };
    while lines().len() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!((&lines()[0]["ended"], &lines()[0]["attempt"]), (&"failed".into(), &1.into()));
    assert_eq!(metrics::of(&lines()[0]), metrics::OF_A_TRY.map(str::to_owned).into());
    assert_eq!(lines()[1]["UndeliveredEvents"], 2);

    let missing = [("KOOGALLERY_WEBHOOK_URL", String::new())];
    let variables = [&variables[..], &missing].concat();
    let mut process = FunctionProcess::start("deliver-events", &lambda.runtime_api("deliver-events"), &variables);
    assert!(!process.ended().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn personal_data_is_erased_by_the_real_binary() {
    build();
    let seller = Seller::start().await;
    seller.say_all(&[bodies::purchase(), bodies::release()]).await;
    let lambda = LambdaEmulator::start([("erase-personal-data", Behaviour::Process)]).await;
    let variables = [
        ("DYNAMODB_ENDPOINT", seller.dynamodb_endpoint()),
        ("KOOGALLERY_TABLE", seller.host.store().table().to_owned()),
        ("KOOGALLERY_PERSONAL_DATA_DAYS", "0".to_owned()),
    ];
    let runtime_api = lambda.runtime_api("erase-personal-data");
    let process = FunctionProcess::start("erase-personal-data", &runtime_api, &variables);
    let scheduled = r#"{"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}"#;
    for erased in [b"1", b"0"] {
        assert_eq!(&lambda.invoke("erase-personal-data", scheduled).await.unwrap()[..], erased);
    }
    let instance = seller.instance(bodies::ID).await.unwrap();
    assert!(instance.app_info.is_none() && instance.life.erased_at.is_some());
    while process.output().len() < 3 {
        tokio::task::yield_now().await;
    }
    let lines: Vec<Value> = process.output().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["subject"], bodies::INSTANCE);
    assert_eq!(
        [1, 2].map(|run| (&lines[run]["Erased"], &lines[run]["ErasuresDue"])),
        [(&json!(1), &json!(0)), (&json!(0), &json!(0))]
    );

    let mistake = [("KOOGALLERY_PERSONAL_DATA_DAYS", "for ever".to_owned())];
    let variables = [&variables[..], &mistake].concat();
    assert!(!FunctionProcess::start("erase-personal-data", &runtime_api, &variables).ended().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn use_is_reported_by_the_real_binary() {
    build();
    let seller = Seller::start().await;
    seller.say_all(&[bodies::purchase()]).await;
    let keys = AccessKeys::from_json(KEYS).unwrap();
    let stand_in = StandIn::start(Credentials::new("LOCALTEST", "sk").unwrap(), keys, now).await.unwrap();
    // Of an hour that is over: the instance was bought a moment ago, so the clock of this record's hour is set back.
    let begin = Timestamp::from_millis((now().as_millis() / 3_600_000 - 2) * 3_600_000);
    let store = seller.host.store();
    let back = store.client().update_item().table_name(store.table()).update_expression("SET createdAt = :begin");
    let back = back.key("pk", AttributeValue::S(bodies::INSTANCE.to_owned()));
    let back = back.key("sk", AttributeValue::S("STATE".to_owned()));
    back.expression_attribute_values(":begin", AttributeValue::N(begin.to_string())).send().await.unwrap();
    let used = UsageSent {
        id: "r-1".parse().unwrap(),
        instance_id: bodies::ID.parse().unwrap(),
        related_package: None,
        begin,
        end: begin,
        quantity: "0.5".parse().unwrap(),
    };
    store.take_usage(vec![used], &Cycles::default(), now()).await.unwrap();

    let lambda = LambdaEmulator::start([("report-usage", Behaviour::Process)]).await;
    let variables = [
        ("DYNAMODB_ENDPOINT", seller.dynamodb_endpoint()),
        ("KOOGALLERY_TABLE", store.table().to_owned()),
        ("KOOGALLERY_KEYS", KEYS.to_owned()),
        ("KOOGALLERY_OPEN_API_URL", stand_in.endpoint().to_string()),
        ("KOOGALLERY_ACCESS_KEY_ID", "LOCALTEST".to_owned()),
        ("KOOGALLERY_SECRET_ACCESS_KEY", "sk".to_owned()),
    ];
    let runtime_api = lambda.runtime_api("report-usage");
    let process = FunctionProcess::start("report-usage", &runtime_api, &variables);
    let scheduled = r#"{"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}"#;
    for pushed in [b"1", b"0"] {
        assert_eq!(&lambda.invoke("report-usage", scheduled).await.unwrap()[..], pushed);
    }
    assert_eq!(stand_in.charged().into_values().collect::<Vec<_>>(), [5000]);
    while process.output().len() < 3 {
        tokio::task::yield_now().await;
    }
    let lines: Vec<Value> = process.output().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!([1, 2].map(|run| &lines[run]["UsagePushed"]), [&json!(1), &json!(0)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn deadlines_are_watched_on_lambda() {
    build();
    let seller = Seller::start().await;
    let store = seller.host.store();
    let opened_at = now().saturating_sub(Duration::from_hours(4 * 24 + 1));
    let order = "CS1".parse().unwrap();
    assert!(store.open_supervision(&order, Flow::Hardware, opened_at, None, now()).await.unwrap());

    let lambda = LambdaEmulator::start([("watch", Behaviour::Process)]).await;
    let variables = [("DYNAMODB_ENDPOINT", seller.dynamodb_endpoint()), ("KOOGALLERY_TABLE", store.table().to_owned())];
    let process = FunctionProcess::start("watch", &lambda.runtime_api("watch"), &variables);
    let scheduled = r#"{"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}"#;
    for raised in [b"2", b"0"] {
        assert_eq!(&lambda.invoke("watch", scheduled).await.unwrap()[..], raised);
    }
    let causes: Vec<Cause> = store.warnings().await.unwrap().into_iter().map(|warning| warning.cause).collect();
    assert!(causes.contains(&Cause::SellerStep) && causes.contains(&Cause::SellerStepUrgent), "{causes:?}");
    while process.output().len() < 4 {
        tokio::task::yield_now().await;
    }
    let lines: Vec<Value> = process.output().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!([2, 3].map(|run| &lines[run]["WarningsUrgent"]), [&json!(2), &json!(2)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_told_on_lambda() {
    build();
    let seller = Seller::start().await;
    let store = seller.host.store();
    let raise = Raise { cause: Cause::SellerStep, since: now(), at: now(), due_at: None };
    assert!(store.raise(&Warning::new("ORDER#CS1".parse().unwrap(), &raise, now())).await.unwrap());

    let people = People::start(TestClock::default()).await;
    let told = people.told(Environment::default(), &json!({}));
    let lambda = LambdaEmulator::start([("notify", Behaviour::Process)]).await;
    let named = ["KOOGALLERY_NOTIFY", "KOOGALLERY_NOTIFY_SECRETS", "KOOGALLERY_CONSOLE_URL", "AWS_ENDPOINT_URL_SNS"];
    let mut variables: Vec<_> = named.map(|name| (name, told.get(name).unwrap().to_owned())).into();
    variables.push(("DYNAMODB_ENDPOINT", seller.dynamodb_endpoint()));
    variables.push(("KOOGALLERY_TABLE", store.table().to_owned()));
    variables.push(("KOOGALLERY_KEYS", KEYS.to_owned()));
    let process = FunctionProcess::start("notify", &lambda.runtime_api("notify"), &variables);
    let scheduled = r#"{"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}"#;
    for entries in [b"5", b"0"] {
        assert_eq!(&lambda.invoke("notify", scheduled).await.unwrap()[..], entries);
    }
    for at in ["feishu", "dingtalk", "wecom", "mail", "topic"] {
        assert!(people.taken(at).len() == 1 && people.taken(at)[0].contains("CS1"), "{at}");
    }
    while process.output().len() < 7 {
        tokio::task::yield_now().await;
    }
    let last: Value = serde_json::from_str(&process.output()[6]).unwrap();
    assert_eq!((&last["NotifyFailingAge"], &last["told"]), (&json!(0), &json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_seller_api_is_served_by_the_real_binary() {
    build();
    let seller = Seller::with(|environment| environment.with("KOOGALLERY_PROVISIONING", "deferred")).await;
    assert_eq!(seller.say(&bodies::purchase()).await, "000004");
    let lambda = LambdaEmulator::start([("seller-api", Behaviour::Process)]).await;
    let variables = [
        ("DYNAMODB_ENDPOINT", seller.dynamodb_endpoint()),
        ("KOOGALLERY_TABLE", seller.host.store().table().to_owned()),
        ("KOOGALLERY_KEYS", KEYS.to_owned()),
        ("KOOGALLERY_LOCAL_KEY", LOCAL_KEY.to_owned()),
        ("KOOGALLERY_API_TOKEN", TOKEN.to_owned()),
    ];
    let process = FunctionProcess::start("seller-api", &lambda.runtime_api("seller-api"), &variables);
    let address = lambda.function_url("seller-api").trim_end_matches('/').to_owned();
    let api = Api::at(address.clone(), TOKEN);
    let stranger = Api::at(address, "another token");
    let description = stranger.get("/v1/openapi.json").await.expect(200);
    assert!(description["paths"]["/v1/instances/{id}"].is_object());
    // Without a token, and where an HTTP API has it.
    for path in ["/healthz", "/seller-api/healthz"] {
        let health = stranger.get(path).await.expect(200);
        assert_eq!((&health["status"], &health["version"]), (&"ok".into(), &env!("CARGO_PKG_VERSION").into()));
    }
    api.get("/seller-api/v1/instances/b-1").await.expect(200);
    let app_info = json!({ "frontEndUrl": "https://app.example.com/" });
    api.put("/v1/instances/b-1/app-info", &app_info).await.expect(204);
    assert_eq!(seller.say(&bodies::query()).await, "000000");
    assert_eq!(api.get("/v1/instances?status=active&limit=1").await.expect(200)["instances"][0]["appInfo"], app_info);
    api.get("/v1/instances/b-2").await.expect(404);
    while process.output().len() < 7 {
        tokio::task::yield_now().await;
    }
    let lines = process.output();
    let line: Value = serde_json::from_str(&lines[2]).unwrap();
    assert_eq!((&line["route"], &line["status"]), (&"/healthz".into(), &200.into()));
    let line: Value = serde_json::from_str(&lines[4]).unwrap();
    assert_eq!((&line["route"], &line["status"]), (&"/v1/instances/{id}/app-info".into(), &204.into()));
    assert!(!lines.join("").contains(TOKEN));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_login_is_served_by_the_real_binary_and_its_keys_are_rotated() {
    build();
    let (_database, mut variables) = database().await;
    let clients = json!([{
        "client_id": "shop", "token_endpoint_auth_method": "none", "app_id": "app-1",
        "redirect_uris": ["https://shop.example.com/callback"],
    }]);
    variables.push(("KOOGALLERY_LOGIN_ISSUER", "https://login.example.com".to_owned()));
    variables.push(("KOOGALLERY_OIDC_CLIENTS", clients.to_string()));
    let functions = ["login", "rotate-signing-keys"];
    let lambda = LambdaEmulator::start(functions.map(|function| (function, Behaviour::Process))).await;
    let start = |function| FunctionProcess::start(function, &lambda.runtime_api(function), &variables);
    let [process, rotation] = functions.map(start);
    let http = reqwest::Client::builder().tls_certs_only([]).build().unwrap();
    let address = lambda.function_url("login").trim_end_matches('/').to_owned();
    let get = async |path: &str| {
        let answer = http.get(format!("{address}{path}")).send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["cache-control"]),
            (200, &"public, max-age=3600".parse().unwrap())
        );
        serde_json::from_slice::<Value>(&answer.bytes().await.unwrap()).unwrap()
    };
    let configuration = get("/.well-known/openid-configuration").await;
    assert_eq!(configuration["authorization_endpoint"], "https://login.example.com/authorize");
    // Where an HTTP API has it.
    let keys = get("/login/jwks.json").await;
    assert_eq!((keys["keys"].as_array().unwrap().len(), &keys["keys"][0]["alg"]), (1, &"RS256".into()));
    let scheduled = r#"{"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}"#;
    assert_eq!(&lambda.invoke("rotate-signing-keys", scheduled).await.unwrap()[..], b"0", "nothing is due");
    while process.output().len() < 2 {
        tokio::task::yield_now().await;
    }
    let lines: Vec<Value> = process.output().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!([&lines[0]["route"], &lines[1]["route"]], ["/.well-known/openid-configuration", "/jwks.json"]);
    assert_eq!((&lines[0]["function"], &lines[0]["LoginRequests"]), (&"login".into(), &1.into()));
    assert!(rotation.output().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_in_the_configuration_ends_the_process_and_names_the_variable() {
    build();
    let lambda = LambdaEmulator::start([("new-instance", Behaviour::Process)]).await;
    let (_database, variables) = database().await;
    for (name, wrong) in [
        ("KOOGALLERY_TABLE", ""),
        ("KOOGALLERY_KEYS", "not JSON"),
        ("KOOGALLERY_PROVISIONING", "someday"),
        ("KOOGALLERY_APP_INFO", "{}"),
        ("KOOGALLERY_TIME_WINDOW_SECONDS", "soon"),
        ("KOOGALLERY_LOCAL_KEY", "0123"),
        ("KOOGALLERY_V1_ENCRYPT_TYPE", "3"),
    ] {
        let mut variables = variables.clone();
        variables.retain(|(known, _)| *known != name);
        variables.push((name, wrong.to_owned()));
        let mut process = FunctionProcess::start("new-instance", &lambda.runtime_api("new-instance"), &variables);
        assert!(!process.ended().await, "{name}");
        let told = || process.output().join("\n").contains(name);
        while !told() {
            tokio::task::yield_now().await;
        }
    }
}

/// The same life on an emulator that others wrote: cargo-lambda's.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs cargo-lambda: pip install cargo-lambda"]
async fn a_whole_life_under_cargo_lambda() {
    let (_database, variables) = database().await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let _watch = tokio::process::Command::new("cargo")
        .args(["lambda", "watch", "--only-lambda-apis", "--invoke-address", "127.0.0.1", "--invoke-port"])
        .arg(port.to_string())
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        tokio::task::yield_now().await;
    }
    let lambda = format!("http://127.0.0.1:{port}");
    let _processes = start_all(|function| format!("{lambda}/.rt/{function}"), &lambda, &variables);
    let rsa_public_key = Some(local_rsa_public_key().unwrap());
    // It writes every header in lower case, where V1.0's callers look for `Body-Sign`: those families are played above.
    let families = [Family::Saas, Family::OrderNotice, Family::Kit, Family::License, Family::OnlineLicense].into();
    let marketplace = marketplace(&format!("{lambda}/lambda-url/front-door/"));
    let simulation = Simulation { rsa_public_key, families, ..Simulation::new(marketplace) };
    let report = simulation.play(|_| {}).await.unwrap();
    assert_eq!(report.failed, 0, "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_answers_by_the_real_binary() {
    build();
    let seller = Seller::start().await;
    seller.say_all(&[bodies::purchase()]).await;
    let lambda = LambdaEmulator::start([("console", Behaviour::Process)]).await;
    let variables = [
        ("DYNAMODB_ENDPOINT", seller.dynamodb_endpoint()),
        ("KOOGALLERY_TABLE", seller.host.store().table().to_owned()),
        ("KOOGALLERY_LOCAL_KEY", LOCAL_KEY.to_owned()),
        ("KOOGALLERY_CONSOLE_URL", "https://console.example.com".to_owned()),
        ("KOOGALLERY_CONSOLE_ISSUER", "http://127.0.0.1:9".to_owned()),
        ("KOOGALLERY_CONSOLE_CLIENT_ID", "console".to_owned()),
        ("KOOGALLERY_CONSOLE_ACCESS", "ann@example.com=administrator".to_owned()),
    ];
    let runtime_api = lambda.runtime_api("console");
    let process = FunctionProcess::start("console", &runtime_api, &variables);
    let answered = async |method: &str, path: &str, headers: Value, body: &[u8]| -> Value {
        let event = json!({ "rawPath": path, "headers": headers, "isBase64Encoded": true, "body": STANDARD.encode(body),
            "requestContext": { "requestId": "r-1", "http": { "method": method } } });
        serde_json::from_slice(&lambda.invoke("console", event.to_string()).await.unwrap()).unwrap()
    };
    let header = |answer: &Value, name: &str| {
        let headers = answer["headers"].as_object().unwrap();
        let found = headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.and_then(|(_, value)| value.as_str()).unwrap_or_default().to_owned()
    };
    // A function URL is the console's own; an HTTP API passes on the whole path.
    for path in ["/", "/instances/b-1", "/console", "/console/money"] {
        let answer = answered("GET", path, json!({}), b"").await;
        assert_eq!(answer["statusCode"], 303, "{path}: {answer}");
        assert!(header(&answer, "location").starts_with("/sign-in?to="), "{path}: {answer}");
    }
    let page = answered("GET", "/signed-out", json!({ "accept-language": "en" }), b"").await;
    assert_eq!(page["statusCode"], 200, "{page}");
    assert!(page["body"].as_str().unwrap().starts_with("<!DOCTYPE html><html lang=\"en\">"), "{page}");
    let policy = header(&page, "content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'self'") && !policy.contains("unsafe"), "{policy}");
    assert!(header(&page, "strict-transport-security").starts_with("max-age="), "{page}");
    // The identity provider cannot be reached: a page says so.
    let failed = answered("GET", "/sign-in", json!({}), b"").await;
    assert_eq!(
        (&failed["statusCode"], header(&failed, "cache-control").as_str()),
        (&502.into(), "no-store"),
        "{failed}"
    );

    // A file of nobody who is signed in is read by nobody; another site's not even asked for.
    let form = b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\nx\r\n--b--\r\n";
    let kind = "multipart/form-data; boundary=b";
    for (site, status) in [("same-origin", 401), ("cross-site", 403)] {
        let headers = json!({ "content-type": kind, "sec-fetch-site": site });
        let answer = answered("POST", "/statements", headers, form).await;
        assert_eq!(answer["statusCode"], status, "{site}: {answer}");
    }
    while process.output().len() < 8 {
        tokio::task::yield_now().await;
    }
    for line in process.output() {
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&line["requestId"], line["by"].is_null()), (&"r-1".into(), true), "{line}");
    }
    let mistake = [("KOOGALLERY_CONSOLE_ACCESS", "ann@example.com=owner".to_owned())];
    assert!(!FunctionProcess::start("console", &runtime_api, &[&variables[..], &mistake].concat()).ended().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn buyers_pages_answer_by_the_real_binary() {
    lambda::build(["--bin", "buyer-pages"]);
    let seller = Seller::start().await;
    seller.say_all(&[bodies::purchase()]).await;
    let store = seller.host.store();
    let key = store.keep_first_page_key(&[7; PageKey::BYTES]).await.unwrap();
    let address = key.address(World::Real, &bodies::ID.parse().unwrap()).unwrap();
    let lambda = LambdaEmulator::start([("buyer-pages", Behaviour::Process)]).await;
    let variables = [("DYNAMODB_ENDPOINT", seller.dynamodb_endpoint()), ("KOOGALLERY_TABLE", store.table().to_owned())];
    let runtime_api = lambda.runtime_api("buyer-pages");
    let process = FunctionProcess::start("buyer-pages", &runtime_api, &variables);
    let answered = async |path: &str| -> Value {
        let event = json!({ "rawPath": path, "headers": { "accept-language": "en" },
            "requestContext": { "requestId": "r-1", "http": { "method": "GET" } } });
        serde_json::from_slice(&lambda.invoke("buyer-pages", event.to_string()).await.unwrap()).unwrap()
    };
    // A function URL is the pages' own; an HTTP API passes on the whole path.
    for below in ["", "/buyer"] {
        let stranger = answered(&format!("{below}/{}", "A".repeat(71))).await;
        assert_eq!(stranger["statusCode"], 404, "{stranger}");
        assert!(stranger["body"].as_str().unwrap().contains("<h1>There is no such page</h1>"), "{stranger}");
        // The settings have no pages any more, and the instance is in use.
        let page = answered(&format!("{below}/{address}")).await;
        assert_eq!(page["statusCode"], 302, "{page}");
        assert!(page.to_string().contains("no-store"), "{page}");
    }
    while process.output().len() < 2 {
        tokio::task::yield_now().await;
    }
    for line in process.output() {
        let told: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(
            (&told["page"], &told["instanceId"], &told["requestId"]),
            (&"continue".into(), &bodies::ID.into(), &"r-1".into())
        );
        assert!(!line.contains(&address), "{line}");
    }
}
