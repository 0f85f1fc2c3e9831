//! One order: is it in the statements, with its amount, and if not, should it be?

use crate::day::Day;
use crate::mapping::StatementKind;
use crate::matching::compare::compare;
use crate::matching::due::{Billable, Days};
use crate::matching::finding::{Due, Evidence, Finding, Kind, Reason, Subject};
use crate::matching::index::Index;
use crate::matching::instance;
use crate::matching::known::{KnownOrder, Supervised};
use crate::matching::rows::Covered;
use crate::month::Month;
use crate::row::StatementRow;
use crate::words::{OrderKind, Repayment, Supervision};

/// What is known while orders are judged.
pub(super) struct Judge<'a, 'b> {
    pub(super) index: &'b Index<'a>,
    pub(super) covered: &'b Covered,
    pub(super) days: &'b Days<'b>,
}

/// What is said of an order.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    pub(super) findings: Vec<Finding>,
    /// It is in no statement though it should be. Whether it is overdue depends on the others of its product.
    pub(super) missing: Option<Missing>,
    /// It has rows, and its amount could not be compared.
    pub(super) is_uncompared: bool,
}

/// An order that is in no statement though it should be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Missing {
    pub(super) month: Month,
    pub(super) day: Day,
    /// Whether the list of all transactions does not have it either: then no threshold explains it.
    pub(super) is_not_listed: bool,
}

impl<'a> Judge<'a, '_> {
    pub(super) fn judge(&self, order: &'a KnownOrder) -> Verdict {
        let mut verdict = Verdict::default();
        let [bill, transactions] = [StatementKind::Bill, StatementKind::Transactions].map(|kind| match order.kind {
            OrderKind::Refund => self.index.of_refund(order, kind),
            _ => self.index.billing(order, kind),
        });
        let mut differs = None;
        let mut is_compared = false;
        for rows in [&bill, &transactions].into_iter().filter(|rows| !rows.is_empty()) {
            let compared = compare(order, rows, self.days.settings);
            is_compared |= compared.has_amounts;
            verdict.findings.extend(compared.duplicate);
            differs = differs.or(compared.differs);
        }
        let has_rows = !bill.is_empty() || !transactions.is_empty();
        verdict.is_uncompared = has_rows && !is_compared && !order.is_on_demand();
        match (differs, has_rows, order.kind) {
            (Some(differs), ..) => verdict.findings.push(differs),
            (None, true, OrderKind::Refund) => verdict.findings.push(matched(order, &bill, &transactions)),
            (None, true, _) => verdict.findings.push(self.present(order, &bill, &transactions)),
            (None, false, OrderKind::Refund) => self.absent_refund(order, &mut verdict),
            (None, false, _) => self.absent(order, &mut verdict),
        }
        let rows: Vec<&StatementRow> = bill.iter().chain(&transactions).copied().collect();
        verdict.findings.extend(instance::judge(order, &rows, self.index, self.days));
        verdict
    }

    /// The order is there with its amount: is it due, and paid?
    fn present(&self, order: &KnownOrder, bill: &[&StatementRow], transactions: &[&StatementRow]) -> Finding {
        let all: Vec<&StatementRow> = bill.iter().chain(transactions).copied().collect();
        let subject = Subject::Order(order.order_id.clone());
        let rows = || all.iter().map(|row| row.place).collect();
        let month = all.iter().filter_map(|row| row.month).min().or_else(|| order.ordered_on.map(Day::month));
        let known = if bill.is_empty() { self.known_reason(order, transactions) } else { None };
        if let Some((reason, day)) = self.stated_reason(&all).or(known) {
            return Finding::new(
                Kind::NotDueYet(reason),
                subject,
                Evidence { rows: rows(), day, month, ..Evidence::default() },
            );
        }
        let unpaid = |row: &&&StatementRow| row.says_settled_on && row.settled_on.is_none();
        let late = all.iter().filter(unpaid).filter_map(|row| row.month).map(|month| (self.days.payment(month), month));
        if let Some((day, month)) = late.min().filter(|(day, _)| self.days.today > *day) {
            let evidence = Evidence { rows: rows(), day: Some(day), month: Some(month), ..Evidence::default() };
            return Finding::new(Kind::Overdue(Due::Payment), subject, evidence);
        }
        // The list of transactions has it as due: is it in the bill, if there is one?
        if let Some(month) = month.filter(|_| bill.is_empty() && !order.is_on_demand()) {
            let day = self.days.missing_after(month);
            let is_out = self.covered.read_on(StatementKind::Bill, month).is_some() && self.days.today > day;
            if is_out && is_certainly_due(transactions, order) {
                let evidence = Evidence { rows: rows(), day: Some(day), month: Some(month), ..Evidence::default() };
                return Finding::new(Kind::Overdue(Due::Bill), subject, evidence);
            }
        }
        matched(order, bill, transactions)
    }

    /// Why the rows themselves say that the order is not due.
    fn stated_reason(&self, rows: &[&StatementRow]) -> Option<(Reason, Option<Day>)> {
        let any = |is: &dyn Fn(&StatementRow) -> bool| rows.iter().any(|row| is(row));
        let later = rows.iter().filter_map(|row| row.effective_from).filter(|day| *day > self.days.today).max();
        match () {
            () if any(&|row| row.supervision == Some(Supervision::Open)) => Some((Reason::NotAccepted, None)),
            () if any(&|row| row.repayment == Some(Repayment::NotRepaid)) => Some((Reason::NotRepaid, None)),
            () => later.map(|day| (Reason::NotInEffect, Some(day))),
        }
    }

    /// Why the order is not due as far as the seller knows, where the rows do not say it.
    fn known_reason(&self, order: &KnownOrder, rows: &[&StatementRow]) -> Option<(Reason, Option<Day>)> {
        let is_accepted = rows.iter().any(|row| is_done(row));
        let is_in_effect = rows.iter().any(|row| row.effective_from.is_some());
        let later = order.in_effect_from.filter(|day| *day > self.days.today && !is_in_effect);
        match order.supervised {
            Supervised::Open if !is_accepted => Some((Reason::NotAccepted, None)),
            _ => later.map(|day| (Reason::NotInEffect, Some(day))),
        }
    }

    /// The order is in no statement.
    fn absent(&self, order: &KnownOrder, verdict: &mut Verdict) {
        let is_free = order.kind == OrderKind::Trial || order.deal_amount.is_some_and(|amount| amount.is_zero());
        let is_unclear = order.kind == OrderKind::Unknown && order.deal_amount.is_none();
        let is_refunded =
            !self.index.refund_orders(&order.order_id).is_empty() || !self.index.refunds(&order.order_id).is_empty();
        // Usage makes the bill of a pay-per-use order, and what was refunded before its bill is in none.
        if is_free || is_unclear || is_refunded || order.is_on_demand() {
            return;
        }
        let subject = Subject::Order(order.order_id.clone());
        match self.days.billable(order) {
            Billable::Unknown => {}
            Billable::NotYet(reason, day) => {
                let evidence = Evidence { known: order.deal_amount, day, ..Evidence::default() };
                verdict.findings.push(Finding::new(Kind::NotDueYet(reason), subject, evidence));
            }
            Billable::Since(day) => {
                let month = Days::month_of(day);
                match self.missing(month) {
                    Ok(missing) => verdict.missing = Some(missing),
                    Err((kind, day)) => {
                        let (known, month, day) = (order.deal_amount, Some(month), Some(day));
                        let evidence = Evidence { known, month, day, ..Evidence::default() };
                        verdict.findings.push(Finding::new(kind, subject, evidence));
                    }
                }
            }
        }
    }

    /// Whether something of a month should be in a statement that was given; if not, why.
    fn missing(&self, month: Month) -> Result<Missing, (Kind, Day)> {
        let (out, day) = (self.days.bill(month), self.days.missing_after(month));
        if self.days.today <= day {
            return Err((Kind::NotDueYet(Reason::BillNotOut), out));
        }
        // A list of transactions that was exported before the bill may lack what came later.
        let listed = self.covered.read_on(StatementKind::Transactions, month).filter(|read_on| *read_on >= out);
        match (listed, self.covered.read_on(StatementKind::Bill, month)) {
            (None, None) => Err((Kind::NoStatement, day)),
            (listed, _) => Ok(Missing { month, day, is_not_listed: listed.is_some() }),
        }
    }

    /// The refund is in no statement. It should be, if the order that it takes back is.
    fn absent_refund(&self, refund: &KnownOrder, verdict: &mut Verdict) {
        let original = refund.refund_of.as_deref().filter(|original| self.index.names(original));
        let (Some(_), Some(day)) = (original, refund.ordered_on) else { return };
        let month = Days::month_of(day);
        let (kind, day) = match self.missing(month) {
            Ok(missing) => (Kind::Overdue(Due::Refund), missing.day),
            Err(why) => why,
        };
        let evidence =
            Evidence { known: refund.deal_amount, month: Some(month), day: Some(day), ..Evidence::default() };
        verdict.findings.push(Finding::new(kind, Subject::Order(refund.order_id.clone()), evidence));
    }
}

/// Whether it is certain that the order is due: accepted, and paid by the customer.
fn is_certainly_due(rows: &[&StatementRow], order: &KnownOrder) -> bool {
    let is_accepted = rows.iter().any(|row| is_done(row)) || !matches!(order.supervised, Supervised::Unknown);
    let is_repaid = |row: &&StatementRow| matches!(row.repayment, Some(Repayment::Repaid | Repayment::NotNeeded));
    is_accepted && rows.iter().all(is_repaid)
}

fn is_done(row: &StatementRow) -> bool {
    matches!(row.supervision, Some(Supervision::Completed | Supervision::NotSupervised))
}

fn matched(order: &KnownOrder, bill: &[&StatementRow], transactions: &[&StatementRow]) -> Finding {
    let rows = || bill.iter().chain(transactions);
    let month = rows().filter_map(|row| row.month).min();
    let rows = rows().map(|row| row.place).collect();
    let evidence = Evidence { rows, known: order.deal_amount, month, ..Evidence::default() };
    Finding::new(Kind::Matched, Subject::Order(order.order_id.clone()), evidence)
}
