//! The console as a deployment has it, each request to AWS on its own way: all that there is of it happens once.

use std::sync::Arc;

use koogallery_local::log::Silent;
use koogallery_runtime::now;
use koogallery_store::{Actor, Cause, Raise, Via, Warning};
use koogallery_tests::bodies::{self, with};
use koogallery_tests::browser::Browser;
use koogallery_tests::deployment::{CONSOLE_SECRET, Deployment};
use koogallery_tests::kit::{self, Dialect};
use serde_json::json;
use tokio::net::TcpListener;

use super::provider::Provider;
use super::world::{ACCESS, CLIENT};

/// The console of a deployment, whose operators sign in by a provider.
pub(super) async fn console_of(deployment: &Deployment, provider: &Provider) -> String {
    provider.wants(CONSOLE_SECRET);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let environment = deployment.environment("console").with("KOOGALLERY_CONSOLE_URL", &url);
    let environment = environment.with("KOOGALLERY_CONSOLE_ISSUER", provider.issuer());
    let environment =
        environment.with("KOOGALLERY_CONSOLE_CLIENT_ID", CLIENT).with("KOOGALLERY_CONSOLE_ACCESS", ACCESS);
    let console = console::Console::of(&environment, deployment.store("console"), Arc::new(Silent), now).unwrap();
    let router = console::router(Arc::new(console));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// An administrator signs in, looks at every page, does everything, and signs out.
pub(crate) async fn operators_work(deployment: &Deployment) {
    let provider = Provider::start().await;
    let url = console_of(deployment, &provider).await;
    let purchase = with(with(bodies::purchase(), "orderId", "CS77"), "businessId", "c-7");
    assert_eq!(deployment.say(&with(purchase, "orderLineId", "CS77-000001")).await, "000000");
    // With users, so that there is something to erase.
    let (callback, body) = kit::auth(1, [kit::user(9)], 6);
    let granted = kit::signed_with(deployment.kit_key(), Dialect::V2, &(callback, with(body, "instanceId", "c-7")));
    assert_eq!(deployment.send(&granted).await, "000000");
    provider.is("ada@example.com", &[]);
    let (browser, other) = (Browser::default(), Browser::default());
    for browser in [&browser, &other] {
        assert_eq!(browser.go(&url).await.status, 200);
    }
    let event = deployment.store("console").events(&"INSTANCE#c-7".parse().unwrap()).await.unwrap()[0].event.event_id;
    let open = async |path: &str| {
        let page = browser.go(&format!("{url}{path}")).await;
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        page
    };
    let send = async |to: &str, fields: &[(&str, &str)]| {
        let reason = [("reason", "a test")];
        let page = browser.post(&format!("{url}{to}"), &url, &[&reason[..], fields].concat()).await;
        assert!(page.status.as_u16() < 400, "{to}: {} {}", page.status, page.body);
        browser.follow(page).await
    };
    send("/instances/c-7/app-info", &[("frontEndUrl", "https://app.example.com/"), ("password", "p")]).await;
    send("/instances/c-7/show", &[]).await;
    send(&format!("/events/{event}/resend"), &[]).await;
    send("/jobs", &[("of", "undelivered")]).await;
    send("/keys/rotate", &[("now", "true")]).await;
    let raise = Raise { cause: Cause::SellerStep, since: now(), at: now(), due_at: None };
    let warning = Warning::new("ORDER#CS77".parse().unwrap(), &raise, now());
    assert!(deployment.store("watch").raise(&warning).await.unwrap());
    open(&format!("/warnings/{}", warning.warning_id)).await;
    send(&format!("/warnings/{}/snooze", warning.warning_id), &[("hours", "1")]).await;
    send(&format!("/warnings/{}/acknowledge", warning.warning_id), &[]).await;
    send("/orders/CS77/supervision", &[("flow", "package")]).await;
    send("/orders/CS77/steps", &[("step", "accepted")]).await;
    let demand = send("/demands/enter", &[("number", "1")]).await;
    let demand = demand.url.path().to_owned();
    send(&demand, &[("state", "converting")]).await;
    send(&format!("/findings/{}/explain", "a".repeat(64)), &[("month", "2025-11")]).await;
    for (standing, plan) in [(0, "A"), (1, "B")] {
        let actor = Actor { by: "a test".to_owned().try_into().unwrap(), via: Via::Console, reason: None };
        let document = json!({ "format": 1, "default": { "plan": plan } }).to_string();
        let store = deployment.store("seller-api");
        let reason = "a test".to_owned().try_into().unwrap();
        store.keep_settings(&document, standing, (&actor, &reason), now()).await.unwrap();
    }
    open("/product-settings/1").await;
    send("/product-settings/1/rollback", &[]).await;
    let debug = with(with(bodies::purchase(), "businessId", "c-8"), "testFlag", "1");
    assert_eq!(deployment.say(&debug).await, "000000");
    send("/probes/forget", &[("id", "c-8")]).await;
    send("/find/people", &[("text", "user-00009")]).await;
    let file = "订单号,账期,成交价\nCS2511000001,2025-11,5.00\n";
    let mut page = open("/money").await;
    for _ in 0..2 {
        // The first time the columns are shown, the second time they are confirmed.
        page = browser.upload(&page, "/statements", &[("reason", "a test")], ("a.csv", file.as_bytes())).await;
    }
    let imported = browser.follow(page).await;
    assert!(imported.url.path().starts_with("/statements/"), "{}", imported.body);
    for path in [
        "/",
        "/find?q=CS77",
        "/find?q=no-such-request",
        "/instances",
        "/instances/c-7",
        "/orders",
        "/orders/CS77",
        "/license-requests",
    ] {
        open(path).await;
    }
    for path in [
        "/tenants",
        "/tenants/t-1",
        "/events",
        "/jobs",
        "/probes",
        "/warnings",
        "/supervision",
        "/demands",
        "/money?month=2025-11",
        "/figures",
        "/keys",
        "/product-settings",
        "/audit",
        "/audit.csv",
    ] {
        open(path).await;
    }
    assert_eq!(deployment.say(&with(bodies::release(), "instanceId", "c-7")).await, "000000");
    send("/instances/c-7/erase", &[("confirm", "true")]).await;
    let sessions = open("/sessions").await;
    let ended = browser.submit_to(&sessions, "/sessions/end", &[("reason", "a test")]).await;
    assert!(ended.leads_to().is_some(), "{}", ended.body);
    send("/sign-out", &[]).await;
}
