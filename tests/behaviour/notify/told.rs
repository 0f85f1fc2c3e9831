//! What each destination is told, in its own form, and when.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use koogallery_runtime::Environment;
use koogallery_store::Cause;
use koogallery_tests::Seller;
use koogallery_tests::bodies::{self, with};
use koogallery_tests::people::{CONSOLE, MAIL_PASSWORD, ROBOT_KEY, ROBOT_SECRET};
use serde_json::json;

use super::{ALL, HOUR, MINUTE, Notify, raise};

#[tokio::test]
async fn every_destination_hears_the_list_of_the_console_in_its_own_form() {
    let seller = Seller::with(|environment| environment.with("KOOGALLERY_PROVISIONING", "deferred")).await;
    // Nobody receives events here, so all of them are late.
    let notify = Notify::with(&seller, &json!({ "without": ["event-late"] })).await;
    assert_eq!(notify.after(MINUTE).await.unwrap().told, 0);
    let warning = raise(&seller, &notify.clock, "CS1", Cause::SellerStep, 48 * HOUR).await;
    // A probe that fails, and a buyer who waits: that one is left to itself at first.
    assert_ne!(seller.say(&with(with(bodies::purchase(), "orderLineId", ""), "testFlag", "1")).await, "000000");
    assert_eq!(seller.say(&bodies::purchase()).await, "000004");
    assert_eq!(notify.after(MINUTE).await.unwrap().told, 2 * ALL.len());
    for at in ALL {
        let [told] = &notify.people.taken(at)[..] else { panic!("{at}: {:?}", notify.people.taken(at)) };
        for part in ["CS1", "newInstance", &format!("{CONSOLE}/warnings/{warning}"), &format!("{CONSOLE}/probes")] {
            assert!(told.replace("=\n", "").contains(part), "{at} lacks {part}: {told}");
        }
        assert!(!told.contains("b-1"), "{at}: {told}");
    }
    let [feishu, dingtalk] = ["feishu", "dingtalk"].map(|at| notify.people.arrived(at)[0].clone());
    let seconds = feishu.when.as_seconds().to_string();
    assert_eq!((&feishu.body["timestamp"], &feishu.body["msg_type"]), (&json!(seconds), &json!("post")));
    assert_eq!(STANDARD.decode(feishu.body["sign"].as_str().unwrap()).unwrap().len(), 32);
    assert!(dingtalk.query.contains(&format!("&timestamp={}&sign=", dingtalk.when.as_millis())), "{}", dingtalk.query);
    assert!(notify.people.taken("wecom")[0].contains("监管步骤等待商家已 3 天"));
    let mail = &notify.people.taken("mail")[0];
    assert!(mail.contains("To: ops@example.com") && mail.contains("Subject: KooGallery: 2 new"), "{mail}");

    // Half an hour later KooGallery is about to refund.
    notify.after(29 * MINUTE).await.unwrap();
    assert_eq!(notify.counts(), [2; 5]);
    let told = &notify.people.taken("topic")[1];
    assert!(told.starts_with("KooGallery: 1 urgent") && told.contains("Instance b-1 waits"), "{told}");
    assert!(told.contains(&format!("{CONSOLE}/instances/b-1#app-info")), "{told}");
    // What is solved or answered is told too, and what stands is told again after a day.
    seller.host.store().end_warning(&warning, notify.clock.now()).await.unwrap();
    notify.after(HOUR).await.unwrap();
    assert!(notify.people.taken("wecom")[2].contains("【已了结】CS1"), "{:?}", notify.people.taken("wecom"));
    notify.after(HOUR).await.unwrap();
    assert_eq!(notify.counts(), [3; 5]);
    notify.after(24 * HOUR).await.unwrap();
    assert!(
        notify.people.taken("topic")[3].starts_with("KooGallery: 2 still waiting"),
        "{:?}",
        notify.people.taken("topic")
    );
    for line in notify.heard.0.lock().unwrap().iter() {
        for secret in [ROBOT_KEY, ROBOT_SECRET, MAIL_PASSWORD] {
            assert!(!line.contains(secret), "{line}");
        }
    }
}

#[tokio::test]
async fn much_becomes_one_message_and_what_nobody_wants_none() {
    let seller = Seller::start().await;
    let notify = Notify::with(&seller, &json!({ "without": ["renewal-due"], "digestMinutes": 60 })).await;
    for number in 0..120 {
        raise(&seller, &notify.clock, &format!("CS{number}"), Cause::SellerStep, 48 * HOUR).await;
        if number < 20 {
            raise(&seller, &notify.clock, &format!("CS{number}"), Cause::RenewalDue, 48 * HOUR).await;
        }
    }
    notify.after(MINUTE).await.unwrap();
    for at in ALL {
        let [told] = &notify.people.taken(at)[..] else { panic!("{at}: {:?}", notify.people.taken(at)) };
        assert!(!told.contains("not renewed") && !told.contains("尚未续费"), "{at}: {told}");
    }
    assert!(notify.people.taken("wecom")[0].contains("项新增：监管步骤等待商家已 3 天"));
    // All are noted at last, in messages of which each is at most one an hour; then there is nothing new.
    for _ in 0..4 {
        notify.after(HOUR).await.unwrap();
    }
    let counts = notify.counts();
    notify.after(HOUR).await.unwrap();
    assert_eq!(notify.counts(), counts);
    for notices in seller.host.store().notices().await.unwrap() {
        assert!(notices.told.len() >= 40 && notices.failing_since.is_none(), "{}", notices.told.len());
    }
}

#[tokio::test]
async fn a_host_tells_people_by_itself_and_forgets_destinations_that_there_are_no_more() {
    let called = Seller::start().await;
    let notify = Notify::of(&called).await;
    raise(&called, &notify.clock, "CS1", Cause::SellerStepUrgent, 24 * HOUR).await;
    notify.after(MINUTE).await.unwrap();
    assert_eq!(called.host.store().notices().await.unwrap().len(), 5);
    let settings = json!([{ "name": "wecom", "to": "wecom", "language": "en" }]).to_string();
    let table = called.host.store().table().to_owned();
    let told = |environment: Environment| {
        let secrets = notify.environment.get("KOOGALLERY_NOTIFY_SECRETS").unwrap();
        let environment = environment.with("KOOGALLERY_NOTIFY", &*settings).with("KOOGALLERY_NOTIFY_SECRETS", secrets);
        environment.with("KOOGALLERY_TABLE", &*table)
    };
    let host = Seller::at(Some(called.dynamodb_endpoint()), told).await;
    let until = std::time::Instant::now() + 5 * MINUTE;
    host.host.at_work().work_until(until).await.unwrap();
    let notices = called.host.store().notices().await.unwrap();
    assert_eq!(notices.iter().map(|notices| notices.destination.as_str()).collect::<Vec<_>>(), ["wecom"]);
}
