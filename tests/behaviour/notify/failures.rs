//! Destinations that fail: each is tried again, holds up no other, and hears everything in the end.

use koogallery_store::Cause;
use koogallery_tests::Seller;
use koogallery_tests::people::{MAIL_PASSWORD, ROBOT_KEY, ROBOT_SECRET, Takes};
use notify::PACE;
use serde_json::json;

use super::{HOUR, MINUTE, Notify, notifier, raise};

#[tokio::test]
async fn one_that_fails_holds_up_no_other_and_hears_it_later() {
    let seller = Seller::start().await;
    let notify = Notify::with(&seller, &json!({ "without": ["event-late"] })).await;
    notify.people.take("feishu", Takes::Not(19021));
    notify.people.take("dingtalk", Takes::Not(130_101));
    notify.people.take("wecom", Takes::AndCuts);
    notify.people.take("mail", Takes::Not(550));
    raise(&seller, &notify.clock, "CS1", Cause::SellerStep, 48 * HOUR).await;
    let run = notify.after(MINUTE).await.unwrap();
    assert_eq!((run.told, run.failing), (1, 4), "SNS takes it");
    for _ in 0..60 {
        notify.after(MINUTE).await.unwrap();
    }
    let tries = |at: &str| notify.people.arrived(at).len();
    // After 1, 2, 4, 8, 16 and 32 minutes.
    assert_eq!(["feishu", "wecom", "mail"].map(tries), [6; 3]);
    let times: Vec<_> = notify.people.arrived("dingtalk").iter().map(|arrived| arrived.when).collect();
    assert!(times.len() > 4 && times.windows(2).all(|two| two[1].since(two[0]) >= 11 * MINUTE), "{times:?}");
    let lines = notify.heard.0.lock().unwrap().join("\n");
    for told in
        ["the secret is not the robot's", "takes no more messages for some minutes", "the connection broke", "code 550"]
    {
        assert!(lines.contains(told), "{told}: {lines}");
    }
    for secret in [ROBOT_KEY, ROBOT_SECRET, MAIL_PASSWORD, "127.0.0.1"] {
        assert!(!lines.contains(secret), "{lines}");
    }
    let run = notify.after(MINUTE).await.unwrap();
    assert!(run.failing == 4 && run.failing_age >= HOUR, "{run:?}");

    for at in ["feishu", "dingtalk", "wecom", "mail"] {
        notify.people.take(at, Takes::Well);
    }
    raise(&seller, &notify.clock, "CS2", Cause::SecondRejection, 48 * HOUR).await;
    let run = notify.after(HOUR).await.unwrap();
    assert_eq!((run.told, run.failing), (9, 0), "both, and SNS the new one");
    for at in ["feishu", "dingtalk", "wecom", "mail"] {
        let told = notify.people.taken(at).pop().unwrap();
        assert!(told.contains("CS1") && told.contains("CS2"), "{at}: {told}");
    }
}

#[tokio::test]
async fn money_that_is_about_to_be_lost_is_tried_every_five_minutes_at_night_too() {
    let seller = Seller::start().await;
    let notify = Notify::with(&seller, &json!({ "quiet": "00:00-23:59" })).await;
    notify.people.take("feishu", Takes::Not(1));
    raise(&seller, &notify.clock, "CS1", Cause::SellerStep, 48 * HOUR).await;
    raise(&seller, &notify.clock, "CS2", Cause::PurchaseRefused, 3 * HOUR).await;
    // The only minute that is not quiet is left out.
    for _ in 0..60 {
        notify.after(MINUTE).await.unwrap();
    }
    let tries = notify.people.arrived("feishu");
    assert!((13..=15).contains(&tries.len()), "{}", tries.len());
    assert!(tries.iter().all(|told| told.text.contains("CS2")));
    assert_eq!(notify.people.taken("mail").len(), notify.people.taken("topic").len());
    assert!(notify.people.taken("topic")[0].contains("CS2"));
}

#[tokio::test]
async fn of_two_runs_at_the_same_time_one_tells() {
    let seller = Seller::start().await;
    let notify = Notify::of(&seller).await;
    let others: Vec<_> = (0..4).map(|_| notifier(&seller, &notify.clock, &notify.heard, &notify.environment)).collect();
    for number in 0..6 {
        raise(&seller, &notify.clock, &format!("CS{number}"), Cause::PurchaseRefused, HOUR).await;
        let runs = others.iter().map(notify::Notifier::run);
        futures_util::future::try_join_all(runs).await.unwrap();
        notify.after(MINUTE).await.unwrap();
    }
    for at in ["feishu", "dingtalk", "wecom", "mail"] {
        let times: Vec<_> = notify.people.arrived(at).iter().map(|arrived| arrived.when).collect();
        assert!(times.windows(2).all(|two| two[1].since(two[0]) >= PACE), "{at}: {times:?}");
        let all = notify.people.taken(at).join("\n");
        assert!((0..6).all(|number| all.contains(&format!("CS{number}"))), "{at}: {all}");
    }
}
