//! Buyers' pages: which one a buyer meets, from the purchase to the release, and that nobody learns more by them than is meant.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use koogallery::InterfaceType;
use koogallery_local::marketplace::{SignedCall, new_nonce};
use koogallery_runtime::now;
use koogallery_tests::api::{Api, TOKEN};
use koogallery_tests::bodies::{self, FUTURE, PAST, purchase, query, with};
use koogallery_tests::browser::{Browser, Page};
use koogallery_tests::deployment::Deployment;
use koogallery_tests::template::Template;
use koogallery_tests::{Seller, text};
use serde_json::{Value, json};

/// The address below which buyers know the pages. A proxy leads from there to the host.
const BASE: &str = "https://pages.example.com/buyer";
const APP: &str = "https://app.example.com/start?i=";

/// A host with pages for its buyers, as its settings say.
async fn seller(provisioning: &str, document: &Value) -> (Seller, Api) {
    let app_info = json!({ "frontEndUrl": format!("{APP}{{instanceId}}"), "password": "first-password" }).to_string();
    let seller = Seller::with(|environment| {
        environment
            .with("KOOGALLERY_API_TOKEN", TOKEN)
            .with("KOOGALLERY_PROVISIONING", provisioning)
            .with("KOOGALLERY_APP_INFO", app_info)
            .with("KOOGALLERY_BUYER_PAGES_URL", BASE)
            .with("KOOGALLERY_RETENTION_DAYS", "15")
    })
    .await;
    let api = Api::of(&seller);
    let body = json!({ "document": document, "expectedVersion": 0, "reason": "a test" });
    api.put("/v1/settings", &body).await.expect(200);
    (seller, api)
}

fn pages() -> Value {
    json!({
        "name": { "zh": "云桥", "en": "Cloud Bridge" },
        "logo": "https://cdn.example.com/logo.svg",
        "support": "help@example.com",
        "renewal": "https://console.huaweicloud.com/marketplace/#/orders",
        "firstSteps": { "zh": ["登录", "邀请同事"], "en": ["Sign in", "Invite your colleagues"] },
    })
}

fn for_all(pages: &Value) -> Value {
    json!({ "format": 1, "default": { "plan": "Team", "buyerPages": pages } })
}

/// The address of an instance's page, as the application reads it.
async fn page_url(api: &Api, id: &str) -> Option<String> {
    let instance = api.get(&format!("/v1/instances/{id}")).await.expect(200);
    instance["buyerPageUrl"].as_str().map(str::to_owned)
}

/// What KooGallery shows of an instance, once it may.
async fn front_end_url(seller: &Seller, id: &str) -> String {
    let reply = seller.send(&seller.signed(&with(query(), "instanceId", id))).await;
    let info = reply.info.unwrap_or_else(|| panic!("{}", reply.result_msg));
    info[0].app_info.as_ref().unwrap().front_end_url.as_str().to_owned()
}

/// Opens a page as the proxy does: below the host's own address.
async fn open(seller: &Seller, address: &str) -> Page {
    let path = address.strip_prefix(BASE).unwrap();
    let page = Browser::default().open(&format!("{}buyer{path}", seller.host.address())).await;
    assert_guarded(&page);
    page
}

/// What every answer has, whatever it is.
fn assert_guarded(page: &Page) {
    let header = |name: &str| page.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default();
    let policy = header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'self'; img-src data:"), "{policy}");
    assert!(policy.ends_with("base-uri 'none'; form-action 'none'; frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{policy}");
    for (name, value) in [
        ("cache-control", "no-store"),
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-robots-tag", "noindex, nofollow"),
    ] {
        assert_eq!(header(name), value, "{name}");
    }
    assert!(!page.body.contains("<script") && !page.body.contains("style=") && !page.body.contains("<style"));
}

async fn shows(seller: &Seller, address: &str, title: &str) -> Page {
    let page = open(seller, &format!("{address}?lang=en")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains(&format!("<h1>{title}</h1>")), "{title}: {}", page.body);
    assert!(page.body.contains("Cloud Bridge") && page.body.contains("mailto:help@example.com"), "{}", page.body);
    page
}

#[tokio::test]
async fn a_buyer_is_led_from_the_purchase_to_the_release() {
    let (seller, api) = seller("deferred", &for_all(&pages())).await;
    assert_eq!(seller.say(&purchase()).await, "000004");
    let address = page_url(&api, bodies::ID).await.unwrap();
    let preparing = shows(&seller, &address, "Your product is being prepared").await;
    assert_eq!(preparing.headers["refresh"], "30");

    // The application sends its own address; KooGallery is told the page's, and the page leads on.
    let app =
        json!({ "frontEndUrl": "https://crm.example.com/?tenant=7&x=%22", "userName": "admin", "password": "secret" });
    api.put("/v1/instances/b-1/app-info", &app).await.expect(204);
    assert_eq!(front_end_url(&seller, bodies::ID).await, address);
    assert_eq!(seller.app_info(bodies::ID).await.unwrap().front_end_url.as_str(), app["frontEndUrl"]);
    let welcome = shows(&seller, &address, "Welcome").await;
    assert!(welcome.body.contains("href=\"https://crm.example.com/?tenant=7&amp;x=%22\""), "{}", welcome.body);
    for part in ["<li>Sign in</li><li>Invite your colleagues</li>", "<dt>Plan</dt><dd>Team</dd>"] {
        assert!(welcome.body.contains(part), "{part}: {}", welcome.body);
    }
    assert!(!welcome.headers.contains_key("refresh"));
    assert!(!welcome.body.contains("admin") && !welcome.body.contains("secret"));

    // No expiry is known: the end of a period is the likely reason.
    seller.say_all(&[bodies::freeze()]).await;
    let expired = shows(&seller, &address, "Your product has expired").await;
    assert!(expired.body.contains("href=\"https://console.huaweicloud.com/marketplace/#/orders\""), "{}", expired.body);
    assert!(expired.body.contains("for up to 15 days") && !expired.body.contains("<dt>Expired on"), "{}", expired.body);
    assert!(!expired.body.contains("crm.example.com"), "nobody may enter: {}", expired.body);

    seller.say_all(&[bodies::renewal("R1", FUTURE)]).await;
    let welcome = shows(&seller, &address, "Welcome").await;
    assert!(welcome.body.contains("<dd>31 December 2099, 16:00 (UTC)</dd>"), "{}", welcome.body);
    let chinese = open(&seller, &format!("{address}?lang=zh")).await.body;
    assert!(chinese.contains("<dd>2100年1月1日 00:00（北京时间）</dd>"), "{chinese}");
    seller.say_all(&[bodies::freeze()]).await;
    let suspended = shows(&seller, &address, "Your product is suspended").await;
    assert!(suspended.body.contains("a renewal does not end it"), "{}", suspended.body);

    seller.say_all(&[bodies::release()]).await;
    let gone = open(&seller, &address).await;
    assert_eq!(gone.status, 404);
    assert_eq!(page_url(&api, bodies::ID).await, None);
    // Nobody can tell a released instance from an address that was never given out.
    let unknown = open(&seller, &format!("{BASE}/{}", "A".repeat(71))).await;
    assert_eq!((unknown.status, unknown.body), (gone.status, gone.body));
}

#[tokio::test]
async fn an_expired_product_says_when_it_ended_and_how_long_its_data_is_kept() {
    let (seller, _) = seller("instant", &for_all(&pages())).await;
    seller.say_all(&[purchase(), bodies::refresh("R1", "TRIAL_TO_FORMAL", PAST), bodies::freeze()]).await;
    let address = page_url(&Api::of(&seller), bodies::ID).await.unwrap();
    let expired = shows(&seller, &address, "Your product has expired").await;
    assert!(expired.body.contains("<dt>Expired on</dt><dd>1 January 2020, 00:00 (UTC)</dd>"), "{}", expired.body);
    assert!(expired.body.contains("around 16 January 2020, 00:00 (UTC), or sooner"), "{}", expired.body);
}

#[tokio::test]
async fn what_cannot_be_prepared_says_so() {
    let (seller, api) = seller("deferred", &for_all(&pages())).await;
    assert_eq!(seller.say(&purchase()).await, "000004");
    let failure = json!({ "resultCode": "000100", "message": "the region of Ms Li is full" });
    api.put("/v1/instances/b-1/provisioning-failure", &failure).await.expect(204);
    let page = shows(&seller, &page_url(&api, bodies::ID).await.unwrap(), "Your product could not be prepared").await;
    assert!(!page.body.contains("Ms Li"), "{}", page.body);
}

#[tokio::test]
async fn the_language_is_the_readers_and_a_link_switches() {
    let (seller, api) = seller("instant", &for_all(&pages())).await;
    seller.say_all(&[purchase()]).await;
    let address = page_url(&api, bodies::ID).await.unwrap();
    let path = address.strip_prefix(BASE).unwrap();
    let url = format!("{}buyer{path}", seller.host.address());
    let ask = async |url: &str, wanted: &str| {
        let client = reqwest::Client::builder().tls_certs_only([]).build().unwrap();
        client.get(url).header("accept-language", wanted).send().await.unwrap().text().await.unwrap()
    };
    for (query, wanted, language, other) in [
        ("", "en-GB,en;q=0.9", "en", "?lang=zh"),
        ("", "zh-CN", "zh-CN", "?lang=en"),
        ("", "de", "zh-CN", "?lang=en"),
        ("?lang=en", "zh-CN", "en", "?lang=zh"),
        ("?lang=zh", "en", "zh-CN", "?lang=en"),
        ("?lang=\"><script>", "en", "en", "?lang=zh"),
    ] {
        let page = ask(&format!("{url}{query}"), wanted).await;
        assert!(page.contains(&format!("<html lang=\"{language}\">")), "{query} {wanted}: {page}");
        assert!(page.contains(&format!("<a href=\"{other}\"")) && !page.contains("<script"), "{page}");
        assert_eq!(page.contains("云桥"), language == "zh-CN");
    }
}

#[tokio::test]
async fn products_have_pages_of_their_own_or_none() {
    let with_name = |name: &str, logo: &str| {
        let mut pages = pages();
        pages["name"]["en"] = name.into();
        pages["logo"] = logo.into();
        pages
    };
    let mut third = with_name("Third", "https://three.example.com/l.png");
    third["whenReady"] = "continue".into();
    let document = json!({
        "format": 1,
        "default": { "buyerPages": with_name("First", "https://one.example.com/logo.png") },
        "products": {
            "p-2": { "buyerPages": with_name("Second", "https://two.example.com:8443/logo.png") },
            "p-3": { "buyerPages": third },
            "p-4": { "buyerPages": "none" },
        },
    });
    let (seller, api) = seller("instant", &document).await;
    for id in ["p-1", "p-2", "p-3", "p-4"] {
        let bought = with(with(purchase(), "orderId", format!("CS-{id}")), "orderLineId", format!("CS-{id}-000001"));
        seller.say_all(&[with(with(bought, "productId", id), "businessId", id)]).await;
    }
    for (id, name, logo) in
        [("p-1", "First", "https://one.example.com"), ("p-2", "Second", "https://two.example.com:8443")]
    {
        let address = page_url(&api, id).await.unwrap();
        let page = open(&seller, &format!("{address}?lang=en")).await;
        assert!(page.body.contains(&format!("<strong>{name}</strong>")), "{}", page.body);
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains(&format!("img-src data: {logo};")), "{policy}");
    }
    // Ready means ready: the application at once.
    let page = open(&seller, &page_url(&api, "p-3").await.unwrap()).await;
    assert_eq!((page.status.as_u16(), page.headers["location"].to_str().unwrap()), (302, &*format!("{APP}p-3")));
    // Without pages nothing changes.
    assert_eq!(page_url(&api, "p-4").await, None);
    assert_eq!(front_end_url(&seller, "p-4").await, format!("{APP}p-4"));
}

#[tokio::test]
async fn what_the_seller_wrote_is_text_and_nothing_else() {
    let bad = "\"><script>alert(1)</script>";
    let pages = json!({
        "name": { "zh": bad, "en": bad },
        "support": "https://example.com/help?a=1&b='2",
        "renewal": "https://example.com/renew?a=1&b=2",
        "firstSteps": { "zh": [bad], "en": [bad, "a & b"] },
    });
    let (_before, api) = seller("instant", &json!({ "format": 1 })).await;
    let refused = api.post("/v1/settings/checks", &json!({ "document": for_all(&pages) })).await.expect(200);
    assert_eq!(refused["mistakes"][0]["place"], "/default/buyerPages/support", "{refused}");
    let mut pages = pages;
    pages["support"] = "https://example.com/help?a=1&b=2".into();
    let document = json!({ "format": 1, "default": { "plan": bad, "buyerPages": pages } });
    let (seller, api) = seller("instant", &document).await;
    seller.say_all(&[purchase()]).await;
    let address = page_url(&api, bodies::ID).await.unwrap();
    for state in ["active", "frozen"] {
        for language in ["zh", "en"] {
            let page = open(&seller, &format!("{address}?lang={language}")).await;
            assert!(page.body.contains("&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"), "{state}: {}", page.body);
            assert!(page.body.contains("https://example.com/help?a=1&amp;b=2"), "{}", page.body);
        }
        seller.say_all(&[bodies::freeze()]).await;
    }
}

#[tokio::test]
async fn a_page_tells_nothing_of_the_buyer_and_neither_does_its_address_or_the_log() {
    let (seller, api) = seller("instant", &for_all(&pages())).await;
    let own = [
        ("customerId", "customer-77"),
        ("customerName", "Acme Buyer Ltd"),
        ("userId", "user-88"),
        ("userName", "Li Lei"),
        ("mobilePhone", "008613812345678"),
        ("email", "li.lei@example.com"),
    ];
    let call = [
        ("activity", "newInstance"),
        ("businessId", "instance-of-acme"),
        ("orderId", "CS-order-9"),
        ("productId", "p-1"),
    ];
    let parameters = call.into_iter().chain(own).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let reply = seller.send(&SignedCall::basic_v1(&seller.key(InterfaceType::Basic), parameters, now())).await;
    assert_eq!(reply.result_code.as_str(), "000000");
    // V1.0 learns the address in the answer to the purchase itself.
    let address = page_url(&api, "instance-of-acme").await.unwrap();
    assert_eq!(reply.app_info.unwrap().front_end_url.as_str(), address);
    let secrets = own.iter().map(|(_, value)| *value).chain(["instance-of-acme", "CS-order-9", "first-password"]);
    for body in [None, Some(with(bodies::freeze(), "instanceId", "instance-of-acme"))] {
        if let Some(body) = body {
            seller.say_all(&[body]).await;
        }
        let page = open(&seller, &address).await;
        assert_eq!(page.status, 200);
        for secret in secrets.clone() {
            // The way to the application has the instance's id in it, as the seller's template says.
            let shown = page.body.replace(&format!("{APP}instance-of-acme"), "");
            assert!(!shown.contains(secret) && !address.contains(secret), "{secret}: {shown}");
        }
    }
    let told: Vec<String> = seller.page_records().iter().map(|record| format!("{record:?}")).collect();
    assert_eq!(told.len(), 2);
    let token = address.rsplit('/').next().unwrap();
    for line in told {
        assert!(!line.contains(token), "whoever reads the log could open the page: {line}");
    }
}

#[tokio::test]
async fn an_address_that_nobody_was_given_is_none_and_asks_the_table_nothing() {
    let (seller, api) = seller("instant", &for_all(&pages())).await;
    seller.say_all(&[purchase(), with(with(purchase(), "orderId", "CS2"), "businessId", "b-2")]).await;
    let (first, second) = (page_url(&api, "b-1").await.unwrap(), page_url(&api, "b-2").await.unwrap());
    assert_ne!(first, second);
    assert_eq!(page_url(&api, "b-1").await.unwrap(), first, "it stays");
    let token = first.rsplit('/').next().unwrap().to_owned();
    let mut turned = token.clone().into_bytes();
    turned[10] = if turned[10] == b'A' { b'B' } else { b'A' };
    let turned = String::from_utf8(turned).unwrap();
    for wrong in [
        "b-1",
        "INSTANCE%23b-1",
        "x",
        "%00",
        "..%2f..%2fv1",
        &turned,
        &token[1..],
        &format!("{token}A"),
        &"A".repeat(5000),
    ] {
        let page = open(&seller, &format!("{BASE}/{wrong}")).await;
        assert_eq!(page.status, 404, "{wrong}");
        assert!(
            !page.body.contains("Cloud Bridge") && !page.body.contains("云桥"),
            "{wrong}: whose product it is says nothing"
        );
    }
    assert!(seller.page_records().is_empty(), "a million of them leave no line");
    // Below no address, and by no other method.
    assert_eq!(open(&seller, &format!("{BASE}/{token}/more")).await.status, 404);
    let url = format!("{}buyer/{token}", seller.host.address());
    let client = reqwest::Client::builder().tls_certs_only([]).build().unwrap();
    for method in [reqwest::Method::POST, reqwest::Method::DELETE, reqwest::Method::OPTIONS] {
        assert_eq!(client.request(method, &url).send().await.unwrap().status(), 405);
    }
    assert_eq!(client.head(&url).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn the_style_is_kept_and_the_key_is_drawn_once() {
    let (seller, api) = seller("instant", &for_all(&pages())).await;
    seller.say_all(&[purchase()]).await;
    assert!(seller.items().await.iter().all(|item| text(item, "pk") != "BUYER_PAGES"), "nobody needed an address yet");
    let address = page_url(&api, bodies::ID).await.unwrap();
    let key = seller.item("BUYER_PAGES", "KEY").await.unwrap();
    assert_eq!(front_end_url(&seller, bodies::ID).await, address);
    assert_eq!(seller.item("BUYER_PAGES", "KEY").await.unwrap(), key);
    let page = open(&seller, &address).await;
    let style = page.body.split("rel=\"stylesheet\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let style = page.url.join(style).unwrap();
    let style = Browser::default().open(style.as_str()).await;
    assert_eq!(
        (style.status.as_u16(), style.headers["content-type"].to_str().unwrap()),
        (200, "text/css; charset=utf-8")
    );
    assert_eq!(style.headers["cache-control"], "public, max-age=31536000, immutable");
}

#[tokio::test]
async fn a_debug_instance_has_a_page_of_its_own() {
    let (seller, _) = seller("deferred", &for_all(&pages())).await;
    let debug = |body: Value| with(body, "testFlag", "1");
    assert_eq!(seller.say(&debug(purchase())).await, "000000");
    let reply = seller.send(&seller.signed(&debug(query()))).await;
    let address = reply.info.unwrap()[0].app_info.as_ref().unwrap().front_end_url.as_str().to_owned();
    shows(&seller, &address, "Welcome").await;
    seller.say_all(&[debug(bodies::freeze())]).await;
    shows(&seller, &address, "Your product has expired").await;
    // KooGallery asks for a debug instance that nobody knows any more: it has no page.
    let unknown = seller.send(&seller.signed(&with(debug(query()), "instanceId", "long-gone"))).await;
    let told = unknown.info.unwrap()[0].app_info.as_ref().unwrap().front_end_url.as_str().to_owned();
    assert_eq!(told, format!("{APP}long-gone"));
}

#[tokio::test]
async fn without_an_address_for_them_there_are_no_pages_and_the_settings_are_refused() {
    let seller = Seller::with(|environment| environment.with("KOOGALLERY_API_TOKEN", TOKEN)).await;
    let api = Api::of(&seller);
    let body = json!({ "document": for_all(&pages()), "expectedVersion": 0, "reason": "a test" });
    let refused = api.put("/v1/settings", &body).await.expect(422);
    assert_eq!(refused["mistakes"][0]["place"], "/default/buyerPages", "{refused}");
    assert!(refused["mistakes"][0]["problem"].as_str().unwrap().contains("KOOGALLERY_BUYER_PAGES_URL"), "{refused}");
    seller.say_all(&[purchase()]).await;
    assert!(api.get("/v1/instances/b-1").await.expect(200).get("buyerPageUrl").is_none());
}

/// The pages of a deployment, each request to AWS on its own way.
pub(crate) async fn buyers_look(deployment: &Deployment) {
    let environment = deployment.environment("buyer-pages");
    let store = deployment.store("buyer-pages");
    let log = std::sync::Arc::new(koogallery_local::log::Silent);
    let pages = buyer_pages::BuyerPages::of(&environment, store, log, now).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = buyer_pages::router(std::sync::Arc::new(pages));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let id: koogallery::InstanceId = "bought-and-seen".parse().unwrap();
    let bought = with(with(purchase(), "orderId", "CS-seen"), "businessId", id.as_str());
    assert_eq!(deployment.say(&with(bought, "orderLineId", "CS-seen-000001")).await, "000000");
    let key = deployment.store("seller-api").keep_first_page_key(&[7; koogallery_store::PageKey::BYTES]).await.unwrap();
    for world in [koogallery_store::World::Real, koogallery_store::World::Test] {
        let address = key.address(world, &id).unwrap();
        let page = Browser::default().open(&format!("{url}/{address}")).await;
        // The settings have no pages: a buyer who may enter is led on.
        assert_eq!(
            page.status.as_u16(),
            if world == koogallery_store::World::Real { 302 } else { 404 },
            "{}",
            page.body
        );
    }
    assert_eq!(Browser::default().open(&format!("{url}/{}", new_nonce())).await.status, 404);
}

/// Its role reads four kinds of partitions, and writes nothing.
pub(crate) fn the_pages_reach_no_more_than_they_need(deployment: &Deployment) {
    let (template, reached) = (Template::read(), deployment.reached("buyer-pages"));
    let is_denied = |action: &str, partition: &str| template.is_denied("BuyerPagesRecordsPolicy", action, partition);
    for (action, partition) in &reached {
        assert_eq!(action, "dynamodb:GetItem");
        assert!(!is_denied(action, partition), "{action} {partition}");
    }
    for kind in ["BUYER_PAGES", "SETTINGS", "INSTANCE#", "TEST#INSTANCE#"] {
        assert!(reached.iter().any(|(_, partition)| partition.starts_with(kind)), "{kind}: {reached:?}");
    }
    for other in ["ORDER#CS1", "TENANT#t-1", "DATA_KEY", "SESSIONS", "USAGE#b-1", "TEST#ORDER#CS1"] {
        assert!(is_denied("dynamodb:GetItem", other), "{other}");
    }
    let granted: BTreeSet<String> = template.granted("buyer-pages").into_iter().map(|(action, _)| action).collect();
    assert_eq!(granted, BTreeSet::from(["dynamodb:GetItem".to_owned()]));
}
