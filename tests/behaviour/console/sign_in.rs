//! Signing in and out: with an identity provider, and by the one-time link.

use koogallery_oidc::Algorithm;
use koogallery_store::{Action, Place};
use koogallery_tests::Seller;
use koogallery_tests::browser::Browser;
use serde_json::json;

use super::provider::Provider;
use super::world::{ACCESS, CLIENT, World, at, signed_in, with_provider};

#[tokio::test]
async fn a_link_lets_in_once() {
    let World { seller, browser } = World::start().await;
    assert!(browser.open(&at(&seller, "/")).await.body.contains("one-time link"));
    let other = Browser::default();
    let again = other.go(seller.host.console().unwrap()).await;
    assert_eq!(again.status, 400);
    assert_eq!(other.open(&at(&seller, "/")).await.status, 401);
    // A link of another start is as good as none.
    let made_up = at(&seller, "/link/abcdefghijklmnopqrstuvwxyz");
    assert_eq!(other.open(&made_up).await.status, 400);
    assert_eq!(other.open(&at(&seller, "/sign-in")).await.status, 401);
}

#[tokio::test]
async fn a_host_beyond_this_machine_has_no_link() {
    let options = |environment: koogallery_runtime::Environment| {
        environment.with("KOOGALLERY_CONSOLE_URL", "http://192.0.2.1/console")
    };
    let environment = options(koogallery_runtime::Environment::default());
    let store = Seller::start().await.host.store().clone();
    let log = std::sync::Arc::new(koogallery_local::log::Silent);
    let refused =
        console::Console::with_link("https://console.example.com", &environment, store, log, koogallery_runtime::now);
    assert!(refused.is_err_and(|error| error.to_string().contains("KOOGALLERY_CONSOLE_ISSUER")));
}

#[tokio::test]
async fn whom_the_provider_names_is_signed_in_and_led_back() {
    let provider = Provider::start().await;
    let seller = with_provider(&provider).await;
    provider.is("Otto@Example.com", &[]);
    let browser = Browser::default();
    let page = browser.go(&at(&seller, "/events?state=undelivered")).await;
    assert_eq!((page.status.as_u16(), page.url.as_str()), (200, at(&seller, "/events?state=undelivered").as_str()));
    assert!(page.body.contains("Otto@Example.com"));
    let begun = &seller.host.store().actions(Place::default(), 10).await.unwrap().members[0];
    assert_eq!((begun.what.as_str(), begun.by.as_str()), (Action::SESSION_BEGUN, "Otto@Example.com"));

    // A group counts as well, without an address.
    provider.claims(json!({ "sub": "s-1", "groups": ["on-call"] }));
    assert_eq!(Browser::default().go(&at(&seller, "/")).await.status, 200);
}

#[tokio::test]
async fn whom_nobody_listed_stays_out() {
    let provider = Provider::start().await;
    let seller = with_provider(&provider).await;
    for claims in [
        json!({ "sub": "s", "email": "mallory@example.com", "email_verified": true }),
        json!({ "sub": "s", "email": "ada@example.com", "email_verified": false }),
        json!({ "sub": "s", "email": "ada@example.com" }),
        json!({ "sub": "ada@example.com", "groups": "on-call" }),
    ] {
        provider.claims(claims.clone());
        let browser = Browser::default();
        let page = browser.go(&at(&seller, "/")).await;
        assert_eq!(page.status, 403, "{claims}");
        assert!(browser.open(&at(&seller, "/")).await.status.is_redirection());
    }
}

#[tokio::test]
async fn a_token_that_is_not_right_lets_nobody_in() {
    let provider = Provider::start().await;
    let seller = with_provider(&provider).await;
    provider.is("ada@example.com", &[]);
    for (name, value) in [
        ("iss", json!("https://evil.example.com")),
        ("aud", json!("another client")),
        ("nonce", json!("another nonce")),
        ("exp", json!(1_000_000_000)),
        ("azp", json!("another client")),
    ] {
        provider.lies(name, value);
        let page = Browser::default().go(&at(&seller, "/")).await;
        assert_eq!(page.status, 502, "{name}");
        provider.lies(name, json!(null));
    }
    provider.publishes(false);
    provider.rotate(Algorithm::Es256);
    assert_eq!(Browser::default().go(&at(&seller, "/")).await.status, 502, "a key that is not published");
    provider.refuses(Some("access_denied"));
    assert_eq!(Browser::default().go(&at(&seller, "/")).await.status, 400);
}

#[tokio::test]
async fn either_algorithm_and_a_client_secret_do() {
    let provider = Provider::start().await;
    provider.rotate(Algorithm::Rs256);
    provider.wants("a secret: with + signs & more");
    let with_secret = async |secret: &str| {
        Seller::with(|environment| {
            environment
                .with("KOOGALLERY_CONSOLE_ISSUER", provider.issuer())
                .with("KOOGALLERY_CONSOLE_CLIENT_ID", CLIENT)
                .with("KOOGALLERY_CONSOLE_CLIENT_SECRET", secret)
                .with("KOOGALLERY_CONSOLE_ACCESS", ACCESS)
        })
        .await
    };
    let seller = with_secret("a secret: with + signs & more").await;
    drop(signed_in(&seller, &provider, "vera@example.com").await);
    let wrong = with_secret("another").await;
    let page = Browser::default().go(&at(&wrong, "/")).await;
    assert_eq!(page.status, 502);
}

#[tokio::test]
async fn who_signs_out_is_out_and_the_cookie_is_worth_nothing_any_more() {
    let provider = Provider::start().await;
    let seller = with_provider(&provider).await;
    let browser = signed_in(&seller, &provider, "vera@example.com").await;
    let home = browser.open(&at(&seller, "/")).await;
    let secret = browser.cookie(home.url.as_str(), "koogallery-console").unwrap();
    let out = browser.submit_to(&home, "/console/sign-out", &[]).await;
    assert_eq!(browser.follow(out).await.status, 200);
    assert!(browser.open(&at(&seller, "/")).await.status.is_redirection());
    let http =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).tls_certs_only([]).build().unwrap();
    let stolen =
        http.get(at(&seller, "/")).header("cookie", format!("koogallery-console={secret}")).send().await.unwrap();
    assert!(stolen.status().is_redirection());
}

#[tokio::test]
async fn an_administrator_ends_a_session_and_says_why() {
    let provider = Provider::start().await;
    let seller = with_provider(&provider).await;
    let otto = signed_in(&seller, &provider, "otto@example.com").await;
    let ada = signed_in(&seller, &provider, "ada@example.com").await;
    let page = ada.open(&at(&seller, "/sessions")).await;
    assert!(page.body.contains("otto@example.com") && page.body.contains("ada@example.com"));
    let ended = ada.submit_to(&page, "/console/sessions/end", &[("reason", "left the company")]).await;
    assert_eq!(ada.follow(ended).await.status, 200);
    assert!(otto.open(&at(&seller, "/")).await.status.is_redirection());
    let actions = seller.host.store().actions(Place::default(), 10).await.unwrap().members;
    let ended = actions.iter().find(|action| action.what == Action::SESSION_ENDED).unwrap();
    assert_eq!((ended.by.as_str(), ended.reason.as_ref().unwrap().as_str()), ("ada@example.com", "left the company"));
    assert_eq!(ended.before.as_ref().unwrap()["by"], "otto@example.com");
}
