//! Generated lives of an instance and of a license code, with repeats, late and overtaking calls, against a small model of the rules that
//! shares nothing with the code; and against an application that follows the events and nothing else.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use koogallery::{ExpireTime, Timestamp};
use koogallery_local::marketplace::SignedCall;
use koogallery_runtime::now;
use koogallery_store::{Bought, Changed, Event, EventType, FreezeCause, Lifecycle, Status, ToldOrder};
use koogallery_tests::Seller;
use koogallery_tests::api::{Api, TOKEN};
use koogallery_tests::bodies::{self, CODE, ID};
use proptest::prelude::*;
use serde_json::{Map, Value};
use tokio::task::JoinSet;

/// What was sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sold {
    /// Bought before anything else is said of it.
    Instance,
    /// Not heard of before.
    LicenseCode,
}

/// What a call says; times are seconds from the start, some of them before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Said {
    Renew { order: u8, until: i64 },
    Formal { order: u8, until: i64 },
    Refund { order: u8, until: i64 },
    Upgrade { order: u8 },
    Freeze,
    Unfreeze,
}

impl Said {
    /// Which order it is about.
    const fn order(self) -> Option<u8> {
        match self {
            Self::Renew { order, .. }
            | Self::Formal { order, .. }
            | Self::Refund { order, .. }
            | Self::Upgrade { order } => Some(order),
            Self::Freeze | Self::Unfreeze => None,
        }
    }
}

/// A call with the second that it was signed in: no two alike, so that their order is clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Call {
    signed: i64,
    said: Said,
}

/// In the last of the first period, a freeze counts as one at its end.
const EIGHT_HOURS: i64 = 8 * 60 * 60;

/// The rules, told once more: all calls in the order of signing, each order at its first signing. `bought_until` is what
/// the order query told, at whatever moment.
fn model(calls: &[Call], bought_until: Option<i64>) -> (Status, Option<FreezeCause>, Option<i64>) {
    let mut calls = calls.to_vec();
    calls.sort();
    let (mut expiry, mut expired, mut suspended) = (bought_until, false, false);
    let mut seen = BTreeSet::new();
    for Call { signed, said } in calls {
        if let Some(order) = said.order()
            && !seen.insert(order)
        {
            continue;
        }
        match said {
            Said::Renew { until, .. } => {
                expiry = expiry.max(Some(until));
                expired &= until <= signed;
            }
            Said::Formal { until, .. } => {
                expiry = Some(until);
                expired &= until <= signed;
            }
            Said::Refund { until, .. } => expiry = Some(until),
            Said::Upgrade { .. } => {}
            Said::Freeze => {
                let unsure = if expiry == bought_until { EIGHT_HOURS } else { 0 };
                if expiry.is_none_or(|expiry| expiry - unsure <= signed) {
                    expired = true;
                } else {
                    suspended = true;
                }
            }
            Said::Unfreeze => (expired, suspended) = (false, false),
        }
    }
    let cause = match (suspended, expired) {
        (true, _) => Some(FreezeCause::Suspended),
        (false, true) => Some(FreezeCause::Expired),
        (false, false) => None,
    };
    (if cause.is_some() { Status::Frozen } else { Status::Active }, cause, expiry)
}

fn signed(seller: &Seller, start: Timestamp, sold: Sold, call: Call) -> SignedCall {
    let at = |second: i64| Timestamp::from_millis(start.as_millis() + second * 1000);
    let refresh = |order: u8, scene, until| {
        let (order, until) = (format!("O{order}"), ExpireTime::from_timestamp(at(until)).unwrap().to_string());
        match sold {
            Sold::Instance => bodies::refresh(&order, scene, &until),
            Sold::LicenseCode => bodies::refresh_code(&order, scene, &until),
        }
    };
    let body = match (call.said, sold) {
        (Said::Renew { order, until }, _) => refresh(order, "RENEWAL", until),
        (Said::Formal { order, until }, _) => refresh(order, "TRIAL_TO_FORMAL", until),
        (Said::Refund { order, until }, _) => refresh(order, "UNSUBSCRIBE_RENEWAL_PERIOD", until),
        (Said::Upgrade { order }, _) => bodies::upgrade(&format!("O{order}")),
        (Said::Freeze, Sold::Instance) => bodies::freeze(),
        (Said::Freeze, Sold::LicenseCode) => bodies::freeze_code(),
        (Said::Unfreeze, Sold::Instance) => bodies::unfreeze(),
        (Said::Unfreeze, Sold::LicenseCode) => bodies::unfreeze_code(),
    };
    seller.signed_body_at(&body, at(call.signed))
}

/// Signed within a window that all of a test's run fits into; an order is one thing whoever repeats it.
fn calls() -> impl Strategy<Value = Vec<Call>> {
    let said = prop_oneof![
        3 => (0u8..4).prop_map(|order| Said::Renew { order, until: i64::from(order) * 12 - 8 }),
        1 => (8u8..10).prop_map(|order| Said::Formal { order, until: i64::from(order) * 20 - 165 }),
        1 => (4u8..6).prop_map(|order| Said::Refund { order, until: i64::from(order) * 10 - 40 }),
        1 => (6u8..8).prop_map(|order| Said::Upgrade { order }),
        3 => Just(Said::Freeze),
        2 => Just(Said::Unfreeze),
    ];
    let seconds: Vec<i64> = (-20..40).collect();
    (prop::collection::vec(said, 1..10), Just(seconds).prop_shuffle())
        .prop_map(|(said, seconds)| said.into_iter().zip(seconds).map(|(said, signed)| Call { signed, said }).collect())
}

#[derive(Debug, Clone)]
struct Life {
    sold: Sold,
    calls: Vec<Call>,
    /// As they arrive: shuffled, some of them sent again.
    arriving: Vec<Call>,
    /// Before which of those the order query tells the first expiry, an instance's alone; and which.
    told: Option<(usize, i64)>,
    /// Before which of those the order query tells of a later order, an instance's alone; and of which.
    told_later: Vec<(usize, u8)>,
    all_at_once: bool,
}

fn life() -> impl Strategy<Value = Life> {
    let sold = prop_oneof![2 => Just(Sold::Instance), 1 => Just(Sold::LicenseCode)];
    let until = prop_oneof![-25i64..45, EIGHT_HOURS - 25..EIGHT_HOURS + 45];
    let told = prop::option::of((0usize..14, until));
    let again = prop::collection::vec(any::<prop::sample::Index>(), 0..4);
    let later = prop::collection::vec((0usize..14, 0u8..10), 0..5);
    (sold, calls(), told, later, any::<bool>(), again).prop_flat_map(
        |(sold, mut calls, told, later, all_at_once, again)| {
            // A code is not upgraded, and has no trial.
            for call in calls.iter_mut().filter(|_| sold == Sold::LicenseCode) {
                call.said = match call.said {
                    Said::Upgrade { .. } => Said::Freeze,
                    Said::Formal { order, until } => Said::Refund { order, until },
                    said => said,
                };
            }
            let mut arriving = calls.clone();
            arriving.extend(again.iter().map(|index| *index.get(&calls)));
            Just(arriving).prop_shuffle().prop_map(move |arriving| Life {
                sold,
                calls: calls.clone(),
                arriving,
                told: told.filter(|_| sold == Sold::Instance),
                told_later: if sold == Sold::Instance { later.clone() } else { Vec::new() },
                all_at_once,
            })
        },
    )
}

async fn standing_life(seller: &Seller, sold: Sold) -> Lifecycle {
    match sold {
        Sold::Instance => seller.instance(ID).await.unwrap().life,
        Sold::LicenseCode => seller.license(CODE).await.unwrap().life,
    }
}

/// The order query tells what was bought and until when, twice.
async fn tell(seller: &Seller, start: Timestamp, until: i64) {
    let until = ExpireTime::from_timestamp(Timestamp::from_millis(start.as_millis() + until * 1000));
    let bought = Bought { linear_value: Some(5.0), ..Bought::default() };
    let told = ToldOrder { bought, until };
    for outcome in [Changed::Applied, Changed::Unchanged] {
        assert_eq!(order_told(seller, "CS1", &told).await, outcome);
    }
}

/// The order query tells of a later order: of one that nobody has heard of yet, in vain.
async fn tell_later(seller: &Seller, order: u8) {
    let bought = Bought {
        product_id: (!order.is_multiple_of(3)).then(|| format!("p-{order}").parse().unwrap()),
        linear_value: order.is_multiple_of(2).then(|| f64::from(order)),
        period_number: Some(order.into()),
        ..Bought::default()
    };
    let changed = order_told(seller, &format!("O{order}"), &ToldOrder { bought, until: None }).await;
    assert!(matches!(changed, Changed::Applied | Changed::Unchanged), "{changed:?}");
}

async fn order_told(seller: &Seller, order: &str, told: &ToldOrder) -> Changed {
    let line = format!("{order}-000001").parse().unwrap();
    let (id, order) = (ID.parse().unwrap(), order.parse().unwrap());
    seller.host.store().tell_order(&id, &order, Some(&line), told, now()).await.unwrap()
}

/// What an application knows that follows the events and nothing else, each of them as it is delivered.
#[derive(Debug, Clone, Default, PartialEq)]
struct Follower {
    status: String,
    cause: Value,
    expiry: Value,
    product: Value,
    holds: Map<String, Value>,
}

/// The members of an object; of numbers their values, however they are written.
fn members(object: &Value) -> Map<String, Value> {
    let value = |value: &Value| value.as_f64().map_or_else(|| value.clone(), Value::from);
    let object = object.as_object().cloned().unwrap_or_default();
    object.into_iter().map(|(name, member)| (name, value(&member))).collect()
}

impl Follower {
    fn hears(&mut self, event: &Event) {
        let kind = serde_json::to_value(event.event_type).unwrap();
        let data = &event.data;
        for (known, name) in [(&mut self.expiry, "expireTime"), (&mut self.product, "productId")] {
            if let Some(value) = data.get(name) {
                known.clone_from(value);
            }
        }
        self.holds.extend(members(&data["holds"]));
        let (status, cause) = match kind.as_str().unwrap().split_once('.').unwrap().1 {
            "created" | "unfrozen" => ("active", Value::Null),
            "frozen" => ("frozen", data["cause"].clone()),
            "released" => ("released", Value::Null),
            _ => return,
        };
        (self.status, self.cause) = (status.to_owned(), cause);
    }

    /// What the seller's API shows of it.
    async fn of(api: &Api, sold: Sold) -> Self {
        let shown = match sold {
            Sold::Instance => api.get(&format!("/v1/instances/{ID}")).await.body,
            Sold::LicenseCode => api.get(&format!("/v1/licenses/{CODE}")).await.body,
        };
        Self {
            status: shown["status"].as_str().unwrap().to_owned(),
            cause: shown["freezeCause"].clone(),
            expiry: shown["expireTime"].clone(),
            product: shown["productId"].clone(),
            holds: members(&shown["holds"]),
        }
    }
}

/// Whoever follows the events, in the order of their ids and some of them twice, knows what the seller's API shows.
async fn events_tell_what_stands(seller: &Seller, api: &Api, life: &Life) -> Vec<Event> {
    let partition = if life.sold == Sold::Instance { bodies::INSTANCE } else { bodies::LICENSE };
    let events = seller.whole_events(partition).await;
    let mut follower = Follower { status: "active".to_owned(), ..Follower::default() };
    for event in &events {
        let before = follower.clone();
        follower.hears(event);
        follower.hears(event);
        let says_something = [EventType::Refreshed, EventType::Upgraded, EventType::LicenseRefreshed];
        let is_news = before != follower || event.event_type == EventType::Created;
        assert!(is_news || says_something.contains(&event.event_type), "{event:?} tells nothing new: {life:?}");
    }
    assert_eq!(follower, Follower::of(api, life.sold).await, "{events:#?} {life:?}");
    events
}

async fn live(life: &Life) {
    let seller = Seller::with(|environment| environment.with("KOOGALLERY_API_TOKEN", TOKEN)).await;
    let (seller, start) = (std::sync::Arc::new(seller), now());
    if life.sold == Sold::Instance {
        let bought = seller.signed_body_at(&bodies::purchase(), Timestamp::from_millis(start.as_millis() - 30_000));
        assert_eq!(seller.send(&bought).await.result_code.as_str(), "000000");
    }

    if life.all_at_once {
        let mut sending = JoinSet::new();
        if let Some((_, until)) = life.told {
            let seller = std::sync::Arc::clone(&seller);
            sending.spawn(async move {
                tell(&seller, start, until).await;
                "000000".to_owned()
            });
        }
        for (_, order) in &life.told_later {
            let (seller, order) = (std::sync::Arc::clone(&seller), *order);
            sending.spawn(async move {
                tell_later(&seller, order).await;
                "000000".to_owned()
            });
        }
        for call in &life.arriving {
            let (seller, call) = (std::sync::Arc::clone(&seller), signed(&seller, start, life.sold, *call));
            sending.spawn(async move { seller.send(&call).await.result_code.to_string() });
        }
        assert!(sending.join_all().await.iter().all(|code| code == "000000"));
    } else {
        let told = life.told.map(|(before, until)| (before.min(life.arriving.len()), until));
        for (place, call) in life.arriving.iter().enumerate() {
            if let Some((_, until)) = told.filter(|(before, _)| *before == place) {
                tell(&seller, start, until).await;
            }
            for (_, order) in life.told_later.iter().filter(|(before, _)| *before == place) {
                tell_later(&seller, *order).await;
            }
            let reply = seller.send(&signed(&seller, start, life.sold, *call)).await;
            assert_eq!(reply.result_code.as_str(), "000000", "{call:?}");
        }
        if let Some((_, until)) = told.filter(|(before, _)| *before == life.arriving.len()) {
            tell(&seller, start, until).await;
        }
    }
    // Of an order that nobody had heard of, whoever told tells again.
    for (_, order) in &life.told_later {
        tell_later(&seller, *order).await;
    }

    let (status, cause, expiry) = model(&life.calls, life.told.map(|(_, until)| until));
    let standing = standing_life(&seller, life.sold).await;
    let expected_expiry = expiry.map(|second| start.as_millis() + second * 1000);
    let standing_expiry = standing.expire_time.map(|time| time.timestamp().as_millis());
    assert_eq!((standing.status, standing.freeze_cause, standing_expiry), (status, cause, expected_expiry), "{life:?}");
    if life.sold == Sold::Instance {
        let holds = standing.holds().and_then(|holds| holds.period_number).map(u64::from);
        assert_eq!(holds, last_told(life), "{life:?}");
    }

    // The events tell the same story: each order once, and what stands.
    let api = Api::of(&seller);
    let events = events_tell_what_stands(&seller, &api, life).await;
    let orders: BTreeSet<u8> = life.calls.iter().filter_map(|call| call.said.order()).collect();
    let ordered = [EventType::Refreshed, EventType::Upgraded, EventType::LicenseRefreshed];
    let told = events.iter().filter(|event| ordered.contains(&event.event_type)).count();
    assert_eq!(told, orders.len(), "{events:?}");

    let release = match life.sold {
        Sold::Instance => bodies::release(),
        Sold::LicenseCode => bodies::release_code(),
    };
    seller.say_all(&[release]).await;
    let last = signed(&seller, start, life.sold, life.calls[0]);
    assert_eq!(seller.send(&last).await.result_code.as_str(), "000003");
    assert_eq!(standing_life(&seller, life.sold).await.status, Status::Released);
    events_tell_what_stands(&seller, &api, life).await;
}

/// The number that the order query told of the last signed order that it told of, refunds apart.
fn last_told(life: &Life) -> Option<u64> {
    let mut calls = life.calls.clone();
    calls.sort();
    let mut seen = BTreeSet::new();
    let first = |call: &&Call| call.said.order().is_some_and(|order| seen.insert(order));
    let orders: Vec<Said> = calls.iter().filter(first).map(|call| call.said).collect();
    let told = |order: u8| life.told_later.iter().any(|(_, told)| *told == order);
    let last = orders.into_iter().rfind(|said| !matches!(said, Said::Refund { .. }) && said.order().is_some_and(told));
    last.and_then(Said::order).map(u64::from)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_order_of_arrival_ends_as_the_rules_say(life in life()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(live(&life));
    }
}
