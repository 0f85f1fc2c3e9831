//! Sums of statements in requests and answers: what the rows add up to, and what the file's own lines of totals say.

use koogallery_statements::{BillKind, Column, Currency, Totals};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the rows of a kind and a currency add up to. Amounts are decimals as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = StatementTotal)]
pub(crate) struct TotalView {
    /// `consumption`, `refund` or `adjustment`; absent where the rows do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    bill_kind: Option<BillKind>,
    /// The currency, such as `CNY`; absent where nothing says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    currency: Option<Currency>,
    /// How many rows have such an amount.
    rows: usize,
    /// Before discounts.
    #[schema(value_type = String)]
    list: Decimal,
    /// What customers consumed.
    #[schema(value_type = String)]
    customer: Decimal,
    /// Of the deals.
    #[schema(value_type = String)]
    deal: Decimal,
    /// What the seller gets.
    #[schema(value_type = String)]
    settlement: Decimal,
    /// What the platform keeps.
    #[schema(value_type = String)]
    fee: Decimal,
}

impl TotalView {
    /// All sums, in the order of kind and currency.
    pub(crate) fn all(totals: &Totals) -> Vec<Self> {
        let view = |((bill_kind, currency), sums): (&(Option<BillKind>, Option<Currency>), &_)| {
            let koogallery_statements::Sums { rows, list, customer, deal, settlement, fee } = *sums;
            Self { bill_kind: *bill_kind, currency: *currency, rows, list, customer, deal, settlement, fee }
        };
        totals.iter().map(view).collect()
    }
}

/// A line of totals of the file, beside the sum of the rows above it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = StatementCheck)]
pub(crate) struct CheckView {
    /// The sheet, from 0.
    sheet: u16,
    /// The row of the line.
    row: u32,
    /// Which amounts, such as `settlementAmount`.
    #[schema(value_type = String)]
    column: Column,
    /// What the file says.
    #[schema(value_type = String)]
    stated: Decimal,
    /// What the rows add up to.
    #[schema(value_type = String)]
    sum: Decimal,
}
