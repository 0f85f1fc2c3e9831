//! The joint-operations kit: tenants, applications, users and departments of an instance, in both dialects.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::Callback;
use koogallery_local::keys::{LOCAL_KEY, LOCAL_RSA_PRIVATE_KEY};
use koogallery_runtime::{Environment, Vault};
use koogallery_store::World;
use koogallery_tests::bodies::{ID, purchase, release, with};
use koogallery_tests::faults::FaultyDynamoDb;
use koogallery_tests::kit::{
    DIALECTS, Dialect, RSA_PRIVATE_KEY, Said, TENANT, application, auth, debug, department, departments, one_of_each,
    signed_with, tenant, time, told, user,
};
use koogallery_tests::kms::{ARN, Kms};
use koogallery_tests::{Item, Seller, text};
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use uuid::Uuid;

fn bound(code: &str, name: &str) -> (String, String) {
    (code.to_owned(), name.to_owned())
}

/// The secret of the application, opened.
async fn secret(seller: &Seller) -> Option<String> {
    let (tenant, app) = ("t-1".parse().unwrap(), "a-1".parse().unwrap());
    let store = seller.host.store();
    let application = store.application(World::Real, &tenant, &app, None).await.unwrap()?;
    let vault = Vault::of(&Environment::default().with("KOOGALLERY_LOCAL_KEY", LOCAL_KEY)).unwrap();
    let place = application.client_secret_place(World::Real);
    Some(String::from_utf8(vault.open(store, &place, &application.client_secret).await.unwrap()).unwrap())
}

#[tokio::test]
async fn each_call_is_applied_in_both_dialects() {
    for dialect in DIALECTS {
        let seller = Seller::of_kit().await;
        seller.say_all(&[purchase()]).await;
        for said in one_of_each() {
            assert_eq!(seller.sync_in(dialect, &said).await, "000000", "{dialect:?} {:?}", said.0);
        }
        let store = seller.host.store();
        let tenants = store.tenants(World::Real, &"t-1".parse().unwrap()).await.unwrap();
        assert_eq!(tenants.len(), 1);
        assert_eq!(tenants[0].instance_id.as_ref().unwrap().as_str(), ID);
        assert_eq!(tenants[0].tenant.details.domain_name.as_str(), "https://example.com");
        assert_eq!(secret(&seller).await.unwrap(), "s3cret");
        assert_eq!(seller.departments().await, [bound("o-2", "Research")]);
        let users = seller.users().await;
        assert_eq!((&users[0].user, users[0].revoked, users.len()), (&told(&user(1)), false, 1));
        let events =
            ["tenant.added", "application.added", "departments.changed", "departments.replaced", "users.granted"];
        assert_eq!(seller.events(TENANT).await, events);

        let (_, mut renamed) = tenant(2);
        renamed["name"] = "Example Inc".into();
        let changed = with(user(1), "role", "admin");
        for said in [
            (Callback::TenantSync, renamed),
            application(2, "changed", 3),
            department(2, "o-2", "Development", 3),
            auth(2, [changed.clone()], 2),
        ] {
            assert_eq!(seller.sync_in(dialect, &said).await, "000000", "{dialect:?} {:?}", said.0);
        }
        let tenant_now = store.tenant(World::Real, &"t-1".parse().unwrap(), Some(&ID.parse().unwrap())).await.unwrap();
        assert_eq!(tenant_now.unwrap().tenant.details.name.as_str(), "Example Inc");
        assert_eq!(secret(&seller).await.unwrap(), "changed");
        assert_eq!(seller.departments().await, [bound("o-2", "Development")]);
        assert_eq!(seller.users().await[0].user, told(&changed));

        assert_eq!(seller.sync_in(dialect, &auth(3, [user(1)], 4)).await, "000000");
        let revoked = seller.user("user-00001").await.unwrap();
        assert_eq!((revoked.revoked, revoked.user), (true, told(&changed)), "revoked, and known");

        for said in [tenant(0), application(0, "", 4), department(0, "o-2", "", 4), auth(0, [user(1)], 5)] {
            assert_eq!(seller.sync_in(dialect, &said).await, "000000", "{dialect:?} {:?}", said.0);
        }
        assert!(store.tenants(World::Real, &"t-1".parse().unwrap()).await.unwrap().is_empty());
        assert_eq!((secret(&seller).await, seller.departments().await, seller.users().await.len()), (None, vec![], 0));
        let events = seller.events(TENANT).await.split_off(events.len());
        let last = [
            "tenant.modified",
            "application.modified",
            "departments.changed",
            "users.changed",
            "users.revoked",
            "tenant.removed",
            "application.removed",
            "departments.removed",
            "users.deleted",
        ];
        assert_eq!(events, last);
    }
}

/// Each call that takes something away.
fn takes_away() -> Vec<Said> {
    vec![tenant(0), application(0, "", 9), department(0, "o-1", "", 9), auth(0, [user(1)], 9), auth(3, [user(1)], 9)]
}

#[tokio::test]
async fn without_its_instance_nothing_is_added_and_everything_can_be_taken_away() {
    let seller = Seller::of_kit().await;
    for released in [false, true] {
        if released {
            seller.say_all(&[purchase(), release()]).await;
        }
        for dialect in DIALECTS {
            let before = seller.standing().await;
            for said in one_of_each() {
                let call = signed_with("kit-key", dialect, &said);
                assert_eq!(seller.send(&call).await.result_code.as_str(), "000003", "{:?}", said.0);
                let again = if dialect == Dialect::V2 { "000001" } else { "000003" };
                assert_eq!(seller.send(&call).await.result_code.as_str(), again, "the nonce is used up");
            }
            let data_keys = |item: &Item| text(item, "pk") == "DATA_KEY";
            let mut after = seller.standing().await;
            after.retain(|item| before.contains(item) || !data_keys(item));
            assert_eq!(after, before);
            for said in takes_away() {
                assert_eq!(seller.sync_in(dialect, &said).await, "000000", "{:?}", said.0);
            }
        }
    }
    assert_eq!(seller.events(TENANT).await, [""; 0], "what never was is not gone either");
}

#[tokio::test]
async fn a_seller_without_an_instance_gets_credentials() {
    let seller = Seller::of_kit().await;
    for (callback, body) in [tenant(1), application(1, "s3cret", 1)] {
        let said = (callback, with(with(body, "instanceId", ""), "orderId", ""));
        assert_eq!(seller.sync(&said).await, "000000", "{callback:?}");
    }
    assert_eq!(secret(&seller).await.unwrap(), "s3cret");
    assert_eq!(seller.host.store().tenants(World::Real, &"t-1".parse().unwrap()).await.unwrap()[0].instance_id, None);
}

#[tokio::test]
async fn repeats_add_nothing() {
    let seller = Seller::of_kit().await;
    seller.say_all(&[purchase()]).await;
    seller.sync_all(one_of_each()).await;
    // A repeat is signed later and says the same: that it is newer is kept, and nothing else.
    let seen = async || {
        let places: Vec<_> = seller.standing().await.iter().map(|item| (text(item, "pk"), text(item, "sk"))).collect();
        let tenants = seller.host.store().tenants(World::Real, &"t-1".parse().unwrap()).await.unwrap();
        (places, tenants, secret(&seller).await, seller.users().await, seller.departments().await)
    };
    let before = seen().await;
    for dialect in DIALECTS {
        for said in one_of_each() {
            assert_eq!(seller.sync_in(dialect, &said).await, "000000", "{:?}", said.0);
        }
    }
    assert!(seen().await == before);
}

#[tokio::test]
async fn an_older_sync_that_comes_late_changes_nothing() {
    let seller = Seller::of_kit().await;
    seller.say_all(&[purchase()]).await;
    let admin = with(user(2), "role", "admin");
    seller
        .sync_all([
            application(2, "newer", 5),
            application(1, "older", 4),
            auth(0, [user(1)], 5),
            auth(1, [user(1)], 4),
            auth(2, [admin.clone()], 6),
            auth(1, [user(2)], 5),
            auth(3, [user(2)], 4),
            auth(3, [user(3)], 8),
            auth(1, [user(3)], 7),
            department(1, "o-new", "Newer than the tree", 9),
            departments([("o-1".to_owned(), "In the tree"), ("o-gone".to_owned(), "Gone")], 8),
            department(1, "o-old", "Older than the tree", 7),
            department(0, "o-gone", "", 9),
            departments([("o-2".to_owned(), "An older tree")], 7),
        ])
        .await;
    assert_eq!(secret(&seller).await.unwrap(), "newer");
    let users = seller.users().await;
    let known: Vec<_> = users.iter().map(|known| (&known.user, known.revoked)).collect();
    assert_eq!(known, [(&told(&admin), false), (&told(&user(3)), true)]);
    assert_eq!(seller.departments().await, [bound("o-1", "In the tree"), bound("o-new", "Newer than the tree")]);

    seller.sync_all([application(0, "", 7), application(2, "too late", 6)]).await;
    assert_eq!(secret(&seller).await, None);
}

#[tokio::test]
async fn without_a_time_of_its_own_a_sync_is_ordered_by_its_signing() {
    let seller = Seller::of_kit().await;
    seller.say_all(&[purchase()]).await;
    for name in ["First", "Second"] {
        let (callback, body) = department(1, "o-1", name, 0);
        assert_eq!(seller.sync(&(callback, with(body, "currentSyncTime", ""))).await, "000000");
    }
    assert_eq!(seller.departments().await, [bound("o-1", "Second")]);
    assert_eq!(seller.sync(&department(2, "o-1", "From 2025", 0)).await, "000000");
    assert_eq!(seller.departments().await, [bound("o-1", "Second")]);
}

#[tokio::test]
async fn debug_calls_succeed_for_ever_and_stay_in_their_world() {
    let seller = Seller::of_kit().await;
    for dialect in DIALECTS {
        for said in one_of_each().into_iter().chain(takes_away()).chain(one_of_each()) {
            assert_eq!(seller.sync_in(dialect, &debug(said)).await, "000000");
        }
    }
    for item in seller.everything().await.into_iter().filter(|item| text(item, "pk") != "DATA_KEY") {
        assert!(text(&item, "pk").starts_with("TEST#"), "{item:?}");
        assert!(item.contains_key("expiresAt") && !text(&item, "sk").starts_with("EVENT#"), "{item:?}");
    }
    assert_eq!(seller.users().await.len(), 0);
}

#[tokio::test]
async fn another_interface_types_key_is_refused() {
    let seller = Seller::of_kit().await;
    seller.say_all(&[purchase()]).await;
    for dialect in DIALECTS {
        for said in one_of_each() {
            for key in ["basic-key", "license-key", "order-key", "another"] {
                let code = seller.send(&signed_with(key, dialect, &said)).await.result_code;
                assert_eq!(code.as_str(), "000001", "{key} {:?}", said.0);
            }
        }
    }
}

#[tokio::test]
async fn a_secret_that_does_not_decrypt_stores_nothing() {
    let seller = Seller::of_kit().await;
    seller.say_all(&[purchase()]).await;
    let before = seller.standing().await;
    let (callback, body) = application(1, "s3cret", 1);
    for world in ["0", "1"] {
        let said = (callback, with(with(body.clone(), "clientSecret", "bm90IGVuY3J5cHRlZA=="), "testFlag", world));
        let call = signed_with("kit-key", Dialect::V2, &said);
        let reply = seller.send(&call).await;
        assert_eq!(reply.result_code.as_str(), "000101");
        assert!(reply.result_msg.starts_with("the clientSecret does not decrypt"), "{}", reply.result_msg);
        assert_eq!(seller.send(&call).await.result_code.as_str(), "000001", "the nonce is used up");
        assert_eq!(seller.sync_in(Dialect::V1, &said).await, "000101");
    }
    assert_eq!(seller.standing().await, before);
}

#[tokio::test]
async fn any_of_several_rsa_keys_decrypts() {
    for keys in
        [format!("{LOCAL_RSA_PRIVATE_KEY}{RSA_PRIVATE_KEY}"), format!("{RSA_PRIVATE_KEY}\n{LOCAL_RSA_PRIVATE_KEY}")]
    {
        let seller = Seller::with(|environment| environment.with("KOOGALLERY_RSA_PRIVATE_KEY", keys)).await;
        seller.say_all(&[purchase()]).await;
        seller.sync_all([application(1, "s3cret", 1)]).await;
        assert_eq!(secret(&seller).await.unwrap(), "s3cret");
    }
}

#[tokio::test]
async fn without_an_rsa_key_the_log_says_what_to_set() {
    let seller = Seller::start().await;
    seller.say_all(&[purchase()]).await;
    for said in [application(1, "s3cret", 1), debug(application(1, "s3cret", 1))] {
        assert_eq!(seller.sync(&said).await, "000005");
        let told = seller.records().pop().unwrap().reason.unwrap();
        assert!(told.contains("KOOGALLERY_RSA_PRIVATE_KEY"), "{told}");
    }
    assert_eq!(seller.sync(&application(0, "s3cret", 1)).await, "000000", "to delete needs no key");
}

#[tokio::test]
async fn nothing_personal_nor_any_secret_stands_or_is_logged_in_clear() {
    let seller = Seller::of_kit().await;
    seller.say_all(&[purchase()]).await;
    let personal = json!({ "userName": "zhang.san", "name": "张三丰", "orgCode": "o-1", "role": "admin", "enable": "true",
        "mobile": "13800000000", "email": "zhang@example.com", "employeeCode": "E-4711", "badge": "B-0815" });
    for dialect in DIALECTS {
        for said in one_of_each() {
            seller.sync_in(dialect, &said).await;
        }
        assert_eq!(seller.sync_in(dialect, &auth(1, [personal.clone()], 3)).await, "000000");
        let bad = with(personal.clone(), "role", "owner");
        assert_eq!(seller.sync_in(dialect, &auth(1, [bad], 4)).await, "000002");
    }
    let hidden = ["张三丰", "13800000000", "zhang@example.com", "E-4711", "B-0815", "s3cret", "Person 1", "person-1@"];
    let mut seen = Vec::new();
    for value in seller.everything().await.into_iter().flat_map(Item::into_values) {
        match value {
            AttributeValue::B(bytes) => seen.extend_from_slice(bytes.as_ref()),
            other => seen.extend_from_slice(format!("{other:?}").as_bytes()),
        }
    }
    seen.extend_from_slice(format!("{:?}", seller.records()).as_bytes());
    for text in hidden {
        assert!(!seen.windows(text.len()).any(|window| window == text.as_bytes()), "{text}");
    }
    assert!(seen.windows(9).any(|window| window == b"zhang.san"), "an event names the login");
    let logged = format!("{:?}", seller.records());
    assert!(!logged.contains("zhang"), "{logged}");
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_syncs_of_one_directory_lose_nobody() {
    let seller = Arc::new(Seller::of_kit().await);
    seller.say_all(&[purchase()]).await;
    seller.sync_all([auth(1, [user(0)], 1)]).await;
    let mut syncing = JoinSet::new();
    for caller in 0..8 {
        let seller = Arc::clone(&seller);
        syncing.spawn(async move {
            let users = auth(1, (1..=20).map(|number| user(caller * 20 + number)), 2);
            for said in [users, department(1, &format!("o-{caller}"), "Sales", 2)] {
                // Where too many meet for the time there is, KooGallery tries again.
                while seller.sync(&said).await != "000000" {}
            }
        });
    }
    syncing.join_all().await;
    let names: Vec<String> = seller.users().await.iter().map(|known| known.user.user_name.to_string()).collect();
    assert_eq!(names, (0..=160).map(|number| format!("user-{number:05}")).collect::<Vec<_>>());
    assert_eq!(seller.departments().await.len(), 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_sees_the_old_tree_or_the_new_and_never_a_mixture() {
    let seller = Arc::new(Seller::of_kit().await);
    seller.say_all(&[purchase()]).await;
    let tree = |name: &'static str, at| departments((0..200).map(|code| (format!("o-{code}"), name)), at);
    seller.sync_all([tree("old", 0)]).await;
    let writer = Arc::clone(&seller);
    let writing = tokio::spawn(async move {
        for at in 1..12 {
            writer.sync_all([tree(if at % 2 == 0 { "even" } else { "odd" }, at)]).await;
        }
    });
    let mut reads = 0;
    while !writing.is_finished() || reads == 0 {
        let seen = seller.departments().await;
        assert_eq!(seen.len(), 200);
        assert!(seen.iter().all(|(_, name)| *name == seen[0].1), "a mixture");
        reads += 1;
    }
    writing.await.unwrap();
    assert_eq!(seller.departments().await[0].1, "odd");
}

#[tokio::test]
async fn pages_and_single_users_are_read() {
    let seller = Seller::of_kit().await;
    seller.say_all(&[purchase()]).await;
    seller.sync_all([auth(1, (0..25).map(user), 1)]).await;
    let (store, vault) = (seller.host.store(), koogallery_tests::kit::vault());
    let (of, mut after, mut pages) = (koogallery_tests::kit::users_of(), None, Vec::new());
    loop {
        let page = store.users(World::Real, &of, after.as_ref(), 10, &vault).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.user.user_name.clone());
        pages.push(page.into_iter().map(|known| known.user).collect::<Vec<_>>());
    }
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [10, 10, 5]);
    assert_eq!(pages.concat(), (0..25).map(|number| told(&user(number))).collect::<Vec<_>>());
    assert_eq!(seller.user("user-00007").await.unwrap().user, told(&user(7)));
    assert_eq!(seller.user("nobody").await, None);
}

#[tokio::test]
async fn kms_keeps_the_key_that_seals() {
    let (database, kms) = (FaultyDynamoDb::start().await, Kms::start().await);
    let table = format!("test-{}", Uuid::new_v4());
    let host = |endpoint: String| {
        Seller::at(Some(database.endpoint()), |environment| {
            environment
                .with("KOOGALLERY_TABLE", &table)
                .with("KOOGALLERY_RSA_PRIVATE_KEY", RSA_PRIVATE_KEY)
                .with("KOOGALLERY_KMS_KEY_ARN", ARN)
                .with("AWS_ENDPOINT_URL_KMS", endpoint)
        })
    };
    let first = host(kms.endpoint()).await;
    first.say_all(&[purchase()]).await;
    first.sync_all(one_of_each()).await;
    // Another sandbox finds the data key in the table and has it unwrapped.
    let second = host(kms.endpoint()).await;
    second.sync_all([auth(1, [user(2)], 2), application(2, "changed", 2)]).await;

    let asked = kms.asked();
    let made = asked.iter().filter(|asked| asked["operation"] == "GenerateDataKeyWithoutPlaintext").count();
    assert!((1..=4).contains(&made), "each function that is the first may make one: {asked:?}");
    // Bound to an id in the table, not to its name: a restored table has another.
    let bound =
        |asked: &Value| asked["context"]["koogallery:table"].as_str().is_some_and(|id| id.parse::<Uuid>().is_ok());
    assert!(asked.iter().all(bound), "{asked:?}");

    let environment =
        Environment::default().with("KOOGALLERY_KMS_KEY_ARN", ARN).with("AWS_ENDPOINT_URL_KMS", kms.endpoint());
    let (vault, store) = (Vault::of(&environment).unwrap(), first.host.store());
    let users = store.users(World::Real, &koogallery_tests::kit::users_of(), None, 10, &vault).await.unwrap();
    assert_eq!(users.iter().map(|known| known.user.clone()).collect::<Vec<_>>(), [told(&user(1)), told(&user(2))]);

    // A key of another KMS opens nothing.
    let stranger = host(Kms::start().await.endpoint()).await;
    assert_eq!(stranger.sync(&auth(1, [user(3)], 3)).await, "000005");
    let reason = stranger.records().pop().unwrap().reason.unwrap();
    assert!(reason.contains("KMS did not unwrap"), "{reason}");
}

/// One sync of the model: users by number, departments by code; times are seconds, no two alike.
#[derive(Debug, Clone)]
enum Step {
    Users(u8, Vec<usize>),
    Department(bool, u8, u8),
    Tree(BTreeMap<u8, u8>),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0u8..4, prop::collection::vec(0usize..5, 1..4)).prop_map(|(flag, users)| Step::Users(flag, users)),
        2 => (any::<bool>(), 0u8..4, 0u8..3).prop_map(|(gone, code, name)| Step::Department(gone, code, name)),
        1 => prop::collection::btree_map(0u8..4, 0u8..3, 0..3).prop_map(Step::Tree),
    ]
}

/// A user whose data tell when they were told.
fn user_at(number: usize, at: i64) -> Value {
    with(user(number), "position", time(at))
}

fn said(step: &Step, at: i64) -> Said {
    match step {
        Step::Users(flag, users) => auth(*flag, users.iter().map(|number| user_at(*number, at)), at),
        Step::Department(gone, code, name) => department(u8::from(!gone), &code.to_string(), &name.to_string(), at),
        Step::Tree(all) => {
            let names: Vec<String> = all.values().map(ToString::to_string).collect();
            departments(all.keys().map(ToString::to_string).zip(names.iter().map(String::as_str)), at)
        }
    }
}

/// The same, told once more: all in the order of their times.
fn model(steps: &[Step]) -> (BTreeMap<usize, (i64, bool)>, BTreeMap<u8, u8>) {
    // When each was last told, if ever, and whether it is revoked.
    let (mut users, mut tree) = (BTreeMap::<usize, (Option<i64>, bool)>::new(), BTreeMap::new());
    for (step, at) in steps.iter().zip(1..) {
        match step {
            Step::Users(0, gone) => users.retain(|number, _| !gone.contains(number)),
            Step::Users(1, told) => users.extend(told.iter().map(|number| (*number, (Some(at), false)))),
            Step::Users(flag, named) => {
                for number in named {
                    let known = users.entry(*number).or_default();
                    if *flag == 3 { known.1 = true } else { known.0 = Some(at) }
                }
            }
            Step::Department(true, code, _) => drop(tree.remove(code)),
            Step::Department(false, code, name) => drop(tree.insert(*code, *name)),
            Step::Tree(all) => tree.clone_from(all),
        }
    }
    let users = users.into_iter().filter_map(|(number, (at, revoked))| Some((number, (at?, revoked))));
    (users.collect(), tree)
}

async fn ends_as_the_model_says(steps: &[Step], arriving: &[usize]) {
    let seller = Seller::of_kit().await;
    seller.say_all(&[purchase()]).await;
    for index in arriving {
        let at = i64::try_from(*index).unwrap() + 1;
        assert_eq!(seller.sync(&said(&steps[*index], at)).await, "000000");
    }
    let (users, tree) = model(steps);
    let known: Vec<_> = seller.users().await.into_iter().map(|known| (known.user, known.revoked)).collect();
    let expected: Vec<_> =
        users.into_iter().map(|(number, (at, revoked))| (told(&user_at(number, at)), revoked)).collect();
    assert!(known == expected, "{} users instead of {}", known.len(), expected.len());
    let tree: Vec<_> = tree.into_iter().map(|(code, name)| (code.to_string(), name.to_string())).collect();
    assert_eq!(seller.departments().await, tree);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 50, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_order_of_arrival_ends_in_the_same_directory(
        (steps, arriving) in prop::collection::vec(step(), 1..8).prop_flat_map(|steps| {
            let all: Vec<usize> = (0..steps.len()).collect();
            let again = prop::collection::vec(0..steps.len(), 0..3);
            (Just(steps), again.prop_flat_map(move |again| Just([all.clone(), again].concat()).prop_shuffle()))
        })
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(ends_as_the_model_says(&steps, &arriving));
    }
}
