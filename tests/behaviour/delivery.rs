//! Every event reaches the seller's application, in order for each instance, whatever the application, the network or
//! our own process does meanwhile.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use deliver_events::{Batch, Left, Queue, deliver, look};
use koogallery::{AccessKeys, ResultCode};
use koogallery_local::marketplace::Marketplace;
use koogallery_local::open_api::StandIn;
use koogallery_local::{events, keys};
use koogallery_open_api::{Credentials, OrderInfo};
use koogallery_runtime::{Environment, now};
use koogallery_store::{
    Changed, Delivery, Ended, EventRecord, EventType, FreezeCause, Kind, Provisioned, Status, SubjectKey, ToldOrder,
};
use koogallery_tests::application::{Account, Arrived, Does, Post};
use koogallery_tests::aws::AwsService;
use koogallery_tests::bodies::{self, with};
use koogallery_tests::faults::{Fault, FaultyDynamoDb, Reads};
use koogallery_tests::secrets::Secrets;
use koogallery_tests::sqs::Sqs;
use koogallery_tests::{KEYS, Seller, text};
use serde_json::{Value, json};
use uuid::Uuid;

/// What happens to an instance from first to last: six events.
fn life(id: &str) -> Vec<Value> {
    let order = |body: Value, order: &str| {
        with(
            with(with(body, "instanceId", id), "orderId", format!("{order}-{id}")),
            "orderLineId",
            format!("{order}-{id}-1"),
        )
    };
    vec![
        with(
            with(with(bodies::purchase(), "businessId", id), "orderId", format!("P-{id}")),
            "orderLineId",
            format!("P-{id}-1"),
        ),
        order(bodies::renewal("R", bodies::FUTURE), "R"),
        with(bodies::freeze(), "instanceId", id),
        with(bodies::unfreeze(), "instanceId", id),
        order(bodies::upgrade("U"), "U"),
        with(bodies::release(), "instanceId", id),
    ]
}

async fn lives(seller: &Seller, count: usize) {
    for number in 0..count {
        seller.say_all(&life(&format!("i-{number}"))).await;
    }
}

fn instance(arrived: &Arrived) -> &str {
    arrived.body["data"]["instanceId"].as_str().unwrap()
}

fn subject(id: &str) -> SubjectKey {
    SubjectKey::from(format!("INSTANCE#{id}"))
}

fn plain(environment: Environment) -> Environment {
    environment
}

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
            let (clock, end) = (post.clock.clone(), post.clock.now().after(Duration::from_hours(24)));
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
    let seller = Seller::start().await;
    let post = Post::of(&seller, plain).await;
    seller.say_all(&life("i-0")).await;
    post.application.does(|event| if event.name() == "instance.refreshed" { Does::Status(500) } else { Does::Take });
    let (start, mut pump) = (post.clock.now(), post.pump(&seller).await);
    post.deliver(&mut pump).await;
    assert!(post.clock.now() > start.after(Duration::from_hours(72)), "it is tried for more than three days");
    let names: Vec<String> = post.application.taken().iter().map(|event| event.name().to_owned()).collect();
    assert_eq!(
        names,
        ["instance.created", "instance.frozen", "instance.unfrozen", "instance.upgraded", "instance.released"]
    );

    let store = seller.host.store();
    let open = events::list(store, None).await.unwrap();
    let shown = open.to_string();
    assert_eq!(open.len(), 1);
    assert!(shown.contains("instance.refreshed") && shown.contains("parked") && shown.contains("HTTP 500"), "{shown}");
    let (swept, stalled) = look(store, post.clock.now()).await.unwrap();
    assert_eq!((swept.parked, swept.undelivered, stalled.len()), (1, 0, 0), "nobody drives it by himself");

    post.application.does(|_| Does::Take);
    assert_eq!(events::resend_failed(store).await.unwrap().len(), 1);
    post.deliver(&mut pump).await;
    assert_eq!(post.application.taken().last().unwrap().name(), "instance.refreshed");
    assert_eq!(post.account(&seller).await.lost, 0);
    assert!(events::list(store, None).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_delivered_event_is_sent_again_when_asked_with_the_same_id() {
    let seller = Seller::start().await;
    let post = Post::of(&seller, plain).await;
    seller.say_all(&life("i-0")).await;
    let mut pump = post.pump(&seller).await;
    post.deliver(&mut pump).await;
    let id = post.application.taken()[2].id.parse().unwrap();

    let store = seller.host.store();
    assert!(events::resend(store, &[id], None).await.is_err(), "nothing open has this id");
    events::resend(store, &[id], Some(&subject("i-0"))).await.unwrap();
    post.deliver(&mut pump).await;
    let last = post.application.taken().pop().unwrap();
    assert_eq!((last.id.parse(), last.name()), (Ok(id), "instance.frozen"));
    assert_eq!(post.application.taken().len(), 7);
}

/// Waits until DynamoDB was asked for more than so many times since.
async fn asked(database: &FaultyDynamoDb, before: usize, more_than: usize) {
    while database.seen() - before <= more_than {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_process_killed_between_any_two_steps_loses_nothing() {
    let (database, stand_in) = (FaultyDynamoDb::start().await, open_api().await);
    let bodies = [
        of_order(bodies::purchase(), "MOCKPERIODYEARNEW"),
        of_order(bodies::renewal("R", bodies::FUTURE), "MOCKMONTYRENEW"),
        bodies::freeze(),
    ];
    let mut killed = 0;
    for fault in [Fault::Hang, Fault::HangAfter] {
        for step in 0.. {
            let seller = Seller::at(Some(database.endpoint()), deferred).await;
            let post = Post::of(&seller, with_open_api(&stand_in)).await;
            let answer = json!({ "appInfo": { "frontEndUrl": "https://app.example.com/b-1" } });
            post.application.does(move |_| Does::Say(answer.to_string()));
            assert_eq!(seller.say(&bodies[0]).await, "000004");
            seller.say_all(&bodies[1..]).await;

            let mut pump = post.pump(&seller).await;
            let before = database.seen();
            database.after(step, fault);
            let done = tokio::select! {
                () = post.deliver(&mut pump) => true,
                () = asked(&database, before, step) => false,
            };
            drop(pump);
            database.always(Fault::None);
            if done {
                break;
            }
            killed += 1;
            let mut pump = post.pump(&seller).await;
            post.deliver(&mut pump).await;
            let account = post.account(&seller).await;
            // What the order query tells changes what stands, and the cause of the freeze.
            assert_eq!((account.events, account.lost, account.out_of_order), (5, 0, 0), "{fault:?} at step {step}");
            assert!(post.application.taken().iter().all(|event| {
                ["instance.frozen", "instance.changed"].contains(&event.name())
                    || event.body["data"]["order"]["orderType"].is_string()
            }));
            let instance = seller.instance(bodies::ID).await.unwrap();
            assert!(instance.app_info.is_some(), "{fault:?} at step {step}");
            assert!(instance.life.bought.is_some() && instance.life.bought_until.is_some(), "{fault:?} at step {step}");
        }
    }
    println!("killed {killed} times");
    assert!(killed > 20);
}

#[tokio::test]
async fn a_process_killed_while_the_receiver_works_sends_the_event_again() {
    let seller = Seller::start().await;
    let post = Post::of(&seller, plain).await;
    seller.say_all(&life("i-0")).await;
    post.application.does(|event| if event.before == 0 { Does::TakeAndHang } else { Does::Take });
    for round in 1..=6 {
        let mut pump = post.pump(&seller).await;
        let firsts = || post.application.arrived().iter().filter(|event| event.before == 0).count();
        tokio::select! {
            () = post.deliver(&mut pump) => panic!("nothing hung in round {round}"),
            () = async {
                while firsts() < round {
                    tokio::task::yield_now().await;
                }
            } => {}
        }
    }
    let mut pump = post.pump(&seller).await;
    post.deliver(&mut pump).await;
    let account = post.account(&seller).await;
    assert_eq!((account.events, account.repeated, account.lost, account.out_of_order), (6, 6, 0, 0));
}

#[tokio::test]
async fn a_store_that_fails_meanwhile_delays_and_loses_nothing() {
    for fault in [Fault::InternalError, Fault::Throttled, Fault::CutAfter, Fault::Denied] {
        let database = FaultyDynamoDb::start().await;
        let seller = Seller::at(Some(database.endpoint()), plain).await;
        let post = Post::of(&seller, plain).await;
        lives(&seller, 2).await;
        let mut pump = post.pump(&seller).await;
        pump.hear().await.unwrap();
        database.always(fault);
        pump.begin();
        while pump.finish_one().await {}
        assert!(pump.hear().await.is_err(), "{fault:?}");
        database.always(Fault::None);
        post.deliver(&mut pump).await;
        let account = post.account(&seller).await;
        assert_eq!((account.events, account.lost, account.out_of_order), (12, 0, 0), "{fault:?}");
    }
}

#[tokio::test]
async fn a_wake_up_that_comes_twice_or_too_late_does_nothing() {
    let seller = Seller::start().await;
    let post = Post::of(&seller, plain).await;
    seller.say_all(&life("i-0")).await;
    let (courier, later) = (post.courier(&seller), Instant::now() + Duration::from_mins(5));
    post.learn(&seller).await;
    for _ in 0..3 {
        assert_eq!(courier.deliver(&subject("i-0"), later).await.unwrap(), Left::default());
    }
    assert_eq!(courier.deliver(&subject("nobody"), later).await.unwrap(), Left::default());
    assert_eq!(post.application.arrived().len(), 6);

    // Nor does one that comes before the pause is over, or when there is no time left.
    seller.say_all(&life("i-1")).await;
    post.learn(&seller).await;
    post.application.does(|_| Does::Status(500));
    let pause = Duration::from_secs(5);
    for begun in [vec![pause], vec![], vec![]] {
        let left = courier.deliver(&subject("i-1"), later).await.unwrap();
        assert_eq!(left, Left { next: Some(pause), begun }, "who began a pause sees to its end");
    }
    assert_eq!(post.application.arrived().len(), 7);
    post.clock.reach(post.clock.now().after(Duration::from_secs(5)));
    post.application.does(|_| Does::Take);
    let left = courier.deliver(&subject("i-1"), Instant::now()).await.unwrap();
    assert_eq!(left, Left { next: Some(Duration::ZERO), begun: Vec::new() });
    assert_eq!(post.application.arrived().len(), 8, "one at a time");
}

fn deferred(environment: Environment) -> Environment {
    environment.with("KOOGALLERY_PROVISIONING", "deferred")
}

#[tokio::test]
async fn the_answer_to_a_purchase_provisions_it() {
    let seller = Seller::with(deferred).await;
    let post = Post::of(&seller, plain).await;
    assert_eq!(seller.say(&bodies::purchase()).await, "000004");
    assert_eq!(seller.say(&bodies::query()).await, "000004");
    let answer = json!({ "appInfo": { "frontEndUrl": "https://app.example.com/b-1", "userName": "admin" } });
    post.application.does(move |_| Does::Say(answer.to_string()));
    let mut pump = post.pump(&seller).await;
    post.deliver(&mut pump).await;

    let reply = seller.send(&seller.signed(&bodies::query())).await;
    assert_eq!(reply.result_code, ResultCode::Success);
    let app_info = reply.info.unwrap().pop().unwrap().app_info.unwrap();
    assert_eq!(app_info.front_end_url.as_str(), "https://app.example.com/b-1");
    assert_eq!(seller.say(&bodies::purchase_resent()).await, "000000");
    assert_eq!(seller.instance(bodies::ID).await.unwrap().life.status, Status::Active);
    let (swept, _) = look(seller.host.store(), post.clock.now()).await.unwrap();
    assert_eq!(swept.provisioning_age, Duration::ZERO);
}

#[tokio::test]
async fn an_answer_that_cannot_be_used_is_tried_again_and_the_problem_is_kept() {
    let seller = Seller::with(deferred).await;
    let post = Post::of(&seller, plain).await;
    seller.say(&bodies::purchase()).await;
    post.application.does(|event| {
        Does::Say(match event.before {
            0 => r#"{"appInfo":{"frontEndUrl":"https://app.example.com/","memo":7,"password":"s3cret"}}"#.to_owned(),
            1 => r#"{"appInfo":{"frontEndUrl":"https://app.exam"#.to_owned(),
            2 => "x".repeat(1 << 20),
            _ => r#"{"appInfo":{"frontEndUrl":"https://app.example.com/"}}"#.to_owned(),
        })
    });
    let mut pump = post.pump(&seller).await;
    let problem = async || {
        let events = seller.host.store().events(&subject(bodies::ID)).await.unwrap();
        (events[0].delivery(), events[0].last_problem.clone().unwrap_or_default())
    };
    post.deliver_for(&mut pump, Duration::ZERO).await;
    let (delivery, kept) = problem().await;
    assert_eq!(delivery, Delivery::Undelivered);
    assert!(kept.contains("appInfo.memo is no text") && !kept.contains("s3cret"), "{kept}");
    post.deliver_for(&mut pump, Duration::from_secs(5)).await;
    assert!(problem().await.1.contains("broken JSON"));
    // What neither is JSON nor is said to be says nothing of provisioning: the application will tell later.
    post.deliver(&mut pump).await;
    assert_eq!(problem().await, (Delivery::Delivered, String::new()));
    assert_eq!(post.application.taken().len(), 3);
    let (swept, _) = look(seller.host.store(), post.clock.now()).await.unwrap();
    assert!(swept.provisioning_age > Duration::from_secs(30));
}

#[tokio::test]
async fn an_answer_is_read_however_it_is_packed_and_written() {
    const JSON: &str = r#"{"appInfo":{"frontEndUrl":"https://app.example.com/实例","memo":"","tenant":7}}"#;
    let gzip = || {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packer, JSON.as_bytes()).unwrap();
        packer.finish().unwrap()
    };
    let utf_16 = format!("\u{feff}{JSON}").encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let json: &[(&str, &str)] = &[("content-type", "application/json; charset=utf-8")];
    let packed: &[(&str, &str)] = &[("content-type", "application/json"), ("content-encoding", "gzip")];
    for (name, headers, bytes) in [
        ("a byte order mark", json, format!("\u{feff}{JSON}").into_bytes()),
        ("gzip", packed, gzip()),
        ("UTF-16", &json[..0], utf_16),
    ] {
        let seller = Seller::with(deferred).await;
        let post = Post::of(&seller, plain).await;
        seller.say(&bodies::purchase()).await;
        post.application.does(move |_| Does::Send(headers, bytes.clone()));
        post.deliver(&mut post.pump(&seller).await).await;
        let app_info = seller.instance(bodies::ID).await.unwrap().app_info.expect(name);
        assert_eq!((app_info.front_end_url.as_str(), app_info.memo), ("https://app.example.com/实例", None), "{name}");
        assert_eq!(post.tries(), 1, "{name}");
    }
}

#[tokio::test]
async fn an_answer_that_is_said_to_be_json_and_cannot_be_read_is_a_failed_delivery() {
    let seller = Seller::with(deferred).await;
    let post = Post::of(&seller, plain).await;
    seller.say(&bodies::purchase()).await;
    seller.say(&bodies::freeze()).await;
    post.application.does(|event| {
        let headers: &[(&str, &str)] = match event.before {
            0 => &[("content-type", "application/json"), ("content-encoding", "br")],
            1 => &[("content-type", "application/json"), ("content-encoding", "gzip")],
            _ => &[("content-type", "application/json")],
        };
        Does::Send(
            headers,
            if event.before < 3 && event.name() == "instance.created" { b"ok".to_vec() } else { Vec::new() },
        )
    });
    let mut pump = post.pump(&seller).await;
    let kept = async || {
        let events = seller.host.store().events(&subject(bodies::ID)).await.unwrap();
        (events[0].delivery(), events[0].last_problem.clone().unwrap_or_default())
    };
    for (pause, problem) in
        [(0, "neither gzip nor deflate"), (5, "not packed as its Content-Encoding says"), (30, "broken JSON")]
    {
        post.deliver_for(&mut pump, Duration::from_secs(pause)).await;
        let (delivery, kept) = kept().await;
        assert_eq!(delivery, Delivery::Undelivered);
        assert!(kept.contains(problem), "{kept}");
    }
    // An empty one says nothing, and so does what is answered to any other event.
    post.application.does(|event| match event.name() {
        "instance.created" => Does::Send(&[("content-type", "application/json")], Vec::new()),
        _ => Does::Send(&[("content-type", "application/json")], b"ok".to_vec()),
    });
    post.deliver(&mut pump).await;
    assert_eq!(kept().await, (Delivery::Delivered, String::new()));
    assert_eq!(post.account(&seller).await.lost, 0);
}

/// Each way to say how provisioning went, one after the other: what stands then.
#[tokio::test]
async fn what_the_seller_api_said_stands_over_a_late_answer() {
    use koogallery_store::ToldBy::{Answer, SellerApi};
    let app_info = |path: &str| {
        koogallery::AppInfo::read(&json!({ "frontEndUrl": format!("https://app.example.com/{path}") })).unwrap()
    };
    let failure = |message| koogallery_store::ProvisioningFailure::new(ResultCode::SoldOut, Some(message)).unwrap();
    let seller = Seller::with(deferred).await;
    let (store, id) = (seller.host.store(), bodies::ID.parse().unwrap());
    let succeeds = async |way, path: &str| store.provisioned(&id, &app_info(path), way).await.unwrap();
    let fails = async |way, message| store.provisioning_failed(&id, &failure(message), way).await.unwrap();
    let path = async || {
        let url = seller.instance(bodies::ID).await.unwrap().app_info.unwrap().front_end_url;
        url.as_str().rsplit('/').next().unwrap().to_owned()
    };
    let message = async || seller.send(&seller.signed(&bodies::query())).await.result_msg.into_owned();
    seller.say(&bodies::purchase()).await;

    assert_eq!(fails(Answer, "one").await, Provisioned::Applied);
    assert_eq!(fails(Answer, "two").await, Provisioned::Applied, "the later of two answers stands");
    assert_eq!(fails(SellerApi, "three").await, Provisioned::Applied);
    assert_eq!(fails(Answer, "four").await, Provisioned::Outweighed, "the seller API outweighs an answer");
    assert!(message().await.contains("three"));

    assert_eq!(succeeds(Answer, "a").await, Provisioned::Applied, "a success outweighs any failure");
    assert_eq!(fails(SellerApi, "five").await, Provisioned::Outweighed);
    assert_eq!(fails(Answer, "six").await, Provisioned::Outweighed);
    assert_eq!(succeeds(Answer, "b").await, Provisioned::Applied, "the later of two answers stands");
    assert_eq!(succeeds(SellerApi, "c").await, Provisioned::Applied);
    assert_eq!(succeeds(Answer, "d").await, Provisioned::Outweighed);
    assert_eq!(path().await, "c");
    assert_eq!(succeeds(SellerApi, "e").await, Provisioned::Applied);
    assert_eq!(succeeds(Answer, "e").await, Provisioned::Unchanged);
    assert_eq!(path().await, "e");
}

#[tokio::test]
async fn a_late_answer_does_not_replace_what_was_put() {
    let seller = Seller::with(deferred).await;
    let post = Post::of(&seller, plain).await;
    seller.say(&bodies::purchase()).await;
    let put = koogallery::AppInfo::read(&json!({ "frontEndUrl": "https://put.example.com/" })).unwrap();
    let (store, id) = (seller.host.store(), bodies::ID.parse().unwrap());
    store.provisioned(&id, &put, koogallery_store::ToldBy::SellerApi).await.unwrap();
    post.application.does(|_| Does::Say(r#"{"appInfo":{"frontEndUrl":"https://late.example.com/"}}"#.to_owned()));
    post.deliver(&mut post.pump(&seller).await).await;
    assert_eq!(seller.instance(bodies::ID).await.unwrap().app_info, Some(put));
    assert_eq!(post.account(&seller).await.lost, 0, "the event is delivered all the same");
}

#[tokio::test]
async fn a_purchase_that_cannot_be_provisioned_is_answered_with_its_code_until_it_can() {
    let seller = Seller::with(deferred).await;
    let post = Post::of(&seller, plain).await;
    seller.say(&bodies::purchase()).await;
    post.application.does(|_| Does::Say(r#"{"resultCode":"000105","resultMsg":"one each"}"#.to_owned()));
    let mut pump = post.pump(&seller).await;
    post.deliver(&mut pump).await;
    for body in [bodies::query(), bodies::purchase_resent()] {
        let reply = seller.send(&seller.signed(&body)).await;
        assert_eq!(reply.result_code, ResultCode::BenefitHeld);
        assert!(reply.result_msg.contains("one each"), "{}", reply.result_msg);
    }
    let (swept, _) = look(seller.host.store(), post.clock.now()).await.unwrap();
    assert_eq!(swept.provisioning_age, Duration::ZERO, "nobody is waited for");

    let store = seller.host.store();
    let (id, app_info) =
        ("b-1".parse().unwrap(), serde_json::from_str(r#"{"frontEndUrl":"https://app.example.com/"}"#));
    let app_info = app_info.unwrap();
    let way = koogallery_store::ToldBy::SellerApi;
    assert_eq!(store.provisioned(&id, &app_info, way).await.unwrap(), Provisioned::Applied);
    assert_eq!(store.provisioned(&id, &app_info, way).await.unwrap(), Provisioned::Unchanged);
    assert_eq!(seller.say(&bodies::query()).await, "000000");
    assert_eq!(seller.say(&bodies::purchase_resent()).await, "000000");
    let failure = koogallery_store::ProvisioningFailure::new(ResultCode::SoldOut, None).unwrap();
    assert_eq!(
        store.provisioning_failed(&id, &failure, way).await.unwrap(),
        Provisioned::Outweighed,
        "a success stands"
    );
    assert_eq!(store.provisioned(&"i-none".parse().unwrap(), &app_info, way).await.unwrap(), Provisioned::Unknown);
    seller.say_all(&[bodies::release()]).await;
    assert_eq!(store.provisioned(&id, &app_info, way).await.unwrap(), Provisioned::Released);
}

#[tokio::test]
async fn what_v1_cannot_send_is_refused() {
    let seller = Seller::with(deferred).await;
    seller.say(&bodies::purchase()).await;
    // As V1.0 bought it.
    let store = seller.host.store();
    let update = store.client().update_item().table_name(store.table()).update_expression("SET v1 = :yes");
    let text = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
    let update = update.key("pk", text(bodies::INSTANCE)).key("sk", text("STATE"));
    let yes = aws_sdk_dynamodb::types::AttributeValue::Bool(true);
    update.expression_attribute_values(":yes", yes).send().await.unwrap();
    let long = json!({ "frontEndUrl": "https://app.example.com/", "password": "p".repeat(120) });
    let long = serde_json::from_value(long).unwrap();
    let kept = store.provisioned(&"b-1".parse().unwrap(), &long, koogallery_store::ToldBy::SellerApi).await.unwrap();
    assert!(matches!(kept, Provisioned::DoesNotFit(_)), "{kept:?}");
    assert_eq!(seller.say(&bodies::query()).await, "000004");
}

async fn open_api() -> StandIn {
    let keys = AccessKeys::from_json(KEYS).unwrap();
    StandIn::start(Credentials::new("LOCALTEST", "sk").unwrap(), keys, now).await.unwrap()
}

fn with_open_api(stand_in: &StandIn) -> impl FnOnce(Environment) -> Environment {
    let url = stand_in.endpoint().to_string();
    move |environment| {
        environment
            .with("KOOGALLERY_OPEN_API_URL", url)
            .with("KOOGALLERY_ACCESS_KEY_ID", "LOCALTEST")
            .with("KOOGALLERY_SECRET_ACCESS_KEY", "sk")
    }
}

#[tokio::test]
async fn an_order_s_details_go_with_its_events_and_are_kept_sealed() {
    let (seller, stand_in) = (Seller::start().await, open_api().await);
    let post = Post::of(&seller, with_open_api(&stand_in)).await;
    let purchase = of_order(bodies::purchase(), "MOCKPERIODYEARNEW");
    let notice = of_order(bodies::order_notice(), "MOCKPERIODYEARNEW");
    seller.say_all(&[purchase, bodies::freeze()]).await;
    let mut pump = post.pump(&seller).await;
    post.deliver(&mut pump).await;
    let taken = post.application.taken();
    assert_eq!(taken[0].body["data"]["order"]["buyerInfo"]["email"], "mock@example.com");
    assert_eq!(taken[0].body["data"]["order"]["orderLine"][0]["periodType"], "year");
    assert!(taken[1].body["data"]["order"].is_null(), "a freeze has no order");

    // Asked once: the notice's event has them though KooGallery answers no more.
    stand_in.stop().await;
    seller.say_all(&[notice]).await;
    post.deliver(&mut pump).await;
    let last = post.application.taken().pop().unwrap();
    assert_eq!((last.name(), &last.body["data"]["order"]), ("order.paid", &taken[0].body["data"]["order"]));
    let at_rest = format!("{:?}", seller.everything().await);
    assert!(!at_rest.contains("mock@example.com") && !at_rest.contains("mock user"));
    assert_eq!(post.account(&seller).await.lost, 0);
}

fn of_order(body: Value, order: &str) -> Value {
    with(with(body, "orderId", order), "orderLineId", format!("{order}-000001"))
}

/// An order of one line, of so many users of a product.
fn order_of(id: &str, order_type: &str, users: u32, expire_time: &Value) -> OrderInfo {
    let line = json!({ "orderLineId": format!("{id}-000001"), "chargingMode": "PERIOD", "expireTime": expire_time,
        "periodType": "year", "periodNumber": 1,
        "productInfo": [{ "productId": "p-1", "skuCode": "team", "linearValue": users }],
        "extendParams": [{ "name": "contact", "value": "buyer-7" }] });
    let buyer = json!({ "customerName": "customer-7", "email": "buyer@example.com" });
    let order = json!({ "orderId": id, "orderType": order_type, "orderLine": [line], "buyerInfo": buyer });
    serde_json::from_value(order).unwrap()
}

#[tokio::test]
async fn an_instance_is_told_what_its_orders_bought_and_nothing_of_the_buyer() {
    let (seller, stand_in) = (Seller::start().await, open_api().await);
    let post = Post::of(&seller, with_open_api(&stand_in)).await;
    let (until, later) = (json!("20981231160000"), json!("20991231160000"));
    for order in [
        order_of("CS1", "NEW", 5, &until),
        order_of("U1", "CHANGE", 20, &json!("soon")),
        order_of("R1", "RENEW", 10, &later),
        order_of("X1", "UNSUBSCRIBE", 3, &until),
    ] {
        stand_in.put_order(order);
    }
    // The renewal was signed first and comes last.
    let signed =
        |body: &Value, second| seller.signed_body_at(body, post.clock.now().after(Duration::from_secs(second)));
    let renewal = signed(&bodies::renewal("R1", bodies::FUTURE), 1);
    let upgrade = signed(&bodies::upgrade("U1"), 2);
    let refund = signed(&bodies::refresh("X1", "UNSUBSCRIBE_RENEWAL_PERIOD", "20981231160000"), 3);
    seller.say_all(&[bodies::purchase()]).await;
    let mut pump = post.pump(&seller).await;
    post.deliver(&mut pump).await;
    let life = seller.instance(bodies::ID).await.unwrap().life;
    assert_eq!((life.bought_until, life.expire_time), (Some("20981231160000".parse().unwrap()), life.bought_until));
    let bought = life.bought.clone().unwrap();
    assert_eq!((bought.sku_code.unwrap().as_str(), bought.linear_value), ("team", Some(5.0)));
    assert_eq!((bought.charging_mode.as_deref(), bought.period_number), (Some("PERIOD"), Some(1)));
    assert_eq!(life.product_id.unwrap().as_str(), "p-1");

    for call in [upgrade, refund, renewal] {
        assert_eq!(seller.send(&call).await.result_code, ResultCode::Success);
        post.deliver(&mut pump).await;
    }
    let life = seller.instance(bodies::ID).await.unwrap().life;
    assert_eq!(life.holds().unwrap().linear_value, Some(20.0), "the last one signed that is no refund");
    let orders = seller.host.store().instance_orders(&bodies::ID.parse().unwrap()).await.unwrap();
    assert_eq!(orders.iter().filter(|order| order.told && order.bought.is_some()).count(), 3);
    assert_eq!(life.bought.unwrap().linear_value, Some(5.0));
    let events = seller.events(bodies::INSTANCE).await;
    let (changed, refreshed) = ("instance.changed", "instance.refreshed");
    let expected = ["instance.created", changed, "instance.upgraded", changed, refreshed, refreshed];
    assert_eq!(events, expected, "what is told of an order is an event where it changes what stands");
    let at_rest = format!("{:?}", seller.everything().await);
    assert!(!["buyer-7", "customer-7", "buyer@example.com"].iter().any(|personal| at_rest.contains(personal)));

    // Delivered again, it changes nothing.
    let before = seller.instance(bodies::ID).await.unwrap();
    let id = post.application.taken()[0].id.parse().unwrap();
    events::resend(seller.host.store(), &[id], Some(&subject(bodies::ID))).await.unwrap();
    post.deliver(&mut pump).await;
    assert_eq!(post.application.taken().len(), 7);
    assert_eq!(seller.instance(bodies::ID).await.unwrap(), before);
}

#[tokio::test]
async fn a_suspension_that_a_renewal_lifted_for_want_of_the_expiry_stands_once_it_is_known() {
    let (seller, stand_in) = (Seller::start().await, open_api().await);
    let post = Post::of(&seller, with_open_api(&stand_in)).await;
    stand_in.put_order(order_of("CS1", "NEW", 5, &json!("20981231160000")));
    stand_in.put_order(order_of("R1", "RENEW", 5, &json!("20991231160000")));
    let renewal = bodies::renewal("R1", bodies::FUTURE);
    seller.say_all(&[bodies::purchase(), bodies::freeze(), renewal]).await;
    assert_eq!(seller.instance(bodies::ID).await.unwrap().life.status, Status::Active);
    let mut pump = post.pump(&seller).await;
    post.deliver(&mut pump).await;
    let life = seller.instance(bodies::ID).await.unwrap().life;
    assert_eq!((life.status, life.freeze_cause), (Status::Frozen, Some(FreezeCause::Suspended)));
    let taken = post.application.taken();
    let names: Vec<&str> = taken.iter().map(Arrived::name).collect();
    let told = ["created", "frozen", "refreshed", "unfrozen", "changed", "frozen"];
    assert_eq!(names, told.map(|name| format!("instance.{name}")));
    assert_eq!(taken[4].body["data"]["holds"]["linearValue"].as_f64(), Some(5.0));
    assert_eq!(taken[5].body["data"]["cause"], "suspended");
    seller.say_all(&[bodies::unfreeze()]).await;
    assert_eq!(seller.instance(bodies::ID).await.unwrap().life.status, Status::Active);
}

#[tokio::test]
async fn a_released_instance_and_one_that_is_not_there_are_told_nothing() {
    let (seller, stand_in) = (Seller::start().await, open_api().await);
    let post = Post::of(&seller, with_open_api(&stand_in)).await;
    stand_in.put_order(order_of("CS1", "NEW", 5, &json!("20981231160000")));
    seller.say_all(&[bodies::purchase(), bodies::release()]).await;
    let before = seller.instance(bodies::ID).await.unwrap();
    let mut pump = post.pump(&seller).await;
    post.deliver(&mut pump).await;
    assert_eq!(post.account(&seller).await.lost, 0);
    assert_eq!(seller.instance(bodies::ID).await.unwrap(), before);
    let (order, told) = ("CS1".parse().unwrap(), ToldOrder::default());
    let told = seller.host.store().order_told(&"i-none".parse().unwrap(), &order, None, &told, now()).await;
    assert_eq!(told.unwrap(), Changed::Unknown);
}

#[tokio::test]
async fn details_that_stay_unknown_hold_an_event_up_only_for_a_while() {
    let (seller, stand_in) = (Seller::start().await, open_api().await);
    let post = Post::of(&seller, with_open_api(&stand_in)).await;
    seller.say_all(&life("i-0")).await;
    let start = post.clock.now();
    let mut pump = post.pump(&seller).await;
    post.deliver(&mut pump).await;
    assert_eq!(post.application.taken().len(), 6);
    assert!(post.application.taken().iter().all(|event| event.body["data"]["order"].is_null()));
    assert!(post.clock.now() < start.after(Duration::from_mins(30)));
    let account = post.account(&seller).await;
    assert_eq!((account.lost, account.out_of_order, account.tries), (0, 0, 6), "nobody tries what is to wait");
    assert!(post.askings() >= 3 * 3, "{}", post.askings());
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
async fn the_local_host_delivers_by_itself_and_after_a_restart() {
    let seller = Seller::start().await;
    let post = Post::of(&seller, plain).await;
    let first = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&first);
    post.application.does(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        Does::Take
    });
    // Another host over the same table, with the application's address.
    seller.say_all(&life("i-0")).await;
    let (endpoint, table, url) =
        (seller.host.dynamodb_endpoint().to_owned(), seller.host.store().table().to_owned(), post.application.url());
    let delivering = Seller::at(Some(endpoint), |environment| {
        environment
            .with("KOOGALLERY_TABLE", table)
            .with("KOOGALLERY_WEBHOOK_URL", url)
            .with("KOOGALLERY_WEBHOOK_SECRET", keys::LOCAL_WEBHOOK_SECRET)
    })
    .await;
    assert!(delivering.host.delivers() && !seller.host.delivers());
    delivering.say_all(&life("i-1")).await;
    while first.load(Ordering::SeqCst) < 12 {
        tokio::task::yield_now().await;
    }
    delivering.host.stop().await.unwrap();
    let account = post.account(&seller).await;
    assert_eq!((account.events, account.out_of_order), (12, 0));
    for id in ["i-0", "i-1"] {
        let events = seller.host.store().events(&subject(id)).await.unwrap();
        let problems: Vec<_> = events.iter().filter_map(|event| event.last_problem.as_deref()).collect();
        assert!(problems.is_empty(), "{problems:?}");
    }
}

/// What Lambda hands over of the queue: a message for each subject named.
fn batch(subjects: &[&str]) -> Batch {
    let message = |(number, subject): (usize, &&str)| {
        json!({ "messageId": format!("m-{number}"), "receiptHandle": format!("r-{number}"),
            "body": json!({ "subject": subject }).to_string() })
    };
    let messages: Vec<Value> = subjects.iter().enumerate().map(message).collect();
    serde_json::from_value(json!({ "Records": messages })).unwrap()
}

fn queue_at(service: &AwsService) -> Queue {
    let environment = Environment::default()
        .with("KOOGALLERY_EVENT_QUEUE_URL", format!("{}/123456789012/events.fifo", service.endpoint()))
        .with("KOOGALLERY_DELAY_QUEUE_URL", format!("{}/123456789012/delayed", service.endpoint()))
        .with("AWS_ENDPOINT_URL_SQS", service.endpoint());
    Queue::of(&environment).unwrap()
}

#[tokio::test]
async fn a_batch_leaves_the_group_of_what_failed_free_and_has_it_woken_after_its_pause() {
    let (seller, service) = (Seller::start().await, AwsService::start().await);
    let (post, queue) = (Post::of(&seller, plain).await, queue_at(&service));
    lives(&seller, 3).await;
    post.learn(&seller).await;
    post.application.does(|event| if instance(event) == "i-1" { Does::Status(500) } else { Does::Take });
    let (courier, later) = (post.courier(&seller), Instant::now() + Duration::from_mins(5));
    let of = ["INSTANCE#i-0", "INSTANCE#i-1", "INSTANCE#i-1", "INSTANCE#i-2", "INSTANCE#i-0"];
    let mut tried = Vec::new();
    for (number, pause) in [5, 30, 120, 300].into_iter().enumerate() {
        for _ in 0..2 {
            let answer = serde_json::to_value(deliver(&courier, &queue, batch(&of), later).await).unwrap();
            assert_eq!(answer, json!({ "batchItemFailures": [] }), "no message stays to lock its group");
        }
        let sent = service.asked("SendMessage");
        assert_eq!(sent.len(), number + 1, "one wake-up for each pause, however often it is met");
        assert_eq!(sent[number]["DelaySeconds"], pause);
        let due = post.clock.now().after(Duration::from_secs(pause));
        let body: Value = serde_json::from_str(sent[number]["MessageBody"].as_str().unwrap()).unwrap();
        assert_eq!(body, json!({ "wakeUp": { "subject": "INSTANCE#i-1" }, "due": due.as_millis() }));
        tried.push(post.application.arrived().len());
        post.clock.reach(due);
    }
    assert_eq!(tried, [13, 14, 15, 16], "the others once, the failing one's first event each time");
    assert!(service.asked("ChangeMessageVisibility").is_empty());

    let unreadable = json!({ "Records": [{ "messageId": "m-9", "receiptHandle": "r-9", "body": "what?" }] });
    let answer = deliver(&courier, &queue, serde_json::from_value(unreadable).unwrap(), later).await;
    let answer = serde_json::to_value(answer).unwrap();
    assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": "m-9" }] }));
}

#[tokio::test]
async fn what_lost_its_wake_up_is_found_by_the_sweep() {
    let (seller, service) = (Seller::start().await, AwsService::start().await);
    let (post, queue) = (Post::of(&seller, plain).await, queue_at(&service));
    lives(&seller, 2).await;
    let store = seller.host.store();
    let (swept, stalled) = look(store, post.clock.now()).await.unwrap();
    assert_eq!((swept.undelivered, stalled.len()), (12, 0), "they are young");
    post.clock.reach(post.clock.now().after(Duration::from_mins(20)));
    let (swept, stalled) = look(store, post.clock.now()).await.unwrap();
    assert_eq!((swept.driven, stalled.len()), (2, 2));
    assert!(swept.undelivered_age > Duration::from_mins(15));
    for subject in &stalled {
        queue.wake(subject).await.unwrap();
    }
    let sent = service.asked("SendMessage");
    assert_eq!(sent[0]["MessageGroupId"], "INSTANCE#i-0");
    assert_eq!(sent[0]["MessageBody"], r#"{"subject":"INSTANCE#i-0"}"#);
    let message = |message: &Value| json!({ "messageId": "m", "receiptHandle": "r", "body": message["MessageBody"] });
    let sent: Vec<Value> = sent.iter().map(message).collect();
    post.learn(&seller).await;
    let batch = serde_json::from_value(json!({ "Records": sent })).unwrap();
    deliver(&post.courier(&seller), &queue, batch, Instant::now() + Duration::from_mins(5)).await;
    assert_eq!(post.account(&seller).await.lost, 0);
}

#[tokio::test]
async fn each_destination_hears_every_event_once_and_one_that_fails_is_tried_again_alone() {
    let (seller, service) = (Seller::start().await, AwsService::start().await);
    let endpoint = service.endpoint();
    let post = Post::of(&seller, |environment| {
        environment.with("KOOGALLERY_EVENT_BUS", "sales").with("AWS_ENDPOINT_URL_EVENTBRIDGE", endpoint)
    })
    .await;
    seller.say_all(&life("i-0")).await;
    post.application.does(|event| if event.before == 0 { Does::Status(500) } else { Does::Take });
    let mut pump = post.pump(&seller).await;
    post.deliver(&mut pump).await;
    let put = service.asked("PutEvents");
    let entry = |put: &Value| put["Entries"][0].clone();
    let names: Vec<Value> = put.iter().map(|put| entry(put)["DetailType"].clone()).collect();
    let all = ["created", "refreshed", "frozen", "unfrozen", "upgraded", "released"];
    assert_eq!(names, all.map(|name| format!("instance.{name}")));
    assert_eq!((&entry(&put[0])["EventBusName"], &entry(&put[0])["Source"]), (&"sales".into(), &"koogallery".into()));
    let detail: Value = serde_json::from_str(entry(&put[0])["Detail"].as_str().unwrap()).unwrap();
    assert_eq!(detail, post.application.taken()[0].body);

    // The bus is down for days: the application hears of everything at once, and once.
    let delivered = post.application.arrived().len();
    service.fails(true);
    seller.say_all(&life("i-1")).await;
    post.deliver_for(&mut pump, Duration::from_mins(10)).await;
    let arrived = post.application.arrived();
    assert_eq!(
        arrived[delivered..].iter().filter(|event| event.before == 1).count(),
        6,
        "tried twice, as the rule says"
    );
    assert_eq!(arrived.len() - delivered, 12);
    assert_eq!(post.application.taken().len(), 12);
    let names = |events: &[EventRecord]| -> Vec<Delivery> { events.iter().map(EventRecord::delivery).collect() };
    let events = || async { seller.host.store().events(&subject("i-1")).await.unwrap() };
    assert_eq!(names(&events().await), [Delivery::Undelivered; 6], "the bus is still to have them");
    let tries = service.asked("PutEvents").len();
    assert!(tries < 6 + 6, "the bus is tried with the first event, in order: {tries}");
    service.fails(false);
    post.deliver(&mut pump).await;
    assert_eq!(names(&events().await), [Delivery::Delivered; 6]);
    assert_eq!(post.application.arrived().len(), arrived.len(), "the webhook is sent nothing again");
    let account = post.account(&seller).await;
    assert_eq!((account.lost, account.repeated, account.out_of_order), (0, 0, 0));

    // And the other way round.
    let put = service.asked("PutEvents").len();
    post.application.does(|_| Does::Status(503));
    seller.say_all(&life("i-2")).await;
    post.deliver_for(&mut pump, Duration::from_mins(10)).await;
    assert_eq!(service.asked("PutEvents").len() - put, 6, "the bus hears all of it at once");
    post.application.does(|_| Does::Take);
    post.deliver(&mut pump).await;
    assert_eq!((post.account(&seller).await.lost, service.asked("PutEvents").len() - put), (0, 6));
}

#[tokio::test]
async fn the_answers_that_stop_an_event_are_configured_and_the_bus_hears_it_all_the_same() {
    let (seller, service) = (Seller::start().await, AwsService::start().await);
    let endpoint = service.endpoint();
    let post = Post::of(&seller, |environment| {
        environment
            .with("KOOGALLERY_WEBHOOK_STOP_STATUSES", "422, 451")
            .with("KOOGALLERY_EVENT_BUS", "sales")
            .with("AWS_ENDPOINT_URL_EVENTBRIDGE", endpoint)
    })
    .await;
    seller.say_all(&life("i-0")).await;
    post.application.does(|event| match (event.name(), event.before) {
        ("instance.frozen", _) => Does::Status(422),
        // Not in the list: tried again.
        ("instance.unfrozen", 0) => Does::Status(410),
        _ => Does::Take,
    });
    let mut pump = post.pump(&seller).await;
    post.deliver(&mut pump).await;
    let account = post.account(&seller).await;
    assert_eq!((account.stopped, account.lost, account.out_of_order, account.tries), (1, 0, 0, 7));
    assert_eq!(service.asked("PutEvents").len(), 6);
    let events = seller.host.store().events(&subject("i-0")).await.unwrap();
    let has_problem = |event: &&EventRecord| event.last_problem.as_ref().is_some_and(|it| it.contains("HTTP 422"));
    let stopped = events.iter().find(has_problem).unwrap();
    assert_eq!(stopped.event.event_type, EventType::Frozen);
    let ended = |name: &str| stopped.destinations[name].ended;
    assert_eq!((ended("webhook"), ended("bus")), (Some(Ended::Stopped), Some(Ended::Delivered)));
}

#[tokio::test]
async fn what_ends_between_the_last_note_and_the_outbox_leaves_it_at_the_next_wake_up() {
    let (seller, service) = (Seller::start().await, AwsService::start().await);
    let endpoint = service.endpoint();
    let post = Post::of(&seller, |environment| {
        environment.with("KOOGALLERY_EVENT_BUS", "sales").with("AWS_ENDPOINT_URL_EVENTBRIDGE", endpoint)
    })
    .await;
    seller.say_all(&[bodies::purchase()]).await;
    service.fails(true);
    let mut pump = post.pump(&seller).await;
    post.deliver_for(&mut pump, Duration::from_mins(1)).await;
    // The bus is configured no more: what only it lacks has ended.
    let post = Post::of(&seller, plain).await;
    let mut pump = post.pump(&seller).await;
    post.deliver(&mut pump).await;
    let events = seller.host.store().events(&subject(bodies::ID)).await.unwrap();
    assert_eq!(events[0].delivery(), Delivery::Delivered);
    assert!(seller.host.store().open(Kind::Undelivered).await.unwrap().is_empty());
    assert_eq!(post.application.arrived().len(), 0, "the application had it");
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

#[tokio::test]
async fn a_resend_acts_at_once_while_a_pause_runs_also_of_one_before_it() {
    let seller = Seller::start().await;
    let post = Post::of(&seller, plain).await;
    let store = seller.host.store();
    seller.say_all(&life("i-0")).await;
    post.application.does(|event| if event.name() == "instance.refreshed" { Does::Status(500) } else { Does::Take });
    let mut pump = post.pump(&seller).await;
    post.deliver_for(&mut pump, Duration::from_hours(20)).await;
    let events = || async { store.events(&subject("i-0")).await.unwrap() };
    let before = events().await;
    let pause = before[1].next_try_at.unwrap().since(post.clock.now());
    assert!(pause > Duration::from_hours(1), "{pause:?}");

    // The one that waits, then one behind it: each time the failing one is tried at once.
    for resent in [1, 4] {
        let tried = post.application.arrived().len();
        post.clock.reach(post.clock.now().after(Duration::from_secs(1)));
        store.resend(&before[resent], post.clock.now()).await.unwrap();
        post.deliver_for(&mut pump, Duration::ZERO).await;
        let arrived = post.application.arrived();
        assert_eq!(arrived.len(), tried + 1, "resent: {resent}");
        assert_eq!(arrived[tried].name(), "instance.refreshed");
    }
    // The pause that has begun then counts.
    let tried = post.application.arrived().len();
    post.deliver_for(&mut pump, Duration::from_secs(3)).await;
    assert_eq!(post.application.arrived().len(), tried);
    post.application.does(|_| Does::Take);
    store.resend(&before[1], post.clock.now()).await.unwrap();
    post.deliver_for(&mut pump, Duration::ZERO).await;
    assert_eq!(events().await[5].delivery(), Delivery::Delivered);
    assert_eq!(post.account(&seller).await.lost, 0);
}

#[tokio::test]
async fn a_resend_while_its_try_runs_is_not_swallowed_however_the_try_ends() {
    for status in [204, 500, 410] {
        let seller = Seller::start().await;
        let post = Post::of(&seller, plain).await;
        let store = seller.host.store().clone();
        seller.say_all(&[bodies::purchase()]).await;
        post.learn(&seller).await;
        let event = store.events(&subject(bodies::ID)).await.unwrap().remove(0);
        post.application.does(move |event| if event.before == 0 { Does::Hold(status) } else { Does::Take });
        let (courier, later) = (post.courier(&seller), Instant::now() + Duration::from_mins(5));
        let of = subject(bodies::ID);
        let (left, ()) = tokio::join!(courier.deliver(&of, later), async {
            while post.application.arrived().is_empty() {
                tokio::task::yield_now().await;
            }
            store.resend(&event, post.clock.now().after(Duration::from_millis(1))).await.unwrap();
            post.application.let_go();
        });
        let left = left.unwrap();
        assert_eq!(left.next, Some(Duration::ZERO), "HTTP {status}: look again");
        let stands = store.undelivered_events(&subject(bodies::ID)).await.unwrap();
        assert!(stands[0].resent_at().is_some() && stands[0].destinations.is_empty(), "HTTP {status}: {stands:?}");
        let mut pump = post.pump(&seller).await;
        post.deliver(&mut pump).await;
        assert_eq!(post.application.arrived().len(), 2, "HTTP {status}");
        assert_eq!(store.events(&subject(bodies::ID)).await.unwrap()[0].delivery(), Delivery::Delivered);
    }
}

/// Puts so many more events into a subject's history, delivered, as the first one of it stands.
async fn fill(seller: &Seller, subject: &SubjectKey, count: usize) {
    let store = seller.host.store();
    let items = seller.items().await;
    let first = items.iter().find(|item| {
        text(item, "pk") == subject.as_str() && text(item, "sk").starts_with("EVENT#") && item.contains_key("endedAt")
    });
    let first = first.unwrap().clone();
    let ids: Vec<Uuid> = (0..count).map(|_| Uuid::now_v7()).collect();
    for ids in ids.chunks(25) {
        let writes = ids.iter().map(|id| {
            let mut item = first.clone();
            item.insert("sk".to_owned(), AttributeValue::S(format!("EVENT#{id}")));
            item.insert("eventId".to_owned(), AttributeValue::S(id.to_string()));
            let put = PutRequest::builder().set_item(Some(item)).build().unwrap();
            WriteRequest::builder().put_request(put).build()
        });
        let write = store.client().batch_write_item().request_items(store.table(), writes.collect());
        // A database that is slow for a moment is asked again: the same items are written.
        let written = loop {
            if let Ok(written) = write.clone().send().await {
                break written;
            }
        };
        assert!(written.unprocessed_items.unwrap_or_default().is_empty());
    }
}

/// How many events a history has, read in pages that the test's database is quick with.
async fn length(seller: &Seller, of: &SubjectKey) -> usize {
    let (mut length, mut after) = (0, None);
    loop {
        let Ok((page, last)) = seller.host.store().history(of, after, 250).await else { continue };
        length += page.len();
        if last.is_none() {
            return length;
        }
        after = last;
    }
}

#[tokio::test]
async fn a_wake_up_costs_what_is_undelivered_however_long_the_history_is() {
    let database = FaultyDynamoDb::start().await;
    let seller = Seller::at(Some(database.endpoint()), plain).await;
    let post = Post::of(&seller, plain).await;
    let (courier, learner, later) =
        (post.courier(&seller), post.learner(&seller), Instant::now() + Duration::from_hours(1));
    let of = subject(bodies::ID);
    seller.say_all(&[bodies::purchase(), bodies::freeze(), bodies::unfreeze()]).await;
    post.learn(&seller).await;
    assert_eq!(courier.deliver(&of, later).await.unwrap(), Left::default());
    println!("| events | wake-up for | requests | items read | read units |\n|---|---|---|---|---|");
    let (mut events, mut costs) = (3, Vec::new());
    for (round, size) in [10, 1_000, 10_000].into_iter().enumerate() {
        fill(&seller, &of, size - events).await;
        seller.say_all(&[bodies::renewal(&format!("R{round}"), bodies::FUTURE)]).await;
        events = length(&seller, &of).await;
        let [open] = &seller.host.store().open(Kind::Unlearnt).await.unwrap()[..] else { panic!("one is unlearnt") };
        let mut of_size = Vec::new();
        let _ = database.reads(); // counts anew from here
        learner.learn(&of, open.event_id().unwrap()).await.unwrap();
        of_size.push(("learning", database.reads()));
        let before = post.application.taken().len();
        assert_eq!(courier.deliver(&of, later).await.unwrap(), Left::default());
        assert!(post.application.taken().len() > before);
        of_size.push(("delivery", database.reads()));
        assert_eq!(courier.deliver(&of, later).await.unwrap(), Left::default());
        of_size.push(("nothing", database.reads()));
        for (what, Reads { requests, items, units }) in &of_size {
            println!("| {size} | {what} | {requests} | {items} | {units} |");
            assert!(*units > 0.0, "what the database counts");
        }
        costs.push(of_size);
    }
    assert!(events > 10_000);
    assert_eq!(costs[0], costs[1]);
    assert_eq!(costs[1], costs[2]);
    assert!(costs[0].iter().all(|(_, reads)| reads.items <= 5), "{costs:?}");
}

/// Delivery as it runs on AWS: woken by a FIFO queue and one of delayed wake-ups.
struct OnAws<'a> {
    seller: &'a Seller,
    post: &'a Post,
    sqs: Sqs,
    queue: Queue,
}

impl<'a> OnAws<'a> {
    async fn start(seller: &'a Seller, post: &'a Post) -> Self {
        let sqs = Sqs::start(post.clock.clone()).await;
        let environment = Environment::default()
            .with("KOOGALLERY_EVENT_QUEUE_URL", sqs.url("events.fifo"))
            .with("KOOGALLERY_DELAY_QUEUE_URL", sqs.url("delayed"))
            .with("AWS_ENDPOINT_URL_SQS", sqs.endpoint());
        let queue = Queue::of(&environment).unwrap();
        Self { seller, post, sqs, queue }
    }

    /// What the stream starts: learning, and what the pipe sends.
    async fn changed(&self, subject: &SubjectKey) {
        self.post.learn(self.seller).await;
        self.queue.wake(subject).await.unwrap();
    }

    /// Works off what the queues hand over, for so long on the clock.
    async fn run_for(&self, time: Duration) {
        let (courier, end) = (self.post.courier(self.seller), self.post.clock.now().after(time));
        loop {
            let mut busy = false;
            for queue in ["events.fifo", "delayed"] {
                while let Some(batch) = self.sqs.receive(queue) {
                    busy = true;
                    let handed = serde_json::from_value(batch.clone()).unwrap();
                    let later = Instant::now() + Duration::from_mins(5);
                    let answer = deliver(&courier, &self.queue, handed, later).await;
                    self.sqs.settle(queue, &batch, &serde_json::to_value(answer).unwrap());
                }
            }
            match self.sqs.next_at() {
                _ if busy => {}
                Some(next) if next <= end => self.post.clock.reach(next),
                Some(_) | None => return self.post.clock.reach(end),
            }
        }
    }
}

#[tokio::test]
async fn a_resend_is_delivered_within_seconds_whatever_ran_before_it() {
    const SECOND: Duration = Duration::from_secs(1);
    const HOUR: Duration = Duration::from_hours(1);
    let broken = Does::Say(r#"{"appInfo":{}}"#.to_owned());
    let long = vec![3 * SECOND, 20 * SECOND, 600 * SECOND, 2 * HOUR, 12 * HOUR, 40 * HOUR];
    // These take a second of real time each.
    let short = long[..2].to_vec();
    println!("| fault | after | delivered within |\n|---|---|---|");
    for (fault, moments) in [
        (Does::Status(503), &long),
        (Does::Status(308), &long),
        (Does::Cut, &long),
        (broken, &long),
        (Does::Hang, &short),
        (Does::TakeAndHang, &short),
    ] {
        let seller = Seller::with(deferred).await;
        let post = Post::of(&seller, plain).await;
        let aws = OnAws::start(&seller, &post).await;
        let failing = fault.clone();
        post.application.does(move |_| failing.clone());
        let (start, store) = (post.clock.now(), seller.host.store());
        for number in 0..moments.len() {
            seller.say(&life(&format!("i-{number}"))[0]).await;
            aws.changed(&subject(&format!("i-{number}"))).await;
        }
        for (number, moment) in moments.iter().enumerate() {
            let id = format!("i-{number}");
            aws.run_for(moment.saturating_sub(post.clock.now().since(start))).await;
            let event = store.events(&subject(&id)).await.unwrap().remove(0);
            assert!(event.attempts > 0 && event.delivery() == Delivery::Undelivered, "{fault:?}: {event:?}");
            let (failing, well) = (fault.clone(), id.clone());
            post.application.does(move |event| if instance(event) == well { Does::Take } else { failing.clone() });
            let resent_at = post.clock.now();
            store.resend(&event, resent_at).await.unwrap();
            aws.changed(&subject(&id)).await;
            aws.run_for(SECOND).await;
            let event = store.events(&subject(&id)).await.unwrap().remove(0);
            assert_eq!(event.delivery(), Delivery::Delivered, "{fault:?} after {moment:?}: {event:?}");
            println!("| {fault:?} | {moment:?} | {:?} |", event.delivered_at.unwrap().since(resent_at));
        }
    }
}

#[tokio::test]
async fn on_aws_every_pause_ends_in_time_and_nothing_is_lost() {
    let seller = Seller::start().await;
    let post = Post::of(&seller, plain).await;
    let aws = OnAws::start(&seller, &post).await;
    lives(&seller, 3).await;
    for number in 0..3 {
        for _ in 0..6 {
            aws.changed(&subject(&format!("i-{number}"))).await;
        }
    }
    let (clock, start) = (post.clock.clone(), post.clock.now());
    let times: Arc<std::sync::Mutex<Vec<u64>>> = Arc::default();
    let heard = Arc::clone(&times);
    post.application.does(move |event| {
        let since = clock.now().since(start);
        if instance(event) == "i-1" && since < Duration::from_hours(30) {
            heard.lock().unwrap().push(since.as_secs());
            return Does::Status(503);
        }
        Does::Take
    });
    aws.run_for(Duration::from_hours(48)).await;
    let times = times.lock().unwrap().clone();
    assert_eq!(times[..5], [0, 5, 35, 155, 455]);
    let account = post.account(&seller).await;
    assert_eq!((account.events, account.lost, account.out_of_order, account.repeated), (18, 0, 0, 0));
    assert_eq!(aws.sqs.next_at(), None, "no wake-up goes round for ever");
}

#[tokio::test]
async fn what_an_earlier_version_left_is_taken_over() {
    let seller = Seller::start().await;
    let post = Post::of(&seller, plain).await;
    seller.say_all(&life("i-0")[..3]).await;
    let store = seller.host.store();
    // As version 0.1.0 would have left them: delivered, still to be tried, parked.
    let events = store.events(&subject("i-0")).await.unwrap();
    let table = || store.client().update_item().table_name(store.table()).key("pk", text_of("INSTANCE#i-0"));
    for (event, update) in events.iter().zip([
        "SET deliveredAt = :at, attempts = :two REMOVE #open, openSince",
        "SET #open = :undelivered, openSince = :at, nextTryAt = :at, attempts = :two, lastProblem = :problem",
        "SET #open = :parked, openSince = :at, attempts = :two, lastProblem = :problem",
    ]) {
        let id = event.event.event_id;
        let outbox = store.client().delete_item().table_name(store.table()).key("pk", text_of("INSTANCE#i-0"));
        outbox.key("sk", text_of(&format!("OUTBOX#{id}"))).send().await.unwrap();
        let number = |number: i64| AttributeValue::N(number.to_string());
        let mut update_item = table().key("sk", text_of(&format!("EVENT#{id}"))).update_expression(update);
        update_item = update_item.expression_attribute_names("#open", "open");
        for (name, value) in [
            (":at", number(post.clock.now().as_millis())),
            (":two", number(2)),
            (":problem", text_of("HTTP 500")),
            (":undelivered", text_of("UNDELIVERED#1")),
            (":parked", text_of("PARKED#1")),
        ] {
            if update.contains(name) {
                update_item = update_item.expression_attribute_values(name, value);
            }
        }
        update_item.send().await.unwrap();
    }
    let stand = async || -> Vec<(Delivery, u32)> {
        let events = store.events(&subject("i-0")).await.unwrap();
        events.iter().map(|event| (event.delivery(), event.attempts)).collect()
    };
    assert_eq!(stand().await, [(Delivery::Delivered, 2), (Delivery::Undelivered, 0), (Delivery::Parked, 2)]);
    let mut pump = post.pump(&seller).await;
    pump.sweep().await.unwrap();
    post.deliver(&mut pump).await;
    assert_eq!(stand().await, [(Delivery::Delivered, 2), (Delivery::Delivered, 1), (Delivery::Parked, 2)]);
    assert_eq!(events::resend_failed(store).await.unwrap().len(), 1);
    post.deliver(&mut pump).await;
    assert_eq!(stand().await, [(Delivery::Delivered, 2), (Delivery::Delivered, 1), (Delivery::Delivered, 1)]);
}

fn text_of(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}
