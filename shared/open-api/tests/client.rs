//! The client against a real HTTP server on loopback that answers as it is told and remembers what it was asked.

#![allow(clippy::unwrap_used)]

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use http::Request;
use koogallery::{AccessKeys, EventId, InterfaceType, LicenseCode, OrderId, Timestamp};
use koogallery_open_api::{
    BaseUrl, Batch, Client, Credentials, Error, LicenseFile, LicenseStatus, LicenseUsage, OrderType, Patience,
    RefusedRecord, Said, SoftwareUsage, UsageBatch, UsageFault, UsageRecord, ak_sk, usage_signature_fits,
};
use rustls::pki_types::PrivateKeyDer;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

const AK: &str = "QTWAOYTTINDUT2QVKYUC";
const SK: &str = "not a secret: a test's own key";
const ORDER: &str =
    r#"{"resultCode":"MKT.0000","resultMsg":"ok","orderInfo":{"orderId":"CS1","orderType":"NEW","orderLine":[]}}"#;

fn now() -> Timestamp {
    Timestamp::from_millis(1_764_000_000_000)
}

fn credentials() -> Credentials {
    Credentials::new(AK, SK).unwrap()
}

/// What the server does with a request.
#[derive(Debug, Clone, Copy)]
enum Step {
    Answer(u16, &'static str),
    Redirect,
    Silence,
}
use Step::{Answer, Redirect, Silence};

/// Takes one step for each request, the last one again and again.
struct Server {
    address: String,
    seen: Arc<Script>,
}

struct Script {
    steps: &'static [Step],
    requests: Mutex<Vec<Request<Bytes>>>,
}

impl Server {
    async fn of(steps: &'static [Step]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Script { steps, requests: Mutex::default() });
        let router = Router::new().fallback(play).with_state(Arc::clone(&seen));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, seen }
    }

    fn client(&self) -> Client {
        client(&self.address)
    }

    fn requests(&self) -> Vec<Request<Bytes>> {
        self.seen.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn play(State(script): State<Arc<Script>>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let request = Request::from_parts(parts, to_bytes(body, 1 << 20).await.unwrap());
    let step = {
        let mut requests = script.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.push(request);
        script.steps.get(requests.len() - 1).or(script.steps.last()).copied().unwrap()
    };
    match step {
        Answer(status, body) => Response::builder().status(status).body(Body::from(body)).unwrap(),
        Redirect => Response::builder().status(302).header("location", "/elsewhere").body(Body::empty()).unwrap(),
        Silence => std::future::pending().await,
    }
}

fn client(address: &str) -> Client {
    let pause = Duration::from_millis(1);
    let patience = Patience {
        connect: Duration::from_secs(5),
        answer: Duration::from_secs(30),
        first_pause: pause,
        longest_pause: pause,
        too_often_pause: pause,
    };
    Client::new(address.parse::<BaseUrl>().unwrap(), credentials(), now, patience).unwrap()
}

/// Later than any of these tests takes, unless something hangs.
fn later() -> Instant {
    Instant::now() + Duration::from_mins(1)
}

fn order() -> OrderId {
    "CS1".parse().unwrap()
}

fn license() -> LicenseCode {
    "ABCDE-FGHIJ-KLMNO".parse().unwrap()
}

#[tokio::test]
async fn what_is_sent_verifies_and_asks_for_the_line() {
    let server = Server::of(&[Answer(200, ORDER)]).await;
    let line = "CS1-000001+ä".parse().unwrap();
    let info = server.client().order_query(&order(), Some(&line), later()).await.unwrap();
    assert_eq!(info.order_type, OrderType::New);

    let [request] = &server.requests()[..] else { panic!("one request") };
    assert_eq!(ak_sk::verify(request, &credentials(), now()), Ok(()));
    let other = Credentials::new(AK, "another").unwrap();
    assert_eq!(ak_sk::verify(request, &other, now()), Err(ak_sk::Refusal::WrongSignature));
    let address = "/api/mkp-openapi-public/global/v1/order/query?orderId=CS1&orderLineId=CS1-000001%2B%C3%A4";
    assert_eq!((request.method().as_str(), request.uri().to_string().as_str()), ("GET", address));
}

#[tokio::test]
async fn order_query_is_repeated_while_their_side_fails() {
    let server = Server::of(&[
        Answer(503, "<html>"),
        Answer(429, "{}"),
        Answer(200, r#"{"resultCode":"MKT.0999","resultMsg":"busy"}"#),
        Answer(406, r#"{"resultCode":"MKT.0250","resultMsg":"too often"}"#),
        Answer(500, r#"{"resultCode":"MKT.9003"}"#),
        Answer(200, ORDER),
    ])
    .await;
    assert_eq!(server.client().order_query(&order(), None, later()).await.unwrap().order_id, order());
    let requests = server.requests();
    assert_eq!(requests.len(), 6);
    for request in &requests {
        assert_eq!(ak_sk::verify(request, &credentials(), now()), Ok(()));
    }
}

#[tokio::test]
async fn what_was_refused_is_not_repeated() {
    for (step, code) in [
        (&[Answer(200, r#"{"resultCode":"MKT.0100","resultMsg":"bad order"}"#)], "MKT.0100 (bad order)"),
        (
            &[Answer(500, r#"{"resultCode":"MKT.0100","resultMsg":"bad","extra_info":{"orderId":"too long"}}"#)],
            r#"MKT.0100 (bad; {"orderId":"too long"})"#,
        ),
        (
            &[Answer(500, r#"{"resultCode":"MKT.9005","resultMsg":"no","extra_info":"no right"}"#)],
            "MKT.9005 (no; no right)",
        ),
        (&[Answer(401, r#"{"resultCode":"MKT.0150"}"#)], "refused: MKT.0150"),
        (&[Answer(401, r#"{"error_code":"APIGW.0301","error_msg":"no"}"#)], "HTTP 401, APIGW.0301 (no)"),
        (&[Answer(404, "nothing here")], "HTTP 404, no code"),
    ] {
        let server = Server::of(step).await;
        let error = server.client().order_query(&order(), None, later()).await.unwrap_err();
        assert!(!error.try_again(), "{error}");
        let text = error.to_string();
        assert!(text.contains("order CS1") && text.contains(code), "{text}");
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_malformed_answer_is_told_without_its_content() {
    for step in [
        &[Answer(200, r#"{"resultCode":"MKT.0000","orderInfo":{"buyer@example.com":"#)],
        &[Answer(200, r#"["buyer@example.com"]"#)],
        &[Answer(200, r#"{"resultCode":"MKT.0000"}"#)],
        &[Answer(200, r#"{"orderInfo":{"orderId":"CS1","orderType":"NEW","buyerInfo":"buyer@example.com"}}"#)],
        &[Answer(200, r#"{"orderInfo":{"orderId":"CS2","orderType":"NEW"}}"#)],
        &[Answer(200, "")],
    ] {
        let server = Server::of(step).await;
        let error = server.client().order_query(&order(), None, later()).await.unwrap_err();
        assert!(matches!(error, Error::Malformed { .. }), "{error}");
        assert!(!format!("{error} {error:?}").contains("buyer@"), "{error}");
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let server = Server::of(&[Redirect]).await;
    let error = server.client().order_query(&order(), None, later()).await.unwrap_err();
    assert!(matches!(error, Error::Status { status: 302, .. }), "{error}");
    assert!(!error.try_again());
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn silence_ends_at_the_time_out_or_the_deadline() {
    let server = Server::of(&[Silence]).await;
    let short = Duration::from_millis(50);
    let deadline = Instant::now() + short;
    let error = server.client().order_query(&order(), None, deadline).await.unwrap_err();
    assert!(matches!(error, Error::TimedOut(_)) && error.try_again(), "{error}");

    let patience = Patience { answer: short, ..Patience::default() };
    let base = server.address.parse::<BaseUrl>().unwrap();
    let impatient = Client::new(base, credentials(), now, patience).unwrap();
    let error = impatient.license_heartbeat(&license(), None, later()).await.unwrap_err();
    assert!(matches!(error, Error::TimedOut(_)), "{error}");
}

#[tokio::test]
async fn no_pause_goes_past_the_deadline() {
    let server = Server::of(&[Answer(500, "")]).await;
    let base = server.address.parse::<BaseUrl>().unwrap();
    let patience = Patience { first_pause: Duration::from_hours(1), ..Patience::default() };
    let client = Client::new(base, credentials(), now, patience).unwrap();
    let error = client.order_query(&order(), None, later()).await.unwrap_err();
    assert!(matches!(error, Error::Status { status: 500, .. }) && error.try_again(), "{error}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn asked_too_often_the_client_waits_longer_before_it_asks_again() {
    let server = Server::of(&[Answer(406, r#"{"resultCode":"MKT.0250"}"#), Answer(200, ORDER)]).await;
    let base = server.address.parse::<BaseUrl>().unwrap();
    let pause = Duration::from_millis(1);
    let patience = Patience { first_pause: pause, too_often_pause: Duration::from_hours(1), ..Patience::default() };
    let client = Client::new(base, credentials(), now, patience).unwrap();
    let error = client.order_query(&order(), None, later()).await.unwrap_err();
    assert!(matches!(error, Error::TheirSide { .. }) && error.try_again(), "{error}");
    assert_eq!(server.requests().len(), 1, "the longer pause goes past the deadline");
}

#[tokio::test]
async fn nobody_there_is_unreachable_and_an_activation_may_be_sent_again() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = client(&address).activate_license(&license(), None, later()).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }) && error.try_again(), "{error}");
}

#[tokio::test]
async fn a_broken_connection_is_tried_again_where_that_is_safe() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let client = client(&format!("http://{}", listener.local_addr().unwrap()));
    let breaking = tokio::spawn(async move {
        for _ in 0..2 {
            // Reads the request's first bytes, and hangs up.
            let (mut connection, _) = listener.accept().await.unwrap();
            connection.read_exact(&mut [0; 4]).await.unwrap();
        }
        listener
    });
    let error = client.activate_license(&license(), None, later()).await.unwrap_err();
    assert!(matches!(error, Error::Broken { .. }) && error.try_again(), "{error}");

    let query = tokio::spawn(async move { client.order_query(&order(), None, later()).await });
    let listener = breaking.await.unwrap();
    let script = Arc::new(Script { steps: &[Answer(200, ORDER)], requests: Mutex::default() });
    let router = Router::new().fallback(play).with_state(script);
    tokio::spawn(async move { axum::serve(listener, router).await });
    assert_eq!(query.await.unwrap().unwrap().order_id, order());
}

#[tokio::test]
async fn a_certificate_that_nobody_trusts_is_refused_before_anything_is_sent() {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = format!("https://{}", listener.local_addr().unwrap());
    let handshake = tokio::spawn(async move {
        let (connection, _) = listener.accept().await.unwrap();
        TlsAcceptor::from(Arc::new(tls)).accept(connection).await.map(drop)
    });
    let error = client(&address).activate_license(&license(), None, later()).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    assert!(handshake.await.unwrap().is_err());
}

#[tokio::test]
async fn an_activation_is_sent_once_whatever_comes_back() {
    for step in
        [&[Answer(503, "")], &[Answer(429, "")], &[Answer(200, r#"{"error_code":"95000001","error_msg":"later"}"#)]]
    {
        let server = Server::of(step).await;
        let error = server.client().activate_license(&license(), None, later()).await.unwrap_err();
        assert!(error.try_again(), "{error}");
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn an_activation_tells_the_license() {
    let server = Server::of(&[Answer(
        200,
        r#"{"error_code":"92020000","error_msg":"ok","data":{"license_code_info":"{\"status\":\"ALIVE\",\"expire_time\":\"20261231160000\",\"order_id\":\"CS1\",\"amount\":1}"}}"#,
    )])
    .await;
    let start = Some("20251201T000000Z".parse().unwrap());
    let info = server.client().activate_license(&license(), start, later()).await.unwrap();
    assert_eq!((info.status, info.order_id), (Some(LicenseStatus::Alive), Some(order())));

    let [request] = &server.requests()[..] else { panic!("one request") };
    assert_eq!(ak_sk::verify(request, &credentials(), now()), Ok(()));
    assert_eq!(request.body(), r#"{"license":"ABCDE-FGHIJ-KLMNO","real_effect_time":"20251201000000"}"#);
}

#[tokio::test]
async fn a_heartbeat_is_repeated() {
    let server = Server::of(&[
        Answer(502, ""),
        Answer(200, r#"{"error_code":"95000002"}"#),
        Answer(200, r#"{"error_code":"92020000","data":{"status":"EXPIRED","activate_time":"20251201000000"}}"#),
    ])
    .await;
    let info = server.client().license_heartbeat(&license(), Some("v1"), later()).await.unwrap();
    assert_eq!(info.status, Some(LicenseStatus::Expired));
    assert_eq!(server.requests().len(), 3);
    assert_eq!(server.requests()[2].body(), r#"{"license":"ABCDE-FGHIJ-KLMNO","heartbeatInfo":"v1"}"#);
}

#[tokio::test]
async fn an_error_repeats_no_secret_that_the_answer_does() {
    let server = Server::of(&[Answer(
        200,
        r#"{"error_code":"92020003","error_msg":"ABCDE-FGHIJ-KLMNO of QTWAOYTTINDUT2QVKYUC with not a secret: a test's own key\n"}"#,
    )])
    .await;
    let error = server.client().activate_license(&license(), None, later()).await.unwrap_err();
    let said = Said { code: "92020003".to_owned(), message: "… of … with …".to_owned() };
    assert!(matches!(&error, Error::Refused { said: heard, .. } if *heard == said), "{error}");
    assert_eq!(error.to_string(), "license …LMNO: KooGallery refused: 92020003 (… of … with …)");
    let shown = format!("{error:?} {:?}", server.client());
    assert!(!shown.contains("ABCDE") && !shown.contains(AK) && !shown.contains(SK), "{shown}");
}

#[tokio::test]
async fn an_empty_text_blots_nothing_out() {
    let server = Server::of(&[Answer(200, r#"{"error_code":"92020001","error_msg":"wrong"}"#)]).await;
    let error = server.client().license_heartbeat(&license(), Some(""), later()).await.unwrap_err();
    assert_eq!(error.to_string(), "license …LMNO: KooGallery refused: 92020001 (wrong)");
}

#[tokio::test]
async fn software_usage_and_license_files_are_sent_as_they_are() {
    let server = Server::of(&[Answer(200, r#"{"error_code":"92020000"}"#), Answer(200, "{}"), Answer(200, "")]).await;
    let client = server.client();
    let usage = LicenseUsage { license: license(), software_usage_info: vec![SoftwareUsage::ActiveNum(3)] };
    client.push_software_usage(&Batch::try_from(vec![usage]).unwrap(), later()).await.unwrap();
    let event: EventId = "e/1".parse().unwrap();
    client.upload_license(&event, &LicenseFile::Text("a license 许可".to_owned()), later()).await.unwrap();
    client.upload_license(&event, &LicenseFile::File(Bytes::from_static(&[0, 255])), later()).await.unwrap();
    let nothing = LicenseFile::Text(String::new());
    assert!(matches!(client.upload_license(&event, &nothing, later()).await, Err(Error::Request { .. })));

    let requests = server.requests();
    for request in &requests {
        assert_eq!(ak_sk::verify(request, &credentials(), now()), Ok(()));
    }
    let sent: Vec<_> = requests
        .iter()
        .map(|request| (request.uri().path(), request.headers()["content-type"].to_str().unwrap(), &request.body()[..]))
        .collect();
    let json = br#"{"usage_info":[{"license":"ABCDE-FGHIJ-KLMNO","software_usage_info":[{"active_num":3}]}]}"#;
    let file = "/api/mkp-openapi-public/global/v1/market-event/e%2F1/file";
    let expected: [(&str, &str, &[u8]); 3] = [
        ("/api/mkp-openapi-public/global/v2/license/software-usage-info", "application/json", json),
        (file, "text/plain;charset=utf-8", "a license 许可".as_bytes()),
        (file, "application/octet-stream", &[0, 255]),
    ];
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn usage_is_signed_twice_and_sent_once() {
    let server = Server::of(&[
        Answer(200, r#"{"resultCode":"MKT.0000"}"#),
        Answer(200, r#"{"resultCode":"MKT.0151","resultMsg":"signature"}"#),
        Answer(500, r#"{"error_code":"MKT.9001"}"#),
        Answer(
            200,
            r#"{"error_code":"94060999","error_msg":"failed","list":[{"metering_sn":"sn-1","code":"009","msg":"not basic key's"}]}"#,
        ),
        Answer(200, r#"{"error_code":"MKT.0999"}"#),
        Answer(200, "{}"),
    ])
    .await;
    let keys = AccessKeys::from_json(r#"{"basic":["basic key"]}"#).unwrap();
    let key = keys.current(InterfaceType::Basic).unwrap();
    let record = UsageRecord {
        instance_id: "i-1".parse().unwrap(),
        record_time: "20251124T160500Z".parse().unwrap(),
        begin_time: "20251124T150000Z".parse().unwrap(),
        end_time: "20251124T160000Z".parse().unwrap(),
        usage_value: "0.25".parse().unwrap(),
        metering_sn: "sn-1".parse().unwrap(),
        relate_pkg_instance: None,
    };
    let batch = UsageBatch::try_from(vec![record]).unwrap();
    let client = server.client();
    client.push_usage(&batch, key, later()).await.unwrap();
    let refused = client.push_usage(&batch, key, later()).await.unwrap_err();
    assert_eq!(refused.to_string(), "1 usage records: KooGallery refused: MKT.0151 (signature)");
    let culprit = client.push_usage(&batch, key, later()).await.unwrap_err();
    assert_eq!(culprit.usage_fault(), UsageFault::Culprit { may_pass: true });
    let said = Said { code: "009".to_owned(), message: "not …'s".to_owned() };
    let named = RefusedRecord { metering_sn: "sn-1".to_owned(), said };
    let error = client.push_usage(&batch, key, later()).await.unwrap_err();
    assert_eq!(error.usage_fault(), UsageFault::Records(vec![named]), "{error}");
    assert!(!error.try_again());
    for _ in 0..2 {
        let error = client.push_usage(&batch, key, later()).await.unwrap_err();
        assert!(matches!(error, Error::TheirSide { .. }) && error.try_again(), "{error}");
    }

    let requests = server.requests();
    assert_eq!(requests.len(), 6);
    let mut nonces = std::collections::HashSet::new();
    for request in &requests {
        assert_eq!(ak_sk::verify(request, &credentials(), now()), Ok(()));
        let header = |name: &str| request.headers()[name].to_str().unwrap();
        assert_eq!(header("ts"), "1764000000000");
        assert!(usage_signature_fits(key, header("ts"), header("nonce"), request.body(), header("signature")));
        nonces.insert(header("nonce").to_owned());
    }
    assert_eq!(nonces.len(), 6);
}
