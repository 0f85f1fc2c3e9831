//! The form of an order in the answers, for the description of the API. The values are the order query's own.

#![allow(dead_code, reason = "it describes what `OrderInfo` writes")]

use serde::Serialize;
use utoipa::ToSchema;

/// An order, as KooGallery's order query describes it. It contains personal data.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Order)]
pub(crate) struct OrderSchema {
    /// The order.
    order_id: String,
    /// `NEW`, `TRIAL`, `TRIAL_TO_FORMAL`, `UNSUBSCRIBE`, `RENEW`, `CHANGE`, or a word that KooGallery adds later.
    order_type: String,
    /// The amount as KooGallery wrote it; absent for refunds. It stands here or on the lines.
    currency: Option<String>,
    /// The amount after discount, before vouchers; negative for refunds. It stands here or on the lines.
    currency_after_discount: Option<String>,
    /// When the buyer ordered: RFC 3339, in UTC. A text that is no time stays as KooGallery wrote it.
    create_time: Option<String>,
    /// All lines, or the requested one.
    order_line: Vec<OrderLineSchema>,
    /// Who bought.
    buyer_info: Option<BuyerSchema>,
    /// The buyer's answers to the seller's questions, or data from KooGallery.
    extend_params: Option<Vec<ParameterSchema>>,
}

/// A line of an order.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OrderLine)]
struct OrderLineSchema {
    /// The order line.
    order_line_id: String,
    /// `ON_DEMAND`, `ONE_TIME`, `PERIOD`, `ON_DEMAND_PKG`, or a word that KooGallery adds later.
    charging_mode: Option<String>,
    /// The amount as KooGallery wrote it; absent for refunds.
    currency: Option<String>,
    /// The amount after discount, before vouchers; negative for refunds.
    currency_after_discount: Option<String>,
    /// KooGallery's estimate of the end of the period, written as `createTime`.
    expire_time: Option<String>,
    /// The unit of the period.
    period_type: Option<String>,
    /// The number of these units.
    period_number: Option<u32>,
    /// What was bought.
    product_info: Option<Vec<ProductSchema>>,
    /// The buyer's answers to the seller's questions.
    extend_params: Option<Vec<ParameterSchema>>,
}

/// What an order line bought. Other members are as KooGallery sends them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ProductInfo)]
struct ProductSchema {
    /// The product and its kind of period.
    product_id: Option<String>,
    /// The product's specification.
    sku_code: Option<String>,
    /// The quantity, such as the number of users.
    linear_value: Option<f64>,
}

/// The buyer: personal data.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BuyerInfo)]
struct BuyerSchema {
    /// The account's id.
    customer_id: Option<String>,
    /// The account's name.
    customer_name: Option<String>,
    /// The id of the account's user.
    user_id: Option<String>,
    /// The user's name.
    user_name: Option<String>,
    /// The telephone number.
    mobile_phone: Option<String>,
    /// The e-mail address.
    email: Option<String>,
}

/// One further parameter.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Parameter)]
struct ParameterSchema {
    /// Its name.
    name: String,
    /// Its text.
    value: String,
}
