//! What a login keeps: used once, by who shows the right handle, until its time is over.

use std::time::Duration;

use koogallery_runtime::now;
use koogallery_store::{HandleDigest, LoginStep, LoginUse, Sealed};
use koogallery_tests::Seller;

fn handle(text: &str) -> HandleDigest {
    HandleDigest::of(text)
}

fn content(text: &str) -> Sealed {
    Sealed::from_bytes(text.into())
}

#[tokio::test]
async fn each_is_used_once_by_its_own_browser_and_in_time() {
    let seller = Seller::start().await;
    let (store, at) = (seller.host.store(), now());
    let until = at.saturating_add(Duration::from_mins(10));
    let kept = content("flow");
    store.keep_login(LoginStep::Flow, handle("f"), handle("cookie"), &kept, until).await.unwrap();
    let take =
        async |bound_to: &str, at| store.use_login(LoginStep::Flow, handle("f"), handle(bound_to), at).await.unwrap();
    assert_eq!(take("another cookie", at).await, LoginUse::OfAnother, "and it is not used up");
    assert_eq!(take("cookie", until).await, LoginUse::Gone, "its time is over");
    assert_eq!(take("cookie", at).await, LoginUse::First(kept.clone()));
    assert_eq!(take("cookie", at).await, LoginUse::Again(kept));
    let other = store.use_login(LoginStep::Choice, handle("f"), handle("cookie"), at).await.unwrap();
    assert_eq!(other, LoginUse::Gone, "another step is another thing");
    assert_eq!(store.use_login(LoginStep::Flow, handle("g"), handle("cookie"), at).await.unwrap(), LoginUse::Gone);
}

#[tokio::test]
async fn a_second_use_of_a_code_ends_what_the_first_one_got() {
    let seller = Seller::start().await;
    let (store, at) = (seller.host.store(), now());
    let (soon, later) = (at.saturating_add(Duration::from_mins(1)), at.saturating_add(Duration::from_mins(10)));
    let kept = content("code");
    store.keep_login(LoginStep::Code, handle("c"), handle("shop"), &kept, soon).await.unwrap();
    let redeem = async |client: &str, access: &str| {
        store.redeem_code(handle("c"), handle(client), handle(access), at, later).await.unwrap()
    };
    assert_eq!(store.granted(handle("c"), handle("a"), at).await.unwrap(), None, "nothing is given before");
    assert_eq!(redeem("thief", "t").await, LoginUse::OfAnother);
    assert_eq!(redeem("shop", "a").await, LoginUse::First(kept.clone()));
    assert_eq!(store.granted(handle("c"), handle("a"), at).await.unwrap(), Some(kept.clone()));
    assert_eq!(store.granted(handle("c"), handle("t"), at).await.unwrap(), None);
    assert_eq!(store.granted(handle("c"), handle("a"), later).await.unwrap(), None, "its time is over");
    assert_eq!(redeem("shop", "b").await, LoginUse::Again(kept));
    for access in ["a", "b"] {
        assert_eq!(store.granted(handle("c"), handle(access), at).await.unwrap(), None, "{access}");
    }
}

#[tokio::test]
async fn of_many_who_use_it_at_once_one_is_first() {
    let seller = Seller::start().await;
    let (store, at) = (seller.host.store(), now());
    let until = at.saturating_add(Duration::from_mins(1));
    store.keep_login(LoginStep::Code, handle("c"), handle("shop"), &content("x"), until).await.unwrap();
    let redeem = |number: usize| {
        let access = handle(&number.to_string());
        async move { store.redeem_code(handle("c"), handle("shop"), access, at, until).await.unwrap() }
    };
    let used = futures_util::future::join_all((0..12).map(redeem)).await;
    assert_eq!(used.iter().filter(|used| matches!(used, LoginUse::First(_))).count(), 1);
    for number in 0..12 {
        let granted = store.granted(handle("c"), handle(&number.to_string()), at).await.unwrap();
        assert_eq!(granted, None, "the others ended it");
    }
}
