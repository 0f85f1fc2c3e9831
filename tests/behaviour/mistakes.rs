//! Mistakes of whoever uses the commands for the first time: each is told with what is wrong and what to do.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use koogallery_local::host::{LocalHost, Options, TableAt};
use koogallery_local::log::Silent;
use koogallery_runtime::Environment;

use crate::simulate::koogallery;

/// Runs a command that cannot do its work, and returns what it says.
async fn told(variables: &[(&str, &str)], arguments: &[&str]) -> String {
    let output = koogallery(variables).args(arguments).output().await.unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    told
}

#[track_caller]
fn says(told: &str, parts: &[&str]) {
    for part in parts {
        assert!(told.contains(part), "{part} is not in: {told}");
    }
}

#[tokio::test]
async fn an_endpoint_without_its_scheme_is_told() {
    let serve = ["serve", "--listen", "127.0.0.1:0", "--dynamodb-endpoint", "localhost:8000"];
    says(&told(&[], &serve).await, &["localhost:8000 has no scheme", "write http://localhost:8000"]);
    let check = told(&[("DYNAMODB_ENDPOINT", "localhost:8000")], &["check-store"]).await;
    says(&check, &["DYNAMODB_ENDPOINT", "write http://localhost:8000"]);
    let own_key = "5".repeat(64);
    let variables = [("KOOGALLERY_LOCAL_KEY", own_key.as_str()), ("DYNAMODB_ENDPOINT", "localhost:8000")];
    says(&told(&variables, &["rotate"]).await, &["write http://localhost:8000"]);
}

#[tokio::test]
async fn a_site_that_is_none_is_told_with_those_that_are_beside_what_else_is_missing() {
    let told = told(&[("KOOGALLERY_OPEN_API_URL", "chine")], &["serve", "--listen", "127.0.0.1:0"]).await;
    says(&told, &["KOOGALLERY_OPEN_API_URL cannot be used: give china, china-cn, international or europe"]);
    says(&told, &["KOOGALLERY_ACCESS_KEY_ID is not set"]);
}

#[tokio::test]
async fn a_number_in_words_is_told() {
    for quantity in ["ten", "0", "-1", "1.5"] {
        let quantity = format!("--quantity={quantity}");
        says(
            &told(&[], &["call", "newInstance", &quantity]).await,
            &["--quantity", "a whole number from 1, in digits"],
        );
    }
    let serve = told(&[], &["serve", "--max-connections", "many"]).await;
    says(&serve, &["--max-connections", "a whole number from 1"]);
}

#[tokio::test]
async fn events_without_ids_are_told_where_the_ids_are() {
    says(&told(&[], &["events", "resend"]).await, &["koogallery events list", "--all-failed"]);
    says(&told(&[], &["events", "discard", "--reason", "r"]).await, &["koogallery events list"]);
    says(&told(&[], &["events", "resend", "b-1"]).await, &["'b-1'", "`koogallery events list` shows it"]);
}

#[tokio::test]
async fn the_wrong_one_of_http_and_https_is_told_with_the_right_one() {
    let (log, journal) = (Arc::new(Silent), Arc::new(Silent));
    let listen = "127.0.0.1:0".parse().unwrap();
    let options = Options::new(listen, TableAt::IN_MEMORY, Environment::default(), log, journal);
    let host = LocalHost::start(options).await.unwrap();
    let https = host.address().replace("http://", "https://");
    let told = told(&[], &["call", "queryInstance", "instanceId=b-1", "--to", &https]).await;
    says(&told, &[&https, "does not answer in TLS", "write http:// instead of https://"]);
    host.stop().await.unwrap();
}

#[tokio::test]
async fn a_doctor_without_the_webhook_s_secret_is_told_which_and_where() {
    let variables = [("KOOGALLERY_WEBHOOK_URL", "https://app.example.com/")];
    let output = koogallery(&variables).args(["doctor", "--to", "http://127.0.0.1:1/"]).output().await.unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    let webhook = told.lines().find(|line| line.contains(" webhook ")).unwrap_or_else(|| panic!("{told}"));
    says(webhook, &["not checked", "set KOOGALLERY_WEBHOOK_SECRET here to what the deployment signs with (`whsec_…`)"]);
}
