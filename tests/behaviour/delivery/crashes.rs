//! A process that is killed, a store that fails, a host that starts anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use koogallery_local::keys;
use koogallery_tests::Seller;
use koogallery_tests::application::{Does, Post};
use koogallery_tests::bodies;
use koogallery_tests::faults::{Fault, FaultyDynamoDb};
use serde_json::json;

use super::{deferred, life, lives, of_order, open_api, plain, subject, with_open_api};

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
        pump.hear();
        database.always(fault);
        pump.begin();
        while pump.finish_one().await {}
        assert!(pump.sweep().await.is_err(), "{fault:?}");
        database.always(Fault::None);
        post.deliver(&mut pump).await;
        let account = post.account(&seller).await;
        assert_eq!((account.events, account.lost, account.out_of_order), (12, 0, 0), "{fault:?}");
    }
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
        (seller.dynamodb_endpoint(), seller.host.store().table().to_owned(), post.application.url());
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
