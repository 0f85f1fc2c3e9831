//! `koogallery doctor`: each fault of a deployment is found, with what to mend; a healthy one has none.

#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use koogallery::{AccessKeys, RsaPrivateKey};
use koogallery_certificate::{CertificateError, Validity, certificate_of};
use koogallery_local::doctor::Doctor;
use koogallery_local::findings::{Report, State};
use koogallery_local::keys::{
    LOCAL_API_TOKEN, LOCAL_RSA_PRIVATE_KEY, LOCAL_TEST_KEYS, LOCAL_WEBHOOK_SECRET, local_rsa_public_key,
};
use koogallery_local::listen::Listener;
use koogallery_local::open_api::StandIn;
use koogallery_open_api::Credentials;
use koogallery_runtime::{Environment, now};
use koogallery_tests::api::TOKEN;
use koogallery_tests::kit::RSA_PRIVATE_KEY;
use koogallery_tests::{KEYS, Seller};
use rcgen::{CertificateParams, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::simulate::koogallery;

const SECRET: &str = "whsec_b3duLXdlYmhvb2stc2VjcmV0LW9mLWEtc2VsbGVy";
const CREDENTIALS: (&str, &str) = ("OWNACCESSKEY", "own-secret-access-key");
/// So that few debug calls are sent, where it is not about them.
const FEW: (&str, &str) = ("KOOGALLERY_KEYS", r#"{"kit":["kit-key"],"order":["order-key"]}"#);
const SEAL_KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// A deployment with its application and KooGallery's open APIs, and the variables that it has.
struct Deployed {
    seller: Seller,
    variables: Vec<(&'static str, String)>,
    _open_api: StandIn,
}

impl Deployed {
    async fn start() -> Self {
        let application = Listener::start(0, Some(SECRET), None, Box::new(|_| None)).await.unwrap();
        let webhook = format!("http://{}/", application.address().unwrap());
        tokio::spawn(application.run());
        let keys = AccessKeys::from_json(KEYS).unwrap();
        let credentials = Credentials::new(CREDENTIALS.0, CREDENTIALS.1).unwrap();
        let open_api = StandIn::start(credentials, keys, now).await.unwrap();
        let variables = vec![
            ("KOOGALLERY_KEYS", KEYS.to_owned()),
            ("KOOGALLERY_LOCAL_KEY", SEAL_KEY.to_owned()),
            ("KOOGALLERY_RSA_PRIVATE_KEY", RSA_PRIVATE_KEY.to_owned()),
            // The first one may not do what is asked to look at the API.
            ("KOOGALLERY_API_TOKEN", format!("meter/usage:a-token-that-reports-usage {TOKEN}")),
            ("KOOGALLERY_WEBHOOK_URL", webhook),
            ("KOOGALLERY_WEBHOOK_SECRET", SECRET.to_owned()),
            ("KOOGALLERY_OPEN_API_URL", open_api.endpoint().to_string()),
            ("KOOGALLERY_ACCESS_KEY_ID", CREDENTIALS.0.to_owned()),
            ("KOOGALLERY_SECRET_ACCESS_KEY", CREDENTIALS.1.to_owned()),
        ];
        let seller = Seller::with(|environment| with(environment, &variables)).await;
        Self { seller, variables, _open_api: open_api }
    }

    /// What is found with some variables other than the deployment has them; a blank one is not set.
    async fn found(&self, other: &[(&'static str, &str)]) -> Report {
        let public_key = RsaPrivateKey::from_pem(RSA_PRIVATE_KEY).unwrap().public_key();
        let other = other.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let variables: Vec<_> = self.variables.iter().cloned().chain(other).collect();
        let environment = with(Environment::default(), &variables);
        Doctor::new(&self.seller.host.address(), None, Some(public_key), environment)
            .unwrap()
            .examine(|_| {})
            .await
            .unwrap()
    }
}

fn with(environment: Environment, variables: &[(&str, String)]) -> Environment {
    variables.iter().fold(environment, |all, (name, value)| all.with(name, value))
}

/// The problems, as check and text.
fn problems(report: &Report) -> Vec<(&str, &str)> {
    let problems = report.checks.iter().filter(|finding| finding.state == State::Problem);
    problems.map(|finding| (finding.check.as_str(), finding.detail.as_str())).collect()
}

/// Exactly these checks found a problem, one each, that says so.
fn only(report: &Report, expected: &[(&str, &str)]) {
    let found = problems(report);
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (check, text) in expected {
        assert!(found.iter().any(|(found, told)| found == check && told.contains(text)), "{check}, {text}: {found:#?}");
    }
    assert_eq!(report.problems, found.len());
}

fn state(report: &Report, check: &str) -> Vec<State> {
    report.checks.iter().filter(|finding| finding.check == check).map(|finding| finding.state).collect()
}

#[tokio::test]
async fn a_healthy_deployment_has_no_problem_and_what_nobody_can_know_is_said() {
    let deployed = Deployed::start().await;
    let before = deployed.seller.everything().await.len();
    let report = deployed.found(&[]).await;
    only(&report, &[]);
    for check in [
        "variables",
        "secrets",
        "production address",
        "clock",
        "unsigned calls",
        "local test key",
        "debug calls v2-basic",
        "debug calls v1-basic",
        "debug calls kit-v2",
        "debug calls kit-v1",
        "debug calls license-v2",
        "debug calls license-v1",
        "debug calls online-license",
        "debug calls order-notice",
        "open APIs",
        "seller API",
        "webhook",
    ] {
        assert_eq!(state(&report, check), [State::Ok], "{check}");
    }
    assert_eq!(state(&report, "RSA public key"), [State::Ok, State::NotChecked], "Seller Console alone knows");
    assert_eq!(state(&report, "certificate"), [State::NotChecked]);
    assert_eq!(state(&report, "last probes"), [State::NotChecked]);
    assert_eq!(report.checks.len(), report.ok + report.not_checked);
    assert_eq!(before, 0);
    for item in deployed.seller.everything().await {
        let key = item["pk"].as_s().unwrap();
        assert!(key.starts_with("TEST#") || key == "DATA_KEY", "nothing of a buyer's: {key}");
    }
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!((&json["problems"], &json["checks"][0]["state"]), (&0.into(), &"ok".into()));
    assert!(report.checks.iter().all(|finding| !finding.detail.contains(TOKEN) && !finding.detail.contains(SECRET)));
}

#[tokio::test]
async fn each_mistake_here_is_found() {
    let deployed = Deployed::start().await;
    let other_pair = local_rsa_public_key().unwrap();
    for (variables, expected) in [
        (vec![("KOOGALLERY_PROVISONING", "deferred")], vec![("variables", "did you mean KOOGALLERY_PROVISIONING?")]),
        (vec![("AWS_ENDPOINT_URL_SQS", "sqs.example.com")], vec![("variables", "AWS_ENDPOINT_URL_SQS")]),
        (vec![("KOOGALLERY_API_TOKEN", "short")], vec![("secrets", "KOOGALLERY_API_TOKEN"), ("seller API", "401")]),
        (vec![("KOOGALLERY_API_TOKEN", "another-token-of-somebody")], vec![("seller API", "KOOGALLERY_API_TOKEN")]),
        (vec![("KOOGALLERY_RSA_PRIVATE_KEY", "")], vec![("secrets", "KOOGALLERY_RSA_PRIVATE_KEY is not set")]),
        (vec![("KOOGALLERY_RSA_PRIVATE_KEY", "no key")], vec![("secrets", "KOOGALLERY_RSA_PRIVATE_KEY")]),
        (vec![("KOOGALLERY_RSA_PRIVATE_KEY", LOCAL_RSA_PRIVATE_KEY)], vec![("RSA public key", "of another pair")]),
        (vec![("KOOGALLERY_ACCESS_KEY_ID", "ANOTHERKEY")], vec![("open APIs", "are AK and SK as")]),
        (vec![("KOOGALLERY_OPEN_API_URL", "http://127.0.0.1:1/")], vec![("open APIs", "firewall")]),
        (vec![("KOOGALLERY_OPEN_API_URL", "asia")], vec![("variables", "china-cn")]),
        (vec![("KOOGALLERY_WEBHOOK_URL", "http://127.0.0.1:1/")], vec![("webhook", "cannot be reached")]),
        (vec![("KOOGALLERY_WEBHOOK_URL", "http://app.example.com/")], vec![("webhook", "KOOGALLERY_WEBHOOK_URL")]),
        (vec![("KOOGALLERY_WEBHOOK_SECRET", LOCAL_WEBHOOK_SECRET)], vec![("webhook", "HTTP 401")]),
    ] {
        let variables: Vec<_> = [FEW].into_iter().chain(variables).collect();
        only(&deployed.found(&variables).await, &expected);
    }
    // What is not set here is not checked, and no problem.
    let blank = ["KOOGALLERY_WEBHOOK_URL", "KOOGALLERY_OPEN_API_URL", "KOOGALLERY_API_TOKEN"].map(|name| (name, ""));
    let report = deployed.found(&[&[FEW], &blank[..]].concat()).await;
    only(&report, &[]);
    for check in ["webhook", "open APIs", "seller API"] {
        assert_eq!(state(&report, check), [State::NotChecked], "{check}");
    }
    // An access key that the deployment does not have: each of its family's calls fails.
    let report = deployed.found(&[("KOOGALLERY_KEYS", r#"{"order":["another-key"]}"#)]).await;
    only(&report, &[("debug calls order-notice", "orderNotify")]);
    assert!(state(&report, "debug calls kit-v2").iter().all(|state| *state == State::NotChecked));
    // Another public key is registered than the private key's: what KooGallery encrypts does not decrypt.
    let environment = with(Environment::default(), &deployed.variables);
    let doctor = Doctor::new(&deployed.seller.host.address(), None, Some(other_pair), environment).unwrap();
    let report = doctor.examine(|_| {}).await.unwrap();
    let found = problems(&report);
    for check in ["RSA public key", "debug calls kit-v2", "debug calls kit-v1"] {
        assert!(found.iter().any(|(found, _)| *found == check), "{check}: {found:#?}");
    }
}

#[tokio::test]
async fn what_everybody_knows_opens_nothing() {
    let mut deployed = Deployed::start().await;
    deployed.seller = Seller::with(|environment| {
        let known =
            [("KOOGALLERY_KEYS", LOCAL_TEST_KEYS.to_owned()), ("KOOGALLERY_API_TOKEN", LOCAL_API_TOKEN.to_owned())];
        with(with(environment, &deployed.variables), &known)
    })
    .await;
    let report = deployed.found(&[]).await;
    let found = problems(&report);
    for (check, text) in [("local test key", "anybody can forge"), ("seller API", "the local test token opens it")] {
        assert!(found.iter().any(|(found, told)| *found == check && told.contains(text)), "{check}: {found:#?}");
    }
}

/// Answers everything alike.
async fn answers(headers: &'static [(&'static str, &'static str)], body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let answer = move || async move {
        let builder = headers.iter().fold(Response::builder(), |builder, (name, value)| builder.header(*name, *value));
        builder.body(Body::from(body)).unwrap()
    };
    tokio::spawn(axum::serve(listener, Router::new().fallback(answer)).into_future());
    format!("http://{address}/")
}

async fn found_at(address: &str) -> Report {
    let environment = Environment::default().with("KOOGALLERY_KEYS", KEYS);
    Doctor::new(address, None, None, environment).unwrap().examine(|_| {}).await.unwrap()
}

#[tokio::test]
async fn what_answers_something_else_is_found() {
    const JSON: (&str, &str) = ("content-type", "application/json");
    for (address, check, text) in [
        ("http://127.0.0.1:1/".to_owned(), "production address", "firewall"),
        (answers(&[("content-type", "text/html")], "<html>").await, "production address", "something else answers"),
        (answers(&[JSON], r#"{"resultCode":"000000","resultMsg":""}"#).await, "unsigned calls", "000000"),
        (
            answers(&[JSON, ("date", "Wed, 21 Oct 2015 07:28:00 GMT")], r#"{"resultCode":"000001","resultMsg":""}"#)
                .await,
            "clock",
            "NTP",
        ),
        (answers(&[JSON], r#"{"resultCode":"000001","resultMsg":""}"#).await, "debug calls v2-basic", "newInstance"),
        (answers(&[], "{}").await, "seller API", "any token opens it"),
    ] {
        let report = found_at(&address).await;
        let found = problems(&report);
        assert!(found.iter().any(|(found, told)| *found == check && told.contains(text)), "{check}: {found:#?}");
    }
    assert!(Doctor::new("seller.example.com", None, None, Environment::default()).is_err());
}

#[tokio::test]
async fn an_application_that_takes_anything_is_found() {
    let deployed = Deployed::start().await;
    let careless = answers(&[], "").await;
    only(&deployed.found(&[FEW, ("KOOGALLERY_WEBHOOK_URL", &careless)]).await, &[("webhook", "another secret signed")]);
    let moved = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", moved.local_addr().unwrap());
    let elsewhere = || async { Response::builder().status(308).header("location", "/x").body(Body::empty()).unwrap() };
    tokio::spawn(axum::serve(moved, Router::new().fallback(elsewhere)).into_future());
    only(&deployed.found(&[FEW, ("KOOGALLERY_WEBHOOK_URL", &address)]).await, &[("webhook", "redirect")]);
}

/// An authority, and a server with a certificate of it that is valid until then.
pub(crate) async fn tls_server(name: &str, until: SystemTime) -> (SocketAddr, Arc<ClientConfig>) {
    drop(rustls::crypto::ring::default_provider().install_default());
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new([]).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let root = authority.self_signed(&authority_key).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(root.der().clone()).unwrap();
    let key = KeyPair::generate().unwrap();
    let mut own = CertificateParams::new([name.to_owned()]).unwrap();
    own.not_before = (SystemTime::UNIX_EPOCH + Duration::from_secs(1)).into();
    own.not_after = until.into();
    let own = own.signed_by(&key, &Issuer::new(authority, authority_key)).unwrap();
    let private = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let server =
        ServerConfig::builder().with_no_client_auth().with_single_cert(vec![own.der().clone()], private).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(server));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(acceptor.accept(stream).await);
        }
    });
    let client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    (address, Arc::new(client))
}

#[tokio::test]
async fn a_certificate_is_seen_with_the_days_that_are_left() {
    let day = Duration::from_hours(24);
    let seen = async |name: &str, until: SystemTime| {
        let (address, trusts) = tls_server(name, until).await;
        certificate_of("localhost", address.port(), trusts).await
    };
    let Validity { until } = seen("localhost", SystemTime::now() + day * 40).await.unwrap();
    assert_eq!(Validity { until }.days_left(SystemTime::now() + Duration::from_hours(1)), 39);
    for (name, until, why) in [
        ("localhost", SystemTime::now() - day, "expired"),
        ("other.example.com", SystemTime::now() + day, "not valid for name"),
    ] {
        let error = seen(name, until).await.unwrap_err();
        assert!(matches!(error, CertificateError::Tls(_)), "{error}");
        assert!(error.to_string().to_lowercase().contains(why), "{error}");
    }
    // Of an authority that nobody knows, as the platform sees it.
    let (address, _) = tls_server("localhost", SystemTime::now() + day).await;
    let report = found_at(&format!("https://localhost:{}/", address.port())).await;
    let found = problems(&report);
    assert!(
        found.iter().any(|(check, told)| *check == "certificate" && told.contains("public authority")),
        "{found:#?}"
    );
}

#[tokio::test]
async fn the_command_shows_a_line_for_each_check_and_ends_with_1_where_there_is_a_problem() {
    let deployed = Deployed::start().await;
    let address = deployed.seller.host.address();
    let run = async |more: &[(&str, &str)], arguments: &[&str]| {
        let variables = deployed.variables.iter().map(|(name, value)| (*name, value.as_str()));
        let variables: Vec<_> = variables.chain(more.iter().copied()).collect();
        let mut doctor = koogallery(&variables);
        doctor.args(["doctor", "--to", &address]).args(arguments).output().await.unwrap()
    };
    let healthy = run(&[], &[]).await;
    let told = String::from_utf8(healthy.stdout).unwrap();
    assert!(healthy.status.success(), "{told}");
    assert!(told.lines().any(|line| line.starts_with("ok           webhook ")), "{told}");
    assert!(
        told.lines().any(|line| line.starts_with("not checked  last probes ") && line.contains("no debug call came")),
        "{told}"
    );
    assert!(told.lines().last().unwrap().contains(" ok, 0 problems, "), "{told}");

    let ill = run(&[FEW, ("KOOGALLERY_API_TOKEN", "short")], &["--json"]).await;
    assert_eq!(ill.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&ill.stdout).unwrap();
    assert_eq!(report["problems"], 2, "{report:#}");
}

#[tokio::test]
async fn a_local_host_out_of_the_box_is_healthy() {
    let seller = Seller::with(|environment| environment.with("KOOGALLERY_KEYS", "")).await;
    let public_key = Some(local_rsa_public_key().unwrap());
    let doctor = Doctor::new(&seller.host.address(), None, public_key, Environment::default()).unwrap();
    let report = doctor.examine(|_| {}).await.unwrap();
    only(&report, &[]);
    assert_eq!(state(&report, "debug calls v2-basic"), [State::Ok]);
    assert_eq!(state(&report, "local test key"), [State::NotChecked]);
}
