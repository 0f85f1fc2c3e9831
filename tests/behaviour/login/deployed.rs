//! The login as a deployment has it, each request to AWS on its own way: all that there is of it happens once.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use koogallery::Timestamp;
use koogallery_local::identity::{Callback, IdentityService, announce, announcements, demo};
use koogallery_local::log::Silent;
use koogallery_oidc::{Rotated, SigningKeyError};
use koogallery_runtime::{Clock, Job, SettingsSource, now};
use koogallery_tests::browser::Browser;
use koogallery_tests::deployment::Deployment;
use koogallery_tests::kit::RSA_PUBLIC_KEY;
use login::Login;
use rotate_signing_keys::{Journal, Rotator};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Nobody listens there: a browser that is sent there has arrived.
const APPLICATION: &str = "http://127.0.0.1:1/callback";

/// A user logs in, an application redeems the code twice and asks who it is, and the keys follow one another.
pub(crate) async fn users_log_in(deployment: &Deployment) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let clients = json!([{ "client_id": "shop", "token_endpoint_auth_method": "none", "app_id": "demo-app",
        "redirect_uris": [APPLICATION] }]);
    let environment = deployment.environment("login").with("KOOGALLERY_LOGIN_ISSUER", &issuer);
    let environment = environment.with("KOOGALLERY_OIDC_CLIENTS", clients.to_string());
    let environment = environment.with("KOOGALLERY_LOGIN_EVENTS", "true");
    let settings = Arc::new(SettingsSource::new(Arc::new(now)));
    let login = Login::of(&environment, deployment.store("login"), settings, Arc::new(Silent), now).unwrap();
    let router = login::router(Arc::new(login));
    tokio::spawn(async move { axum::serve(listener, router).await });

    let callback = |path: &str| -> Callback { format!("{issuer}{path}").parse().unwrap() };
    let tenants = demo(&callback("/callback"), &callback("/callback/cas")).unwrap();
    let identity = IdentityService::start_at("127.0.0.1:0".parse().unwrap(), tenants, now).await.unwrap();
    let (tenant, key) = (&identity.tenants()[0], RSA_PUBLIC_KEY.parse().unwrap());
    let calls = announcements(tenant, &identity.domain(tenant), Some(&key), now()).unwrap();
    announce(&deployment.marketplace, calls, now, |told| assert_eq!(told.result_code.as_str(), "000000", "{told:?}"))
        .await
        .unwrap();

    let browser = Browser::default();
    let challenge = "&code_challenge_method=S256&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let begin = format!(
        "{issuer}/authorize?client_id=shop&response_type=code&scope=openid&redirect_uri={APPLICATION}{challenge}"
    );
    let page = browser.go(&format!("{begin}&tenant=demo-tenant-1")).await;
    let sent = browser.submit(&page, &[("account", "admin"), ("password", "admin-1")]).await;
    let arrived = browser.follow_until(sent, |to| to.as_str().starts_with(APPLICATION)).await;
    let code = arrived.given("code").unwrap();
    let form = format!(
        "grant_type=authorization_code&client_id=shop&code={code}&redirect_uri={APPLICATION}&\
         code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    );
    let http = reqwest::Client::builder().tls_certs_only([]).build().unwrap();
    let redeem = async || {
        let request = http.post(format!("{issuer}/token")).body(form.clone());
        let answer = request.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap();
        serde_json::from_slice::<Value>(&answer.bytes().await.unwrap()).unwrap()
    };
    let token = redeem().await;
    let userinfo = http.get(format!("{issuer}/userinfo")).bearer_auth(token["access_token"].as_str().unwrap());
    assert_eq!(userinfo.send().await.unwrap().status(), 200, "{token}");
    assert_eq!(redeem().await["error"], "invalid_grant");
    let stray = browser.open(&format!("{issuer}/callback?code=x&tenant=nobody")).await;
    assert_eq!(stray.status, 400);
    keys_follow_one_another(deployment).await;
}

/// A journal that takes no failure.
struct NoFailure;

impl Journal for NoFailure {
    fn rotated(&self, rotated: &Result<Rotated, SigningKeyError>) {
        assert!(rotated.is_ok(), "{rotated:?}");
    }
}

async fn keys_follow_one_another(deployment: &Deployment) {
    let (function, start) = ("rotate-signing-keys", now());
    let mut changed = Vec::new();
    for days in [0, 90, 92] {
        let at: Timestamp = start.saturating_add(Duration::from_hours(24 * days));
        let clock: Clock = Arc::new(move || at);
        let job = Job::new(deployment.store(function), clock, Arc::new(NoFailure) as _);
        changed.push(Rotator::of(&deployment.environment(function), job).unwrap().rotate().await);
    }
    assert_eq!(changed, [0, 1, 1], "one made, the one before it removed");
}
