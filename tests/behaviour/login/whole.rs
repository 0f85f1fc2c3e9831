//! Whole logins: by a hint, by the unified login page, from the workbench, by CAS; and who may not enter.

use koogallery::Callback;
use koogallery_tests::bodies;
use koogallery_tests::browser::Browser;
use serde_json::json;

use super::world::{INSTANCE, START, World, reason};

#[tokio::test]
async fn a_user_logs_in_by_a_hint() {
    let world = World::start().await;
    let address = world.authorize("shop", &[("login_hint", "demo-tenant-1")]);
    let arrived = world.log_in(&address, "admin", "admin-1").await;
    assert_eq!(arrived.given("state").as_deref(), Some("the state & more"));
    assert_eq!(arrived.given("iss").as_deref(), Some(&*world.at("")));
    let (status, token) = world.token(&arrived.given("code").unwrap(), &[]).await;
    assert_eq!((status, &token["token_type"]), (200, &"Bearer".into()), "{token}");
    let claims = world.claims(&token).await;
    for (name, value) in [
        ("iss", json!(world.at(""))),
        ("aud", "shop".into()),
        ("nonce", "n-1".into()),
        ("preferred_username", "admin".into()),
        ("name", "Demo admin".into()),
        ("email", "admin@example.com".into()),
        ("phone_number", "00000000000".into()),
        ("tenant_id", "demo-tenant-1".into()),
        ("instance_id", INSTANCE.into()),
        ("app_id", "demo-app".into()),
        ("role", "admin".into()),
        ("org_code", "o-1".into()),
    ] {
        assert_eq!(claims[name], value, "{name}");
    }
    let seconds = |name: &str| claims[name].as_i64().unwrap();
    assert_eq!(seconds("exp") - seconds("iat"), 630);
    assert!(claims.get("nbf").is_none() && claims.get("test").is_none());
    let (status, userinfo) = world.userinfo(token["access_token"].as_str().unwrap()).await;
    assert_eq!((status, &userinfo["sub"], &userinfo["email"]), (200, &claims["sub"], &claims["email"]));
    // The second time the session with the tenant makes it silent.
    let again = world.arrive(world.browser.open(&address).await).await;
    assert!(again.given("code").is_some());
    assert_eq!(world.browser.cookie(&world.at("/"), "none"), None);
}

#[tokio::test]
async fn claims_are_those_that_the_scope_asks_for_and_each_client_has_its_algorithm() {
    let world = World::start().await;
    let address = world.authorize("phone", &[("tenant", "demo-tenant-1"), ("scope", "openid")]);
    let arrived = world.log_in(&address, "user", "user-1").await;
    let public = [("client_id", "phone"), ("client_secret", "")];
    let (status, token) = world.token(&arrived.given("code").unwrap(), &public).await;
    assert_eq!((status, &token["scope"]), (200, &"openid".into()), "{token}");
    let claims = world.claims(&token).await;
    for name in ["name", "email", "phone_number"] {
        assert!(claims.get(name).is_none(), "{name}");
    }
    assert_eq!(claims["preferred_username"], "user");
    let header = token["id_token"].as_str().unwrap().split('.').next().unwrap();
    assert!(header.starts_with("eyJhbGciOiJFUzI1NiI"), "{header}");
}

#[tokio::test]
async fn the_unified_login_page_tells_the_tenant() {
    let world = World::start().await;
    let begun = world.browser.open(&world.authorize("shop", &[])).await;
    let page = world.browser.unified_login(begun.leads_to().unwrap().as_str()).await;
    let sent = world.browser.submit(&page, &[("account", "admin"), ("password", "admin-2")]).await;
    let arrived = world.arrive(sent).await;
    let (status, token) = world.token(&arrived.given("code").unwrap(), &[]).await;
    assert_eq!(status, 200, "{token}");
    assert_eq!(world.claims(&token).await["tenant_id"], "demo-tenant-2");
}

#[tokio::test]
async fn a_code_that_nobody_asked_for_is_not_redeemed_but_starts_a_login() {
    let world = World::start().await;
    let stray = format!("{}?code=somebody-elses&tenant=demo-tenant-1", world.at("/callback"));
    let sent = world.browser.open(&stray).await;
    let to = sent.leads_to().unwrap();
    assert!(to.as_str().starts_with(START), "{to}");
    assert_eq!(sent.given("iss").as_deref(), Some(&*world.at("")));
    assert_eq!(sent.given("target_link_uri").as_deref(), Some("http://127.0.0.1:1/"));
    assert_eq!(world.identity.asked(koogallery_local::identity::Endpoint::Token), 0);
    let hint = sent.given("login_hint").unwrap();
    assert!(!hint.contains("demo-tenant-1"), "sealed");
    let arrived = world.log_in(&world.authorize("shop", &[("login_hint", &hint)]), "admin", "admin-1").await;
    assert!(arrived.given("code").is_some());
    // Somebody else's text says nothing, and is no error.
    let begun = world.browser.open(&world.authorize("shop", &[("login_hint", "hint.AAAA")])).await;
    assert!(begun.leads_to().unwrap().as_str().contains("/unified-login/#/portal-login?ind=UNOP&appId=demo-app"));
    let fresh = Browser::default();
    for unknown in ["nobody", "", "demo-tenant-9"] {
        let page = fresh.open(&format!("{}?code=x&tenant={unknown}", world.at("/callback"))).await;
        assert!(["application_unknown", "tenant_unknown"].contains(&reason(&page)), "{unknown}");
    }
}

#[tokio::test]
async fn an_older_application_logs_its_users_in_by_cas() {
    let world = World::start().await;
    let address = world.authorize("old", &[("login_hint", "demo-tenant-1")]);
    let arrived = world.log_in(&address, "admin", "admin-1").await;
    let (status, token) = world.token(&arrived.given("code").unwrap(), &[("client_id", "old")]).await;
    assert_eq!(status, 200, "{token}");
    let claims = world.claims(&token).await;
    assert_eq!((&claims["preferred_username"], &claims["aud"]), (&"admin".into(), &"old".into()));
    let page = world.browser.open(&format!("{}?ticket=ST-1", world.at("/callback/cas"))).await;
    assert_eq!(reason(&page), "flow_expired", "there is no flow any more");
}

#[tokio::test]
async fn who_may_not_enter_is_told_why() {
    let world = World::start().await;
    let enter = async || {
        let address = world.authorize("shop", &[("login_hint", "demo-tenant-1")]);
        let page = world.arrive(world.browser.open(&address).await).await;
        if page.body.contains("name=\"account\"") {
            let sent = world.browser.submit(&page, &[("account", "user"), ("password", "user-1")]).await;
            return world.arrive(sent).await;
        }
        page
    };
    assert!(enter().await.given("code").is_some());
    let of_user = |enable: &str| {
        json!({ "userList": [{ "userName": "user", "name": "User", "orgCode": "o-1", "role": "user", "enable": enable }],
                "flag": 2 })
    };
    world.tell_changed(Callback::AuthSync, &of_user("false")).await;
    let page = enter().await;
    assert_eq!((reason(&page), page.status.as_u16()), ("disabled", 403));
    world.tell_changed(Callback::AuthSync, &of_user("true")).await;
    assert!(enter().await.given("code").is_some());

    let mut freeze = bodies::freeze();
    freeze["instanceId"] = INSTANCE.into();
    let marketplace_call = world.seller.say(&freeze).await;
    assert_eq!(marketplace_call, "000000");
    let page = enter().await;
    assert_eq!(reason(&page), "no_active_instance");
    assert!(page.body.contains("lang=\"zh-CN\"") && page.body.contains("lang=\"en\""));
    assert!(page.headers["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
    assert_eq!(page.headers["x-frame-options"], "DENY");
    let mut unfreeze = bodies::unfreeze();
    unfreeze["instanceId"] = INSTANCE.into();
    assert_eq!(world.seller.say(&unfreeze).await, "000000");

    world.tell_changed(Callback::AuthSync, &json!({ "flag": 3, "userList": [{ "userName": "user" }] })).await;
    assert_eq!(reason(&enter().await), "not_granted", "a revoked user is out at the next login");
    world.tell_changed(Callback::TenantSync, &json!({ "flag": 0 })).await;
    let begun = world.browser.open(&world.authorize("shop", &[("tenant", "demo-tenant-1")])).await;
    assert_eq!(reason(&begun), "tenant_unknown");
}
