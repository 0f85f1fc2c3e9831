//! `koogallery promote`: what works in staging goes to production, and nothing else does.

#![allow(clippy::unwrap_used)]

use std::process::Output;

use koogallery_tests::api::{Api, TOKEN};
use koogallery_tests::bodies::{self, with};
use koogallery_tests::kit::{RSA_PRIVATE_KEY, RSA_PUBLIC_KEY};
use koogallery_tests::{KEYS, Seller};
use serde_json::{Value, json};

use crate::commands::Ran;
use crate::simulate::koogallery;

/// Two deployments, and the file of profiles that names the second one.
struct Two {
    staging: Seller,
    production: Seller,
    folder: std::path::PathBuf,
}

impl Two {
    async fn start() -> Self {
        let deployment = async || {
            Seller::with(|environment| {
                environment.with("KOOGALLERY_API_TOKEN", TOKEN).with("KOOGALLERY_RSA_PRIVATE_KEY", RSA_PRIVATE_KEY)
            })
            .await
        };
        let (staging, production) = (deployment().await, deployment().await);
        let folder = std::env::temp_dir().join(format!("koogallery-promotion-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(folder.join("koogallery")).unwrap();
        let profiles = json!({ "production": { "url": production.host.seller_api(), "token": TOKEN } });
        std::fs::write(folder.join("koogallery").join("profiles.json"), profiles.to_string()).unwrap();
        Self { staging, production, folder }
    }

    /// Staging's address by another name than production has.
    fn address(&self) -> String {
        self.staging.host.address().replace("127.0.0.1", "localhost")
    }

    async fn promote(&self, keys: &str, more: &[&str]) -> Ran {
        let mut command = koogallery(&[
            ("KOOGALLERY_API_URL", &self.staging.host.seller_api()),
            ("KOOGALLERY_API_TOKEN", TOKEN),
            ("KOOGALLERY_KEYS", keys),
            ("XDG_CONFIG_HOME", self.folder.to_str().unwrap()),
            ("USER", "somebody"),
        ]);
        command.args(["promote", "--to", "production", "--address", &self.address()]);
        command.args(["--rsa-public-key", RSA_PUBLIC_KEY]).args(more);
        let Output { status, stdout, stderr } = command.output().await.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { code: status.code().unwrap(), out: text(stdout), errors: text(stderr) }
    }

    async fn in_production(&self) -> Value {
        Api::of(&self.production).get("/v1/settings").await.expect(200)
    }
}

impl Drop for Two {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

fn document(host: &str) -> Value {
    let app = json!({ "frontEndUrl": format!("https://{host}/?i={{instanceId}}") });
    json!({ "format": 1, "products": { "p-1": { "plan": "Team", "appInfo": app } } })
}

async fn set(seller: &Seller, document: Value) {
    let body = json!({ "document": document, "expectedVersion": 0, "reason": "a test" });
    Api::of(seller).put("/v1/settings", &body).await.expect(200);
}

/// A line of the report with this check, in this state.
fn has(ran: &Ran, state: &str, check: &str, text: &str) -> bool {
    ran.out.lines().any(|line| line.starts_with(state) && line.contains(check) && line.contains(text))
}

#[tokio::test]
async fn what_passed_in_staging_becomes_the_settings_of_production() {
    let two = Two::start().await;
    set(&two.staging, document("crm-staging.example.com")).await;
    let replace = ["--replace", "crm-staging.example.com=crm.example.com"];

    // All cases are played: once is enough for a test.
    let ran = two.promote(KEYS, &[&replace[..], &["--apply", "--reason", "the plan Team"]].concat()).await;
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.errors);
    for (check, text) in [
        ("versions", "both run"),
        ("settings", "in 1 place"),
        ("events of staging", "none is parked"),
        ("conformance v2-basic", "answered as they should be"),
        ("conformance kit-v2", "answered as they should be"),
        ("debug calls v1-basic", "answered as they should be"),
    ] {
        assert!(has(&ran, "ok", check, text), "{check}: {}", ran.out);
    }
    assert!(has(&ran, "not checked", "probes of production", "no debug call came"), "{}", ran.out);
    assert!(ran.out.contains("+ /products: "), "{}", ran.out);
    let kept = two.in_production().await;
    assert_eq!((&kept["version"], &kept["document"]), (&json!(1), &document("crm.example.com")));
    assert_eq!((&kept["reason"], &kept["by"]), (&json!("the plan Team"), &json!("seller API: somebody")));
}

#[tokio::test]
async fn whatever_is_wrong_in_staging_keeps_its_settings_there() {
    let two = Two::start().await;
    set(&two.staging, document("localhost")).await;
    two.staging.say_all(&[bodies::purchase(), bodies::freeze()]).await;
    two.staging.park(bodies::INSTANCE, 0).await;
    // KooGallery's probes of production fail.
    let debug = with(with(bodies::purchase(), "testFlag", 1), "orderId", "");
    assert_ne!(two.production.say(&debug).await, "000000");

    let apply = ["--apply", "--reason", "too early"];
    let ran = two.promote(r#"{"basic":["another-key"],"order":["order-key"]}"#, &apply).await;
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.errors);
    for (check, text) in [
        ("settings", "/products/p-1/appInfo/frontEndUrl names localhost, which is staging's"),
        ("events of staging", "resend it, or discard it"),
        ("probes of production", "newInstance was answered"),
        ("conformance v2-basic", "expected"),
    ] {
        assert!(has(&ran, "problem", check, text), "{check}: {}", ran.out);
    }
    assert!(has(&ran, "not checked", "conformance kit-v2", "no kit access key"), "{}", ran.out);
    assert!(ran.out.contains("nothing was written: mend the problems first"), "{}", ran.out);
    assert_eq!(two.in_production().await["version"], 0);
    let keys = r#"{"order":["order-key"]}"#;
    let told: Value = serde_json::from_str(&two.promote(keys, &["--json"]).await.out).unwrap();
    assert_eq!((&told["settings"][0]["place"], &told["applied"]), (&json!("/products"), &Value::Null));
    assert_eq!(told["report"]["problems"], 3, "{told}");
    assert!(!ran.out.contains(TOKEN) && !ran.errors.contains(TOKEN));
}
