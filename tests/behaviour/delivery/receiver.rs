//! Whatever the receiver does: no event is lost or overtaken, and each is tried for days.

use std::sync::Arc;
use std::time::Duration;

use deliver_events::look;
use koogallery::AccessKeys;
use koogallery_local::events;
use koogallery_local::marketplace::Marketplace;
use koogallery_tests::api::TOKEN;
use koogallery_tests::application::{Account, Arrived, Does, Post};
use koogallery_tests::secrets::Secrets;
use koogallery_tests::{KEYS, Seller, operator};
use serde_json::json;

use super::{instance, life, lives, plain, soon};

#[tokio::test]
async fn whatever_the_receiver_does_no_event_is_lost_or_overtaken() {
    type Rule = fn(&Arrived) -> Does;
    let faults: [(&str, usize, Rule); 10] = [
        ("none", 0, |_| Does::Take),
        ("down for a day", 0, |_| Does::Status(503)),
        ("unreachable now and then", 0, |event| if event.number % 3 == 1 { Does::Cut } else { Does::Take }),
        ("too slow for each first try of a purchase", 0, |event| {
            if event.name() == "instance.created" && event.before == 0 { Does::Hang } else { Does::Take }
        }),
        ("flapping", 0, |event| if event.number % 2 == 0 { Does::Status(500) } else { Does::Take }),
        ("takes, answers too late", 0, |event| {
            if event.name() == "instance.frozen" && event.before == 0 { Does::TakeAndHang } else { Does::Take }
        }),
        ("answers garbage", 0, |_| Does::Say("\u{0}\u{1}<html>".to_owned())),
        ("answers without an end", 0, |_| Does::Huge),
        ("redirects each first try", 0, |event| if event.before == 0 { Does::Status(308) } else { Does::Take }),
        ("wants no freezes", 3, |event| if event.name() == "instance.frozen" { Does::Status(410) } else { Does::Take }),
    ];
    println!("| receiver | events | tries | repeated | lost | out of order |\n|---|---|---|---|---|---|");
    for (fault, stopped, rule) in faults {
        let seller = Seller::start().await;
        let post = Post::of(&seller, plain).await;
        lives(&seller, 3).await;
        if fault == "down for a day" {
            let (clock, end) = (post.clock.clone(), post.clock.now().saturating_add(Duration::from_hours(24)));
            post.application.does(move |event| if clock.now() < end { rule(event) } else { Does::Take });
        } else {
            post.application.does(rule);
        }
        let mut pump = post.pump(&seller).await;
        post.deliver(&mut pump).await;
        let account = post.account(&seller).await;
        let Account { events, tries, repeated, lost, out_of_order, .. } = account;
        println!("| {fault} | {events} | {tries} | {repeated} | {lost} | {out_of_order} |");
        assert_eq!((events, account.stopped, lost, out_of_order), (18, stopped, 0, 0), "{fault}");
    }
}

#[tokio::test]
async fn one_subject_that_fails_holds_up_no_other() {
    let seller = Seller::start().await;
    let post = Post::of(&seller, plain).await;
    lives(&seller, 20).await;
    post.application.does(|event| if instance(event) == "i-7" { Does::Status(500) } else { Does::Take });
    let mut pump = post.pump(&seller).await;
    post.deliver_for(&mut pump, Duration::from_hours(1)).await;

    let taken = post.application.taken();
    assert_eq!(taken.len(), 19 * 6);
    assert!(taken.iter().all(|event| instance(event) != "i-7"));
    let failing: Vec<Arrived> =
        post.application.arrived().into_iter().filter(|event| instance(event) == "i-7").collect();
    assert!(failing.len() > 3);
    assert!(failing.iter().all(|event| event.name() == "instance.created"), "later ones wait their turn");
    post.application.does(|_| Does::Take);
    post.deliver(&mut pump).await;
    let account = post.account(&seller).await;
    assert_eq!((account.events, account.lost, account.out_of_order, account.repeated), (120, 0, 0, 0));
}

#[tokio::test]
async fn an_event_that_fails_for_days_is_parked_and_the_next_ones_go_on() {
    let seller = Seller::with(|environment| environment.with("KOOGALLERY_API_TOKEN", TOKEN)).await;
    let post = Post::of(&seller, plain).await;
    seller.say_all(&life("i-0")).await;
    post.application.does(|event| if event.name() == "instance.refreshed" { Does::Status(500) } else { Does::Take });
    let (start, mut pump) = (post.clock.now(), post.pump(&seller).await);
    post.deliver(&mut pump).await;
    assert!(post.clock.now() > start.saturating_add(Duration::from_hours(72)), "it is tried for more than three days");
    let names: Vec<String> = post.application.taken().iter().map(|event| event.name().to_owned()).collect();
    assert_eq!(
        names,
        ["instance.created", "instance.frozen", "instance.unfrozen", "instance.upgraded", "instance.released"]
    );

    let store = seller.host.store();
    let api = operator::api(&seller);
    let open = events::list(&api, None).await.unwrap();
    let shown = open.to_string();
    assert_eq!(open.events().len(), 1);
    assert!(shown.contains("instance.refreshed") && shown.contains("parked") && shown.contains("HTTP 500"), "{shown}");
    let (swept, stalled) = look(store, post.clock.now(), soon()).await.unwrap();
    let released = (swept.parked, swept.parked_of_released);
    assert_eq!((released, swept.undelivered, stalled.len()), ((0, 1), 0, 0), "nobody drives it, and nobody needs it");

    post.application.does(|_| Does::Take);
    assert_eq!(events::resend_failed(&api).await.unwrap(), 1);
    post.deliver(&mut pump).await;
    assert_eq!(post.application.taken().last().unwrap().name(), "instance.refreshed");
    assert_eq!(post.account(&seller).await.lost, 0);
    assert!(events::list(&api, None).await.unwrap().events().is_empty());
}

#[tokio::test]
async fn a_webhook_secret_is_rotated_while_events_flow() {
    const OLD: &str = "whsec_b2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xk";
    const NEW: &str = "whsec_bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3";
    let holding =
        |secrets: &[&str]| json!({ "accessKeys": { "basic": ["basic-key"] }, "webhookSecrets": secrets }).to_string();
    let secrets = Secrets::start(&holding(&[OLD])).await;
    let mut seller = Seller::start().await;
    let post = Post::of(&seller, |environment| {
        environment
            .with("KOOGALLERY_KEYS", "")
            .with("KOOGALLERY_SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:koogallery")
            .with("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets.endpoint())
    })
    .await;
    let mut pump = post.pump(&seller).await;
    for (number, (held, verifying)) in
        [(&[OLD][..], OLD), (&[NEW, OLD], OLD), (&[NEW, OLD], NEW), (&[NEW], NEW)].into_iter().enumerate()
    {
        secrets.put(&holding(held));
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(31)).await;
        tokio::time::resume();
        // The host has closed a connection on which nothing came for so long.
        seller.marketplace = Marketplace::new(&seller.host.address(), AccessKeys::from_json(KEYS).unwrap()).unwrap();
        post.application.verifies_with(&[verifying]);
        seller.say_all(&life(&format!("i-{number}"))).await;
        post.deliver(&mut pump).await;
    }
    let account = post.account(&seller).await;
    assert_eq!((account.events, account.tries, account.lost, post.application.refused()), (24, 24, 0, 0));
    assert!(secrets.reads() <= 5, "read at most every 30 s: {}", secrets.reads());
}

#[tokio::test]
async fn a_purchase_is_tried_every_five_minutes_for_three_hours_and_then_for_three_days() {
    let seller = Seller::start().await;
    let post = Post::of(&seller, plain).await;
    seller.say_all(&life("i-0")).await;
    let (clock, start) = (post.clock.clone(), post.clock.now());
    let times: Arc<std::sync::Mutex<Vec<Duration>>> = Arc::default();
    let heard = Arc::clone(&times);
    post.application.does(move |_| {
        heard.lock().unwrap().push(clock.now().since(start));
        Does::Status(503)
    });
    let mut pump = post.pump(&seller).await;
    post.deliver_for(&mut pump, Duration::from_hours(100)).await;
    let times = times.lock().unwrap().clone();
    let first = post.application.arrived()[0].id.clone();
    let of_first = post.application.arrived().iter().filter(|event| event.id == first).count();
    let pauses: Vec<(Duration, Duration)> =
        times[..of_first].windows(2).map(|pair| (pair[0], pair[1].saturating_sub(pair[0]))).collect();
    let (early, late): (Vec<_>, Vec<_>) = pauses.iter().partition(|(at, _)| *at < Duration::from_hours(3));
    assert!(early.len() > 3 * 12, "{early:?}");
    assert!(early.iter().all(|(_, pause)| *pause <= Duration::from_mins(5)), "{early:?}");
    let minutes: Vec<u64> = late.iter().map(|(_, pause)| pause.as_secs() / 60).collect();
    let hour = 60;
    let long = 11 * hour;
    assert_eq!(minutes, [10, 30, hour, 3 * hour, 6 * hour, long, long, long, long, long, long], "as any other event");
    assert!(times[of_first - 1] > Duration::from_hours(72));
}
