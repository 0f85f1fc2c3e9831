//! Sums: what the rows of a file add up to, beside what the file's own lines of totals say.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::column::Column;
use crate::currency::Currency;
use crate::row::{Amounts, Money, StatementRow};
use crate::words::BillKind;

/// The sums of the rows of a file, by kind of bill (none where the rows do not say it) and currency.
pub type Totals = BTreeMap<(Option<BillKind>, Option<Currency>), Sums>;

/// Sums of rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
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

/// Adds a row to the totals. An amount beyond what a decimal holds stays at the largest one.
pub fn add_row(totals: &mut Totals, row: &StatementRow) {
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
pub(crate) fn each(amounts: &Amounts) -> impl Iterator<Item = (Column, Money)> {
    let all = [amounts.list, amounts.customer, amounts.deal, amounts.settlement, amounts.fee];
    Column::AMOUNTS.into_iter().zip(all).filter_map(|(column, money)| Some((column, money?)))
}
