//! What an order line is worth, as KooGallery's order query says it: no personal data, so it outlives the order's details.

use koogallery::{OrderLineId, ProductId, SkuCode, Timestamp};
use serde::{Deserialize, Serialize};

/// The amounts of an order line. They are the only money that any call tells.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderAmount {
    /// The line; none if the query did not name one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_line_id: Option<OrderLineId>,
    /// KooGallery's word for what the order does, such as `NEW`, `RENEW`, `UNSUBSCRIBE`.
    pub order_type: String,
    /// When the buyer made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ordered_at: Option<Timestamp>,
    /// The product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    /// The product's specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku_code: Option<SkuCode>,
    /// The quantity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<f64>,
    /// KooGallery's word for how it is charged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charging_mode: Option<String>,
    /// KooGallery's word for the unit of the period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_type: Option<String>,
    /// How many of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_number: Option<u32>,
    /// The amount before discount, as KooGallery wrote it; none for refunds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// The amount of the deal, vouchers not deducted, as KooGallery wrote it; negative for refunds. It is the price of a private offer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency_after_discount: Option<String>,
    /// Whether the amounts are those of the whole order: KooGallery told them there and not on the line.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_of_the_order: bool,
}
