//! What other sites, other hosts and stolen or planted cookies get.

use koogallery_tests::bodies;
use koogallery_tests::browser::Browser;

use super::provider::Provider;
use super::world::{World, at, signed_in, with_provider};

#[tokio::test]
async fn another_site_does_nothing_in_an_operators_name() {
    let world = World::start().await;
    world.seller.say_all(&[bodies::purchase(), bodies::release()]).await;
    let to = world.at("/instances/b-1/erase");
    for origin in ["https://evil.example.com", "null", "http://127.0.0.1:1"] {
        let page = world.browser.post(&to, origin, &[("reason", "x"), ("confirm", "true")]).await;
        assert_eq!(page.status, 403, "{origin}");
    }
    let cookie = world.browser.cookie(&world.at("/"), "koogallery-console").unwrap();
    let http = reqwest::Client::builder().tls_certs_only([]).build().unwrap();
    for (name, value) in [("sec-fetch-site", "same-site"), ("sec-fetch-site", "none"), ("x-nothing", "x")] {
        let request = http.post(&to).header("cookie", format!("koogallery-console={cookie}")).header(name, value);
        assert_eq!(request.body("reason=x&confirm=true").send().await.unwrap().status(), 403, "{name}: {value}");
    }
    let get = world.browser.open(&to).await;
    assert_eq!(get.status, 404, "no link does what a form does");
    assert!(world.actions().await.is_empty());
    assert!(world.seller.instance(bodies::ID).await.unwrap().life.erased_at.is_none());
}

#[tokio::test]
async fn another_name_of_this_machine_is_another_site() {
    let world = World::start().await;
    let cookie = world.browser.cookie(&world.at("/"), "koogallery-console").unwrap();
    let http = reqwest::Client::builder().tls_certs_only([]).build().unwrap();
    let request = http.get(world.at("/")).header("host", "rebound.example.com");
    let answer = request.header("cookie", format!("koogallery-console={cookie}")).send().await.unwrap();
    assert_eq!(answer.status(), 421);
}

#[tokio::test]
async fn a_sign_in_leads_to_no_other_site() {
    let provider = Provider::start().await;
    let seller = with_provider(&provider).await;
    provider.is("vera@example.com", &[]);
    for to in ["https://evil.example.com", "//evil.example.com", "/%5Cevil.example.com", "javascript:alert(1)"] {
        let page = Browser::default().go(&at(&seller, &format!("/sign-in?to={to}"))).await;
        assert_eq!((page.status.as_u16(), page.url.path()), (200, "/console"), "{to}");
    }
    // Nor does the choice of a language.
    let browser = signed_in(&seller, &provider, "vera@example.com").await;
    let origin = seller.host.address().trim_end_matches('/').to_owned();
    let fields = [("language", "en"), ("zone", "+01:00"), ("to", "//evil.example.com")];
    let page = browser.post(&at(&seller, "/settings"), &origin, &fields).await;
    assert_eq!(page.leads_to().unwrap().path(), "/console");
}

#[tokio::test]
async fn a_session_that_somebody_planted_is_none_and_a_sign_in_makes_a_new_one() {
    let provider = Provider::start().await;
    let seller = with_provider(&provider).await;
    provider.is("ada@example.com", &[]);
    let http =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).tls_certs_only([]).build().unwrap();
    let planted = "planted-planted-planted-planted-planted-pl";
    let with =
        |cookie: &str| http.get(at(&seller, "/")).header("cookie", format!("koogallery-console={cookie}")).send();
    assert!(with(planted).await.unwrap().status().is_redirection());
    let one = signed_in(&seller, &provider, "ada@example.com").await;
    let two = signed_in(&seller, &provider, "ada@example.com").await;
    let [one, two] = [one, two].map(|browser| browser.cookie(&at(&seller, "/"), "koogallery-console").unwrap());
    assert_ne!(one, two);
    assert!(with(planted).await.unwrap().status().is_redirection());
}

#[tokio::test]
async fn a_sign_in_ends_only_in_the_browser_where_it_began_and_once() {
    let provider = Provider::start().await;
    let seller = with_provider(&provider).await;
    provider.is("ada@example.com", &[]);
    let (attacker, victim) = (Browser::default(), Browser::default());
    let begun = attacker.open(&at(&seller, "/sign-in")).await;
    let back = attacker.open(begun.leads_to().unwrap().as_str()).await.leads_to().unwrap();
    assert_eq!(victim.open(back.as_str()).await.status, 400, "the victim's browser did not begin it");
    // Also where the victim begins one of its own.
    drop(victim.open(&at(&seller, "/sign-in")).await);
    assert_eq!(victim.open(back.as_str()).await.status, 400);
    assert!(attacker.open(back.as_str()).await.status.is_redirection());
    assert_eq!(attacker.open(back.as_str()).await.status, 400, "it was used");
}

#[tokio::test]
async fn every_answer_has_the_headers_that_keep_it_to_itself() {
    let world = World::start().await;
    world.seller.say_all(&[bodies::purchase()]).await;
    for path in ["/", "/instances", "/instances/b-1", "/instances/none", "/nothing", "/audit.csv"] {
        let page = world.browser.open(&world.at(path)).await;
        let header = |name: &str| page.headers.get(name).map_or("", |value| value.to_str().unwrap());
        let policy = header("content-security-policy");
        for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{path}");
        assert_eq!(header("cache-control"), "no-store", "{path}");
        assert_eq!((header("x-content-type-options"), header("referrer-policy")), ("nosniff", "same-origin"), "{path}");
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
    }
}

#[tokio::test]
async fn no_address_leads_out_of_the_console_by_dots() {
    let world = World::start().await;
    for to in ["/../login", "/%2e%2e/login", "/orders/../../login", "/.%2E/"] {
        let page = world.open("/").await;
        let fields = [("language", "en"), ("zone", "+00:00"), ("to", to)];
        let page = world.browser.submit_to(&page, "/console/settings", &fields).await;
        assert_eq!(page.leads_to().unwrap().path(), "/console", "{to}");
    }
}
