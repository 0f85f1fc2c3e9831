//! What an operator does: it is done, and who did it and why is kept with it.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery_oidc::{Algorithm, SigningKeys};
use koogallery_runtime::now;
use koogallery_store::{Action, Actor, Cause, Delivery, Raise, Via, Warning};
use koogallery_tests::bodies::{self, with};
use koogallery_tests::kit::vault;
use serde_json::json;

use super::world::World;

const REASON: [(&str, &str); 1] = [("reason", "asked by the customer")];

#[tokio::test]
async fn an_event_is_resent_and_a_parked_one_given_up() {
    let world = World::start().await;
    world.seller.say_all(&[bodies::purchase(), bodies::freeze()]).await;
    let parked = world.seller.park(bodies::INSTANCE, 0).await;
    let page = format!("/events/{parked}");
    let without = world.send(&page, &format!("{page}/discard"), &[("reason", "  ")]).await;
    assert_eq!(without.status, 400);
    assert!(world.actions().await.is_empty(), "nothing is done without a reason");

    let done = world.send(&page, &format!("{page}/discard"), &REASON).await;
    assert_eq!(done.status, 200, "{}", done.body);
    let store = world.seller.host.store();
    let record = store.find_event(parked).await.unwrap().unwrap();
    assert_eq!((record.delivery(), record.discarded.unwrap().reason.as_str()), (Delivery::Discarded, REASON[0].1));
    let origin = world.seller.host.address().trim_end_matches('/').to_owned();
    let again = world.browser.post(&world.at(&format!("{page}/discard")), &origin, &REASON).await;
    assert_eq!(again.status, 409, "it is not parked any more");

    assert_eq!(world.send(&page, &format!("{page}/resend"), &REASON).await.status, 200);
    assert_eq!(store.find_event(parked).await.unwrap().unwrap().delivery(), Delivery::Undelivered);
    let actions = world.done_to(bodies::INSTANCE).await;
    let told: Vec<_> = actions.iter().map(|action| action.what.as_str()).collect();
    assert_eq!(told, [Action::EVENT_RESENT, Action::EVENT_DISCARDED]);
    assert_eq!(actions[1].before.as_ref().unwrap()["delivery"], "parked");
    assert_eq!(actions[1].after.as_ref().unwrap()["delivery"], "discarded");
    assert!(world.open("/instances/b-1").await.body.contains(REASON[0].1), "the timeline has it");
}

#[tokio::test]
async fn an_app_info_and_a_failure_are_handed_in() {
    let world = World::with(|environment| environment.with("KOOGALLERY_PROVISIONING", "deferred")).await;
    assert_eq!(world.seller.say(&bodies::purchase()).await, "000004");
    let failing = [("resultCode", "000106"), ("message", "sold out"), REASON[0]];
    assert_eq!(world.send("/instances/b-1", "/instances/b-1/failure", &failing).await.status, 200);
    assert!(world.seller.instance("b-1").await.unwrap().provisioning_failure.is_some());

    let bad = [("frontEndUrl", "no address"), REASON[0]];
    assert_eq!(world.send("/instances/b-1", "/instances/b-1/app-info", &bad).await.status, 400);
    let info = [("frontEndUrl", "https://app.example.com/"), ("password", "first-password"), REASON[0]];
    let page = world.send("/instances/b-1", "/instances/b-1/app-info", &info).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(!page.body.contains("first-password"));
    let kept = world.seller.app_info("b-1").await.unwrap();
    assert_eq!(kept.password.unwrap().as_str(), "first-password");
    let origin = world.seller.host.address().trim_end_matches('/').to_owned();
    let late = world.browser.post(&world.at("/instances/b-1/failure"), &origin, &failing).await;
    assert_eq!(late.status, 409, "a failure replaces no app info");
    let told: Vec<String> = world.done_to(bodies::INSTANCE).await.into_iter().map(|action| action.what).collect();
    assert_eq!(told, [Action::APP_INFO_HANDED_IN, Action::FAILURE_HANDED_IN]);
    let text = format!("{:?}", world.actions().await);
    assert!(!text.contains("first-password") && !text.contains("sold out"), "{text}");
}

#[tokio::test]
async fn a_released_instance_is_erased_by_who_is_sure() {
    let world = World::start().await;
    world.seller.say_all(&[bodies::purchase()]).await;
    let origin = world.seller.host.address().trim_end_matches('/').to_owned();
    let to = world.at("/instances/b-1/erase");
    let sure = [("confirm", "true"), REASON[0]];
    assert_eq!(world.browser.post(&to, &origin, &sure).await.status, 409, "it is not released");
    world.seller.say_all(&[bodies::release()]).await;
    assert_eq!(world.browser.post(&to, &origin, &REASON).await.status, 400, "nobody said to be sure");
    let page = world.send("/instances/b-1", "/instances/b-1/erase", &sure).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(world.seller.instance("b-1").await.unwrap().life.erased_at.is_some());
    let actions = world.done_to(bodies::INSTANCE).await;
    assert_eq!((actions.len(), actions[0].what.as_str()), (1, Action::PERSONAL_DATA_ERASED));
}

#[tokio::test]
async fn a_warning_is_snoozed_and_acknowledged() {
    let world = World::start().await;
    let (store, now) = (world.seller.host.store(), now());
    let due_at = Some(now.saturating_add(Duration::from_hours(48)));
    let raise = Raise { cause: Cause::SellerStep, since: now, at: now, due_at };
    let warning = Warning::new("ORDER#CS1".parse().unwrap(), &raise, now);
    assert!(store.raise(&warning).await.unwrap());
    let page = format!("/warnings/{}", warning.warning_id);
    let home = world.open("/").await;
    assert!(home.body.contains(&page) && home.body.contains("CS1"), "{}", home.body);

    let bad = [("hours", "5"), REASON[0]];
    assert_eq!(world.send(&page, &format!("{page}/snooze"), &bad).await.status, 400);
    let later = [("hours", "24"), REASON[0]];
    assert_eq!(world.send(&page, &format!("{page}/snooze"), &later).await.status, 200);
    assert!(!world.open("/").await.body.contains(&page), "it waits for nobody until then");
    assert!(world.open("/warnings").await.body.contains(&page), "and still stands");

    assert_eq!(world.send(&page, &format!("{page}/acknowledge"), &REASON).await.status, 200);
    assert!(!world.open("/warnings").await.body.contains(&page));
    assert!(world.open(&page).await.body.contains(REASON[0].1), "what was said stays");
    let origin = world.seller.host.address().trim_end_matches('/').to_owned();
    let again = world.browser.post(&world.at(&format!("{page}/acknowledge")), &origin, &REASON).await;
    assert_eq!(again.status, 409, "it has ended");
    let told: Vec<String> = world.done_to("ORDER#CS1").await.into_iter().map(|action| action.what).collect();
    assert_eq!(told, ["warning.acknowledge", "warning.snooze"]);
}

#[tokio::test]
async fn what_debug_calls_left_is_deleted_and_nothing_real() {
    let world = World::start().await;
    let debug = with(bodies::purchase(), "testFlag", "1");
    world.seller.say_all(&[bodies::purchase(), debug]).await;
    let store = world.seller.host.store();
    let left = async || {
        let query = store.client().query().table_name(store.table()).key_condition_expression("pk = :pk");
        let of = AttributeValue::S("TEST#INSTANCE#b-1".to_owned());
        query.expression_attribute_values(":pk", of).send().await.unwrap().count
    };
    assert!(left().await > 0);
    let forget = [("id", "b-1"), REASON[0]];
    let page = world.send("/probes", "/probes/forget", &forget).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(left().await, 0);
    assert!(world.seller.instance("b-1").await.is_some(), "the real one stays");
    assert_eq!(world.send("/probes", "/probes/forget", &forget).await.status, 200);
    let actions = world.actions().await;
    assert_eq!((actions.len(), actions[0].what.as_str()), (1, Action::DEBUG_DATA_FORGOTTEN), "nothing twice");
}

#[tokio::test]
async fn the_next_signing_key_is_made_with_its_record() {
    let world = World::start().await;
    let nothing = world.send("/keys", "/keys/rotate", &REASON).await;
    assert_eq!(nothing.status, 200);
    assert!(world.actions().await.is_empty(), "there is no key yet");
    let (store, keys) = (world.seller.host.store(), SigningKeys::default());
    drop(keys.signer(Algorithm::Es256, store, &vault(), now()).await.unwrap());
    let page = world.send("/keys", "/keys/rotate", &REASON).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let keys = store.signing_keys().await.unwrap();
    let actions = world.actions().await;
    assert_eq!((keys.len(), actions.len()), (2, 1));
    assert_eq!(actions[0].what, Action::SIGNING_KEY_MADE);
    assert_eq!(actions[0].after.as_ref().unwrap()["keyId"], keys[1].key_id);
    // At once: the keys before it are gone.
    let now = [("now", "true"), REASON[0]];
    assert_eq!(world.send("/keys", "/keys/rotate", &now).await.status, 200);
    assert_eq!((store.signing_keys().await.unwrap().len(), world.actions().await.len()), (1, 2));
}

#[tokio::test]
async fn an_earlier_version_of_the_settings_comes_back() {
    let world = World::start().await;
    let store = world.seller.host.store();
    let actor = Actor { by: "a test".to_owned().try_into().unwrap(), via: Via::SellerApi, reason: None };
    let why = "to begin with".to_owned().try_into().unwrap();
    let document = |plan: &str| json!({ "format": 1, "default": { "plan": plan } }).to_string();
    for (standing, plan) in [(0, "Basic <b>"), (1, "Team")] {
        store.keep_settings(&document(plan), standing, (&actor, &why), now()).await.unwrap();
    }
    let versions = world.open("/product-settings").await;
    assert!(
        versions.body.contains("/product-settings/2") && versions.body.contains("to begin with"),
        "{}",
        versions.body
    );
    let shown = world.open("/product-settings/2").await;
    assert!(shown.body.contains("/default/plan") && shown.body.contains("Basic &lt;b&gt;"), "{}", shown.body);
    assert!(!shown.body.contains("/rollback"), "it is the current one");
    let back = world.send("/product-settings/1", "/product-settings/1/rollback", &REASON).await;
    assert_eq!(back.status, 200, "{}", back.body);
    let current = store.settings().await.unwrap().unwrap();
    assert_eq!((current.version, current.document), (3, document("Basic <b>")));
    let actions = world.actions().await;
    let last = actions.last().unwrap();
    assert_eq!((last.what.as_str(), last.reason.as_ref().unwrap().as_str()), (Action::SETTINGS_APPLIED, REASON[0].1));
    // The same once more changes nothing, and what there is not is not found.
    assert_eq!(world.send("/product-settings/2", "/product-settings/2/rollback", &REASON).await.status, 200);
    let origin = world.seller.host.address().trim_end_matches('/').to_owned();
    let unknown = world.browser.post(&world.at("/product-settings/9/rollback"), &origin, &REASON).await;
    assert_eq!(unknown.status, 404);
    // What a newer version of this software wrote cannot come back by this one.
    store.keep_settings(r#"{"format":2}"#, 4, (&actor, &why), now()).await.unwrap();
    store.keep_settings(&document("Team"), 5, (&actor, &why), now()).await.unwrap();
    let newer = world.browser.post(&world.at("/product-settings/5/rollback"), &origin, &REASON).await;
    assert_eq!(newer.status, 409, "{}", newer.body);
}
