//! What the joint-operations kit's events tell is what stands: whoever follows only them, each at least once and in order, ends
//! where the seller API is. Which of two calls stands, and that none stands twice.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::time::Duration;

use koogallery::Timestamp;
use koogallery_runtime::now;
use koogallery_store::Changed;
use koogallery_tests::api::Api;
use koogallery_tests::bodies::{ID, purchase, release, with};
use koogallery_tests::kit::{
    DIALECTS, Dialect, Said, TENANT, application, arrives, auth, department, departments, one_of_each, signed_at,
    tenant, told, user,
};
use koogallery_tests::{Seller, is_of_a_trace, text};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Another instance of the same enterprise.
const OTHER: &str = "other-1";

async fn two_instances() -> Seller {
    let seller = Seller::of_kit().await;
    seller.say_all(&[purchase(), with(with(purchase(), "orderId", "CS2"), "businessId", OTHER)]).await;
    seller
}

fn of(instance: &str, (callback, body): Said) -> Said {
    (callback, with(body, "instanceId", instance))
}

async fn sync_at(seller: &Seller, dialect: Dialect, said: &Said, at: Timestamp) {
    let code = seller.send(&signed_at("kit-key", dialect, said, at)).await.result_code;
    assert_eq!(code.as_str(), "000000", "{dialect:?} {said:?}");
}

/// What is kept of one thing by who follows events, and what the API shows of it.
type Kept = BTreeMap<String, Value>;

/// What the seller API shows of an enterprise, thing by thing.
struct Shown<'a>(Api, &'a Seller);

impl Shown<'_> {
    async fn get(&self, path: &str) -> Option<Value> {
        let answer = self.0.get(path).await;
        (answer.status == 200).then_some(answer.body)
    }

    async fn tenant(&self, instance: &str) -> Option<Value> {
        let bindings = self.get("/v1/tenants/t-1").await?["bindings"].as_array().unwrap().clone();
        bindings.into_iter().find(|binding| binding["instanceId"] == instance)
    }

    async fn application(&self, instance: &str) -> Option<Value> {
        let path = format!("/v1/tenants/t-1/applications/a-1?instanceId={instance}");
        let application = self.get(&path).await?;
        let path = format!("/v1/tenants/t-1/applications/a-1/client-secret?instanceId={instance}");
        Some(json!([application, self.0.post(&path, &Value::Null).await.body]))
    }

    async fn users(&self, instance: &str) -> Vec<(String, Value)> {
        let path = format!("/v1/tenants/t-1/users?instanceId={instance}&appId=a-1&limit=200");
        let users = self.get(&path).await.unwrap()["users"].as_array().unwrap().clone();
        users.into_iter().map(|user| (user["userName"].as_str().unwrap().to_owned(), user)).collect()
    }

    async fn departments(&self, instance: &str) -> Vec<(String, Value)> {
        let path = format!("/v1/tenants/t-1/departments?instanceId={instance}&limit=200");
        let all = self.get(&path).await.unwrap()["departments"].as_array().unwrap().clone();
        all.into_iter().map(|one| (one["orgCode"].as_str().unwrap().to_owned(), one)).collect()
    }

    async fn all(&self) -> Kept {
        let mut all = Kept::new();
        for instance in [ID, OTHER] {
            all.extend(self.tenant(instance).await.map(|tenant| (format!("tenant {instance}"), tenant)));
            all.extend(self.application(instance).await.map(|app| (format!("application {instance}"), app)));
            all.extend(
                self.users(instance).await.into_iter().map(|(name, user)| (format!("user {instance} {name}"), user)),
            );
            let departments = self.departments(instance).await;
            all.extend(departments.into_iter().map(|(code, one)| (format!("department {instance} {code}"), one)));
        }
        all
    }

    /// What the application does about an event: the event says what became of whom, the API what is to know of it.
    async fn follow(&self, kept: &mut Kept, kind: &str, data: &Value) {
        let instance = data["instanceId"].as_str().unwrap();
        let names = |member: &str| -> Vec<String> {
            let names = data[member].as_array().unwrap();
            assert_eq!(data["count"], names.len(), "{data}");
            names.iter().map(|name| name.as_str().unwrap().to_owned()).collect()
        };
        match kind {
            "tenant.removed" => drop(kept.remove(&format!("tenant {instance}"))),
            "application.removed" => drop(kept.remove(&format!("application {instance}"))),
            "tenant.added" | "tenant.modified" => {
                kept.insert(format!("tenant {instance}"), self.tenant(instance).await.unwrap_or_default());
            }
            "application.added" | "application.modified" => {
                kept.insert(format!("application {instance}"), self.application(instance).await.unwrap_or_default());
            }
            "users.deleted" => {
                kept.retain(|name, _| {
                    !names("userNames").iter().any(|gone| *name == format!("user {instance} {gone}"))
                });
            }
            "users.granted" | "users.changed" | "users.revoked" => {
                let known: BTreeMap<_, _> = self.users(instance).await.into_iter().collect();
                for name in names("userNames") {
                    let user = known.get(&name).cloned().unwrap_or_else(|| json!({}));
                    kept.insert(format!("user {instance} {name}"), with(user, "revoked", kind == "users.revoked"));
                }
            }
            "departments.removed" => kept.retain(|name, _| {
                !names("orgCodes").iter().any(|gone| *name == format!("department {instance} {gone}"))
            }),
            "departments.changed" => {
                let known: BTreeMap<_, _> = self.departments(instance).await.into_iter().collect();
                for code in names("orgCodes") {
                    let one = known.get(&code).cloned().unwrap_or_default();
                    kept.insert(format!("department {instance} {code}"), one);
                }
            }
            "departments.replaced" => {
                kept.retain(|name, _| !name.starts_with(&format!("department {instance} ")));
                let all = self.departments(instance).await.into_iter();
                kept.extend(all.map(|(code, one)| (format!("department {instance} {code}"), one)));
            }
            other => panic!("{other}"),
        }
    }
}

/// One call: what it says, the second that it is of, and the millisecond in which it was signed.
#[derive(Debug, Clone)]
struct Step {
    says: Says,
    at: i64,
    signed: u64,
    other: bool,
    v1: bool,
    /// Is what was told so far delivered after it? Each event so often.
    delivered: Option<usize>,
}

#[derive(Debug, Clone)]
enum Says {
    Tenant(u8, u8),
    Application(u8, u8),
    Users(u8, Vec<usize>, u8),
    Department(u8, u8, u8),
    Tree(Vec<(u8, u8)>),
}

fn says() -> impl Strategy<Value = Says> {
    prop_oneof![
        2 => (0u8..3, 0u8..3).prop_map(|(flag, name)| Says::Tenant(flag, name)),
        2 => (0u8..3, 0u8..3).prop_map(|(flag, name)| Says::Application(flag, name)),
        5 => (0u8..4, prop::collection::vec(0usize..3, 1..3), 0u8..3).prop_map(|(flag, who, how)| Says::Users(flag, who, how)),
        2 => (0u8..3, 0u8..3, 0u8..3).prop_map(|(flag, code, name)| Says::Department(flag, code, name)),
        1 => prop::collection::vec((0u8..3, 0u8..3), 0..4).prop_map(Says::Tree),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let delivered = prop::option::weighted(0.6, 1usize..3);
    (says(), 0i64..4, 0u64..6, prop::bool::weighted(0.2), any::<bool>(), delivered)
        .prop_map(|(says, at, signed, other, v1, delivered)| Step { says, at, signed, other, v1, delivered })
}

fn said(step: &Step) -> Said {
    let said = match &step.says {
        Says::Tenant(flag, name) => {
            let (callback, body) = tenant(*flag);
            (callback, with(with(body, "name", format!("Name {name}")), "tenantCode", format!("code-{name}")))
        }
        Says::Application(flag, name) => application(*flag, &format!("secret {name}"), step.at),
        Says::Users(flag, who, how) => {
            let users = who.iter().map(|number| with(user(*number), "position", how.to_string()));
            auth(*flag, users, step.at)
        }
        Says::Department(flag, code, name) => department(*flag, &code.to_string(), &name.to_string(), step.at),
        Says::Tree(all) => {
            let names: Vec<String> = all.iter().map(|(_, name)| name.to_string()).collect();
            departments(all.iter().map(|(code, _)| code.to_string()).zip(names.iter().map(String::as_str)), step.at)
        }
    };
    of(if step.other { OTHER } else { ID }, said)
}

async fn events_lead_where_the_api_is(steps: &[Step]) {
    let seller = two_instances().await;
    let shown = Shown(Api::of(&seller), &seller);
    let began = now().saturating_sub(Duration::from_secs(5));
    let (mut kept, mut followed) = (Kept::new(), 0);
    for (step, is_last) in steps.iter().zip(1..).map(|(step, place)| (step, place == steps.len())) {
        let dialect = if step.v1 { Dialect::V1 } else { Dialect::V2 };
        sync_at(&seller, dialect, &said(step), began.saturating_add(Duration::from_millis(step.signed))).await;
        let Some(times) = step.delivered.or(is_last.then_some(1)) else { continue };
        let events = shown.1.whole_events(TENANT).await;
        for event in &events[followed..] {
            let kind = serde_json::to_value(event.event_type).unwrap();
            for _ in 0..times {
                shown.follow(&mut kept, kind.as_str().unwrap(), &event.data).await;
            }
        }
        followed = events.len();
    }
    assert_eq!(kept, shown.all().await);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, max_shrink_iters: 60, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn who_follows_only_the_events_ends_where_the_seller_api_is(steps in prop::collection::vec(step(), 1..10)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(events_lead_where_the_api_is(&steps));
    }
}

/// The events about an enterprise, each with whom it names.
async fn told_of(seller: &Seller) -> Vec<(String, Value)> {
    let events = seller.whole_events(TENANT).await.into_iter();
    events
        .map(|event| {
            (
                serde_json::to_value(event.event_type).unwrap().as_str().unwrap().to_owned(),
                event.data["userNames"].clone(),
            )
        })
        .collect()
}

fn event(kind: &str, names: &[&str]) -> (String, Value) {
    (kind.to_owned(), json!(names))
}

#[tokio::test]
async fn a_late_grant_of_a_revoked_user_is_no_access() {
    let seller = two_instances().await;
    let position = |number, position: &str| with(user(number), "position", position);
    seller.sync_all([auth(1, [user(1)], 1), auth(3, [user(1)], 3), auth(1, [user(1)], 2)]).await;
    let first = [event("users.granted", &["user-00001"]), event("users.revoked", &["user-00001"])];
    assert_eq!(told_of(&seller).await, first, "the late grant changes nothing that is seen");

    // What it tells of the user is newer, and that stands; the access does not.
    seller.sync_all([auth(1, [position(1, "late")], 2)]).await;
    // Heard of by the revocation first.
    seller.sync_all([auth(3, [user(2)], 3), auth(1, [user(2)], 2)]).await;
    let revoked = [event("users.revoked", &["user-00001"]), event("users.revoked", &["user-00002"])];
    assert_eq!(told_of(&seller).await.split_off(2), revoked);
    for number in [1, 2] {
        assert!(seller.user(&format!("user-{number:05}")).await.unwrap().revoked);
    }
}

#[tokio::test]
async fn a_change_lifts_no_revocation_and_a_grant_does() {
    let position = |position: &str| with(user(1), "position", position);
    let [grant, revoke, change] = [auth(1, [user(1)], 1), auth(3, [user(1)], 3), auth(2, [position("later")], 4)];
    let (revoked, granted) = (event("users.revoked", &["user-00001"]), event("users.granted", &["user-00001"]));
    let changed = event("users.changed", &["user-00001"]);
    for (order, events) in [
        ([&grant, &revoke, &change], vec![granted.clone(), revoked.clone(), revoked.clone()]),
        ([&grant, &change, &revoke], vec![granted.clone(), changed, revoked.clone()]),
        ([&revoke, &change, &grant], vec![revoked.clone()]),
        ([&change, &revoke, &grant], vec![granted.clone(), revoked.clone()]),
    ] {
        let seller = two_instances().await;
        seller.sync_all(order.map(Clone::clone)).await;
        assert_eq!(told_of(&seller).await, events);
        let known = seller.user("user-00001").await.unwrap();
        assert!(known.revoked && known.user == told(&position("later")));
        seller.sync_all([auth(1, [position("later")], 5)]).await;
        assert_eq!(told_of(&seller).await.last(), Some(&granted));
        assert!(!seller.user("user-00001").await.unwrap().revoked);
    }
}

#[tokio::test]
async fn of_one_time_the_call_that_was_signed_later_stands() {
    let named = |name: &str| with(user(1), "name", name);
    // "z" is the greater text, and is signed first.
    let pairs = [
        [application(1, "z", 1), application(2, "a", 1)],
        [auth(1, [named("z")], 1), auth(2, [named("a")], 1)],
        [department(1, "o-1", "z", 1), department(2, "o-1", "a", 1)],
        [departments([("o-1".to_owned(), "z")], 1), departments([("o-1".to_owned(), "a")], 1)],
        [department(1, "o-1", "z", 1), departments([("o-1".to_owned(), "a")], 1)],
        [departments([("o-1".to_owned(), "z")], 1), department(1, "o-1", "a", 1)],
        [application(0, "", 1), application(1, "a", 1)],
        [auth(0, [user(1)], 1), auth(1, [named("a")], 1)],
        [auth(3, [user(1)], 1), auth(1, [named("a")], 1)],
        [department(0, "o-1", "", 1), department(1, "o-1", "a", 1)],
    ];
    let gone = [
        [application(1, "z", 1), application(0, "", 1)],
        [auth(1, [user(1)], 1), auth(0, [user(1)], 1)],
        [department(1, "o-1", "z", 1), department(0, "o-1", "", 1)],
    ];
    for dialect in DIALECTS {
        for pair in &pairs {
            let shown = whichever_comes_first(dialect, pair).await;
            let shown = shown.values().next().unwrap_or_else(|| panic!("{pair:?}"));
            let told = [&shown["name"], &shown["orgName"], &shown[1]["clientSecret"]];
            assert!(told.iter().any(|text| **text == "a") && shown["revoked"] != true, "{shown}");
        }
        for pair in &gone {
            assert_eq!(whichever_comes_first(dialect, pair).await, Kept::new(), "{pair:?}");
        }
    }
}

/// What stands after two calls of which the second was signed later.
async fn whichever_comes_first(dialect: Dialect, [first, last]: &[Said; 2]) -> Kept {
    let mut ends = Vec::new();
    for late in [false, true] {
        let seller = two_instances().await;
        let mut calls = [
            (first, now().saturating_sub(Duration::from_secs(2))),
            (last, now().saturating_sub(Duration::from_secs(1))),
        ];
        if late {
            calls.reverse();
        }
        for (said, at) in calls {
            sync_at(&seller, dialect, said, at).await;
        }
        ends.push(Shown(Api::of(&seller), &seller).all().await);
    }
    let end = ends.pop().unwrap();
    assert_eq!(ends[0], end, "{dialect:?} {last:?}");
    end
}

#[tokio::test]
async fn a_change_of_a_tenant_leaves_its_code_and_waits_for_its_addition() {
    let (callback, body) = tenant(2);
    let change = (callback, with(with(body, "tenantCode", "another"), "name", "Renamed"));
    for dialect in DIALECTS {
        for late in [false, true] {
            let seller = two_instances().await;
            let began = now().saturating_sub(Duration::from_secs(9));
            let signed = |seconds| began.saturating_add(Duration::from_secs(seconds));
            let mut calls = [(tenant(1), signed(1)), (change.clone(), signed(2))];
            if late {
                calls.reverse();
            }
            for (said, at) in &calls {
                sync_at(&seller, dialect, said, *at).await;
            }
            let shown = Shown(Api::of(&seller), &seller);
            let binding = shown.tenant(ID).await.unwrap();
            assert_eq!((&binding["tenantCode"], &binding["name"]), (&json!("example"), &json!("Renamed")));
            let events = if late { vec!["tenant.added"] } else { vec!["tenant.added", "tenant.modified"] };
            assert_eq!(seller.events(TENANT).await, events);
            sync_at(&seller, dialect, &tenant(0), signed(3)).await;
            sync_at(&seller, dialect, &change, signed(4)).await;
            assert_eq!(shown.all().await, Kept::new(), "what is not bound is not bound by a change");
        }
    }
}

#[tokio::test]
async fn one_instance_s_credentials_do_not_go_with_another_s() {
    for dialect in DIALECTS {
        let seller = two_instances().await;
        let shown = Shown(Api::of(&seller), &seller);
        for said in
            [application(1, "mine", 1), of(OTHER, application(1, "theirs", 2)), of(OTHER, application(0, "", 3))]
        {
            assert_eq!(seller.sync_in(dialect, &said).await, "000000");
        }
        assert_eq!(shown.application(ID).await.unwrap()[1]["clientSecret"], "mine");
        assert_eq!(shown.application(OTHER).await, None);
        let newest = shown.get("/v1/tenants/t-1/applications/a-1").await.unwrap();
        assert_eq!(newest["instanceId"], ID);
        let events = seller.whole_events(TENANT).await;
        assert_eq!(events.iter().filter(|event| event.data["instanceId"] == OTHER).count(), 2);
    }
}

#[tokio::test]
async fn a_tree_counts_each_department_once() {
    let seller = two_instances().await;
    let listed = ["o-1", "o-2", "o-1"].map(|code| (code.to_owned(), "Sales"));
    seller.sync_all([departments(listed, 1)]).await;
    let events = seller.whole_events(TENANT).await;
    assert_eq!(events[0].data["count"], 2);
}

#[tokio::test]
async fn no_replay_changes_anything_however_late_it_verifies() {
    let hours = |hours| Duration::from_hours(hours);
    // Each call, and one that takes back what it did. None tells a time of its own: its signing is all that orders it.
    let untimed = |(callback, body): Said| (callback, with(body, "currentSyncTime", ""));
    let tree = |codes: &[&str]| departments(codes.iter().map(|code| ((*code).to_owned(), "Sales")), 0);
    let calls = [
        [tenant(1), tenant(0)],
        [tenant(0), tenant(1)],
        [application(1, "s3cret", 0), application(0, "", 0)],
        [application(0, "", 0), application(1, "s3cret", 0)],
        [auth(1, [user(1)], 0), auth(3, [user(1)], 0)],
        [auth(3, [user(1)], 0), auth(1, [user(1)], 0)],
        [auth(0, [user(1)], 0), auth(1, [user(1)], 0)],
        [department(1, "o-1", "Sales", 0), department(0, "o-1", "", 0)],
        [department(0, "o-1", "", 0), department(1, "o-1", "Sales", 0)],
        [tree(&["o-1"]), tree(&["o-2"])],
    ];
    for dialect in DIALECTS {
        for [call, back] in calls.clone().map(|pair| pair.map(untimed)) {
            let seller = two_instances().await;
            let began = now();
            let [captured, undoes] = [(&call, began), (&back, began.saturating_add(hours(1)))]
                .map(|(said, at)| signed_at("kit-key", dialect, said, at));
            assert!(matches!(
                arrives(&seller, call.0, &captured, began).await,
                Some(Ok(Changed::Applied | Changed::Unchanged))
            ));
            arrives(&seller, back.0, &undoes, began.saturating_add(hours(1))).await.unwrap().unwrap();
            let standing = seller.standing().await;
            let mut verified = 0;
            // Every quarter of an hour for longer than any zone is away, and around the eight hours of the two readings.
            let quarters = (0..48u64).map(|quarter| Duration::from_mins(15 * quarter));
            let around = [-59i64, -1, 0, 1, 59].map(|seconds| hours(8).saturating_add_signed(seconds));
            for later in quarters.chain(around).chain([Duration::from_secs(59)]) {
                let Some(replayed) = arrives(&seller, call.0, &captured, began.saturating_add(later)).await else {
                    continue;
                };
                verified += 1;
                let expected = if dialect == Dialect::V1 { "Repeated(Success)" } else { "Replayed" };
                assert_eq!(format!("{:?}", replayed.unwrap()), expected, "{later:?}");
                assert_eq!(seller.standing().await, standing, "{dialect:?} {call:?} {later:?}");
            }
            assert!(verified >= if dialect == Dialect::V1 { 7 } else { 2 }, "{verified}");
        }
    }
}

trait SaturatingAddSigned {
    fn saturating_add_signed(self, seconds: i64) -> Self;
}

impl SaturatingAddSigned for Duration {
    fn saturating_add_signed(self, seconds: i64) -> Self {
        let by = Self::from_secs(seconds.unsigned_abs());
        if seconds < 0 { self.saturating_sub(by) } else { self + by }
    }
}

#[tokio::test]
async fn a_v1_call_that_comes_again_is_answered_as_the_first_time() {
    let seller = Seller::of_kit().await;
    let call = signed_at("kit-key", Dialect::V1, &auth(1, [user(1)], 1), now());
    assert_eq!(seller.send(&call).await.result_code.as_str(), "000003");
    seller.say_all(&[purchase()]).await;
    assert_eq!(seller.send(&call).await.result_code.as_str(), "000003");
    let (callback, body) = application(1, "s3cret", 1);
    let bad = (callback, with(body, "clientSecret", "bm90IGVuY3J5cHRlZA=="));
    let [bad, good] = [bad, auth(1, [user(1)], 1)].map(|said| signed_at("kit-key", Dialect::V1, &said, now()));
    for (call, code) in [(&bad, "000101"), (&bad, "000101"), (&good, "000000"), (&good, "000000")] {
        assert_eq!(seller.send(call).await.result_code.as_str(), code);
    }
    // The token may come with its `+` as a space: that makes no other call of it.
    let mut spaced = good.clone();
    for (_, value) in &mut spaced.headers {
        *value = value.replace('+', " ");
    }
    seller.sync_all([auth(0, [user(1)], 2)]).await;
    let standing = seller.standing().await;
    assert_eq!(seller.send(&spaced).await.result_code.as_str(), "000000");
    assert_eq!(seller.standing().await, standing);
    seller.say_all(&[release()]).await;
    assert_eq!(seller.send(&good).await.result_code.as_str(), "000000");
    assert!(seller.everything().await.iter().any(|item| text(item, "pk").starts_with("NONCE#authToken ")));
}

#[tokio::test]
async fn to_the_kit_an_instance_that_the_license_key_made_is_unknown() {
    let seller = Seller::of_kit().await;
    let bought = seller.signed_with("license-key", &purchase(), now());
    assert_eq!(seller.send(&bought).await.result_code.as_str(), "000000");
    for dialect in DIALECTS {
        for said in one_of_each() {
            assert_eq!(seller.sync_in(dialect, &said).await, "000003", "{dialect:?} {:?}", said.0);
        }
        assert_eq!(seller.sync_in(dialect, &auth(0, [user(1)], 2)).await, "000000", "as of any that never was");
    }
    let kept = seller.everything().await.into_iter().filter(|item| !is_of_a_trace(item));
    assert_eq!(kept.filter(|item| text(item, "pk").starts_with("TENANT#")).count(), 0);
}
