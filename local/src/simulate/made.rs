//! What every family needs to make up: orders with what the open APIs tell of them, ids, times.

use std::time::Duration;

use koogallery::{ExpireTime, ProductInfo, TextError};
use koogallery_open_api::{BuyerInfo, ChargingMode, OrderInfo, OrderLine, OrderType};
use koogallery_runtime::now;
use uuid::Uuid;

/// As long as it needs to be.
pub(super) const MONTH: Duration = Duration::from_hours(30 * 24);

/// An id of the simulation's own: short, and new each time, so that it can be played again on the same state.
pub(super) fn fresh(prefix: &str) -> String {
    format!("{prefix}{}", Uuid::new_v4().simple().to_string()[..12].to_uppercase())
}

/// Ids made here are short and not empty.
pub(super) fn made<T>(parsed: Result<T, TextError>) -> T {
    parsed.unwrap_or_else(|error| unreachable!("{error}"))
}

/// So many months from now, as `expireTime` writes it.
pub(super) fn months_ahead(months: u32) -> ExpireTime {
    ExpireTime::from_timestamp(now().saturating_add(MONTH * months))
        .unwrap_or_else(|| unreachable!("some months from now"))
}

/// The product that is sold.
pub(super) const PRODUCT: &str = "simulated-product";
/// Who buys it.
pub(super) const CUSTOMER: &str = "simulated-customer";

/// An order of one line, for some months from now.
pub(super) struct Order {
    pub(super) id: String,
    pub(super) line: String,
    pub(super) expire_time: ExpireTime,
}

impl Order {
    pub(super) fn new(months: u32) -> Self {
        let id = fresh("CS");
        Self { line: format!("{id}-000001"), id, expire_time: months_ahead(months) }
    }

    /// What the order query tells of it.
    pub(super) fn details(&self, order_type: OrderType, months: u32) -> OrderInfo {
        let product = ProductInfo {
            product_id: Some(made(PRODUCT.parse())),
            sku_code: Some(made("simulated-sku".parse())),
            linear_value: Some(10.0),
            ..ProductInfo::default()
        };
        let text = |text: &str| Some(text.to_owned().into());
        let refund = order_type == OrderType::Unsubscribe;
        OrderInfo {
            order_id: made(self.id.parse()),
            order_type,
            currency: None,
            currency_after_discount: None,
            create_time: ExpireTime::from_timestamp(now()).map(|time| time.to_string().into()),
            order_lines: vec![OrderLine {
                order_line_id: made(self.line.parse()),
                charging_mode: Some(ChargingMode::Period),
                currency: (!refund).then(|| "100.00".to_owned()),
                currency_after_discount: Some(if refund { "-90.00" } else { "90.00" }.to_owned()),
                expire_time: Some(self.expire_time.to_string().into()),
                period_type: Some("month".to_owned()),
                period_number: Some(months),
                product_info: vec![product],
                extend_params: Vec::new(),
            }],
            buyer_info: Some(BuyerInfo {
                customer_id: text(CUSTOMER),
                customer_name: text("simulated customer"),
                user_id: text("simulated-user"),
                user_name: text("simulated user"),
                mobile_phone: None,
                email: text("simulated@example.com"),
            }),
            extend_params: Vec::new(),
        }
    }
}
