//! A row of a statement, with what is understood of it. Rows never change: one is named by its file and its place in it.

use std::fmt;
use std::sync::Arc;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::currency::Currency;
use crate::day::Day;
use crate::digest::Digest;
use crate::mapping::StatementKind;
use crate::month::Month;
use crate::words::{BillKind, ChargingMode, OrderKind, Repayment, Supervision};

/// Which row of which file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RowRef {
    /// The SHA-256 of the file.
    pub file: Digest,
    /// The sheet, from 0. A CSV file has one.
    pub sheet: u16,
    /// In XLSX the number of the row, in CSV of the line in which it begins; from 1.
    pub row: u32,
}

/// An amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Money {
    /// How much, exactly.
    pub amount: Decimal,
    /// Of what. None if neither the file nor its mapping says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
}

/// The amounts of a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Amounts {
    /// Before discounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<Money>,
    /// What the customer consumed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<Money>,
    /// Of the deal: after discounts, before vouchers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deal: Option<Money>,
    /// What the seller gets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settlement: Option<Money>,
    /// What the platform keeps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fee: Option<Money>,
}

/// A ratio as the row states it. It is never computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stated {
    /// As it stands there, such as `8.5折` or `10%`.
    pub text: String,
    /// The number, where it is one; `10%` is 0.1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Decimal>,
}

/// The customer. All of it is personal data.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Customer {
    /// The account's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The account's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
}

impl fmt::Debug for Customer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Customer(…)")
    }
}

/// What a row says about usage.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Usage {
    /// The instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// When it begins, as it stands there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begin: Option<String>,
    /// The day of Beijing on which it begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begin_on: Option<Day>,
    /// When it ends, as it stands there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
    /// How much.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Decimal>,
    /// The serial number of the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Why the record is not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether the status says that the record is not counted.
    pub refused: bool,
}

/// A title. The rows of a table share it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Title(Arc<str>);

impl Title {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Title {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<Title> for String {
    fn from(title: Title) -> Self {
        title.0.as_ref().to_owned()
    }
}

/// The cells that are not understood, by their titles. They may have personal data.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Others(Vec<(Title, String)>);

impl Others {
    /// The cells with their titles, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(title, text)| (title.as_str(), text.as_str()))
    }

    pub(crate) fn push(&mut self, title: Title, text: String) {
        self.0.push((title, text));
    }
}

impl fmt::Debug for Others {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(title, _)| title.as_str())).finish()
    }
}

/// A row of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatementRow {
    /// Where it stands.
    pub place: RowRef,
    /// What the table is about.
    pub kind: StatementKind,
    /// The order.
    pub order_id: Option<String>,
    /// The order that a refund or a change is of.
    pub original_order_id: Option<String>,
    /// The order line.
    pub order_line_id: Option<String>,
    /// The product's id.
    pub product_id: Option<String>,
    /// The product's name.
    pub product: Option<String>,
    /// The specification.
    pub sku: Option<String>,
    /// The month of the bill.
    pub month: Option<Month>,
    /// What the row is, if it says so: by the kind of bill, or by an order type that is a refund.
    pub bill_kind: Option<BillKind>,
    /// The type of the order, if it is known.
    pub order_kind: Option<OrderKind>,
    /// How it is charged.
    pub charging_mode: Option<ChargingMode>,
    /// The amounts.
    pub amounts: Amounts,
    /// The platform's share.
    pub fee_ratio: Option<Stated>,
    /// The partner's share.
    pub split: Option<Stated>,
    /// The discount.
    pub discount: Option<Stated>,
    /// How it is settled, in KooGallery's words.
    pub settlement_type: Option<String>,
    /// The service supervision.
    pub supervision: Option<Supervision>,
    /// Whether the customer has paid.
    pub repayment: Option<Repayment>,
    /// When the customer ordered or paid.
    pub traded_on: Option<Day>,
    /// When the customer accepted.
    pub accepted_on: Option<Day>,
    /// From when on the order is in effect.
    pub effective_from: Option<Day>,
    /// Whether the table says when the seller was paid; an empty cell then means that it was not.
    pub says_settled_on: bool,
    /// When the seller was paid.
    pub settled_on: Option<Day>,
    /// The state in KooGallery's words.
    pub status: Option<String>,
    /// The usage, if the table has an instance.
    pub usage: Option<Box<Usage>>,
    /// The customer, if the table has one.
    pub customer: Option<Box<Customer>>,
    /// The cells that are not understood.
    pub other: Others,
}

impl StatementRow {
    /// The row as it is kept: the customer and the cells that are not understood may be personal, and the comparison does not need them.
    #[must_use]
    pub fn without_personal(self) -> Self {
        Self { customer: None, other: Others::default(), ..self }
    }
}
