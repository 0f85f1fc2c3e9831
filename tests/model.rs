//! Generated lives of an instance, with repeats, late and overtaking calls, against a small model of the rules that
//! shares nothing with the code.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use koogallery::{
    ExpireTime, InstanceStatus, NewInstance, RefreshInstance, ReleaseInstance, Scene, TestFlag, Timestamp,
    UpdateInstanceStatus, UpgradeInstance,
};
use koogallery_local::marketplace::SignedCall;
use koogallery_runtime::now;
use koogallery_store::{FreezeCause, Status};
use koogallery_tests::Seller;
use proptest::prelude::*;
use tokio::task::JoinSet;

const ID: &str = "b-1";

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

/// The rules, told once more: all calls in the order of signing, each order at its first signing.
fn model(calls: &[Call]) -> (Status, Option<FreezeCause>, Option<i64>) {
    let mut calls = calls.to_vec();
    calls.sort();
    let (mut expiry, mut expired, mut suspended) = (None::<i64>, false, false);
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

fn signed(seller: &Seller, start: Timestamp, call: Call) -> SignedCall {
    let at = |second: i64| Timestamp::from_millis(start.as_millis() + second * 1000);
    let refresh = |order: u8, scene, until| RefreshInstance {
        scene,
        order_id: format!("O{order}").parse().unwrap(),
        order_line_id: Some("1".parse().unwrap()),
        instance_id: ID.parse().unwrap(),
        product_id: None,
        expire_time: ExpireTime::from_timestamp(at(until)).unwrap(),
        test_flag: TestFlag::Real,
        further: std::collections::BTreeMap::new(),
    };
    let status = |status| UpdateInstanceStatus { instance_id: ID.parse().unwrap(), status, test_flag: TestFlag::Real };
    let time = at(call.signed);
    match call.said {
        Said::Renew { order, until } => seller.signed_at(&refresh(order, Scene::Renewal, until), time),
        Said::Refund { order, until } => {
            seller.signed_at(&refresh(order, Scene::UnsubscribeRenewalPeriod, until), time)
        }
        Said::Upgrade { order } => {
            let upgrade = UpgradeInstance {
                instance_id: ID.parse().unwrap(),
                order_id: format!("O{order}").parse().unwrap(),
                order_line_id: Some("1".parse().unwrap()),
                test_flag: TestFlag::Real,
                product_id: None,
                further: std::collections::BTreeMap::new(),
            };
            seller.signed_at(&upgrade, time)
        }
        Said::Freeze => seller.signed_at(&status(InstanceStatus::Freeze), time),
        Said::Unfreeze => seller.signed_at(&status(InstanceStatus::Unfreeze), time),
    }
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
    calls: Vec<Call>,
    /// As they arrive: shuffled, some of them sent again.
    arriving: Vec<Call>,
    all_at_once: bool,
}

fn life() -> impl Strategy<Value = Life> {
    (calls(), any::<bool>(), prop::collection::vec(any::<prop::sample::Index>(), 0..4)).prop_flat_map(
        |(calls, all_at_once, again)| {
            let mut arriving = calls.clone();
            arriving.extend(again.iter().map(|index| *index.get(&calls)));
            Just(arriving).prop_shuffle().prop_map(move |arriving| Life { calls: calls.clone(), arriving, all_at_once })
        },
    )
}

async fn live(life: &Life) {
    let seller = std::sync::Arc::new(Seller::start().await);
    let start = now();
    let purchase = NewInstance::new("CS1", "CS1-000001", ID).unwrap();
    let bought = seller.signed_at(&purchase, Timestamp::from_millis(start.as_millis() - 30_000));
    assert_eq!(seller.send(&bought).await.result_code.as_str(), "000000");

    if life.all_at_once {
        let mut sending = JoinSet::new();
        for call in &life.arriving {
            let (seller, call) = (std::sync::Arc::clone(&seller), signed(&seller, start, *call));
            sending.spawn(async move { seller.send(&call).await.result_code.to_string() });
        }
        assert!(sending.join_all().await.iter().all(|code| code == "000000"));
    } else {
        for call in &life.arriving {
            let reply = seller.send(&signed(&seller, start, *call)).await;
            assert_eq!(reply.result_code.as_str(), "000000", "{call:?}");
        }
    }

    let (status, cause, expiry) = model(&life.calls);
    let instance = seller.instance(ID).await.unwrap();
    let expected_expiry = expiry.map(|second| start.as_millis() + second * 1000);
    let standing = instance.expire_time.map(|time| time.timestamp().as_millis());
    assert_eq!((instance.status, instance.freeze_cause, standing), (status, cause, expected_expiry), "{life:?}");

    // The events tell the same story: each order once, and freezes and unfreezes in turn up to what stands.
    let events = seller.events(&format!("INSTANCE#{ID}")).await;
    let count = |kind: &str| events.iter().filter(|event| *event == kind).count();
    let frozen = usize::from(status == Status::Frozen);
    assert_eq!(count("instance.frozen"), count("instance.unfrozen") + frozen, "{events:?}");
    let orders: BTreeSet<u8> = life
        .calls
        .iter()
        .filter_map(|call| match call.said {
            Said::Renew { order, .. } | Said::Refund { order, .. } | Said::Upgrade { order } => Some(order),
            Said::Freeze | Said::Unfreeze => None,
        })
        .collect();
    assert_eq!(count("instance.refreshed") + count("instance.upgraded"), orders.len(), "{events:?}");

    let release = ReleaseInstance {
        instance_id: ID.parse().unwrap(),
        order_id: None,
        order_line_id: None,
        test_flag: TestFlag::Real,
    };
    seller.succeed(&release).await;
    let last = signed(&seller, start, life.calls[0]);
    assert_eq!(seller.send(&last).await.result_code.as_str(), "000003");
    assert_eq!(seller.instance(ID).await.unwrap().status, Status::Released);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_order_of_arrival_ends_as_the_rules_say(life in life()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(live(&life));
    }
}
