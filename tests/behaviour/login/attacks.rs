//! What attackers try, and tenants' logins that fail.

use std::time::Duration;

use koogallery_local::identity::{Endpoint, Fault};
use koogallery_tests::browser::Browser;

use super::world::{APPLICATION, VERIFIER, World, reason};

#[tokio::test]
async fn a_login_that_began_in_another_browser_ends_nowhere() {
    let world = World::start().await;
    let attackers = Browser::default();
    // The attacker logs in up to the last step, and sends the victim there.
    let begun = attackers.open(&world.authorize("shop", &[("login_hint", "demo-tenant-1")])).await;
    let page = attackers.follow(begun).await;
    let sent = attackers.submit(&page, &[("account", "admin"), ("password", "admin-1")]).await;
    let callback = world.at("/callback");
    let last = attackers.follow_until(sent, |to| to.as_str().starts_with(&callback)).await.leads_to().unwrap();
    let victim = world.browser.open(last.as_str()).await;
    assert_eq!(reason(&victim), "flow_expired");
    assert_eq!(world.identity.asked(Endpoint::Token), 0);
    // The attacker's own browser can still finish, once.
    let arrived =
        attackers.follow_until(attackers.open(last.as_str()).await, |to| to.as_str().starts_with(APPLICATION)).await;
    assert!(arrived.given("code").is_some());
    let again = attackers.open(last.as_str()).await;
    assert_eq!(reason(&again), "flow_expired", "its cookie is gone");
}

#[tokio::test]
async fn a_code_is_redeemed_once_by_its_client_and_a_second_time_ends_all() {
    let world = World::start().await;
    let code = world.code().await;
    for (change, error) in [
        (&[("client_secret", "wrong")][..], "invalid_client"),
        (&[("client_secret", "")], "invalid_client"),
        (&[("client_id", "nobody")], "invalid_client"),
        (&[("client_id", "phone"), ("client_secret", "")], "invalid_grant"),
        (&[("client_id", "old")], "invalid_grant"),
        (&[("grant_type", "refresh_token")], "unsupported_grant_type"),
        (&[("code", "")], "invalid_request"),
    ] {
        let (status, refused) = world.token(&code, change).await;
        assert_eq!(refused["error"], error, "{change:?}");
        assert_eq!(status, if error == "invalid_client" { 401 } else { 400 });
    }
    let (status, token) = world.token(&code, &[]).await;
    assert_eq!(status, 200, "{token}");
    let access = token["access_token"].as_str().unwrap();
    assert_eq!(world.userinfo(access).await.0, 200);
    assert_eq!(world.token(&code, &[]).await.1["error"], "invalid_grant");
    assert_eq!(world.userinfo(access).await.0, 401, "what it gave is ended");
    for wrong in ["", "x", "a.b", &format!("{access}x")] {
        assert_eq!(world.userinfo(wrong).await.0, 401, "{wrong}");
    }
}

#[tokio::test]
async fn a_code_without_its_verifier_or_address_is_worth_nothing() {
    let world = World::start().await;
    for change in [
        &[("code_verifier", "")][..],
        &[("code_verifier", "another-verifier-another-verifier-another-verif")],
        &[("redirect_uri", "http://127.0.0.1:1/callback/")],
        &[("redirect_uri", "")],
    ] {
        let code = world.code().await;
        let (status, refused) = world.token(&code, change).await;
        assert_eq!(status, 400, "{change:?} {refused}");
        assert_eq!(world.token(&code, &[]).await.0, 400, "it is used up");
    }
    // A client that sent no challenge gets nothing with a verifier.
    let plain = [("login_hint", "demo-tenant-1"), ("code_challenge", ""), ("code_challenge_method", "")];
    let arrived = world.arrive(world.browser.open(&world.authorize("shop", &plain)).await).await;
    let (status, refused) = world.token(&arrived.given("code").unwrap(), &[("code_verifier", VERIFIER)]).await;
    assert_eq!((status, &refused["error"]), (400, &"invalid_grant".into()));
}

#[tokio::test]
async fn an_address_that_is_not_registered_gets_nothing_not_even_an_error() {
    let world = World::start().await;
    for uri in [
        "http://127.0.0.1:1/callback/",
        "http://127.0.0.1:1/callback?x=1",
        "http://127.0.0.1:1/Callback",
        "http://127.0.0.1:1/callback/../evil",
        "http://127.0.0.1:1@evil.example.com/callback",
        "https://evil.example.com/",
        "javascript:alert(1)",
        "",
    ] {
        let page = world.browser.open(&world.authorize("shop", &[("redirect_uri", uri)])).await;
        assert_eq!((reason(&page), page.leads_to()), ("invalid_redirect_uri", None), "{uri}");
    }
    let page = world.browser.open(&world.authorize("nobody", &[])).await;
    assert_eq!(reason(&page), "invalid_client");
    for (change, error) in [
        (&[("response_type", "token")][..], "unsupported_response_type"),
        (&[("response_type", "code id_token")], "unsupported_response_type"),
        (&[("response_mode", "fragment")], "invalid_request"),
        (&[("scope", "profile")], "invalid_scope"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("code_challenge", "short")], "invalid_request"),
        (&[("prompt", "none")], "login_required"),
        (&[("request", "x")], "request_not_supported"),
        (&[("request_uri", "https://evil.example.com/")], "request_uri_not_supported"),
        (&[("state", "1"), ("state", "2")], "invalid_request"),
    ] {
        let back = world.browser.open(&world.authorize("shop", change)).await;
        assert_eq!(back.given("error").as_deref(), Some(error), "{change:?}");
        assert!(back.leads_to().unwrap().as_str().starts_with(APPLICATION));
    }
    let without = [("code_challenge", ""), ("code_challenge_method", "")];
    let back = world.browser.open(&world.authorize("phone", &without)).await;
    assert_eq!(back.given("error").as_deref(), Some("invalid_request"), "a public client needs PKCE");
    // After a logout only to addresses that are registered.
    let evil = format!("{}?client_id=shop&post_logout_redirect_uri=https://evil.example.com/", world.at("/logout"));
    assert_eq!(reason(&world.browser.open(&evil).await), "invalid_redirect_uri");
}

#[tokio::test]
async fn a_tenants_login_that_fails_ends_at_a_page_and_the_next_try_works() {
    let world = World::start().await;
    let address = world.authorize("shop", &[("login_hint", "demo-tenant-1")]);
    assert!(world.log_in(&address, "admin", "admin-1").await.given("code").is_some());
    let refuses = |status: u16, error: &str| Fault::Refuses(status, error.to_owned(), "no".to_owned());
    for (endpoint, fault, expected) in [
        (Endpoint::Token, Fault::Html, "upstream_failed"),
        (Endpoint::Token, Fault::HalfAnswer, "upstream_failed"),
        (Endpoint::Token, Fault::Redirect("http://127.0.0.1:1/".to_owned()), "upstream_failed"),
        (Endpoint::Token, Fault::Long((64 << 10) + 1), "upstream_failed"),
        (Endpoint::Token, refuses(400, "invalid_grant"), "upstream_refused"),
        (Endpoint::Token, refuses(400, "invalid_client"), "upstream_failed"),
        (Endpoint::Userinfo, refuses(401, "unauthorized"), "upstream_failed"),
        (Endpoint::Userinfo, Fault::Html, "upstream_failed"),
        (Endpoint::Userinfo, Fault::OfTenant("demo-tenant-2".parse().unwrap()), "tenant_mismatch"),
        (Endpoint::Userinfo, Fault::Slow(Duration::from_secs(5)), "upstream_failed"),
    ] {
        world.identity.fail(endpoint, Some(fault.clone()));
        let page = world.arrive(world.browser.open(&address).await).await;
        assert_eq!(reason(&page), expected, "{fault:?}");
        assert!(page.body.contains("id=\"start-again\""), "{fault:?}");
        world.identity.fail(endpoint, None);
    }
    let cas = world.authorize("old", &[("login_hint", "demo-tenant-1")]);
    for (fault, expected) in [
        (Fault::Doctype, "upstream_failed"),
        (Fault::CasFailure("INVALID_TICKET".to_owned()), "upstream_refused"),
        (Fault::OfTenant("demo-tenant-2".parse().unwrap()), "tenant_mismatch"),
    ] {
        world.identity.fail(Endpoint::Validation, Some(fault.clone()));
        assert_eq!(reason(&world.arrive(world.browser.open(&cas).await).await), expected, "{fault:?}");
        world.identity.fail(Endpoint::Validation, None);
    }
    assert!(world.arrive(world.browser.open(&address).await).await.given("code").is_some());
}

#[tokio::test]
async fn who_guesses_secrets_has_to_wait() {
    let world = World::start().await;
    for _ in 0..20 {
        assert_eq!(world.token("x", &[("client_secret", "a guess")]).await.0, 401);
    }
    assert_eq!(world.token("x", &[("client_secret", "a guess")]).await.0, 429);
    let (status, other) = world.token("x", &[("client_id", "old"), ("client_secret", "a guess")]).await;
    assert_eq!((status, &other["error"]), (401, &"invalid_client".into()), "another client");
}
