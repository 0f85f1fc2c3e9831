//! Which rows belong to which order.

use std::collections::{BTreeMap, HashMap};

use crate::mapping::StatementKind;
use crate::matching::known::KnownOrder;
use crate::month::Month;
use crate::row::{Money, StatementRow};
use crate::words::{BillKind, OrderKind};

/// The rows by what they are about.
#[derive(Debug, Default)]
pub(super) struct Index<'a> {
    pub(super) orders: HashMap<&'a str, &'a KnownOrder>,
    /// The rows that name a known order.
    own: HashMap<&'a str, Vec<&'a StatementRow>>,
    /// The refunds of a known order that do not name a known order of their own.
    refunds: HashMap<&'a str, Vec<&'a StatementRow>>,
    /// The known refunds of an order.
    refund_orders: HashMap<&'a str, Vec<&'a KnownOrder>>,
    /// The rows that name an order that is not known.
    pub(super) strangers: BTreeMap<&'a str, Vec<&'a StatementRow>>,
    /// The rows that name no order.
    pub(super) nameless: Vec<&'a StatementRow>,
    /// The rows of tables of usage.
    pub(super) usage: Vec<&'a StatementRow>,
}

impl<'a> Index<'a> {
    pub(super) fn new(orders: &'a [KnownOrder], rows: &[&'a StatementRow]) -> Self {
        let mut index = Self::default();
        for order in orders {
            index.orders.insert(&order.order_id, order);
            if let Some(original) = order.refund_of.as_deref().filter(|_| order.kind == OrderKind::Refund) {
                index.refund_orders.entry(original).or_default().push(order);
            }
        }
        for row in rows {
            index.add(row);
        }
        index
    }

    fn add(&mut self, row: &'a StatementRow) {
        let known = |id: Option<&'a str>| id.filter(|id| self.orders.contains_key(id));
        let (order, original) = (row.order_id.as_deref(), row.original_order_id.as_deref());
        let is_of_original = matches!(row.bill_kind, Some(BillKind::Refund | BillKind::Adjustment));
        match (known(order), known(original)) {
            _ if row.kind == StatementKind::Usage => self.usage.push(row),
            (Some(own), _) => self.own.entry(own).or_default().push(row),
            (None, Some(original)) if is_of_original => self.refunds.entry(original).or_default().push(row),
            _ => match order.or(original) {
                Some(stranger) => self.strangers.entry(stranger).or_default().push(row),
                None => self.nameless.push(row),
            },
        }
    }

    /// The rows of one kind of statement that bill the order itself.
    pub(super) fn billing(&self, order: &'a KnownOrder, kind: StatementKind) -> Vec<&'a StatementRow> {
        let own = self.own.get(order.order_id.as_str()).into_iter().flatten();
        let own = own.filter(|row| row.kind == kind && bill_kind(row, order) == BillKind::Consumption);
        own.copied().collect()
    }

    /// The rows that give back what the order cost.
    pub(super) fn refunds(&self, order: &str) -> Vec<&'a StatementRow> {
        let own = self.own.get(order).into_iter().flatten();
        let attached = self.refunds.get(order).into_iter().flatten();
        own.chain(attached).filter(|row| row.bill_kind == Some(BillKind::Refund)).copied().collect()
    }

    /// The rows of a known refund: its own, and those that name only the order that it takes back, if it is the only refund of it.
    pub(super) fn of_refund(&self, refund: &'a KnownOrder, kind: StatementKind) -> Vec<&'a StatementRow> {
        let own = self.own.get(refund.order_id.as_str()).into_iter().flatten();
        let mut rows: Vec<&StatementRow> =
            own.filter(|row| bill_kind(row, refund) == BillKind::Refund).copied().collect();
        if let Some(original) = refund.refund_of.as_deref().filter(|original| self.refund_orders(original).len() == 1) {
            rows.extend(self.refunds(original));
        }
        rows.retain(|row| row.kind == kind);
        rows
    }

    pub(super) fn refund_orders(&self, order: &str) -> &[&'a KnownOrder] {
        self.refund_orders.get(order).map_or(&[], Vec::as_slice)
    }

    /// Whether any row names the order.
    pub(super) fn names(&self, order: &str) -> bool {
        self.own.contains_key(order)
    }

    /// The months in which a bill has rows of a known order, with the order.
    pub(super) fn billed(&self) -> impl Iterator<Item = (Month, &'a KnownOrder)> {
        let rows = self.own.iter().flat_map(|(order, rows)| rows.iter().map(|row| (*order, *row)));
        let bills = rows.filter(|(_, row)| row.kind == StatementKind::Bill);
        bills.filter_map(|(order, row)| Some((row.month?, *self.orders.get(order)?)))
    }
}

/// What a row of an order is. If it does not say it, the order or the sign of its amounts does: a negative amount that nothing
/// explains is taken for an adjustment, of which nothing is concluded.
fn bill_kind(row: &StatementRow, order: &KnownOrder) -> BillKind {
    let is_negative =
        |money: Option<Money>| money.is_some_and(|money| money.amount.is_sign_negative() && !money.amount.is_zero());
    let amounts = row.amounts;
    match row.bill_kind {
        Some(BillKind::Adjustment) => BillKind::Adjustment,
        _ if order.kind == OrderKind::Refund => BillKind::Refund,
        Some(kind) => kind,
        None if [amounts.customer, amounts.deal, amounts.settlement].into_iter().any(is_negative) => {
            BillKind::Adjustment
        }
        None => BillKind::Consumption,
    }
}
