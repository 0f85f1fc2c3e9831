//! What the order query says an order is worth: the part of its answer that is no personal data and that a bill is compared with.

use koogallery_open_api::{ChargingMode, OrderInfo, OrderLine};
use koogallery_store::OrderAmount;

/// The longest amount that is kept.
const LONGEST: usize = 64;

/// The amounts of an order: of each line, and of the whole order where KooGallery tells them there.
#[must_use]
pub fn amounts(order: &OrderInfo) -> Vec<OrderAmount> {
    let whole = OrderAmount {
        order_type: order.order_type.as_str().to_owned(),
        ordered_at: order.create_time.as_ref().and_then(koogallery_open_api::SentTime::timestamp),
        currency: amount(order.currency.as_deref()),
        currency_after_discount: amount(order.currency_after_discount.as_deref()),
        is_of_the_order: true,
        ..OrderAmount::default()
    };
    let lines = order.order_lines.iter().map(|line| of_line(line, &whole));
    let tells = whole.currency.is_some() || whole.currency_after_discount.is_some() || order.order_lines.is_empty();
    lines.chain(tells.then(|| whole.clone())).collect()
}

fn of_line(line: &OrderLine, order: &OrderAmount) -> OrderAmount {
    let product = line.product_info.first();
    OrderAmount {
        order_line_id: Some(line.order_line_id.clone()),
        product_id: product.and_then(|product| product.product_id.clone()),
        sku_code: product.and_then(|product| product.sku_code.clone()),
        quantity: product.and_then(|product| product.linear_value).filter(|value| value.is_finite()),
        charging_mode: line.charging_mode.as_ref().map(ChargingMode::as_str).map(str::to_owned),
        period_type: line.period_type.clone(),
        period_number: line.period_number,
        currency: amount(line.currency.as_deref()),
        currency_after_discount: amount(line.currency_after_discount.as_deref()),
        is_of_the_order: false,
        ..order.clone()
    }
}

/// An amount as KooGallery wrote it; none if it is empty, or too long to be one.
fn amount(text: Option<&str>) -> Option<String> {
    let text = text.map(str::trim).filter(|text| !text.is_empty() && text.len() <= LONGEST);
    text.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn amounts_stand_on_the_lines_or_on_the_order() {
        let order = |order: serde_json::Value| -> Vec<(Option<String>, Option<String>)> {
            let amounts = amounts(&serde_json::from_value(order).unwrap());
            let line = |amount: &OrderAmount| amount.order_line_id.as_ref().map(ToString::to_string);
            amounts.iter().map(|amount| (line(amount), amount.currency_after_discount.clone())).collect()
        };
        let some = |text: &str| Some(text.to_owned());
        let on_lines = order(json!({ "orderId": "CS1", "orderType": "NEW", "orderLine": [
            { "orderLineId": "l-1", "currencyAfterDiscount": "12.50" }, { "orderLineId": "l-2", "currencyAfterDiscount": " " },
        ] }));
        assert_eq!(on_lines, [(some("l-1"), some("12.50")), (some("l-2"), None)]);
        let on_order = order(json!({ "orderId": "CS1", "orderType": "UNSUBSCRIBE", "currencyAfterDiscount": "-8",
            "orderLine": [{ "orderLineId": "l-1" }] }));
        assert_eq!(on_order, [(some("l-1"), None), (None, some("-8"))]);
        let bare = order(json!({ "orderId": "CS1", "orderType": "NEW", "orderLine": [] }));
        assert_eq!(bare, [(None, None)], "it is known that it exists");
    }

    #[test]
    fn nothing_of_the_buyer_is_kept() {
        let order = json!({ "orderId": "CS1", "orderType": "NEW", "buyerInfo": { "customerName": "c-1" },
            "orderLine": [{ "orderLineId": "l", "extendParams": [{ "name": "n", "value": "c-1" }] }] });
        let amounts = amounts(&serde_json::from_value(order).unwrap());
        assert!(!serde_json::to_string(&amounts).unwrap().contains("c-1"));
    }
}
