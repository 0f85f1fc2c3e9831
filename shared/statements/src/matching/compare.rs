//! The amounts of an order compared with those of its rows in one kind of statement.

use std::collections::HashMap;

use rust_decimal::Decimal;

use crate::column::Column;
use crate::currency::Currency;
use crate::matching::finding::{Evidence, Finding, Kind, Subject};
use crate::matching::known::KnownOrder;
use crate::matching::rows::Same;
use crate::matching::settings::Settings;
use crate::month::Month;
use crate::row::{Money, StatementRow};
use crate::words::OrderKind;

/// What the comparison of amounts says.
#[derive(Debug, Default)]
pub(super) struct Compared {
    /// Rows that are there too often.
    pub(super) duplicate: Option<Finding>,
    /// The amounts differ.
    pub(super) differs: Option<Finding>,
    /// Whether amounts could be compared.
    pub(super) has_amounts: bool,
}

/// The amounts that can be compared: those of one column, in one currency.
struct Comparable {
    column: Column,
    known: Decimal,
    currency: Option<Currency>,
    stated: Vec<Decimal>,
}

pub(super) fn compare(order: &KnownOrder, rows: &[&StatementRow], settings: &Settings) -> Compared {
    if order.is_on_demand() {
        // The bill follows the usage. Only a record that stands there twice can be seen.
        let is_named = |row: &&&StatementRow| {
            row.usage.as_deref().is_some_and(|usage| usage.serial.is_some() || usage.begin.is_some())
        };
        let named: Vec<&StatementRow> = rows.iter().filter(is_named).copied().collect();
        let excess = excess(&named, true, |_| 1);
        return Compared { duplicate: duplicate(order, &named, &excess), ..Compared::default() };
    }
    let comparable = comparable(order, rows, settings);
    let sum = |comparable: &Comparable, without: &[usize]| -> Decimal {
        let all = comparable.stated.iter().enumerate().filter(|(at, _)| !without.contains(at));
        all.fold(Decimal::ZERO, |sum, (_, amount)| sum.saturating_add(*amount))
    };
    let agrees = |without: &[usize]| comparable.as_ref().map(|comparable| sum(comparable, without) == comparable.known);
    if agrees(&[]) == Some(true) {
        return Compared { has_amounts: true, ..Compared::default() };
    }
    // An order may have several lines that look the same, where the table does not name the line.
    let allowed = |row: &StatementRow| match (row.order_line_id.is_some(), order.lines) {
        (true, _) => 1,
        (false, 0) if comparable.is_some() => 1,
        (false, 0) => usize::MAX,
        (false, lines) => lines as usize,
    };
    let in_any_month = excess(rows, false, allowed);
    let excess = if agrees(&in_any_month) == Some(true) { in_any_month } else { excess(rows, true, allowed) };
    let differs = comparable.as_ref().filter(|_| agrees(&excess) == Some(false)).map(|comparable| {
        let evidence = Evidence {
            rows: rows.iter().map(|row| row.place).collect(),
            known: Some(comparable.known),
            stated: Some(sum(comparable, &excess)),
            column: Some(comparable.column),
            currency: comparable.currency,
            month: rows.iter().filter_map(|row| row.month).min(),
            ..Evidence::default()
        };
        Finding::new(Kind::AmountDiffers, Subject::Order(order.order_id.clone()), evidence)
    });
    Compared { duplicate: duplicate(order, rows, &excess), differs, has_amounts: comparable.is_some() }
}

/// The places of the rows that are there more often than it is allowed, in one month or in all.
fn excess(rows: &[&StatementRow], by_month: bool, allowed: impl Fn(&StatementRow) -> usize) -> Vec<usize> {
    let mut seen: HashMap<(Option<Month>, Same<'_>), usize> = HashMap::new();
    let mut excess = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let month = row.month.filter(|_| by_month);
        let count = seen.entry((month, Same::of(row))).or_default();
        *count += 1;
        if *count > allowed(row) {
            excess.push(at);
        }
    }
    excess
}

fn duplicate(order: &KnownOrder, rows: &[&StatementRow], excess: &[usize]) -> Option<Finding> {
    let first = rows[*excess.first()?];
    let same = rows.iter().filter(|row| Same::of(row) == Same::of(first)).map(|row| row.place).collect();
    let evidence = Evidence {
        rows: same,
        known: Some(Decimal::from(rows.len() - excess.len())),
        stated: Some(Decimal::from(rows.len())),
        month: first.month,
        ..Evidence::default()
    };
    Some(Finding::new(Kind::Duplicate, Subject::Order(order.order_id.clone()), evidence))
}

/// Takes an amount of a row.
type Get = fn(&StatementRow) -> Option<Money>;

/// The column that both sides have, and its amounts; refunds with their sign.
fn comparable(order: &KnownOrder, rows: &[&StatementRow], settings: &Settings) -> Option<Comparable> {
    let is_refund = order.kind == OrderKind::Refund;
    let free = (order.kind == OrderKind::Trial).then_some(Decimal::ZERO);
    let deal = order.deal_amount.or(free);
    let list = order.list_amount.or(free).filter(|_| !is_refund);
    let customer = deal.filter(|_| settings.customer_amount_is_deal);
    let columns: [(Column, Option<Decimal>, Get); 3] = [
        (Column::DealAmount, deal, |row| row.amounts.deal),
        (Column::ListAmount, list, |row| row.amounts.list),
        (Column::CustomerAmount, customer, |row| row.amounts.customer),
    ];
    columns.into_iter().find_map(|(column, known, get)| {
        let known = known?;
        let stated: Vec<Money> = rows.iter().map(|row| get(row)).collect::<Option<_>>()?;
        let mut currencies: Vec<Currency> =
            stated.iter().filter_map(|money| money.currency).chain(order.currency).collect();
        currencies.sort_unstable();
        currencies.dedup();
        if currencies.len() > 1 || stated.is_empty() {
            return None;
        }
        let signed = |amount: Decimal| if is_refund { -amount.abs() } else { amount };
        let stated = stated.into_iter().map(|money| signed(money.amount)).collect();
        Some(Comparable { column, known: signed(known), currency: currencies.first().copied(), stated })
    })
}
