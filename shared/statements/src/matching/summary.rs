//! The months in sums: what was sold, refunded, billed and paid.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::currency::Currency;
use crate::day::Day;
use crate::mapping::StatementKind;
use crate::matching::index::Index;
use crate::matching::known::KnownOrder;
use crate::month::Month;
use crate::row::StatementRow;
use crate::words::OrderKind;

/// Which sum it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MonthKey {
    /// The month: of the order for what was sold and refunded, of the bill for the rest.
    pub month: Month,
    /// The currency, if it is known.
    pub currency: Option<Currency>,
    /// The product: the order's if the order is known, else the row's.
    pub product: Option<String>,
}

/// The sums of a month, a currency and a product.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MonthSum {
    /// How many orders were sold.
    pub sold_orders: usize,
    /// What they cost: amounts of deals. Orders of which the amount is not known count as 0.
    pub sold: Decimal,
    /// How many refunds there were.
    pub refunded_orders: usize,
    /// What was given back, as a positive amount.
    pub refunded: Decimal,
    /// What bills have: what the seller gets, or the amount of the deal where a table does not have it. Refunds are negative.
    pub billed: Decimal,
    /// The part of it that was paid, as the tables say.
    pub paid: Decimal,
    /// The part of it that was not paid, as the tables say. Tables that do not say it are in neither.
    pub open: Decimal,
}

pub(super) fn months(orders: &[KnownOrder], rows: &[&StatementRow], index: &Index<'_>) -> BTreeMap<MonthKey, MonthSum> {
    let mut months: BTreeMap<MonthKey, MonthSum> = BTreeMap::new();
    for order in orders {
        let Some(month) = order.ordered_on.map(Day::month) else { continue };
        let key = MonthKey { month, currency: order.currency, product: order.product.clone() };
        let amount = order.deal_amount.unwrap_or_default();
        match order.kind {
            OrderKind::Trial | OrderKind::Unknown => {}
            OrderKind::Refund => {
                let sum = months.entry(key).or_default();
                sum.refunded_orders += 1;
                sum.refunded = sum.refunded.saturating_add(amount.abs());
            }
            OrderKind::Purchase | OrderKind::TrialToFormal | OrderKind::Renewal | OrderKind::Change => {
                let sum = months.entry(key).or_default();
                sum.sold_orders += 1;
                sum.sold = sum.sold.saturating_add(amount);
            }
        }
    }
    for row in rows.iter().filter(|row| row.kind == StatementKind::Bill) {
        let amounts = row.amounts;
        let money = amounts.settlement.or(amounts.deal).or(amounts.customer);
        let (Some(month), Some(money)) = (row.month, money) else { continue };
        let known =
            [&row.order_id, &row.original_order_id].into_iter().flatten().find_map(|id| index.orders.get(id.as_str()));
        let product = known.and_then(|order| order.product.clone()).or_else(|| row.product.clone());
        let sum = months.entry(MonthKey { month, currency: money.currency, product }).or_default();
        sum.billed = sum.billed.saturating_add(money.amount);
        let part = match (row.says_settled_on, row.settled_on) {
            (_, Some(_)) => &mut sum.paid,
            (true, None) => &mut sum.open,
            (false, None) => continue,
        };
        *part = part.saturating_add(money.amount);
    }
    months
}
