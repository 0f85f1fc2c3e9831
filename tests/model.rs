//! Generated lives of an instance and of a license code, with repeats, late and overtaking calls, against a small model of the rules that
//! shares nothing with the code.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use koogallery::{ExpireTime, Timestamp};
use koogallery_local::marketplace::SignedCall;
use koogallery_runtime::now;
use koogallery_store::{Bought, Changed, FreezeCause, Lifecycle, Status, ToldOrder};
use koogallery_tests::Seller;
use koogallery_tests::bodies::{self, CODE, ID};
use proptest::prelude::*;
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
    Refund { order: u8, until: i64 },
    Upgrade { order: u8 },
    Freeze,
    Unfreeze,
}

/// A call with the second that it was signed in: no two alike, so that their order is clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Call {
    signed: i64,
    said: Said,
}

/// The rules, told once more: all calls in the order of signing, each order at its first signing. `bought_until` is what
/// the order query told, at whatever moment.
fn model(calls: &[Call], bought_until: Option<i64>) -> (Status, Option<FreezeCause>, Option<i64>) {
    let mut calls = calls.to_vec();
    calls.sort();
    let (mut expiry, mut expired, mut suspended) = (bought_until, false, false);
    let mut seen = BTreeSet::new();
    for Call { signed, said } in calls {
        if let Said::Renew { order, .. } | Said::Refund { order, .. } | Said::Upgrade { order } = said
            && !seen.insert(order)
        {
            continue;
        }
        match said {
            Said::Renew { until, .. } => {
                expiry = expiry.max(Some(until));
                expired &= until <= signed;
            }
            Said::Refund { until, .. } => expiry = Some(until),
            Said::Upgrade { .. } => {}
            Said::Freeze => {
                if expiry.is_none_or(|expiry| expiry <= signed) {
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
    all_at_once: bool,
}

fn life() -> impl Strategy<Value = Life> {
    let sold = prop_oneof![2 => Just(Sold::Instance), 1 => Just(Sold::LicenseCode)];
    let told = prop::option::of((0usize..14, -25i64..45));
    let again = prop::collection::vec(any::<prop::sample::Index>(), 0..4);
    (sold, calls(), told, any::<bool>(), again).prop_flat_map(|(sold, mut calls, told, all_at_once, again)| {
        // A code is not upgraded.
        for call in calls.iter_mut().filter(|_| sold == Sold::LicenseCode) {
            if matches!(call.said, Said::Upgrade { .. }) {
                call.said = Said::Freeze;
            }
        }
        let mut arriving = calls.clone();
        arriving.extend(again.iter().map(|index| *index.get(&calls)));
        Just(arriving).prop_shuffle().prop_map(move |arriving| Life {
            sold,
            calls: calls.clone(),
            arriving,
            told: told.filter(|_| sold == Sold::Instance),
            all_at_once,
        })
    })
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
    let (id, order, line) = (ID.parse().unwrap(), "CS1".parse().unwrap(), "CS1-000001".parse().unwrap());
    for outcome in [Changed::Applied, Changed::Unchanged] {
        let changed = seller.host.store().order_told(&id, &order, Some(&line), &told, now()).await.unwrap();
        assert_eq!(changed, outcome);
    }
}

async fn live(life: &Life) {
    let seller = std::sync::Arc::new(Seller::start().await);
    let start = now();
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
            let reply = seller.send(&signed(&seller, start, life.sold, *call)).await;
            assert_eq!(reply.result_code.as_str(), "000000", "{call:?}");
        }
        if let Some((_, until)) = told.filter(|(before, _)| *before == life.arriving.len()) {
            tell(&seller, start, until).await;
        }
    }

    let (status, cause, expiry) = model(&life.calls, life.told.map(|(_, until)| until));
    let standing = standing_life(&seller, life.sold).await;
    let expected_expiry = expiry.map(|second| start.as_millis() + second * 1000);
    let standing_expiry = standing.expire_time.map(|time| time.timestamp().as_millis());
    assert_eq!((standing.status, standing.freeze_cause, standing_expiry), (status, cause, expected_expiry), "{life:?}");

    // The events tell the same story: each order once, and freezes and unfreezes in turn up to what stands.
    let (partition, family) = match life.sold {
        Sold::Instance => (bodies::INSTANCE, "instance"),
        Sold::LicenseCode => (bodies::LICENSE, "license"),
    };
    let events = seller.events(partition).await;
    let count = |kind: &str| events.iter().filter(|event| **event == format!("{family}.{kind}")).count();
    let frozen = usize::from(status == Status::Frozen);
    assert_eq!(count("frozen"), count("unfrozen") + frozen, "{events:?}");
    let orders: BTreeSet<u8> = life
        .calls
        .iter()
        .filter_map(|call| match call.said {
            Said::Renew { order, .. } | Said::Refund { order, .. } | Said::Upgrade { order } => Some(order),
            Said::Freeze | Said::Unfreeze => None,
        })
        .collect();
    assert_eq!(count("refreshed") + count("upgraded"), orders.len(), "{events:?}");

    let release = match life.sold {
        Sold::Instance => bodies::release(),
        Sold::LicenseCode => bodies::release_code(),
    };
    seller.say_all(&[release]).await;
    let last = signed(&seller, start, life.sold, life.calls[0]);
    assert_eq!(seller.send(&last).await.result_code.as_str(), "000003");
    assert_eq!(standing_life(&seller, life.sold).await.status, Status::Released);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_order_of_arrival_ends_as_the_rules_say(life in life()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(live(&life));
    }
}
