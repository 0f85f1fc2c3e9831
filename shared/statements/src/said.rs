//! What is kept of a file beside its rows: the mappings that it was read with, its sums, and its own lines of totals.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::column::Column;
use crate::currency::Currency;
use crate::digest::Digest;
use crate::total::{Sums, TotalCheck, Totals};
use crate::words::BillKind;

/// What is said of a file when its import begins.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatementDetails {
    /// The digests of the titles whose mappings it was read with.
    #[serde(default)]
    pub mappings: Vec<Digest>,
    /// What its rows add up to, in the order of kind and currency.
    pub totals: Vec<SaidTotal>,
    /// Its own lines of totals.
    #[serde(default)]
    pub checks: Vec<SaidCheck>,
}

/// What the rows of a kind and a currency add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SaidTotal {
    /// The kind; none where the rows do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill_kind: Option<BillKind>,
    /// The currency; none where nothing says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// The sums.
    #[serde(flatten)]
    pub sums: Sums,
}

/// A line of totals of the file, beside the sum of the rows above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SaidCheck {
    /// The sheet, from 0.
    pub sheet: u16,
    /// The row of the line.
    pub row: u32,
    /// Which amounts.
    pub column: Column,
    /// What the file says.
    pub stated: Decimal,
    /// What the rows add up to.
    pub sum: Decimal,
}

impl StatementDetails {
    /// What is said of a file that was read.
    #[must_use]
    pub fn new(mappings: Vec<Digest>, totals: &Totals, checks: &[TotalCheck]) -> Self {
        let said = |((bill_kind, currency), sums): (&(Option<BillKind>, Option<Currency>), &Sums)| SaidTotal {
            bill_kind: *bill_kind,
            currency: *currency,
            sums: *sums,
        };
        let totals = totals.iter().map(said).collect();
        let check = |check: &TotalCheck| {
            let TotalCheck { sheet, row, column, stated, sum } = *check;
            SaidCheck { sheet, row, column, stated, sum }
        };
        Self { mappings, totals, checks: checks.iter().map(check).collect() }
    }
}
