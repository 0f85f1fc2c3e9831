//! Applications that the settings of products name: who logs in to them, when they hold, and what counts where the environment has them too.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use koogallery::Timestamp;
use koogallery_local::log::Silent;
use koogallery_runtime::{Environment, SettingsSource};
use koogallery_store::Store;
use koogallery_tests::api::Api;
use koogallery_tests::browser::{Browser, Page};
use login::Login;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::world::{APPLICATION, SECRET, START, World, hex, reason};

const OTHER_SECRET: &str = "the secret that follows";

/// A client of the tenants' application, with a secret.
fn client(id: &str, change: &Value) -> Value {
    let mut client = json!({ "client_id": id, "client_secret_sha256": hex(SECRET), "app_id": "demo-app",
        "redirect_uris": [APPLICATION] });
    client.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    client
}

/// Writes settings over whatever stands; the version.
async fn set(world: &World, document: Value) -> u64 {
    let api = Api::of(&world.seller);
    let standing = api.get("/v1/settings").await.expect(200)["version"].as_u64().unwrap();
    let body = json!({ "document": document, "expectedVersion": standing, "reason": "a test" });
    api.put("/v1/settings", &body).await.expect(200)["version"].as_u64().unwrap()
}

/// How a login of the user `both` at a client ends, in a browser of its own.
async fn log_in(world: &World, client: &str, tenant: &str) -> Page {
    let (browser, address) = (Browser::default(), world.authorize(client, &[("tenant", tenant)]));
    let is_end = |to: &reqwest::Url| to.as_str().starts_with("http://127.0.0.1:1/");
    let page = browser.follow_until(browser.open(&address).await, is_end).await;
    if !page.body.contains("name=\"account\"") {
        return page;
    }
    let sent = browser.submit(&page, &[("account", "both"), ("password", "both")]).await;
    browser.follow_until(sent, is_end).await
}

#[tokio::test]
async fn a_user_logs_in_to_an_application_of_the_settings() {
    let world = World::start().await;
    let unknown = world.browser.open(&world.authorize("desk", &[])).await;
    assert_eq!(reason(&unknown), "invalid_client");
    let desk = client("desk", &json!({ "client_name": "The desk", "id_token_signed_response_alg": "ES256" }));
    set(&world, json!({ "format": 1, "default": { "oidcClients": [desk] } })).await;
    let arrived = log_in(&world, "desk", "demo-tenant-1").await;
    let (status, token) = world.token(&arrived.given("code").unwrap(), &[("client_id", "desk")]).await;
    assert_eq!(status, 200, "{token}");
    let claims = world.claims(&token).await;
    assert_eq!((&claims["aud"], &claims["preferred_username"]), (&"desk".into(), &"both".into()));
    assert_eq!(world.userinfo(token["access_token"].as_str().unwrap()).await.0, 200);
    // Those of the environment are there as before.
    assert!(log_in(&world, "shop", "demo-tenant-1").await.given("code").is_some());
    // Once it is taken out, it is unknown again, also to who holds a code.
    let arrived = log_in(&world, "desk", "demo-tenant-1").await;
    set(&world, json!({ "format": 1 })).await;
    let (status, refused) = world.token(&arrived.given("code").unwrap(), &[("client_id", "desk")]).await;
    assert_eq!((status, &refused["error"]), (401, &"invalid_client".into()));
    assert_eq!(reason(&world.browser.open(&world.authorize("desk", &[])).await), "invalid_client");
}

#[tokio::test]
async fn where_both_have_a_client_the_settings_count_until_they_are_rolled_back() {
    let world = World::start().await;
    let redeemed = async |secret: &str| {
        let code = log_in(&world, "shop", "demo-tenant-1").await.given("code").unwrap();
        world.token(&code, &[("client_secret", secret)]).await.0
    };
    let of_settings = client("shop", &json!({ "client_secret_sha256": [hex(OTHER_SECRET)] }));
    set(&world, json!({ "format": 1, "default": { "oidcClients": [of_settings] } })).await;
    assert_eq!((redeemed(OTHER_SECRET).await, redeemed(SECRET).await), (200, 401));
    // The entry of the environment has another address, which does not count either.
    let bye = format!("{}?client_id=shop&post_logout_redirect_uri=http://127.0.0.1:1/bye", world.at("/logout"));
    assert_eq!(reason(&world.browser.open(&bye).await), "invalid_redirect_uri");
    set(&world, json!({ "format": 1 })).await;
    assert_eq!((redeemed(OTHER_SECRET).await, redeemed(SECRET).await), (401, 200));
}

#[tokio::test]
async fn a_client_of_a_product_is_for_the_users_of_its_instances() {
    let world = World::selling(&["p-crm", "p-erp"]).await;
    let start = |name: &str| json!({ "initiate_login_uri": format!("{START}/{name}"), "client_name": name });
    let clients = |id: &str, change: &Value| json!({ "oidcClients": [client(id, change)] });
    set(
        &world,
        json!({ "format": 1, "default": clients("desk", &json!({})), "products": {
            "p-crm": clients("crm", &start("crm")), "p-erp": clients("erp", &start("erp")), "p-none": clients("none", &start("none")),
        } }),
    )
    .await;
    for (client, tenant, enters) in [
        ("crm", "demo-tenant-1", true),
        ("crm", "demo-tenant-2", false),
        ("erp", "demo-tenant-1", false),
        ("erp", "demo-tenant-2", true),
        ("none", "demo-tenant-1", false),
        ("desk", "demo-tenant-1", true),
        ("desk", "demo-tenant-2", true),
        ("shop", "demo-tenant-2", true),
    ] {
        let page = log_in(&world, client, tenant).await;
        assert_eq!(page.given("code").is_some(), enters, "{client} {tenant}: {page:?}");
        if !enters {
            assert_eq!((reason(&page), page.status.as_u16()), ("application_unknown", 400));
        }
    }
    // Who comes from a workbench is led to what the company has: the shop, which is for all, and that of its product.
    let page = Browser::default().open(&format!("{}?code=x&tenant=demo-tenant-2", world.at("/callback"))).await;
    let led_to: Vec<bool> =
        ["start/erp", "start?", "start/crm", "start/none"].map(|part| page.body.contains(part)).to_vec();
    assert_eq!(led_to, [true, true, false, false], "{}", page.body);
}

#[tokio::test]
async fn an_instance_whose_product_is_not_known_is_of_no_products_client() {
    let world = World::start().await;
    set(&world, json!({ "format": 1, "products": { "p-crm": { "oidcClients": [client("crm", &json!({}))] } } })).await;
    assert_eq!(reason(&log_in(&world, "crm", "demo-tenant-1").await), "application_unknown");
    assert!(log_in(&world, "shop", "demo-tenant-1").await.given("code").is_some());
}

/// The time of the login in the tests below: it takes a function.
static TIME: AtomicI64 = AtomicI64::new(1_800_000_000_000);

fn time() -> Timestamp {
    Timestamp::from_millis(TIME.load(Ordering::SeqCst))
}

/// A login as a function has it, with settings of its own.
struct Function {
    issuer: String,
    http: reqwest::Client,
}

impl Function {
    async fn over(store: Store) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let local_key = koogallery_local::keys::LOCAL_KEY;
        let environment = Environment::default()
            .with("KOOGALLERY_LOGIN_ISSUER", &issuer)
            .with("KOOGALLERY_LOCAL_KEY", local_key)
            .with("KOOGALLERY_OIDC_CLIENTS", json!([client("shop", &json!({}))]).to_string());
        let settings = Arc::new(SettingsSource::new(Arc::new(time)));
        let login = Login::of(&environment, store, settings, Arc::new(Silent), time).unwrap();
        tokio::spawn(async move { axum::serve(listener, login::router(Arc::new(login))).await });
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).tls_certs_only([]);
        Self { issuer, http: http.build().unwrap() }
    }

    /// What a client with this secret is told of a code that nobody gave.
    async fn told(&self, client: &str, secret: &str) -> (u16, String) {
        let form = format!(
            "grant_type=authorization_code&code=x&client_id={client}&client_secret={}",
            secret.replace(' ', "+")
        );
        let request = self.http.post(format!("{}/token", self.issuer)).body(form);
        let answer = request.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap();
        let status = answer.status().as_u16();
        let body: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default();
        (status, body["error"].as_str().unwrap_or_default().to_owned())
    }

    async fn status(&self, path: &str) -> u16 {
        self.http.get(format!("{}{path}", self.issuer)).send().await.unwrap().status().as_u16()
    }
}

const RIGHT: (u16, &str) = (400, "invalid_grant");
const WRONG: (u16, &str) = (401, "invalid_client");

#[tokio::test]
async fn a_changed_secret_holds_when_the_settings_are_thirty_seconds_old() {
    const SECOND: &str = "plain-secret-of-the-desk";
    const FIRST: &str = "first-secret-of-the-desk";
    let world = World::start().await;
    let function = Function::over(world.seller.host.store().clone()).await;
    let told = async |secret: &str| function.told("desk", secret).await;
    let is = |(status, error): (u16, &str)| (status, error.to_owned());
    let pass = |milliseconds: i64| TIME.fetch_add(milliseconds, Ordering::SeqCst);
    let with = |secrets: &[&str]| {
        let digests: Vec<String> = secrets.iter().map(|secret| hex(secret)).collect();
        json!({ "format": 1, "default": { "oidcClients": [client("desk", &json!({ "client_secret_sha256": digests }))] } })
    };
    assert_eq!(told(FIRST).await, is(WRONG), "nobody wrote any settings");
    set(&world, with(&[FIRST])).await;
    pass(29_999);
    assert_eq!(told(FIRST).await, is(WRONG), "they were read less than 30 s ago");
    pass(1);
    assert_eq!((told(FIRST).await, told(SECOND).await), (is(RIGHT), is(WRONG)));
    set(&world, with(&[FIRST, SECOND])).await;
    pass(30_000);
    assert_eq!((told(FIRST).await, told(SECOND).await), (is(RIGHT), is(RIGHT)), "one follows the other");
    set(&world, with(&[SECOND])).await;
    pass(30_000);
    assert_eq!((told(FIRST).await, told(SECOND).await), (is(WRONG), is(RIGHT)));

    // What a newer version wrote cannot be read: the last good one stays.
    let store = world.seller.host.store();
    let actor = koogallery_store::Actor {
        by: "a newer version".to_owned().try_into().unwrap(),
        via: koogallery_store::Via::SellerApi,
        reason: None,
    };
    let newer = r#"{"format":2,"default":{"oidcClients":{}}}"#;
    store.keep_settings(newer, 3, (&actor, &"deployed".to_owned().try_into().unwrap()), time()).await.unwrap();
    pass(30_000);
    assert_eq!(told(SECOND).await, is(RIGHT));
}

#[tokio::test]
async fn without_a_table_the_clients_of_the_environment_are_known_and_of_no_other_anything_is_said() {
    let world = World::start().await;
    let elsewhere = Store::new(world.seller.host.store().client().clone(), "no-such-table");
    let function = Function::over(elsewhere).await;
    assert_eq!(function.told("shop", "wrong").await, (401, "invalid_client".to_owned()));
    assert_eq!(function.told("desk", "wrong").await.0, 503);
    let authorize = |id: &str| format!("/authorize?client_id={id}&redirect_uri=https://evil.example.com/");
    assert_eq!((function.status(&authorize("shop")).await, function.status(&authorize("desk")).await), (400, 503));
    assert_eq!(function.status("/.well-known/openid-configuration").await, 200);
}
