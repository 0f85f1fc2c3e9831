//! Sums: what the rows of a file add up to, beside what the file's own lines of totals say.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::column::Column;
use crate::currency::Currency;
use crate::names::{Names, Word};
use crate::order_id::is_order_id;
use crate::plain::trimmed;
use crate::read::{RawRow, ReadError};
use crate::reader::RowReader;
use crate::row::{Amounts, Money, StatementRow};
use crate::words::BillKind;

/// The sums of the rows of a file, by kind of bill (none where the rows do not say it) and currency.
pub type Totals = BTreeMap<(Option<BillKind>, Option<Currency>), Sums>;

/// Sums of rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// How many rows have an amount of this currency.
    pub rows: usize,
    /// Before discounts.
    pub list: Decimal,
    /// What customers consumed.
    pub customer: Decimal,
    /// Of the deals.
    pub deal: Decimal,
    /// What the seller gets.
    pub settlement: Decimal,
    /// What the platform keeps.
    pub fee: Decimal,
}

/// A line of totals of the file, compared with its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TotalCheck {
    /// The sheet, from 0.
    pub sheet: u16,
    /// The row of the total.
    pub row: u32,
    /// Which amounts.
    pub column: Column,
    /// What the file says.
    pub stated: Decimal,
    /// What the rows add up to.
    pub sum: Decimal,
}

impl TotalCheck {
    /// Whether the file's total is that of its rows.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.stated == self.sum
    }
}

/// Adds a row to the totals.
pub(crate) fn add(totals: &mut Totals, row: &StatementRow) {
    let mut counted = Vec::new();
    for (column, money) in each(&row.amounts) {
        let sums = totals.entry((row.bill_kind, money.currency)).or_default();
        let sum = match column {
            Column::ListAmount => &mut sums.list,
            Column::CustomerAmount => &mut sums.customer,
            Column::DealAmount => &mut sums.deal,
            Column::SettlementAmount => &mut sums.settlement,
            _ => &mut sums.fee,
        };
        *sum = sum.saturating_add(money.amount);
        if !counted.contains(&money.currency) {
            counted.push(money.currency);
            sums.rows += 1;
        }
    }
}

/// The amounts of a row with their columns.
fn each(amounts: &Amounts) -> impl Iterator<Item = (Column, Money)> {
    let all = [amounts.list, amounts.customer, amounts.deal, amounts.settlement, amounts.fee];
    Column::AMOUNTS.into_iter().zip(all).filter_map(|(column, money)| Some((column, money?)))
}

/// The sums of a table, for its lines of totals.
#[derive(Debug, Default)]
pub(crate) struct TableSums {
    whole: BTreeMap<Column, Decimal>,
    since_total: BTreeMap<Column, Decimal>,
}

/// What kind of line a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    Total,
    Subtotal,
    Row,
}

/// Whether a row is a line of totals: it has the word for it, and no order.
pub(crate) fn line(raw: &RawRow, reader: &RowReader<'_>, names: &Names) -> Line {
    if reader.text(raw, Column::OrderId).is_some_and(|text| is_order_id(&text)) {
        return Line::Row;
    }
    let has = |word| {
        raw.cells.iter().any(|cell| {
            let text = cell.text();
            names.is(word, trimmed(&text))
        })
    };
    match () {
        () if has(Word::Total) => Line::Total,
        () if has(Word::Subtotal) => Line::Subtotal,
        () => Line::Row,
    }
}

impl TableSums {
    pub(crate) fn add(&mut self, row: &StatementRow) {
        for (column, money) in each(&row.amounts) {
            for sums in [&mut self.whole, &mut self.since_total] {
                let sum = sums.entry(column).or_default();
                *sum = sum.saturating_add(money.amount);
            }
        }
    }

    /// Compares a line of totals. It may be that of a page, or that of all rows: the one that agrees is taken.
    pub(crate) fn check(
        &mut self,
        raw: &RawRow,
        sheet: u16,
        reader: &RowReader<'_>,
    ) -> Result<Vec<TotalCheck>, ReadError> {
        let mut checks = Vec::new();
        for column in Column::AMOUNTS.into_iter().filter(|column| reader.has(*column)) {
            let Some(Money { amount: stated, .. }) = reader.amount(raw, column)? else { continue };
            let of = |sums: &BTreeMap<Column, Decimal>| sums.get(&column).copied().unwrap_or_default();
            let sum = if of(&self.since_total) == stated { stated } else { of(&self.whole) };
            checks.push(TotalCheck { sheet, row: raw.number, column, stated, sum });
        }
        self.since_total.clear();
        Ok(checks)
    }
}
