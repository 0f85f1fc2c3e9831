//! The instance of an order: does what it is agree with what is billed?

use crate::day::Day;
use crate::matching::due::Days;
use crate::matching::finding::{Evidence, Finding, Kind, Subject};
use crate::matching::index::Index;
use crate::matching::known::{InstanceStatus, KnownInstance, KnownOrder};
use crate::row::StatementRow;
use crate::words::{ChargingMode, OrderKind, Repayment};

pub(super) fn judge(order: &KnownOrder, rows: &[&StatementRow], index: &Index<'_>, days: &Days<'_>) -> Vec<Finding> {
    let Some(instance) = &order.instance else { return Vec::new() };
    let found = match instance.status {
        InstanceStatus::Active => [refunded(order, index, days), unpaid(order, rows, days)],
        InstanceStatus::Released => [released(order, instance, rows), None],
        InstanceStatus::Provisioning | InstanceStatus::Frozen => [None, None],
    };
    let finding = |(kind, evidence)| {
        let evidence = Evidence { instance: Some(instance.id.clone()), ..evidence };
        Finding::new(kind, Subject::Order(order.order_id.clone()), evidence)
    };
    found.into_iter().flatten().map(finding).collect()
}

/// A purchase was taken back. The refund of a renewal only moves the expiry, and that of a change only the size.
fn refunded(order: &KnownOrder, index: &Index<'_>, days: &Days<'_>) -> Option<(Kind, Evidence)> {
    if !matches!(order.kind, OrderKind::Purchase | OrderKind::TrialToFormal) {
        return None;
    }
    let rows = index.refunds(&order.order_id);
    let last = days.today.plus_days(-i64::from(days.settings.release_grace_days));
    let is_past = |refund: &&KnownOrder| refund.ordered_on.is_some_and(|day| day <= last);
    let refunds = index.refund_orders(&order.order_id);
    if rows.is_empty() && !refunds.iter().any(is_past) {
        return None;
    }
    let evidence = Evidence {
        rows: rows.iter().map(|row| row.place).collect(),
        day: refunds.iter().filter_map(|refund| refund.ordered_on).min(),
        ..Evidence::default()
    };
    Some((Kind::RefundedButActive, evidence))
}

/// The customer pays later, and has not paid long after the bill.
fn unpaid(order: &KnownOrder, rows: &[&StatementRow], days: &Days<'_>) -> Option<(Kind, Evidence)> {
    let unpaid = rows.iter().filter(|row| row.repayment == Some(Repayment::NotRepaid));
    let due = unpaid.filter_map(|row| Some((row.month.or_else(|| order.ordered_on.map(Day::month))?, row.place)));
    let late = due.filter(|(month, _)| days.today > days.payment(*month));
    let (month, _) = late.clone().min_by_key(|(month, _)| *month)?;
    let rows = late.map(|(_, place)| place).collect();
    let day = Some(days.payment(month));
    Some((Kind::ActiveButUnpaid, Evidence { rows, month: Some(month), day, ..Evidence::default() }))
}

/// Something is billed for a time after the release. What was paid beforehand is billed in a later month too, and that is right.
fn released(order: &KnownOrder, instance: &KnownInstance, rows: &[&StatementRow]) -> Option<(Kind, Evidence)> {
    let released_on = instance.released_on?;
    // Clocks differ: what is released on the last day of a month may be counted until the next one.
    let month = released_on.plus_days(1).month();
    let is_later = |row: &&&StatementRow| {
        let usage = row.usage.as_deref().and_then(|usage| usage.begin_on);
        let is_on_demand = order.is_on_demand() || row.charging_mode == Some(ChargingMode::OnDemand);
        let begins = [usage, row.effective_from].into_iter().flatten();
        begins.max().is_some_and(|day| day > released_on)
            || is_on_demand && row.month.is_some_and(|of_row| of_row > month)
    };
    let later: Vec<&&StatementRow> = rows.iter().filter(is_later).collect();
    let month = later.iter().filter_map(|row| row.month).min();
    let rows: Vec<_> = later.iter().map(|row| row.place).collect();
    (!rows.is_empty())
        .then(|| (Kind::ReleasedButBilled, Evidence { rows, month, day: Some(released_on), ..Evidence::default() }))
}
