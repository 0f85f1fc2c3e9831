//! An event that is sent once more.

use std::time::{Duration, Instant};

use koogallery_local::api::ApiError;
use koogallery_local::events;
use koogallery_store::Delivery;
use koogallery_tests::Seller;
use koogallery_tests::api::TOKEN;
use koogallery_tests::application::{Does, Post};
use koogallery_tests::{bodies, operator};
use uuid::Uuid;

use super::{life, plain, subject};

#[tokio::test]
async fn a_delivered_event_is_sent_again_when_asked_with_the_same_id() {
    let seller = Seller::with(|environment| environment.with("KOOGALLERY_API_TOKEN", TOKEN)).await;
    let post = Post::of(&seller, plain).await;
    seller.say_all(&life("i-0")).await;
    let mut pump = post.pump(&seller).await;
    post.deliver(&mut pump).await;
    let id = post.application.taken()[2].id.parse().unwrap();

    let api = operator::api(&seller);
    let unknown = events::resend(&api, &[Uuid::now_v7()]).await.unwrap_err();
    assert!(matches!(unknown, ApiError::Unknown(_)), "{unknown}");
    assert_eq!(events::resend(&api, &[id]).await.unwrap(), 1);
    post.deliver(&mut pump).await;
    let last = post.application.taken().pop().unwrap();
    assert_eq!((last.id.parse(), last.name()), (Ok(id), "instance.frozen"));
    assert_eq!(post.application.taken().len(), 7);
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
        post.clock.reach(post.clock.now().saturating_add(Duration::from_secs(1)));
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
            store.resend(&event, post.clock.now().saturating_add(Duration::from_millis(1))).await.unwrap();
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
