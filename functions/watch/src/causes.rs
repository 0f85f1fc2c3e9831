//! What is wrong now, beside supervised orders and instances: purchases that wait, calls and debug calls that fail. Each gives the
//! warnings that are due, so that a standing one that is not among them has no cause any more.

use std::time::Duration;

use koogallery::{Text, Timestamp};
use koogallery_store::{About, Cause, FailedCall, Probe, Raise, Subject, Warning};

use crate::month::{DAY, month_of};

/// KooGallery refunds a purchase after so long.
pub(crate) const REFUND: Duration = Duration::from_hours(3);
/// A purchase that waits for its provisioning is told after so long.
pub(crate) const PROVISIONING: Duration = Duration::from_mins(30);
/// A failed call is told after so long: KooGallery repeats it, and most come well by themselves.
const FAILED: Duration = Duration::from_mins(10);
/// Debug calls that fail for so long freeze the trade.
const PROBES: u32 = 5;
/// So many failed orders of a month are told. More than five freeze the trade.
const ORDERS: usize = 3;

/// An instance that has waited for its provisioning since it was paid.
pub(crate) fn provisioning(subject: Subject, since: Timestamp, now: Timestamp) -> Warning {
    let due_at = Some(since.saturating_add(REFUND));
    let at = since.saturating_add(PROVISIONING);
    Warning::new(subject.into(), &Raise { cause: Cause::ProvisioningWaits, since, at, due_at }, now)
}

/// Calls that failed.
pub(crate) fn failed_calls(failed: &[FailedCall], now: Timestamp) -> Vec<Warning> {
    let due = failed.iter().filter(|call| call.first_at.saturating_add(FAILED) <= now);
    due.map(|call| {
        let cause = call.cause();
        let is_purchase = cause == Cause::PurchaseRefused;
        let due_at = is_purchase.then(|| call.first_at.saturating_add(REFUND));
        let raise = Raise { cause, since: call.first_at, at: now, due_at };
        let detail = format!("{} {}", call.callback, call.result_code);
        Warning::new(call.subject.clone().into(), &raise, now).with_detail(detail)
    })
    .collect()
}

/// Orders that failed this month, and were refunded: too many of them freeze the trade.
pub(crate) fn failed_orders(failed: &[FailedCall], now: Timestamp) -> Option<Warning> {
    let month = month_of(now);
    let is_lost = |call: &&FailedCall| {
        call.cause() == Cause::PurchaseRefused && call.first_at >= month && call.first_at.saturating_add(REFUND) <= now
    };
    let lost = failed.iter().filter(is_lost).count();
    let raise = Raise { cause: Cause::FailedOrders, since: month, at: now, due_at: None };
    (lost >= ORDERS).then(|| Warning::new(About::Deployment, &raise, now).with_detail(lost.to_string()))
}

/// Debug calls that fail: a warning for each day of it.
pub(crate) fn probes(probes: &[Probe], now: Timestamp) -> Vec<Warning> {
    let failing = probes.iter().filter_map(|probe| {
        let first = probe.fails_since?;
        let days = u32::try_from(now.since(first).as_secs() / DAY.as_secs()).unwrap_or(u32::MAX).min(PROBES - 1);
        let since = first.saturating_add(DAY * days);
        let due_at = Some(first.saturating_add(DAY * PROBES));
        let name = Text::try_from(probe.call.callback.clone()).ok()?;
        let raise = Raise { cause: Cause::ProbeFails, since, at: since, due_at };
        let detail = format!("{} {}", probe.call.callback, probe.call.result_code);
        Some(Warning::new(About::Callback(name), &raise, now).with_detail(detail))
    });
    failing.collect()
}
