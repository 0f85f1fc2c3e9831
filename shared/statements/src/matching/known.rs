//! What the seller knows: its orders, instances and usage. The caller takes it from its store.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::currency::Currency;
use crate::day::Day;
use crate::month::Month;
use crate::words::{ChargingMode, OrderKind};

/// An order as the seller knows it. What is not known is none, and nothing is concluded from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KnownOrder {
    /// Its id.
    pub order_id: String,
    /// What it is.
    pub kind: OrderKind,
    /// The order that a renewal or a change is of.
    pub original: Option<String>,
    /// The order that a refund takes back.
    pub refund_of: Option<String>,
    /// The product: its id or name, by which sums are shown.
    pub product: Option<String>,
    /// The type of the product, if the seller knows it. KooGallery pays when all products of a type reach an amount.
    pub product_type: Option<String>,
    /// How it is charged.
    pub charging_mode: Option<ChargingMode>,
    /// How many order lines it has; 0 if it is not known.
    pub lines: u32,
    /// The order's amount before discounts. The order query calls it `currency`.
    pub list_amount: Option<Decimal>,
    /// The amount of the deal, negative for refunds. The order query calls it `currencyAfterDiscount`.
    pub deal_amount: Option<Decimal>,
    /// The currency of both amounts. The order query does not say it.
    pub currency: Option<Currency>,
    /// When it was ordered or paid, in Beijing.
    pub ordered_on: Option<Day>,
    /// From when on it is in effect, in Beijing. A renewal is in effect when the period before it ends.
    pub in_effect_from: Option<Day>,
    /// Its service supervision.
    pub supervised: Supervised,
    /// The instance that it made or is of.
    pub instance: Option<KnownInstance>,
}

impl KnownOrder {
    /// An order of which nothing else is known.
    #[must_use]
    pub fn new(order_id: impl Into<String>, kind: OrderKind) -> Self {
        Self {
            order_id: order_id.into(),
            kind,
            original: None,
            refund_of: None,
            product: None,
            product_type: None,
            charging_mode: None,
            lines: 0,
            list_amount: None,
            deal_amount: None,
            currency: None,
            ordered_on: None,
            in_effect_from: None,
            supervised: Supervised::Unknown,
            instance: None,
        }
    }

    pub(super) fn is_on_demand(&self) -> bool {
        self.charging_mode == Some(ChargingMode::OnDemand)
    }
}

/// The service supervision of an order (服务监管).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Supervised {
    /// It is not supervised.
    No,
    /// The customer has not accepted yet.
    Open,
    /// The customer accepted on this day.
    Completed(Day),
    /// It is not known.
    Unknown,
}

/// An instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KnownInstance {
    /// Its id.
    pub id: String,
    /// Its status.
    pub status: InstanceStatus,
    /// When it was released.
    pub released_on: Option<Day>,
}

/// The status of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum InstanceStatus {
    /// It is not ready yet.
    Provisioning,
    /// The customer can use it.
    Active,
    /// It is frozen.
    Frozen,
    /// It is released.
    Released,
}

/// What an instance used in a month, as the seller counted and pushed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownUsage {
    /// The instance.
    pub instance: String,
    /// The month, in Beijing.
    pub month: Month,
    /// How much.
    pub quantity: Decimal,
}
