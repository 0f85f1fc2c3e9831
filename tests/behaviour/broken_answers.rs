//! What AWS answers and nobody can read reaches no log: it may hold a secret, a data key, an item of the table.

#![allow(clippy::unwrap_used)]

use std::error::Error;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use deliver_events::{Courier, Journal, Tried};
use front_door::FrontDoor;
use koogallery::Timestamp;
use koogallery_queue::{DelayQueue, Delayed};
use koogallery_runtime::{
    ApiRecord, CallRecord, CloudWatch, ConsoleRecord, Environment, ForwardRecord, Job, Log, LoginRecord, PageRecord,
    SecretSource, Vault, dynamodb_client, now,
};
use koogallery_store::{DataKeyId, Store, Subject, WrappedDataKey};
use koogallery_tests::kms::ARN;
use koogallery_tests::{KEYS, Seller, bodies};
use serde_json::json;
use tokio::net::TcpListener;

const CANARY: &str = "c4n4ry";
const REQUEST_ID: &str = "0f0e0d0c-0b0a-4908-8706-050403020100";

/// What a service answers, and what is said of it.
type Answer = (StatusCode, String, &'static [&'static str]);

/// Of every service: broken JSON, JSON of another form, errors that its API does not declare, and what is no JSON at all.
fn answers() -> Vec<Answer> {
    let broken =
        format!("{{\"SecretString\":\"{CANARY}\",\"Plaintext\":\"{CANARY}\",\"Item\":{{\"pk\":{{\"S\":\"{CANARY}");
    let another_form = json!({
        "SecretString": { "a": CANARY }, "CiphertextBlob": [CANARY], "Plaintext": [CANARY], "MessageId": [CANARY],
        "Item": { "pk": [CANARY] }, "Items": CANARY, "Entries": CANARY,
    });
    let undeclared = json!({ "__type": "StrangeException", "message": CANARY, "Message": CANARY });
    vec![
        (StatusCode::OK, broken.clone(), &["HTTP 200", REQUEST_ID]),
        (StatusCode::OK, another_form.to_string(), &["HTTP 200", REQUEST_ID]),
        (StatusCode::BAD_REQUEST, broken, &["HTTP 400", REQUEST_ID]),
        (StatusCode::BAD_REQUEST, undeclared.to_string(), &["StrangeException", "HTTP 400", REQUEST_ID]),
        (StatusCode::FORBIDDEN, format!("<html>{CANARY}</html>"), &["HTTP 403", REQUEST_ID]),
    ]
}

/// A service that answers everything alike.
async fn service((status, body, _): &Answer) -> String {
    let (status, body) = (*status, body.clone());
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let address = listener.local_addr().unwrap();
    let answer = move || async move {
        let headers = [("x-amzn-requestid", REQUEST_ID), ("content-type", "application/x-amz-json-1.1")];
        (
            status,
            HeaderMap::from_iter(headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))),
            body,
        )
            .into_response()
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    format!("http://{address}")
}

/// All that a log could ever write of an error.
fn all_of(error: &(dyn Error + 'static)) -> String {
    let mut all = format!("{error:?} {error:#?} {}", CloudWatch::problem_line("f", "ERROR", error));
    let mut source = error.source();
    while let Some(error) = source {
        write!(all, " {error} {error:?}").unwrap();
        source = error.source();
    }
    all
}

fn check(service: &str, (_, body, said): &Answer, written: &str) {
    assert!(!written.contains(CANARY), "{service} answers {body}: {written}");
    for said in *said {
        assert!(written.contains(said), "{service} answers {body}: {said} is not in {written}");
    }
}

#[tokio::test]
async fn nothing_of_a_secret_is_told() {
    for answer in answers() {
        let environment = Environment::default()
            .with("KOOGALLERY_SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:koogallery")
            .with("AWS_ENDPOINT_URL_SECRETS_MANAGER", service(&answer).await);
        let error = SecretSource::of(&environment).unwrap().current().await.unwrap_err();
        check("secretsmanager GetSecretValue", &answer, &all_of(&error));
    }
}

#[tokio::test]
async fn nothing_of_a_data_key_is_told() {
    let seller = Seller::start().await;
    let store = seller.host.store();
    for answer in answers() {
        let environment = Environment::default()
            .with("KOOGALLERY_KMS_KEY_ARN", ARN)
            .with("AWS_ENDPOINT_URL_KMS", service(&answer).await);
        let vault = Vault::of(&environment).unwrap();
        check("kms GenerateDataKey", &answer, &all_of(&vault.current(store).await.unwrap_err()));
    }
    let id = DataKeyId::new_v4();
    store.keep_first_data_key(WrappedDataKey { id, bound_to: "t".to_owned(), wrapped: vec![1; 64] }).await.unwrap();
    for answer in answers() {
        let environment = Environment::default()
            .with("KOOGALLERY_KMS_KEY_ARN", ARN)
            .with("AWS_ENDPOINT_URL_KMS", service(&answer).await);
        let vault = Vault::of(&environment).unwrap();
        check("kms Decrypt", &answer, &all_of(&vault.data_key(store, id).await.unwrap_err()));
    }
}

fn store_at(endpoint: String) -> Store {
    Store::new(dynamodb_client(&Environment::default().with("DYNAMODB_ENDPOINT", endpoint)).unwrap(), "table")
}

#[tokio::test]
async fn nothing_of_an_item_is_told() {
    for answer in answers() {
        let store = store_at(service(&answer).await);
        let error = store.instance(&"i-1".parse().unwrap()).await.unwrap_err();
        check("dynamodb GetItem", &answer, &all_of(&error));
        let error = store.history(&Subject::Order("CS1".parse().unwrap()), None, 1).await.unwrap_err();
        check("dynamodb Query", &answer, &all_of(&error));
    }
    // Items that DynamoDB can write, and this version does not.
    for status in ["S", "N"] {
        let item = json!({ "Item": { "pk": { "S": CANARY }, "status": { status: CANARY }, "life": { "S": CANARY } } });
        let answer: Answer = (StatusCode::OK, item.to_string(), &["not of the form"]);
        let error = store_at(service(&answer).await).instance(&"i-1".parse().unwrap()).await.unwrap_err();
        check("an item", &answer, &all_of(&error));
    }
}

#[tokio::test]
async fn nothing_of_a_message_is_told() {
    for answer in answers() {
        let environment = Environment::default()
            .with("KOOGALLERY_DELAY_QUEUE_URL", "http://127.0.0.1/123456789012/delays")
            .with("AWS_ENDPOINT_URL_SQS", service(&answer).await);
        let queue = DelayQueue::of(&environment).unwrap();
        let error = queue.send(&Delayed { wake_up: "b-1", due: now() }, now()).await.unwrap_err();
        check("sqs SendMessage", &answer, &all_of(&error));
    }
}

/// A log.
#[derive(Default)]
struct Lines(Mutex<String>);

impl Journal for Lines {
    fn tried(&self, tried: &Tried<'_>) {
        let line = tried.line(&CloudWatch::of(&Environment::default())).to_string();
        self.0.lock().unwrap().push_str(&line);
    }
}

impl Log for Lines {
    fn record(&self, record: &CallRecord) {
        let lines = CloudWatch::of(&Environment::default()).lines(record);
        write!(self.0.lock().unwrap(), "{record:?} {lines:?}").unwrap();
    }

    fn api(&self, _: &ApiRecord) {}

    fn login(&self, _: &LoginRecord) {}

    fn console(&self, _: &ConsoleRecord) {}

    fn page(&self, _: &PageRecord) {}

    fn forwarded(&self, record: &ForwardRecord) {
        let line = CloudWatch::of(&Environment::default()).forwarded_line(record);
        write!(self.0.lock().unwrap(), "{record:?} {line:?}").unwrap();
    }
}

#[tokio::test]
async fn nothing_of_what_a_bus_answers_is_told() {
    for answer in answers() {
        let seller = Seller::start().await;
        assert_eq!(seller.say(&bodies::purchase()).await, "000000");
        let environment = Environment::default()
            .with("KOOGALLERY_KEYS", KEYS)
            .with("KOOGALLERY_LOCAL_KEY", koogallery_local::keys::LOCAL_KEY)
            .with("KOOGALLERY_EVENT_BUS", "sales")
            .with("AWS_ENDPOINT_URL_EVENTBRIDGE", service(&answer).await);
        let (store, lines) = (seller.host.store().clone(), Arc::new(Lines::default()));
        // Later, so that the event waits no more for what the order query tells.
        let later: Timestamp = now().saturating_add(Duration::from_hours(1));
        let job = Job::new(store.clone(), Arc::new(move || later), Arc::clone(&lines) as _);
        let courier = Courier::of(&environment, job).unwrap().unwrap();
        let subjects = store.open(koogallery_store::Kind::Undelivered).await.unwrap();
        let subject = subjects.first().unwrap().subject.clone();
        courier.deliver(&subject, std::time::Instant::now()).await.unwrap();
        check("eventbridge PutEvents", &answer, &lines.0.lock().unwrap());
        let kept = format!("{:?}", store.undelivered_events(&subject).await.unwrap());
        check("eventbridge PutEvents", &answer, &kept);
    }
}

#[tokio::test]
async fn nothing_of_what_a_function_answers_is_told() {
    for answer in answers() {
        let environment = Environment::default()
            .with("KOOGALLERY_FUNCTIONS", json!({ "new-instance": "new-instance" }).to_string())
            .with("AWS_ENDPOINT_URL_LAMBDA", service(&answer).await);
        let lines = Arc::new(Lines::default());
        let door = FrontDoor::configured(&environment, Arc::clone(&lines) as _).unwrap();
        let body = json!({ "activity": "newInstance" }).to_string();
        let (parts, ()) = http::Request::post("/").body(()).unwrap().into_parts();
        let event = koogallery_tests::lambda::event(&parts, "/", &body.into());
        let event = serde_json::value::to_raw_value(&event).unwrap();
        drop(door.answer(&event).await.unwrap());
        // What a function answers with 200 is the reply itself, where it is JSON.
        let said: &[&str] = if answer.0 == StatusCode::OK { &[] } else { answer.2 };
        check("lambda Invoke", &(answer.0, answer.1.clone(), said), &lines.0.lock().unwrap());
    }
}

#[tokio::test]
async fn what_a_service_declares_is_told_in_full() {
    let body = json!({ "__type": "InvalidRequestException", "message": "It is marked for deletion." });
    let answer: Answer = (StatusCode::BAD_REQUEST, body.to_string(), &[]);
    let environment = Environment::default()
        .with("KOOGALLERY_SECRET_ARN", "arn:1")
        .with("AWS_ENDPOINT_URL_SECRETS_MANAGER", service(&answer).await);
    let error = SecretSource::of(&environment).unwrap().current().await.unwrap_err().to_string();
    let told = format!(
        "the secret arn:1 cannot be read: secretsmanager GetSecretValue: InvalidRequestException, It is marked for \
         deletion., HTTP 400, request {REQUEST_ID}"
    );
    assert_eq!(error, told);

    // As of a new deployment, into whose secret nobody has put anything.
    let body = json!({ "__type": "ResourceNotFoundException", "message": "Secrets Manager can't find it." });
    let answer: Answer = (StatusCode::BAD_REQUEST, body.to_string(), &[]);
    let empty = environment.with("AWS_ENDPOINT_URL_SECRETS_MANAGER", service(&answer).await);
    let error = SecretSource::of(&empty).unwrap().current().await.unwrap_err().to_string();
    assert!(error.starts_with("the secret arn:1 has no value yet: put JSON like {\"accessKeys\""), "{error}");

    let unreachable = Environment::default()
        .with("KOOGALLERY_SECRET_ARN", "arn:1")
        .with("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:1");
    let error = SecretSource::of(&unreachable).unwrap().current().await.unwrap_err().to_string();
    assert!(error.ends_with("GetSecretValue: no connection (connection refused)"), "{error}");
}
