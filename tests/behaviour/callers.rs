//! What one caller may cost a host: anybody can call a production address, and nobody may keep KooGallery's calls out.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::State;
use koogallery::{AccessKeys, InterfaceType};
use koogallery_local::host::{Http, LocalHost, Options, TableAt};
use koogallery_local::http_server::{Limits, TlsFiles};
use koogallery_local::keys::LOCAL_WEBHOOK_SECRET;
use koogallery_local::log::Silent;
use koogallery_local::marketplace::{Marketplace, SignedCall, new_nonce};
use koogallery_local::schedules::Runs;
use koogallery_runtime::{Environment, now};
use koogallery_tests::{KEYS, bodies};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use uuid::Uuid;

/// Longer than any test waits for what must not come.
const FOREVER: Duration = Duration::from_hours(1);
/// Over before anybody looks.
const SHORT: Duration = Duration::from_millis(30);

/// Limits that nothing here runs into by chance.
fn patient() -> Limits {
    Limits { idle: FOREVER, head: FOREVER, body: FOREVER, drain: FOREVER, ..Limits::default() }
}

async fn host_with(http: Http, environment: Environment) -> LocalHost {
    let (log, journal) = (Arc::new(Silent), Arc::new(Silent));
    let listen = "127.0.0.1:0".parse().unwrap();
    let options = Options { http, ..Options::new(listen, TableAt::IN_MEMORY, environment, log, journal) };
    LocalHost::start(options).await.unwrap()
}

async fn host(limits: Limits) -> LocalHost {
    host_with(Http { limits, tls: None }, Environment::default().with("KOOGALLERY_KEYS", KEYS)).await
}

/// The answer to a call as KooGallery makes it, over a connection of its own.
async fn code(host: &LocalHost, keys: &str) -> String {
    let keys = AccessKeys::from_json(keys).unwrap();
    let marketplace = Marketplace::new(&host.address(), keys.clone()).unwrap();
    let key = keys.current(InterfaceType::Basic).unwrap();
    let call = SignedCall::basic(key, bodies::purchase().to_string(), now(), &new_nonce());
    marketplace.send(&call).await.unwrap().reply().unwrap().result_code.to_string()
}

async fn connect(host: &LocalHost) -> TcpStream {
    let address = host.address();
    TcpStream::connect(address.trim_start_matches("http://").trim_end_matches('/')).await.unwrap()
}

/// A connection on which so much was said.
async fn said(host: &LocalHost, text: impl AsRef<[u8]>) -> TcpStream {
    let mut stream = connect(host).await;
    stream.write_all(text.as_ref()).await.unwrap();
    stream
}

/// All that comes until the host closes.
async fn heard(mut stream: TcpStream) -> String {
    let mut all = Vec::new();
    // A host that closes while bytes still come resets the connection.
    let _ = stream.read_to_end(&mut all).await;
    String::from_utf8_lossy(&all).into_owned()
}

/// The beginning of an answer.
async fn status(mut stream: TcpStream) -> String {
    let mut status = [0; 12];
    stream.read_exact(&mut status).await.unwrap();
    String::from_utf8_lossy(&status).into_owned()
}

const HALF_A_HEAD: &str = "POST / HTTP/1.1\r\nHost: seller";
const HALF_A_BODY: &str = "POST / HTTP/1.1\r\nHost: seller\r\nContent-Length: 100\r\n\r\n{";

#[tokio::test]
async fn who_only_holds_connections_keeps_nobody_out() {
    for text in ["", HALF_A_HEAD, HALF_A_BODY] {
        let host = host(Limits { connections: 4, patience: SHORT, ..patient() }).await;
        let mut held = Vec::new();
        for _ in 0..9 {
            held.push(said(&host, text).await);
        }
        assert_eq!(code(&host, KEYS).await, "000000", "beside connections with {text:?}");
        drop(held);
        host.stop().await.unwrap();
    }
}

#[tokio::test]
async fn a_connection_in_use_is_not_closed_for_another() {
    let host = host(Limits { connections: 2, patience: FOREVER, ..patient() }).await;
    let calls = (0..32).map(|_| code(&host, KEYS));
    let codes = futures_util::future::join_all(calls).await;
    assert!(codes.iter().all(|code| code == "000000"), "{codes:?}");
    host.stop().await.unwrap();
}

#[tokio::test]
async fn who_is_too_slow_is_told() {
    let slow_head = host(Limits { head: SHORT, ..patient() }).await;
    let told = heard(said(&slow_head, HALF_A_HEAD).await).await;
    assert!(told.starts_with("HTTP/1.1 408 "), "{told}");
    slow_head.stop().await.unwrap();

    let slow_body = host(Limits { body: SHORT, ..patient() }).await;
    let told = heard(said(&slow_body, HALF_A_BODY).await).await;
    assert!(told.starts_with("HTTP/1.1 408 ") && told.contains(r#""resultCode":"000002""#), "{told}");
    assert!(told.contains("Connection: close"), "{told}");
    // A route that needs no body does not take one that is cut off for none.
    for path in ["/seller-api/v1/instances/b-1/erase", "/internal/work"] {
        let told = heard(said(&slow_body, HALF_A_BODY.replacen('/', path, 1)).await).await;
        assert!(told.starts_with("HTTP/1.1 408 ") && told.contains("application/problem+json"), "{told}");
    }
    slow_body.stop().await.unwrap();

    let idle = host(Limits { idle: SHORT, ..patient() }).await;
    assert_eq!(heard(connect(&idle).await).await, "");
    idle.stop().await.unwrap();
}

#[tokio::test]
async fn large_bodies_and_heads_take_no_more_than_there_is_for_them() {
    let host = host(Limits { bodies: 100 << 10, body: SHORT, ..patient() }).await;
    let head = |length: usize| format!("POST / HTTP/1.1\r\nHost: seller\r\nContent-Length: {length}\r\n\r\n");
    let mut small = head(64 << 10).into_bytes();
    small.resize(small.len() + (64 << 10), b' ');
    let mut large = head(300 << 10).into_bytes();
    large.resize(large.len() + (300 << 10), b' ');
    let answer = heard(said(&host, large).await).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains(r#""resultCode":"000005""#), "{answer}");
    assert_eq!(status(said(&host, small).await).await, "HTTP/1.1 200");

    let long_head = format!("GET / HTTP/1.1\r\nHost: seller\r\nX-Long: {}\r\n\r\n", "x".repeat(300 << 10));
    assert_eq!(status(said(&host, long_head).await).await, "HTTP/1.1 431");
    host.stop().await.unwrap();
}

#[tokio::test]
async fn a_call_that_is_half_sent_does_not_keep_the_host_from_its_end() {
    for limits in [Limits { drain: SHORT, ..patient() }, Limits { patience: SHORT, ..patient() }] {
        let host = host(limits).await;
        let held = said(&host, HALF_A_BODY).await;
        assert_eq!(code(&host, KEYS).await, "000000");
        host.stop().await.unwrap();
        assert_eq!(heard(held).await, "");
    }
}

/// A folder of the test's own.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("koogallery-callers-{}", Uuid::new_v4()));
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    /// Writes a file as whoever mounts secrets does: another one takes its place at once.
    fn write(&self, name: &str, text: &str) -> PathBuf {
        let (path, new) = (self.0.join(name), self.0.join("new"));
        std::fs::write(&new, text).unwrap();
        std::fs::rename(&new, &path).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

#[tokio::test]
async fn a_secret_in_a_file_rotates_without_a_restart() {
    let folder = Folder::new();
    let secret = |key: &str| json!({ "accessKeys": { "basic": [key] } });
    let [old, new] = ["an-old-key-of-the-seller", "a-new-key-of-the-seller-x"];
    let keys = |key: &str| secret(key)["accessKeys"].to_string();
    let file = folder.write("secret.json", &secret(old).to_string());
    let environment = Environment::default().with("KOOGALLERY_SECRET_FILE", file.to_str().unwrap());
    let host = host_with(Http { limits: patient(), tls: None }, environment).await;
    assert_eq!(code(&host, &keys(old)).await, "000000");
    assert_eq!(code(&host, &keys(new)).await, "000001");
    folder.write("secret.json", &secret(new).to_string());
    assert_eq!(code(&host, &keys(new)).await, "000000");
    assert_eq!(code(&host, &keys(old)).await, "000001");

    let ready = async || {
        let answer = reqwest::get(format!("{}readyz", host.address())).await.unwrap();
        let status = answer.status().as_u16();
        let told: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        (status, told["status"].as_str().unwrap().to_owned())
    };
    assert_eq!(ready().await, (200, "ready".to_owned()));
    // Whoever breaks the file is told, and calls are answered with what was there before.
    folder.write("secret.json", "{");
    while ready().await != (503, "secrets-unreadable".to_owned()) {
        tokio::task::yield_now().await;
    }
    assert_eq!(code(&host, &keys(new)).await, "000000");
    let health = reqwest::get(format!("{}healthz", host.address())).await.unwrap();
    assert_eq!((health.status().as_u16(), &health.headers()["cache-control"]), (200, &"no-store".parse().unwrap()));
    host.stop().await.unwrap();
}

/// Asks over TLS, and trusts only this certificate.
async fn asks(address: &str, certificate: &Path) -> Result<u16, reqwest::Error> {
    drop(rustls::crypto::ring::default_provider().install_default());
    let certificate = reqwest::Certificate::from_pem(&std::fs::read(certificate).unwrap()).unwrap();
    let client = reqwest::Client::builder().tls_certs_only([certificate]).build().unwrap();
    Ok(client.get(format!("{address}healthz")).send().await?.status().as_u16())
}

#[tokio::test]
async fn tls_takes_a_renewed_certificate_without_a_restart() {
    let folder = Folder::new();
    let write = |certified: &CertifiedKey<rcgen::KeyPair>, kept: &str| {
        folder.write("key.pem", &certified.signing_key.serialize_pem());
        folder.write("certificate.pem", &certified.cert.pem());
        folder.write(kept, &certified.cert.pem())
    };
    let [first, second] = [(); 2].map(|()| generate_simple_self_signed(["localhost".to_owned()]).unwrap());
    let first = write(&first, "first.pem");
    let tls = TlsFiles { certificate: folder.0.join("certificate.pem"), key: folder.0.join("key.pem") };
    let environment = Environment::default().with("KOOGALLERY_KEYS", KEYS);
    let host = host_with(Http { limits: patient(), tls: Some(tls) }, environment).await;
    let address = host.address().replace("127.0.0.1", "localhost");
    assert!(address.starts_with("https://"));
    assert_eq!(asks(&address, &first).await.unwrap(), 200);
    let second = write(&second, "second.pem");
    assert_eq!(asks(&address, &second).await.unwrap(), 200);
    assert!(asks(&address, &first).await.is_err());
    // A broken file changes nothing.
    folder.write("key.pem", "no key");
    assert_eq!(asks(&address, &second).await.unwrap(), 200);
    host.stop().await.unwrap();
}

/// How often a host's application was called.
#[derive(Clone, Default)]
struct Calls(Arc<AtomicUsize>);

#[tokio::test]
async fn a_host_that_is_stopped_between_requests_works_while_one_waits() {
    let calls = Calls::default();
    let application = axum::Router::new()
        .fallback(async |State(Calls(calls)): State<Calls>| {
            calls.fetch_add(1, Ordering::SeqCst);
        })
        .with_state(calls.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/events", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, application).await });
    let environment = Environment::default()
        .with("KOOGALLERY_KEYS", KEYS)
        .with("KOOGALLERY_WEBHOOK_URL", url)
        .with("KOOGALLERY_WEBHOOK_SECRET", LOCAL_WEBHOOK_SECRET)
        .with("KOOGALLERY_API_TOKEN", "timer/work:a-token-for-the-timer crm/read:a-token-for-the-crm");
    let (log, journal, listen) = (Arc::new(Silent), Arc::new(Silent), "127.0.0.1:0".parse().unwrap());
    let options = Options::new(listen, TableAt::IN_MEMORY, environment, log, journal);
    let host = LocalHost::start(Options { runs: Runs::WhenAsked, ..options }).await.unwrap();
    assert_eq!(code(&host, KEYS).await, "000000");

    let work = async |token: &str| {
        let request = reqwest::Client::new().post(format!("{}internal/work", host.address()));
        let answer = request.header("authorization", format!("Bearer {token}")).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_slice::<Value>(&answer.bytes().await.unwrap()).unwrap())
    };
    for (token, refused) in [("a-token-for-the-crm", 403), ("another-token-for-something", 401)] {
        assert_eq!(work(token).await.0, refused);
    }
    assert_eq!(calls.0.load(Ordering::SeqCst), 0, "nobody asked yet");
    let (status, done) = work("a-token-for-the-timer").await;
    assert_eq!((status, &done["delivered"], &done["failed"]), (200, &json!(1), &json!(0)), "{done}");
    assert_eq!(calls.0.load(Ordering::SeqCst), 1);
    assert_eq!(work("a-token-for-the-timer").await.1["delivered"], 0);
    host.stop().await.unwrap();
}
