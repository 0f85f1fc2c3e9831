//! The settings of products: who writes them, when they hold, and what they decide.

#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use deliver_events::Left;
use koogallery::{AccessKeys, Timestamp};
use koogallery_local::keys::LOCAL_WEBHOOK_SECRET;
use koogallery_local::open_api::StandIn;
use koogallery_open_api::Credentials;
use koogallery_runtime::{Environment, SettingsSource, now};
use koogallery_store::{Cycle, Subject};
use koogallery_tests::api::{Api, TOKEN};
use koogallery_tests::application::{Application, Does, Post};
use koogallery_tests::bodies::{self, with};
use koogallery_tests::{KEYS, Seller};
use serde_json::{Value, json};

use crate::commands::{refused, run, told};
use crate::simulate::koogallery;

const OPEN_API_KEY: (&str, &str) = ("LOCALTEST", "sk");
/// What signs the events of the CRM.
const CRM_SECRET: &str = "whsec_Q1JNcyBzZWNyZXQsIG9mIHRoaXJ0eS10d28gYnl0ZXM=";

/// A host whose settings grow old by the clock of the test, with what a test changes in its environment.
async fn seller(change: impl FnOnce(Environment) -> Environment) -> Seller {
    Seller::with(|environment| change(environment.with("KOOGALLERY_API_TOKEN", TOKEN))).await
}

/// The settings that a test wants, written over whatever stands.
async fn set(api: &Api, document: Value) -> u64 {
    let standing = api.get("/v1/settings").await.expect(200)["version"].as_u64().unwrap();
    let body = json!({ "document": document, "expectedVersion": standing, "reason": "a test" });
    api.put("/v1/settings", &body).await.expect(200)["version"].as_u64().unwrap()
}

fn app(name: &str) -> Value {
    json!({ "frontEndUrl": format!("https://{name}.example.com/?i={{instanceId}}") })
}

/// Pay-per-use orders name their product.
fn bought(id: &str, product: &str) -> Value {
    let line = format!("CS-{id}-000001");
    json!({ "activity": "newInstance", "orderId": format!("CS-{id}"), "orderLineId": line, "productId": product, "businessId": id })
}

async fn front_end(seller: &Seller, id: &str) -> Option<String> {
    Some(seller.app_info(id).await?.front_end_url.as_str().to_owned())
}

#[tokio::test]
async fn nobody_wrote_any_and_then_somebody_does() {
    let seller = seller(|environment| environment).await;
    let api = Api::of(&seller);
    let nothing = api.get("/v1/settings").await.expect(200);
    assert_eq!(nothing, json!({ "version": 0, "document": { "format": 1 } }));
    assert_eq!(api.get("/v1/settings/versions").await.expect(200), json!({ "versions": [] }));
    api.get("/v1/settings/versions/1").await.expect(404);

    let document = json!({ "format": 1, "products": { "p-1": { "plan": "Team" } } });
    let body = json!({ "document": document, "expectedVersion": 0, "reason": "the first one", "by": "Li" });
    let kept = api.put("/v1/settings", &body).await.expect(200);
    assert_eq!((&kept["version"], &kept["document"], &kept["by"]), (&json!(1), &document, &json!("seller API: Li")));
    assert_eq!(api.get("/v1/settings").await.expect(200), kept);
    assert_eq!(api.get("/v1/settings/versions/1").await.expect(200), kept);

    let audit = api.get("/v1/actions").await.expect(200)["actions"][0].clone();
    assert_eq!((&audit["what"], &audit["reason"]), (&json!("settings.applied"), &json!("the first one")));
    assert_eq!((&audit["before"], &audit["after"]), (&json!({ "version": 0 }), &json!({ "version": 1 })));
}

#[tokio::test]
async fn of_two_writers_the_second_is_told() {
    let seller = seller(|environment| environment).await;
    let api = Api::of(&seller);
    let body = |plan: &str, expected: u64| {
        let document = json!({ "format": 1, "default": { "plan": plan } });
        json!({ "document": document, "expectedVersion": expected, "reason": "a race" })
    };
    let (first, second) = (body("A", 0), body("B", 0));
    let (first, second) = tokio::join!(api.put("/v1/settings", &first), api.put("/v1/settings", &second));
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    let (won, lost) = if first.status.as_u16() == 200 { (first, second) } else { (second, first) };
    assert_eq!(lost.body["type"], "/problems/settings-outdated");
    assert!(lost.body["detail"].as_str().unwrap().contains("version 1 is the current one"), "{}", lost.body);
    assert_eq!(api.get("/v1/settings").await.expect(200), won.body);
    // With what it has now read, the second one writes.
    assert_eq!(api.put("/v1/settings", &body("C", 1)).await.expect(200)["version"], 2);
    api.put("/v1/settings", &body("D", 7)).await.expect(409);
    assert_eq!(api.get("/v1/settings/versions").await.expect(200)["versions"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn every_version_stays_and_an_earlier_one_can_come_back() {
    let seller = seller(|environment| environment).await;
    let api = Api::of(&seller);
    for plan in ["A", "B", "C"] {
        set(&api, json!({ "format": 1, "default": { "plan": plan } })).await;
    }
    let first = api.get("/v1/settings/versions/1").await.expect(200)["document"].clone();
    assert_eq!(set(&api, first.clone()).await, 4);
    assert_eq!(api.get("/v1/settings").await.expect(200)["document"], first);
    let page = api.get("/v1/settings/versions?limit=3").await.expect(200);
    let numbers = |page: &Value| -> Vec<u64> {
        page["versions"].as_array().unwrap().iter().map(|version| version["version"].as_u64().unwrap()).collect()
    };
    assert_eq!(numbers(&page), [4, 3, 2]);
    let next = format!("/v1/settings/versions?limit=3&cursor={}", page["next"].as_str().unwrap());
    let last = api.get(&next).await.expect(200);
    assert_eq!((numbers(&last), &last["next"]), (vec![1], &Value::Null));
}

#[tokio::test]
async fn a_bad_document_changes_nothing_and_all_of_its_mistakes_are_told() {
    let seller = seller(|environment| environment).await;
    let api = Api::of(&seller);
    let good = json!({ "format": 1, "default": { "plan": "Team" } });
    set(&api, good.clone()).await;
    let bad = json!({
        "format": 1,
        "products": {
            "p-1": { "supervision": "standart", "webhook": { "url": "https://a.example.com/", "secret": "hush-hush" } },
            "p-2": { "skus": { "s-2": { "features": [{}] } } },
        },
    });
    let told = api.put("/v1/settings", &json!({ "document": bad, "expectedVersion": 1, "reason": "x" })).await;
    let told = told.expect(422);
    assert_eq!(told["type"], "/problems/settings-refused");
    let places: Vec<&str> =
        told["mistakes"].as_array().unwrap().iter().map(|mistake| mistake["place"].as_str().unwrap()).collect();
    let wrong = ["/products/p-1/webhook/secret", "/products/p-1/supervision", "/products/p-2/skus/s-2/features/0/name"];
    assert_eq!(places, wrong);
    assert!(!told.to_string().contains("hush-hush"));
    let checked = api.post("/v1/settings/checks", &json!({ "document": bad })).await.expect(200);
    assert_eq!(checked["mistakes"], told["mistakes"]);
    let current = api.get("/v1/settings").await.expect(200);
    assert_eq!((&current["version"], &current["document"]), (&json!(1), &good));

    // Members that stand twice, which most readers of JSON do not see.
    let twice = r#"{"document":{"format":1,"products":{"p":{"plan":"A"},"p":{}}},"expectedVersion":1,"reason":"x"}"#;
    let told = api.ask_with(&http::Method::PUT, "/v1/settings", "application/json", twice.to_owned()).await.expect(422);
    assert!(told["detail"].as_str().unwrap().contains("stands twice"), "{told}");
    // Without an address for events, one of a product would have no effect.
    let webhook = json!({ "format": 1, "default": { "webhook": { "url": "https://a.example.com/events" } } });
    let checked = api.post("/v1/settings/checks", &json!({ "document": webhook })).await.expect(200);
    assert_eq!(checked["mistakes"][0]["place"], "/default/webhook");
    let large = json!({ "format": 1, "products": { "p-1": { "plan": "x".repeat(300_000) } } });
    let checked = api.post("/v1/settings/checks", &json!({ "document": large })).await.expect(200);
    assert!(checked["mistakes"][0]["problem"].as_str().unwrap().contains("262144"), "{checked}");
}

#[tokio::test]
async fn only_a_token_of_this_scope_reads_or_writes_them() {
    let (reads, sets) = ("token-that-reads-only", "token-that-sets-products");
    let tokens = format!("crm/read,provision:{reads} desk/settings:{sets}");
    let seller = Seller::with(|environment| environment.with("KOOGALLERY_API_TOKEN", tokens)).await;
    let (reads, sets) = (Api::with_token(&seller, reads), Api::with_token(&seller, sets));
    let body = json!({ "document": { "format": 1 }, "expectedVersion": 0, "reason": "x" });
    for path in ["/v1/settings", "/v1/settings/versions", "/v1/settings/versions/1"] {
        reads.get(path).await.expect(403);
    }
    reads.put("/v1/settings", &body).await.expect(403);
    reads.post("/v1/settings/checks", &json!({ "document": {} })).await.expect(403);
    sets.get("/v1/instances").await.expect(403);
    sets.put("/v1/settings", &body).await.expect(200);
}

/// The time of the settings in the test below: hosts take a function.
static TIME: AtomicI64 = AtomicI64::new(1_800_000_000_000);

#[tokio::test]
async fn a_new_version_holds_when_the_old_one_is_thirty_seconds_old() {
    let seller = seller(|environment| environment).await;
    let api = Api::of(&seller);
    let clock = || Timestamp::from_millis(TIME.load(Ordering::SeqCst));
    let pass = |milliseconds: i64| TIME.fetch_add(milliseconds, Ordering::SeqCst);
    let source = SettingsSource::new(std::sync::Arc::new(clock));
    let store = seller.host.store();
    let plan = async || {
        let current = source.current(store).await.unwrap();
        (current.version, current.document.plan(None, None).map(|plan| plan.as_str().to_owned()))
    };
    let said = |plan: &str| json!({ "format": 1, "default": { "plan": plan } });
    assert_eq!(plan().await, (0, None));
    set(&api, said("A")).await;
    pass(29_999);
    assert_eq!(plan().await, (0, None), "it was read less than 30 s ago");
    pass(1);
    assert_eq!(plan().await, (1, Some("A".to_owned())));
    set(&api, said("B")).await;
    assert_eq!(plan().await, (1, Some("A".to_owned())));
    pass(30_000);
    assert_eq!(plan().await, (2, Some("B".to_owned())));
    // A clock that went back says nothing about how old they are.
    set(&api, said("C")).await;
    pass(-3_600_000);
    assert_eq!(plan().await, (3, Some("C".to_owned())));

    // What a newer version of this software wrote cannot be read: the last good one stays, and somebody is told.
    let newer = r#"{"format":2,"default":{"plan":{"zh":"D"}}}"#;
    let actor = koogallery_store::Actor {
        by: "a newer version".to_owned().try_into().unwrap(),
        via: koogallery_store::Via::SellerApi,
        reason: None,
    };
    let reason = "deployed".to_owned().try_into().unwrap();
    store.keep_settings(newer, 3, (&actor, &reason), now()).await.unwrap();
    pass(30_000);
    let kept = source.current(store).await.unwrap();
    assert_eq!((kept.version, kept.document.plan(None, None).unwrap().as_str()), (3, "C"));
    let why = kept.kept_because.as_deref().unwrap();
    assert!(why.contains("version 3") && why.contains("format is 2"), "{why}");
    // So it is for a process that has just begun.
    let fresh = SettingsSource::new(std::sync::Arc::new(clock)).current(store).await.unwrap();
    assert_eq!((fresh.version, fresh.kept_because.is_some()), (3, true));
    // Once the current one can be read, it holds.
    store.keep_settings(&said("E").to_string(), 4, (&actor, &reason), now()).await.unwrap();
    pass(30_000);
    assert_eq!(plan().await, (5, Some("E".to_owned())));
    assert_eq!(source.current(store).await.unwrap().kept_because, None);

    // A table that cannot be read keeps them as well; a process that has none yet says so.
    let elsewhere = koogallery_store::Store::new(store.client().clone(), "no-such-table");
    pass(30_000);
    let kept = source.current(&elsewhere).await.unwrap();
    assert_eq!((kept.version, kept.kept_because.is_some()), (5, true));
    assert!(SettingsSource::new(std::sync::Arc::new(clock)).current(&elsewhere).await.is_err());
}

#[tokio::test]
async fn each_product_is_provisioned_in_its_way() {
    let seller = seller(|environment| environment).await;
    let api = Api::of(&seller);
    let document = json!({
        "format": 1,
        "default": { "appInfo": app("all") },
        "products": {
            "p-crm": { "appInfo": app("crm") },
            "p-erp": { "provisioning": "deferred", "appInfo": app("erp") },
        },
    });
    set(&api, document).await;
    assert_eq!(seller.say(&bought("i-crm", "p-crm")).await, "000000");
    assert_eq!(seller.say(&bought("i-other", "p-other")).await, "000000");
    assert_eq!(seller.say(&bought("i-erp", "p-erp")).await, "000004");
    assert_eq!(seller.say(&bought("i-erp", "p-erp")).await, "000004");
    assert_eq!(front_end(&seller, "i-crm").await.unwrap(), "https://crm.example.com/?i=i-crm");
    assert_eq!(front_end(&seller, "i-other").await.unwrap(), "https://all.example.com/?i=i-other");
    assert_eq!(front_end(&seller, "i-erp").await, None);
    api.put("/v1/instances/i-erp/app-info", &json!({ "frontEndUrl": "https://erp.example.com/7" })).await.expect(204);
    assert_eq!(seller.say(&bought("i-erp", "p-erp")).await, "000000");
    // A debug call is answered at once, with what its product's buyers would see.
    let debug = with(bought("i-debug", "p-erp"), "testFlag", "1");
    assert_eq!(seller.say(&debug).await, "000000");
    let asked = with(with(bodies::query(), "instanceId", "i-debug"), "testFlag", "1");
    let reply = seller.send(&seller.signed(&asked)).await;
    let shown = reply.info.unwrap().remove(0).app_info.unwrap().front_end_url;
    assert_eq!(shown.as_str(), "https://erp.example.com/?i=i-debug");
    // A host that cannot learn products does not wait for them.
    assert_eq!(seller.say(&bodies::purchase()).await, "000000");
    assert_eq!(front_end(&seller, bodies::ID).await.unwrap(), format!("https://all.example.com/?i={}", bodies::ID));
}

/// Waits until something is so. The test of a host that works by itself has no other way.
async fn until<T>(ask: impl AsyncFn() -> Option<T>) -> T {
    let patience = Instant::now() + Duration::from_mins(1);
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(Instant::now() < patience, "it never came");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purchase_whose_product_is_not_told_waits_until_it_is_learnt() {
    let credentials = Credentials::new(OPEN_API_KEY.0, OPEN_API_KEY.1).unwrap();
    let open_api = StandIn::start(credentials, AccessKeys::from_json(KEYS).unwrap(), now).await.unwrap();
    let at = open_api.endpoint().to_string();
    let seller = seller(|environment| {
        environment
            .with("KOOGALLERY_OPEN_API_URL", at)
            .with("KOOGALLERY_ACCESS_KEY_ID", OPEN_API_KEY.0)
            .with("KOOGALLERY_SECRET_ACCESS_KEY", OPEN_API_KEY.1)
    })
    .await;
    let api = Api::of(&seller);
    let order = |id: &str, product: Option<&str>| {
        let line = format!("{id}-000001");
        let mut line = json!({ "orderLineId": line, "chargingMode": "PERIOD" });
        if let Some(product) = product {
            line["productInfo"] = json!([{ "productId": product }]);
        }
        serde_json::from_value(json!({ "orderId": id, "orderType": "NEW", "orderLine": [line] })).unwrap()
    };
    let purchase = |id: &str| {
        let line = format!("CS-{id}-000001");
        json!({ "activity": "newInstance", "orderId": format!("CS-{id}"), "orderLineId": line, "businessId": id })
    };
    let document = json!({
        "format": 1,
        "default": { "appInfo": app("all") },
        "products": {
            "p-crm": { "appInfo": app("crm") },
            "p-erp": { "provisioning": "deferred" },
        },
    });
    set(&api, document).await;
    for (id, product) in [("i-1", Some("p-crm")), ("i-2", Some("p-erp")), ("i-3", None)] {
        open_api.put_order(order(&format!("CS-{id}"), product));
        assert_eq!(seller.say(&purchase(id)).await, "000004", "{id}");
    }
    assert_eq!(until(async || front_end(&seller, "i-1").await).await, "https://crm.example.com/?i=i-1");
    // An order that does not say its product is like all that are not named.
    assert_eq!(until(async || front_end(&seller, "i-3").await).await, "https://all.example.com/?i=i-3");
    for (id, code) in [("i-1", "000000"), ("i-3", "000000"), ("i-2", "000004")] {
        assert_eq!(seller.say(&purchase(id)).await, code, "{id}");
    }
    let learnt = async || seller.instance("i-2").await.unwrap().life.product_id;
    assert_eq!(until(learnt).await.as_str(), "p-erp");
    assert_eq!(front_end(&seller, "i-2").await, None, "its application provisions it");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_products_do_not_differ_no_purchase_waits_for_its_product() {
    let credentials = Credentials::new(OPEN_API_KEY.0, OPEN_API_KEY.1).unwrap();
    let open_api = StandIn::start(credentials, AccessKeys::from_json(KEYS).unwrap(), now).await.unwrap();
    let at = open_api.endpoint().to_string();
    let seller = seller(|environment| environment.with("KOOGALLERY_OPEN_API_URL", at)).await;
    let products = json!({ "p-1": { "plan": "Team" }, "p-2": { "appInfo": app("all"), "supervision": "standard" } });
    let document = json!({ "format": 1, "default": { "appInfo": app("all") }, "products": products });
    set(&Api::of(&seller), document).await;
    assert_eq!(seller.say(&bodies::purchase()).await, "000000");
}

#[tokio::test]
async fn each_product_has_its_rules() {
    let seller = seller(|environment| environment).await;
    let api = Api::of(&seller);
    let document = json!({
        "format": 1,
        "default": { "changes": "refuse" },
        "products": {
            "p-1": { "changes": { "allow": [{ "to": { "skuCode": "large" } }] } },
            "p-2": { "changes": "allow" },
        },
    });
    set(&api, document).await;
    for product in ["p-1", "p-2", "p-3"] {
        assert_eq!(seller.say(&bought(product, product)).await, "000000");
    }
    for (instance, sku, code) in
        [("p-1", "large", "000000"), ("p-1", "small", "000002"), ("p-2", "small", "000000"), ("p-3", "large", "000002")]
    {
        let asked = with(bodies::change_check(), "instanceId", instance);
        let asked = with(asked, "productInfo", json!({ "productId": instance, "skuCode": sku }));
        assert_eq!(seller.say(&asked).await, code, "{instance} {sku}");
    }
}

#[tokio::test]
async fn each_product_has_its_quota_of_licenses() {
    let seller = seller(|environment| environment).await;
    seller.sell_licenses();
    let api = Api::of(&seller);
    let document = json!({
        "format": 1,
        "default": { "licenses": { "quota": 1 } },
        "products": { "p-1": { "licenses": { "quota": 2 } }, "p-2": { "licenses": { "fingerprint": "required" } } },
    });
    set(&api, document).await;
    for product in ["p-1", "p-2", "p-3"] {
        assert_eq!(seller.say(&bought(product, product)).await, "000000");
    }
    let asks = async |instance: &str, event: &str| {
        let asked = with(bodies::get_license(event, "device-1"), "instanceId", instance);
        seller.say(&asked).await
    };
    for (instance, codes) in [
        ("p-1", ["000004", "000004", "000900"]),
        ("p-2", ["000004", "000004", "000004"]),
        ("p-3", ["000004", "000900", "000900"]),
    ] {
        for (number, code) in codes.into_iter().enumerate() {
            assert_eq!(asks(instance, &format!("e-{number}")).await, code, "{instance} {number}");
        }
    }
}

#[tokio::test]
async fn the_entitlement_tells_plan_and_features() {
    let seller = seller(|environment| environment).await;
    let api = Api::of(&seller);
    set(
        &api,
        json!({
            "format": 1,
            "default": { "plan": "Basic" },
            "products": {
                "p-1": {
                    "features": [{ "name": "projects", "limit": 3 }, { "name": "sso" }],
                    "skus": { "large": { "plan": "Business", "features": [{ "name": "projects", "limit": 100 }] } },
                },
            },
        }),
    )
    .await;
    assert_eq!(seller.say(&bought("i-1", "p-1")).await, "000000");
    assert_eq!(seller.say(&bought("i-2", "p-2")).await, "000000");
    let first = api.get("/v1/instances/i-1/entitlement").await;
    let tag = first.headers[http::header::ETAG].to_str().unwrap().to_owned();
    let told = first.expect(200);
    assert_eq!(told["plan"], "Basic");
    assert_eq!(told["features"], json!([{ "name": "projects", "limit": 3 }, { "name": "sso" }]));
    let other = api.get("/v1/instances/i-2/entitlement").await.expect(200);
    assert_eq!((&other["plan"], &other["features"]), (&json!("Basic"), &Value::Null));
    // The tag of an answer changes with the settings.
    assert!(tag.ends_with("-s1\""), "{tag}");
    assert_eq!(Api::of(&seller).knowing(&tag).get("/v1/instances/i-1/entitlement").await.status.as_u16(), 304);

    // The SKU that it holds now says more.
    let large = json!({ "productId": "p-1", "skuCode": "large" });
    assert_eq!(
        seller.say(&with(with(bodies::upgrade("U1"), "instanceId", "i-1"), "productInfo", large)).await,
        "000000"
    );
    let told = api.get("/v1/instances/i-1/entitlement").await.expect(200);
    if told["holds"]["skuCode"] == "large" {
        assert_eq!((&told["plan"], &told["features"][0]["limit"]), (&json!("Business"), &json!(100)));
    }
}

/// Writes settings past the API, which wants a host that sends events itself.
async fn keep(seller: &Seller, document: &Value) {
    let text = document.to_string();
    koogallery_settings::SettingsDocument::parse(&text).unwrap();
    let actor = koogallery_store::Actor {
        by: "a test".to_owned().try_into().unwrap(),
        via: koogallery_store::Via::SellerApi,
        reason: None,
    };
    let reason = "a test".to_owned().try_into().unwrap();
    let standing = seller.host.store().settings().await.unwrap().map_or(0, |kept| kept.version);
    seller.host.store().keep_settings(&text, standing, (&actor, &reason), now()).await.unwrap();
}

#[tokio::test]
async fn three_products_with_two_applications_have_their_events_where_they_belong() {
    let seller = seller(|environment| environment).await;
    let post = Post::of(&seller, |environment| {
        environment.with("KOOGALLERY_WEBHOOK_SECRET", format!("{LOCAL_WEBHOOK_SECRET} crm:{CRM_SECRET}"))
    })
    .await;
    let crm = Application::start(post.clock.clone()).await;
    crm.verifies_with(&[CRM_SECRET]);
    crm.does(|arrived| if arrived.name() == "instance.frozen" { Does::Status(418) } else { Does::Take });
    let webhook = json!({ "url": crm.url(), "secretName": "crm", "stopStatuses": [418] });
    keep(&seller, &json!({
        "format": 1,
        "products": { "p-crm": { "webhook": webhook }, "p-desk": { "webhook": webhook }, "p-erp": { "plan": "ERP" } },
    }))
    .await;
    for product in ["p-crm", "p-desk", "p-erp"] {
        assert_eq!(seller.say(&bought(product, product)).await, "000000");
        assert_eq!(seller.say(&with(bodies::freeze(), "instanceId", product)).await, "000000");
    }
    let mut pump = post.pump(&seller).await;
    post.deliver(&mut pump).await;
    let of = |application: &Application| -> Vec<String> {
        let mut all: Vec<String> = application
            .arrived()
            .iter()
            .map(|arrived| format!("{} {}", arrived.body["data"]["instanceId"].as_str().unwrap(), arrived.name()))
            .collect();
        all.sort();
        all
    };
    let both = |product: &str| ["created", "frozen"].map(|name| format!("{product} instance.{name}"));
    assert_eq!(of(&crm), [both("p-crm"), both("p-desk")].concat());
    assert_eq!(of(&post.application), both("p-erp"));
    assert_eq!((crm.refused(), post.application.refused()), (0, 0), "each verifies with its own secret");
    // The CRM's own status means that it does not want the event: it is not sent again.
    assert!(
        seller
            .host
            .store()
            .undelivered_events(&"p-crm".parse().map(Subject::Instance).unwrap())
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_secret_that_nobody_has_put_there_stops_no_other_product() {
    let seller = seller(|environment| environment).await;
    let post = Post::of(&seller, |environment| environment).await;
    let webhook = json!({ "url": post.application.url(), "secretName": "crm" });
    keep(&seller, &json!({ "format": 1, "products": { "p-crm": { "webhook": webhook } } })).await;
    for product in ["p-crm", "p-erp"] {
        assert_eq!(seller.say(&bought(product, product)).await, "000000");
    }
    post.learn(&seller).await;
    let (courier, later) = (post.courier(&seller), Instant::now() + Duration::from_mins(5));
    let left = courier.deliver(&Subject::Instance("p-erp".parse().unwrap()), later).await.unwrap();
    assert_eq!(left, Left::default());
    let of_crm = Subject::Instance("p-crm".parse().unwrap());
    assert!(courier.deliver(&of_crm, later).await.unwrap().failed);
    let undelivered = seller.host.store().undelivered_events(&of_crm).await.unwrap();
    let problem = format!("{undelivered:?}");
    assert!(problem.contains("no webhook secret with the name crm"), "{problem}");
    assert_eq!(post.application.taken().len(), 1);
}

#[tokio::test]
async fn an_order_is_supervised_as_its_product_says() {
    let seller = seller(|environment| environment).await;
    let post = Post::of(&seller, |environment| environment.with("KOOGALLERY_SUPERVISED_PRODUCTS", "*=standard")).await;
    let products = json!({ "p-1": { "supervision": "license" }, "p-2": { "supervision": "none" } });
    keep(&seller, &json!({ "format": 1, "products": products })).await;
    for product in ["p-1", "p-2", "p-3"] {
        assert_eq!(seller.say(&bought(product, product)).await, "000000");
    }
    post.learn(&seller).await;
    let api = Api::of(&seller);
    let flows: Vec<String> = api.get("/v1/supervision").await.expect(200)["orders"]
        .as_array()
        .unwrap()
        .iter()
        .map(|order| format!("{} {}", order["orderId"].as_str().unwrap(), order["flow"].as_str().unwrap()))
        .collect();
    let mut flows = flows;
    flows.sort();
    assert_eq!(flows, ["CS-p-1 license", "CS-p-3 standard"]);
}

#[tokio::test]
async fn use_is_counted_by_the_cycle_of_its_product() {
    let seller = seller(|environment| environment.with("KOOGALLERY_DAILY_PRODUCTS", "p-2,p-3")).await;
    let api = Api::of(&seller);
    let products = json!({ "p-1": { "usage": { "cycle": "daily" } }, "p-2": { "usage": { "cycle": "hourly" } } });
    set(&api, json!({ "format": 1, "products": products })).await;
    let at = now();
    for (product, cycle) in
        [("p-1", Cycle::Daily), ("p-2", Cycle::Hourly), ("p-3", Cycle::Daily), ("p-4", Cycle::Hourly)]
    {
        assert_eq!(seller.say(&bought(product, product)).await, "000000");
        let record = json!({ "id": "r-1", "instanceId": product, "at": at.to_rfc_3339(), "quantity": "1" });
        api.post("/v1/usage/records", &json!({ "records": [record] })).await.expect(200);
        let begin = cycle.around(at).begin.to_rfc_3339();
        let hours = api.get(&format!("/v1/usage/hours?instanceId={product}")).await.expect(200);
        assert_eq!(hours["hours"][0]["begin"], begin.as_str(), "{product} {hours}");
    }
}

/// The schema and the reader agree about what they both see: the schema knows nothing of secrets, and of what stands twice.
#[test]
fn the_schema_takes_what_the_reader_takes() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let schema: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("settings.schema.json")).unwrap()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let page = std::fs::read_to_string(folder.join("settings.md")).unwrap();
    let example = page.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    let example: Value = serde_json::from_str(example).unwrap();
    let both = |document: &Value| {
        let read = koogallery_settings::SettingsDocument::of(&document.clone().into());
        assert_eq!(schema.is_valid(document), read.is_ok(), "{document}\n{read:?}");
        read.is_ok()
    };
    assert!(both(&example), "the example of the page");
    let pages = std::fs::read_to_string(folder.join("buyer-pages.md")).unwrap();
    let pages = pages.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    let pages: Value = serde_json::from_str(pages).unwrap();
    assert!(both(&pages), "the example of the pages' page");
    let mut example = example;
    example["default"]["buyerPages"] = pages["default"]["buyerPages"].clone();
    assert!(both(&example), "both together");
    assert!(both(&json!({ "format": 1, "$schema": "settings.schema.json", "products": {} })));
    let flows: Vec<&str> = koogallery_store::Flow::ALL.iter().map(Into::into).collect();
    for flow in flows {
        assert!(both(&json!({ "format": 1, "default": { "supervision": flow } })), "{flow}");
    }
    // Each member in turn takes each of these values, and both say the same of it.
    let values = [
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(1),
        json!(410),
        json!(1.5),
        json!(""),
        json!("x"),
        json!("allow"),
        json!("none"),
        json!("daily"),
        json!("https://a.example.com/"),
        json!([]),
        json!([1]),
        json!({}),
        json!({ "x": 1 }),
        json!([{ "name": "a b" }]),
        json!("x".repeat(65)),
    ];
    let mut seen = 0;
    for place in places(&example) {
        for value in &values {
            let mut changed = example.clone();
            *changed.pointer_mut(&place).unwrap() = value.clone();
            both(&changed);
            seen += 1;
        }
        let mut more = example.clone();
        if let Some(members) = more.pointer_mut(&place).and_then(Value::as_object_mut) {
            members.insert("more".to_owned(), json!({}));
            both(&more);
        }
    }
    assert!(seen > 500, "{seen}");
}

/// All places of a document but itself, as JSON pointers.
fn places(document: &Value) -> Vec<String> {
    let below = |name: &str, value: &Value| {
        let name = name.replace('~', "~0").replace('/', "~1");
        let all = std::iter::once(String::new()).chain(places(value));
        all.map(|place| format!("/{name}{place}")).collect::<Vec<_>>()
    };
    match document {
        Value::Object(members) => members.iter().flat_map(|(name, value)| below(name, value)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(place, value)| below(&place.to_string(), value)).collect()
        }
        _ => Vec::new(),
    }
}

/// A file of this test, with a document.
fn file(name: &str, text: &str) -> String {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("settings-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join(name);
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_commands_check_apply_compare_and_go_back() {
    let seller = seller(|environment| environment).await;
    let shown = run(&seller, &["settings", "show"], "").await;
    assert_eq!(serde_json::from_str::<Value>(&shown.out).unwrap(), json!({ "format": 1 }));
    assert!(shown.errors.contains("nobody wrote settings yet"), "{}", shown.errors);
    assert_eq!(told(&seller, &["settings", "history"]).await.trim(), "no versions");

    let bad = file("bad.json", r#"{"format":1,"defaults":{},"products":{"p-1":{"usage":{"cycle":"weekly"}}}}"#);
    for command in [&["settings", "check", &bad][..], &["settings", "apply", &bad, "--reason", "x"]] {
        let problems = refused(&seller, command, 1).await;
        assert!(problems.contains("/defaults: there is no such member: did you mean `default`?"), "{problems}");
        assert!(problems.contains("/products/p-1/usage/cycle") && problems.contains("2 mistakes"), "{problems}");
    }
    let first = file("first.json", r#"{"format":1,"default":{"plan":"Basic"}}"#);
    assert!(told(&seller, &["settings", "check", &first]).await.contains("no mistakes"));
    let applied = told(&seller, &["settings", "apply", &first, "--reason", "to begin with"]).await;
    assert!(applied.contains("+ /default: ") && applied.contains("version 1 is the current one"), "{applied}");
    let again = told(&seller, &["settings", "apply", &first, "--reason", "once more"]).await;
    assert!(again.contains("version 1 says the same already"), "{again}");

    let second = file("second.json", r#"{"format":1,"default":{"plan":"Team"}}"#);
    let compared = run(&seller, &["settings", "diff", &second], "").await;
    assert_eq!((compared.code, compared.out.trim()), (1, r#"~ /default/plan: "Basic" → "Team""#));
    told(&seller, &["settings", "apply", &second, "--reason", "a better name", "--made-from", "1"]).await;
    let late = refused(&seller, &["settings", "apply", &first, "--reason", "too late", "--made-from", "1"], 2).await;
    assert!(late.contains("version 2 is the current one"), "{late}");
    let back = told(&seller, &["settings", "rollback", "1", "--reason", "the old name was better", "--by", "Li"]).await;
    assert!(back.contains("version 3 is the current one"), "{back}");
    let history = told(&seller, &["settings", "history"]).await;
    assert!(history.contains("seller API: Li") && history.contains("a better name"), "{history}");
    let shown = run(&seller, &["settings", "show", "2"], "").await;
    assert!(
        shown.out.contains("Team") && shown.errors.contains("version 2 by seller API: somebody"),
        "{}",
        shown.errors
    );
    refused(&seller, &["settings", "show", "9"], 1).await;
    refused(&seller, &["settings", "rollback", "9", "--reason", "x"], 1).await;
    refused(&seller, &["settings", "apply", &first], 2).await;
}

#[tokio::test]
async fn a_client_that_the_environment_has_as_well_is_told() {
    let client = |id: &str| json!({ "client_id": id, "token_endpoint_auth_method": "none", "app_id": "app-1", "redirect_uris": ["https://a.example.com/"] });
    let document = json!({ "format": 1, "products": { "p-1": { "oidcClients": [client("shop"), client("desk")] } } });
    let written = file("clients.json", &document.to_string());
    let environment = json!([client("phone"), client("shop")]).to_string();
    let checked =
        koogallery(&[("KOOGALLERY_OIDC_CLIENTS", &environment)]).args(["settings", "check", &written]).output();
    let checked = checked.await.unwrap();
    let (out, errors) = (String::from_utf8(checked.stdout).unwrap(), String::from_utf8(checked.stderr).unwrap());
    assert!(checked.status.success() && out.contains("no mistakes"), "{out}{errors}");
    assert!(
        errors.starts_with("the client shop is in KOOGALLERY_OIDC_CLIENTS as well") && errors.lines().count() == 1,
        "{errors}"
    );

    let twice =
        json!({ "format": 1, "default": { "oidcClients": [client("shop")] }, "products": document["products"] });
    let seller = seller(|environment| environment).await;
    let problems = refused(&seller, &["settings", "check", &file("twice.json", &twice.to_string())], 1).await;
    let expected = "/products/p-1/oidcClients/0/client_id: the client at /default/oidcClients/0/client_id has this id";
    assert!(problems.contains(expected), "{problems}");
}
