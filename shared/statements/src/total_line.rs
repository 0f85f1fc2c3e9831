//! Lines of totals in a file: found, and compared with the rows above them.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::column::Column;
use crate::names::{Names, Word};
use crate::order_id::is_order_id;
use crate::plain::trimmed;
use crate::read::{RawRow, ReadError};
use crate::reader::RowReader;
use crate::row::{Money, StatementRow};
use crate::total::{TotalCheck, each};

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
