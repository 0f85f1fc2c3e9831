//! Syncs of thousands: in time, and whole or not at all whatever happens to the store.

#![allow(clippy::unwrap_used)]

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery_runtime::now;
use koogallery_store::{Changed, StoreError};
use koogallery_tests::bodies::{INSTANCE, purchase, release, with};
use koogallery_tests::faults::{Fault, FaultyDynamoDb};
use koogallery_tests::kit::{
    Dialect, RSA_PRIVATE_KEY, Said, arrives, auth, department, departments, signed_at, told, user,
};
use koogallery_tests::{Seller, operator, text};
use serde_json::Value;

const MANY: usize = 10_000;

fn tree(count: usize, name: &str, at: i64) -> Said {
    departments((0..count).map(|code| (format!("o-{code:05}"), name)), at)
}

#[tokio::test]
async fn ten_thousand_users_and_departments_come_in_time() {
    for dialect in [Dialect::V2, Dialect::V1] {
        let seller = Seller::of_kit().await;
        seller.say_all(&[purchase()]).await;
        for round in 1..3 {
            for said in [auth(1, (0..MANY).map(user), round), tree(MANY, "Sales", round)] {
                let code = seller.sync_in(dialect, &said).await;
                assert_eq!(code, "000000", "{:?}", seller.records().pop());
            }
        }
        let users: Vec<_> = seller.users().await.into_iter().map(|known| known.user).collect();
        assert!(users == (0..MANY).map(|number| told(&user(number))).collect::<Vec<_>>(), "{} users", users.len());
        let known: Vec<String> = seller.departments().await.into_iter().map(|(code, _)| code).collect();
        assert!(known == (0..MANY).map(|code| format!("o-{code:05}")).collect::<Vec<_>>(), "{}", known.len());
    }
}

#[tokio::test]
async fn an_interrupted_sync_leaves_the_old_state_and_the_next_try_succeeds() {
    let database = FaultyDynamoDb::start().await;
    let seller = Seller::at(Some(database.endpoint()), |environment| {
        environment.with("KOOGALLERY_RSA_PRIVATE_KEY", RSA_PRIVATE_KEY)
    })
    .await;
    seller.say_all(&[purchase()]).await;
    let (old, many) = (100, 1_000);
    let mut at = 1;
    seller.sync_all([auth(1, (0..old).map(user), at), tree(old, "old", at)]).await;
    // A sync asks the store twice: it reads, and it writes.
    for point in 0..2 {
        for fault in [Fault::CutBefore, Fault::InternalError, Fault::Denied, Fault::Nonsense, Fault::Hang] {
            at += 1;
            let users = auth(1, (old..old + many).map(user), at);
            let tree = tree(many, "new", at);
            for said in [&users, &tree] {
                database.after(point, fault);
                assert_eq!(seller.sync(said).await, "000005", "{fault:?} at {point}");
                database.always(Fault::None);
            }
            assert_eq!(seller.users().await.len(), old, "{fault:?} at {point}");
            let standing = seller.departments().await;
            assert!(standing.len() == old && standing.iter().all(|(_, name)| name == "old"), "{fault:?} at {point}");

            seller.sync_all([users, tree]).await;
            assert_eq!((seller.users().await.len(), seller.departments().await.len()), (old + many, many));

            at += 1;
            let back = departments((0..old).map(|code| (format!("o-{code:05}"), "old")), at);
            seller.sync_all([auth(0, (old..old + many).map(user), at), back]).await;
        }
    }
}

#[tokio::test]
async fn a_lost_answer_is_no_half_and_no_replay() {
    let database = FaultyDynamoDb::start().await;
    let seller = Seller::at(Some(database.endpoint()), |environment| environment).await;
    seller.say_all(&[purchase()]).await;
    seller.sync_all([auth(1, [user(0)], 1)]).await;
    for (fault, at) in [(Fault::CutAfter, 2), (Fault::CutInside, 3), (Fault::CutBefore, 4), (Fault::Conflict, 5)] {
        for point in 0..2 {
            let number = usize::try_from(at).unwrap() * 2_000 + point * 1_000;
            database.next(std::iter::repeat_n(Fault::None, point).chain([fault]));
            assert_eq!(seller.sync(&auth(1, (number..number + 500).map(user), at)).await, "000000", "{fault:?}");
            let (first, last) = (format!("user-{number:05}"), format!("user-{:05}", number + 499));
            assert!(seller.user(&first).await.is_some() && seller.user(&last).await.is_some());
        }
    }
    let granted = seller.events(koogallery_tests::kit::TENANT).await;
    assert_eq!(granted.len(), 9, "each sync is told once: {granted:?}");
}

/// A text that does not deflate to less than three quarters.
fn noise(length: usize, seed: usize) -> String {
    let mut state = u64::try_from(seed).unwrap().wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[usize::try_from(state % 64).unwrap()],
        )
    };
    (0..length).map(|_| next()).collect()
}

/// Users of whom so much is told that a few thousand are more than one transaction takes.
fn long_users(numbers: std::ops::Range<usize>, at: i64) -> Said {
    auth(
        1,
        numbers
            .map(|number| with(user(number), "position", noise(1_900, number * 1_000 + usize::try_from(at).unwrap()))),
        at,
    )
}

/// Applies a sync, however long that takes here.
async fn apply(seller: &Seller, said: &Said) -> Result<Changed, StoreError> {
    let at = now();
    arrives(seller, said.0, &signed_at("kit-key", Dialect::V2, said, at), at).await.unwrap()
}

/// How many parts hold something.
async fn parts(seller: &Seller) -> usize {
    seller.items().await.iter().filter(|item| text(item, "sk").contains("#PART#") && item.contains_key("part")).count()
}

#[tokio::test]
async fn more_users_than_a_transaction_takes_are_kept_and_go_again() {
    let seller = Seller::of_kit().await;
    seller.say_all(&[purchase()]).await;
    let all: Vec<Said> = (0..3).map(|call| long_users(call * 1_500..(call + 1) * 1_500, 1)).collect();
    for said in &all {
        assert_eq!(apply(&seller, said).await.unwrap(), Changed::Applied);
    }
    assert!(parts(&seller).await >= 64);
    let users: Vec<_> = seller.users().await.into_iter().map(|known| known.user).collect();
    let expected: Vec<Value> = all.iter().flat_map(|said| said.1["userList"].as_array().unwrap().clone()).collect();
    assert!(users == expected.iter().map(told).collect::<Vec<_>>(), "{} users", users.len());

    // One of them, and a part that is written anew takes nothing else's place.
    assert_eq!(apply(&seller, &auth(3, [user(7)], 2)).await.unwrap(), Changed::Applied);
    assert!(seller.user("user-00007").await.unwrap().revoked);
    assert_eq!(seller.users().await.len(), 4_500);
    let events = seller.whole_events(koogallery_tests::kit::TENANT).await;
    assert_eq!(events.last().unwrap().data["userNames"], serde_json::json!(["user-00007"]));

    // Where it fits again it stands whole, and nothing is left in parts.
    assert_eq!(apply(&seller, &auth(0, (100..4_500).map(user), 3)).await.unwrap(), Changed::Applied);
    assert_eq!((seller.users().await.len(), parts(&seller).await), (100, 0));
    let links = seller.items().await.into_iter().filter(|item| text(item, "sk").starts_with("KIT#t-1#a-1#"));
    let links: Vec<_> = links.collect();
    assert!(!links.is_empty() && links.iter().all(|link| link.contains_key("expiresAt")), "{links:?}");

    assert_eq!(apply(&seller, &long_users(0..3_000, 4)).await.unwrap(), Changed::Applied);
    seller.say_all(&[release()]).await;
    operator::erase(seller.host.store(), INSTANCE).await;
    assert_eq!(seller.users().await.len(), 0);
    let left = seller.items().await;
    let holds = |item: &&koogallery_tests::Item| item.values().any(|value| matches!(value, AttributeValue::B(_)));
    let left: Vec<_> = left.iter().filter(|item| text(item, "pk").starts_with("TENANT#")).filter(holds).collect();
    assert!(left.is_empty(), "{} items", left.len());
}

#[tokio::test]
async fn a_sync_in_parts_that_breaks_off_is_seen_whole_or_not_at_all() {
    let database = FaultyDynamoDb::start().await;
    let seller = Seller::at(Some(database.endpoint()), |environment| environment).await;
    seller.say_all(&[purchase()]).await;
    let many = 3_000;
    assert_eq!(apply(&seller, &long_users(0..many, 1)).await.unwrap(), Changed::Applied);
    let before = database.seen();
    assert_eq!(apply(&seller, &long_users(0..many, 2)).await.unwrap(), Changed::Applied);
    let steps = database.seen() - before;
    assert!(steps > 128, "it reads parts and writes parts: {steps}");
    let mut stands = 2;
    for (at, step) in (3..).zip([1, 3, 70, steps / 2, steps - 70, steps - 2]) {
        let said = long_users(0..many, at);
        database.after(step, Fault::Denied);
        let outcome = apply(&seller, &said).await;
        database.always(Fault::None);
        let seen =
            |at: i64| long_users(0..many, at).1["userList"].as_array().unwrap().iter().map(told).collect::<Vec<_>>();
        let users: Vec<_> = seller.users().await.into_iter().map(|known| known.user).collect();
        assert!(users == seen(stands) || users == seen(at), "a mixture, {outcome:?} at {step}");
        assert!(matches!(apply(&seller, &said).await.unwrap(), Changed::Applied | Changed::Unchanged));
        let users: Vec<_> = seller.users().await.into_iter().map(|known| known.user).collect();
        assert!(users == seen(at), "at {step}");
        stands = at;
    }
    seller.say_all(&[release()]).await;
    operator::erase(seller.host.store(), INSTANCE).await;
    assert_eq!(parts(&seller).await, 0, "what broke off is found as well");
}

#[tokio::test]
async fn what_is_beyond_the_limit_is_refused_for_good_and_told() {
    let seller = Seller::of_kit().await;
    seller.say_all(&[purchase()]).await;
    seller.sync_all([auth(1, [user(1)], 1)]).await;
    let (callback, body) = department(1, "o-1", "Sales", 1);
    seller.sync_all([(callback, body)]).await;
    let huge = auth(1, [with(user(1), "position", noise(3_000_000, 1))], 2);
    let reply = seller.send(&signed_at("kit-key", Dialect::V2, &huge, now())).await;
    assert_eq!(reply.result_code.as_str(), "000002");
    assert!(
        reply.result_msg.contains("too many users") && reply.result_msg.contains("1597440"),
        "{}",
        reply.result_msg
    );
    let record = seller.records().pop().unwrap();
    assert_eq!(record.fault, Some(koogallery_runtime::Fault::DirectoryFull));
    assert_eq!(seller.user("user-00001").await.unwrap().user, told(&user(1)));
}
