//! Usage: what the seller counted and pushed, compared with what KooGallery counts, by instance and month.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use rust_decimal::Decimal;

use crate::day::Day;
use crate::mapping::StatementKind;
use crate::matching::due::Days;
use crate::matching::finding::{Evidence, Finding, Kind, Subject};
use crate::matching::known::{KnownOrder, KnownUsage};
use crate::matching::rows::{Covered, Same};
use crate::month::Month;
use crate::row::{RowRef, StatementRow, Usage};

/// What a month of an instance has.
#[derive(Debug, Default)]
struct Sum {
    known: Option<Decimal>,
    stated: Option<Decimal>,
    rows: Vec<RowRef>,
}

pub(super) fn judge(
    rows: &[&StatementRow],
    known: &[KnownUsage],
    orders: &[KnownOrder],
    covered: &Covered,
    days: &Days<'_>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut sums: BTreeMap<(&str, Month), Sum> = BTreeMap::new();
    for usage in known {
        let sum = sums.entry((&usage.instance, usage.month)).or_default();
        sum.known = Some(sum.known.unwrap_or_default().saturating_add(usage.quantity));
    }
    let (counted, twice) = once(rows);
    findings.extend(twice);
    for (row, usage) in counted {
        let month = row.month.or_else(|| usage.begin_on.map(Day::month));
        let (Some(instance), Some(month), Some(quantity)) = (usage.instance.as_deref(), month, usage.quantity) else {
            continue;
        };
        let sum = sums.entry((instance, month)).or_default();
        sum.rows.push(row.place);
        if !usage.refused {
            sum.stated = Some(sum.stated.unwrap_or_default().saturating_add(quantity));
        }
    }
    let of_orders = orders.iter().filter_map(|order| order.instance.as_ref()).map(|instance| instance.id.as_str());
    let instances: BTreeSet<&str> = known.iter().map(|usage| usage.instance.as_str()).chain(of_orders).collect();
    for ((instance, month), sum) in sums {
        let subject = Subject::Usage { instance: instance.to_owned(), month };
        // A month counts when it is over, and the list was exported after that.
        let read_on = covered.read_on(StatementKind::Usage, month);
        let is_over = read_on.is_some_and(|read_on| read_on.month() > month) && days.today.month() > month;
        let is_stranger = !instances.contains(instance);
        let kind = match (sum.known.unwrap_or_default(), sum.stated.unwrap_or_default()) {
            _ if is_stranger => Kind::InStatementOnly,
            _ if !is_over => continue,
            (known, stated) if known == stated => Kind::Matched,
            _ => Kind::UsageDiffers,
        };
        let evidence = Evidence {
            rows: sum.rows,
            known: (!is_stranger).then(|| sum.known.unwrap_or_default()),
            stated: Some(sum.stated.unwrap_or_default()),
            month: Some(month),
            instance: Some(instance.to_owned()),
            ..Evidence::default()
        };
        findings.push(Finding::new(kind, subject, evidence));
    }
    findings
}

/// The rows with each record once, and a finding for each that stands there twice.
fn once<'a>(rows: &[&'a StatementRow]) -> (Vec<(&'a StatementRow, &'a Usage)>, Vec<Finding>) {
    let (mut seen, mut counted, mut twice): (HashSet<Same<'_>>, _, BTreeMap<_, (usize, Vec<RowRef>)>) =
        (HashSet::new(), Vec::new(), BTreeMap::new());
    for row in rows {
        let Some(usage) = row.usage.as_deref() else { continue };
        let record = usage.serial.as_deref().or(usage.begin.as_deref());
        let (Some(record), Some(instance)) = (record, usage.instance.as_deref()) else {
            counted.push((*row, usage));
            continue;
        };
        let (count, places) = twice.entry((instance, record)).or_default();
        places.push(row.place);
        if seen.insert(Same::of(row)) {
            counted.push((*row, usage));
        } else {
            *count += 1;
        }
    }
    let finding = |((instance, record), (count, rows)): ((&str, &str), (usize, Vec<RowRef>))| {
        let subject = Subject::Record { instance: instance.to_owned(), record: record.to_owned() };
        let stated = Some(Decimal::from(rows.len()));
        let known = Some(Decimal::from(rows.len() - count));
        (count > 0)
            .then(|| Finding::new(Kind::Duplicate, subject, Evidence { rows, known, stated, ..Evidence::default() }))
    };
    (counted, twice.into_iter().filter_map(finding).collect())
}
