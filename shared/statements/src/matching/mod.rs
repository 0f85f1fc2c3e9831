//! Compares statements with orders. Each order gets one finding that says how it is billed, and more where its instance or usage
//! does not agree. What a statement does not say leads to no finding: a table without a column for repayments never makes an
//! order unpaid.

mod compare;
mod due;
mod finding;
mod index;
mod instance;
mod known;
mod order;
mod rows;
mod settings;
mod summary;
mod usage;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rust_decimal::Decimal;

use crate::calendar::Calendar;
use crate::currency::Currency;
use crate::day::Day;
use crate::month::Month;

use due::Days;
pub use finding::{Due, Evidence, Explanation, Finding, FindingId, Kind, Reason, Subject};
use index::Index;
pub use known::{InstanceStatus, KnownInstance, KnownOrder, KnownUsage, Supervised};
use order::{Judge, Missing};
pub use rows::Source;
pub use settings::Settings;
pub use summary::{MonthKey, MonthSum};

/// What is compared.
#[derive(Debug, Clone, Copy)]
pub struct Matching<'a> {
    /// The orders that the seller knows: all of the months, and those that the rows name.
    pub orders: &'a [KnownOrder],
    /// The usage that the seller counted.
    pub usage: &'a [KnownUsage],
    /// The rows of the files, in any order.
    pub sources: &'a [Source<'a>],
    /// The rules by which days are due.
    pub settings: &'a Settings,
    /// The working days.
    pub calendar: &'a Calendar,
    /// What persons wrote to earlier findings.
    pub explanations: &'a BTreeMap<FindingId, Explanation>,
    /// The day of the comparison, in Beijing.
    pub today: Day,
}

/// What the comparison says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// All findings, in the order of what they are about.
    pub findings: Vec<Finding>,
    /// The sums of the months.
    pub months: BTreeMap<MonthKey, MonthSum>,
    /// Orders that have rows, and of which no amount could be compared: the statement or the order has none, or the currencies
    /// differ.
    pub uncompared: Vec<String>,
    /// Years of which the calendar does not know the holidays, though days of them were needed. Only weekends were free in them.
    pub unknown_years: BTreeSet<i32>,
}

impl Matching<'_> {
    /// Compares. The same input in any order of orders, rows and files gives the same.
    #[must_use]
    pub fn run(&self) -> Matched {
        let (rows, covered) = rows::unite(self.sources);
        let index = Index::new(self.orders, &rows);
        let days = Days::new(self.settings, self.calendar, self.today);
        let judge = Judge { index: &index, covered: &covered, days: &days };
        let (mut findings, mut uncompared, mut missing) = (Vec::new(), Vec::new(), Vec::new());
        // An order that is given twice is one.
        for order in self.orders.iter().filter(|order| std::ptr::eq(index.orders[order.order_id.as_str()], *order)) {
            let verdict = judge.judge(order);
            findings.extend(verdict.findings);
            missing.extend(verdict.missing.map(|missing| (order, missing)));
            if verdict.is_uncompared {
                uncompared.push(order.order_id.clone());
            }
        }
        findings.extend(self.overdue(&missing, &index));
        findings.extend(strangers(&index));
        findings.extend(usage::judge(&index.usage, self.usage, self.orders, &covered, &days));
        for finding in &mut findings {
            finding.explained = self.explanations.get(&finding.id).filter(|_| finding.kind.is_discrepancy()).cloned();
        }
        findings.sort_by(|a, b| (&a.subject, a.kind, a.id).cmp(&(&b.subject, b.kind, b.id)));
        uncompared.sort_unstable();
        let months = summary::months(self.orders, &rows, &index);
        Matched { findings, months, uncompared, unknown_years: days.unknown_years() }
    }

    /// Which of the missing orders are overdue: all, unless the amounts of their products do not reach the sum for a bill.
    fn overdue(&self, missing: &[(&KnownOrder, Missing)], index: &Index<'_>) -> Vec<Finding> {
        let reached: BTreeSet<(Option<&str>, Month)> =
            index.billed().map(|(month, order)| (group(order), month)).collect();
        let mut open: HashMap<Option<&str>, Option<Decimal>> = HashMap::new();
        for (order, _) in missing {
            // If one amount is not known, the sum is not.
            let sum = open.entry(group(order)).or_insert(Some(Decimal::ZERO));
            *sum = sum.zip(order.deal_amount).map(|(sum, amount)| sum.saturating_add(amount));
        }
        let finding = |(order, missing): &(&KnownOrder, Missing)| {
            let is_below = self.settings.threshold.is_some_and(|threshold| {
                let sum = open.get(&group(order)).copied().flatten();
                sum.is_some_and(|sum| sum < threshold)
                    && order.currency.is_none_or(|currency| currency == Currency::CNY)
                    && !reached.contains(&(group(order), missing.month))
                    && !missing.is_not_listed
            });
            let kind = if is_below { Kind::NotDueYet(Reason::BelowThreshold) } else { Kind::Overdue(Due::Bill) };
            let evidence = Evidence {
                known: order.deal_amount,
                currency: order.currency,
                month: Some(missing.month),
                day: Some(missing.day),
                instance: order.instance.as_ref().map(|instance| instance.id.clone()),
                ..Evidence::default()
            };
            Finding::new(kind, Subject::Order(order.order_id.clone()), evidence)
        };
        missing.iter().map(finding).collect()
    }
}

/// The products whose amounts count together for a bill.
fn group(order: &KnownOrder) -> Option<&str> {
    order.product_type.as_deref().or(order.product.as_deref())
}

/// The rows of which the seller knows no order: one finding for each order, and for each row that names none.
fn strangers(index: &Index<'_>) -> Vec<Finding> {
    let of_order = index.strangers.iter().map(|(order, rows)| (Subject::Order((*order).to_owned()), rows.clone()));
    let mut nameless: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in &index.nameless {
        nameless.entry(rows::Same::of(row).digest(row.month)).or_default().push(*row);
    }
    let of_row = nameless.into_iter().map(|(digest, rows)| (Subject::Row(digest), rows));
    let finding = |(subject, rows): (Subject, Vec<&crate::row::StatementRow>)| {
        let mut amounts =
            rows.iter().filter_map(|row| row.amounts.deal.or(row.amounts.customer).or(row.amounts.settlement));
        let stated = amounts.clone().map(|money| money.amount).reduce(Decimal::saturating_add);
        let currency = amounts.find_map(|money| money.currency);
        let month = rows.iter().filter_map(|row| row.month).min();
        let rows = rows.iter().map(|row| row.place).collect();
        Finding::new(Kind::InStatementOnly, subject, Evidence { rows, stated, currency, month, ..Evidence::default() })
    };
    of_order.chain(of_row).map(finding).collect()
}
