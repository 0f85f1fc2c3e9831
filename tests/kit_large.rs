//! Syncs of thousands: in time, and whole or not at all whatever happens to the store.

#![allow(clippy::unwrap_used)]

use koogallery_tests::Seller;
use koogallery_tests::bodies::purchase;
use koogallery_tests::faults::{Fault, FaultyDynamoDb};
use koogallery_tests::kit::{Dialect, RSA_PRIVATE_KEY, auth, departments, told, user};

const MANY: usize = 10_000;

fn tree(count: usize, name: &str, at: i64) -> koogallery_tests::kit::Said {
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
