//! What the comparison finds.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::column::Column;
use crate::currency::Currency;
use crate::day::Day;
use crate::digest::{Digest, DigestError};
use crate::month::Month;
use crate::row::RowRef;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// Order and statement agree, as far as the statement says something.
    Matched,
    /// The statement has another amount than the order.
    AmountDiffers,
    /// The seller does not know the order, or the row names none.
    InStatementOnly,
    /// The order is not due yet.
    NotDueYet(Reason),
    /// The order is due in a month of which no statement was given.
    NoStatement,
    /// It is past its day, and not there.
    Overdue(Due),
    /// The order was refunded, and its instance is active.
    RefundedButActive,
    /// The customer has not paid long after the bill, and the instance is active.
    ActiveButUnpaid,
    /// The instance was released, and is billed for a time after that.
    ReleasedButBilled,
    /// KooGallery counts other usage than the seller.
    UsageDiffers,
    /// The same is there more often than it was ordered.
    Duplicate,
}

/// Why an order is not due yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// The customer has not accepted the delivery.
    NotAccepted,
    /// Nobody knows whether the customer has to accept, or has accepted.
    AcceptanceUnknown,
    /// The customer pays later, and has not paid.
    NotRepaid,
    /// It is in effect from a later day on.
    NotInEffect,
    /// Nobody knows from when on it is in effect.
    EffectUnknown,
    /// The bill of its month is not out, or has just come out.
    BillNotOut,
    /// The amounts of the product's type are not enough for a bill.
    BelowThreshold,
}

/// What is overdue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Due {
    /// The order should be in a bill. If the customer pays later, it may be that the customer has not paid: the transaction details
    /// say it.
    Bill,
    /// The refund should be in a bill.
    Refund,
    /// The bill should be paid.
    Payment,
}

impl Kind {
    /// Whether somebody has to look at it.
    #[must_use]
    pub fn is_discrepancy(self) -> bool {
        !matches!(self, Self::Matched | Self::NotDueYet(_) | Self::NoStatement)
    }

    /// A word for it, as in files and commands: `amount-differs`, `not-due-yet:not-accepted`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Matched => "matched",
            Self::AmountDiffers => "amount-differs",
            Self::InStatementOnly => "in-statement-only",
            Self::NotDueYet(Reason::NotAccepted) => "not-due-yet:not-accepted",
            Self::NotDueYet(Reason::AcceptanceUnknown) => "not-due-yet:acceptance-unknown",
            Self::NotDueYet(Reason::NotRepaid) => "not-due-yet:not-repaid",
            Self::NotDueYet(Reason::NotInEffect) => "not-due-yet:not-in-effect",
            Self::NotDueYet(Reason::EffectUnknown) => "not-due-yet:effect-unknown",
            Self::NotDueYet(Reason::BillNotOut) => "not-due-yet:bill-not-out",
            Self::NotDueYet(Reason::BelowThreshold) => "not-due-yet:below-threshold",
            Self::NoStatement => "no-statement",
            Self::Overdue(Due::Bill) => "overdue:bill",
            Self::Overdue(Due::Refund) => "overdue:refund",
            Self::Overdue(Due::Payment) => "overdue:payment",
            Self::RefundedButActive => "refunded-but-active",
            Self::ActiveButUnpaid => "active-but-unpaid",
            Self::ReleasedButBilled => "released-but-billed",
            Self::UsageDiffers => "usage-differs",
            Self::Duplicate => "duplicate",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Subject {
    /// An order.
    Order(String),
    /// An instance's usage of a month.
    Usage {
        /// The instance.
        instance: String,
        /// The month.
        month: Month,
    },
    /// A record of usage that stands there twice.
    Record {
        /// The instance.
        instance: String,
        /// Its serial number, or when it begins.
        record: String,
    },
    /// A row that names no order: the digest of what it says.
    Row(Digest),
}

/// What a finding is based on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Evidence {
    /// The rows.
    pub rows: Vec<RowRef>,
    /// What the seller knows: an amount or a quantity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known: Option<Decimal>,
    /// What the statement says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stated: Option<Decimal>,
    /// The column of the amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<Column>,
    /// The currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// The month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub month: Option<Month>,
    /// The day that matters: when it is due, in effect, or was released.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<Day>,
    /// The instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
}

/// The name of a finding. It stays the same as long as its kind, subject and amounts do, whichever files say it: so an explanation
/// holds for the next comparison too, and lapses when the amounts change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FindingId(Digest);

impl fmt::Display for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for FindingId {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        text.parse().map(Self)
    }
}

/// Why a finding is all right, as a person wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// What the person wrote.
    pub note: String,
    /// Who.
    pub who: String,
    /// When, in milliseconds since 1970-01-01T00:00:00Z.
    pub when: i64,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Its name.
    pub id: FindingId,
    /// What it is.
    pub kind: Kind,
    /// What it is about.
    pub subject: Subject,
    /// What it is based on.
    pub evidence: Evidence,
    /// Why it is all right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explained: Option<Explanation>,
}

impl Finding {
    pub(super) fn new(kind: Kind, subject: Subject, mut evidence: Evidence) -> Self {
        evidence.rows.sort_unstable();
        let amount = |amount: Option<Decimal>| amount.map_or_else(String::new, |amount| amount.normalize().to_string());
        let (known, stated) = (amount(evidence.known), amount(evidence.stated));
        let subject_text = match &subject {
            Subject::Order(order) => vec!["order", order],
            Subject::Usage { instance, .. } => vec!["usage", instance],
            Subject::Record { instance, record } => vec!["record", instance, record],
            Subject::Row(_) => vec!["row"],
        };
        let more = match &subject {
            Subject::Usage { month, .. } => month.to_string(),
            Subject::Row(digest) => digest.to_string(),
            Subject::Order(_) | Subject::Record { .. } => String::new(),
        };
        let texts = [kind.code(), &known, &stated, &more].into_iter().chain(subject_text);
        Self { id: FindingId(Digest::of_texts(texts)), kind, subject, evidence, explained: None }
    }

    /// Whether somebody has to look at it: it is a discrepancy, and nobody explained it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.kind.is_discrepancy() && self.explained.is_none()
    }
}
