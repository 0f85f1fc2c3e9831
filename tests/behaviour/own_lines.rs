//! What a production host writes: each line is one JSON object, also where something goes wrong, so that a collector of logs takes it
//! for an event and an alarm can look at its level.

#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use koogallery_tests::KEYS;
use rcgen::generate_simple_self_signed;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::Command;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use uuid::Uuid;

use crate::simulate::koogallery;

/// A folder with what a production host is given, until it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(Uuid::new_v4().to_string());
        std::fs::create_dir(&path).unwrap();
        let certified = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let this = Self(path);
        this.write("certificate.pem", &certified.cert.pem());
        this.write("key.pem", &certified.signing_key.serialize_pem());
        let keys: Value = serde_json::from_str(KEYS).unwrap();
        this.write("secret.json", &json!({ "accessKeys": keys, "localKey": "5".repeat(64) }).to_string());
        this
    }

    fn at(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.join(name), text).unwrap();
    }

    fn host(&self, variables: &[(&str, &str)]) -> Command {
        let mut serve = koogallery(variables);
        serve.args(["serve", "--production", "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"]);
        serve.args(["--data", &self.at("store.db")]).stdout(Stdio::piped()).stderr(Stdio::piped());
        serve
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// The lines that come, each read as the JSON object that it has to be.
fn objects(from: impl AsyncRead + Unpin + Send + 'static) -> UnboundedReceiver<Value> {
    let (sender, receiver) = unbounded_channel();
    let mut lines = BufReader::new(from).lines();
    tokio::spawn(async move {
        while let Some(line) = lines.next_line().await.unwrap() {
            let object: Value = serde_json::from_str(&line).unwrap_or_else(|_| json!({ "notJson": line }));
            // Whoever listens may have heard enough.
            drop(sender.send(object));
        }
    });
    receiver
}

/// Waits for the line that has this at the start of this member.
async fn line(lines: &mut UnboundedReceiver<Value>, member: &str, start: &str) -> Value {
    loop {
        let next = tokio::time::timeout(Duration::from_mins(1), lines.recv()).await;
        let line = next.ok().flatten().unwrap_or_else(|| panic!("no line says {start}"));
        assert_eq!(line.get("notJson"), None, "{line}");
        assert!(line["level"].is_string() && line["timestamp"].is_string() && line["version"].is_string(), "{line}");
        if line[member].as_str().is_some_and(|text| text.starts_with(start)) {
            return line;
        }
    }
}

#[tokio::test]
async fn a_production_host_writes_json_only() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let folder = Folder::new();
    let secret = folder.at("secret.json");
    let mut serve = folder.host(&[("KOOGALLERY_SECRET_FILE", &secret)]);
    serve.args(["--tls-certificate", &folder.at("certificate.pem"), "--tls-key", &folder.at("key.pem")]);
    let mut serve = serve.spawn().unwrap();
    let mut own = objects(serve.stderr.take().unwrap());
    let mut records = objects(serve.stdout.take().unwrap());

    let started = line(&mut own, "note", "started").await;
    assert_eq!(
        (&started["function"], &started["level"], &started["table"]),
        (&json!("host"), &json!("INFO"), &json!("koogallery"))
    );
    let notice = line(&mut own, "problem", "notice: ").await;
    assert_eq!(notice["level"], "WARN", "{notice}");
    let address = started["productionAddress"].as_str().unwrap().replace("127.0.0.1", "localhost");
    let asks = async |path: &str| {
        let trusted = std::fs::read(folder.at("certificate.pem")).unwrap();
        let trusted = reqwest::Certificate::from_pem(&trusted).unwrap();
        let client = reqwest::Client::builder().tls_certs_only([trusted]).build().unwrap();
        client.post(format!("{address}{path}")).body("{}").send().await.unwrap().status().as_u16()
    };
    assert_eq!(asks("").await, 200, "a stranger's call is answered");
    let call = line(&mut records, "resultCode", "000002").await;
    assert_eq!(call["level"], "WARN", "{call}");

    // Whoever mounts the files breaks them.
    folder.write("key.pem", "no key");
    assert_eq!(asks("").await, 200);
    line(&mut own, "problem", "the old certificate is still used: ").await;
    folder.write("secret.json", "{");
    let client = reqwest::Client::builder().tls_danger_accept_invalid_certs(true).build().unwrap();
    let ready = client.get(format!("{address}readyz")).send().await.unwrap();
    assert_eq!(ready.status().as_u16(), 503);
    let told = line(&mut own, "problem", "not ready: ").await;
    assert!(told["problem"].as_str().unwrap().contains("secret.json") && told["level"] == "WARN", "{told}");

    let id = serve.id().unwrap();
    assert!(Command::new("sh").args(["-c", &format!("kill -TERM {id}")]).status().await.unwrap().success());
    line(&mut own, "note", "stopping").await;
    line(&mut own, "note", "stopped").await;
    assert!(serve.wait().await.unwrap().success());
    for mut rest in [own, records] {
        while let Some(line) = rest.recv().await {
            assert_eq!(line.get("notJson"), None, "{line}");
        }
    }
}

#[tokio::test]
async fn why_a_production_host_does_not_start_is_json_as_well() {
    let folder = Folder::new();
    let refused = folder.host(&[]).output().await.unwrap();
    assert_eq!((refused.status.code(), refused.stdout.is_empty()), (Some(2), true));
    let told = String::from_utf8(refused.stderr).unwrap();
    let line: Value = serde_json::from_str(told.trim_end()).unwrap();
    let problem = line["problem"].as_str().unwrap();
    assert!(line["level"] == "ERROR" && problem.contains("KOOGALLERY_KEYS is not set"), "{line}");
    assert!(problem.contains("KOOGALLERY_LOCAL_KEY is not set"), "{line}");
}
