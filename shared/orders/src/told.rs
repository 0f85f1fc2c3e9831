//! The part of an order's details that an instance and an event get: of their own line and product, and nothing about the buyer.

use koogallery::{ExpireTime, OrderLineId, ProductId, ProductInfo};
use koogallery_open_api::{ChargingMode, OrderInfo, OrderLine};
use koogallery_store::{Bought, ToldOrder};

/// The largest quantity; the smallest is its reciprocal. Others cannot be real, and the table could not hold them.
const LARGEST_QUANTITY: f64 = 1e12;

/// What an order line bought: the named line, or the only one, or the only one with `product`. Returns none if several lines are
/// possible. A value that cannot be read is left out.
#[must_use]
pub fn told(order: &OrderInfo, line: Option<&OrderLineId>, product: Option<&ProductId>) -> Option<ToldOrder> {
    let is_product = |info: &&ProductInfo| product.is_some_and(|product| info.product_id.as_ref() == Some(product));
    let named = order.order_lines.iter().filter(|known| line.is_none_or(|line| known.order_line_id == *line));
    let named: Vec<&OrderLine> = named.collect();
    let of_product = named.iter().filter(|line| line.product_info.iter().any(|info| is_product(&info)));
    let line = only(named.iter()).or_else(|| only(of_product))?;
    let info = only(line.product_info.iter()).or_else(|| only(line.product_info.iter().filter(is_product)));
    let info = info.cloned().unwrap_or_default();
    let holds = |value: &f64| *value == 0.0 || (1.0 / LARGEST_QUANTITY..=LARGEST_QUANTITY).contains(value);
    Some(ToldOrder {
        bought: Bought {
            product_id: info.product_id,
            sku_code: info.sku_code,
            linear_value: info.linear_value.filter(holds),
            charging_mode: line.charging_mode.as_ref().map(ChargingMode::as_str).map(str::to_owned),
            period_type: line.period_type.clone(),
            period_number: line.period_number,
            ..Bought::default()
        },
        until: line.expire_time.as_ref().and_then(|time| ExpireTime::from_timestamp(time.timestamp()?)),
    })
}

/// The first item, if there is no second one.
fn only<T>(mut some: impl Iterator<Item = T>) -> Option<T> {
    some.next().filter(|_| some.next().is_none())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn order(lines: Value) -> OrderInfo {
        serde_json::from_value(json!({ "orderId": "CS1", "orderType": "NEW", "orderLine": lines })).unwrap()
    }

    fn line(id: u8, products: &[&str], more: Value) -> Value {
        let products: Vec<Value> = products.iter().map(|id| json!({ "productId": id, "linearValue": 5 })).collect();
        let mut line = json!({ "orderLineId": format!("l-{id}"), "productInfo": products });
        line.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        line
    }

    fn of(order: &OrderInfo, line: Option<&str>, product: Option<&str>) -> Option<String> {
        let (line, product) = (line.map(|line| line.parse().unwrap()), product.map(|product| product.parse().unwrap()));
        let told = told(order, line.as_ref(), product.as_ref())?;
        Some(told.bought.product_id.map_or(String::new(), |product| product.to_string()))
    }

    #[test]
    fn the_line_and_product_that_are_meant_are_taken_and_none_by_guess() {
        let both = order(json!([line(1, &["a"], json!({})), line(2, &["b", "c"], json!({}))]));
        let product = |id: &str| Some(id.to_owned());
        assert_eq!(of(&both, Some("l-1"), None), product("a"));
        assert_eq!(of(&both, Some("l-1"), Some("another")), product("a"));
        assert_eq!(of(&both, Some("l-2"), Some("c")), product("c"));
        assert_eq!(of(&both, Some("l-2"), None), product(""), "the line's own members all the same");
        assert_eq!(of(&both, None, Some("b")), product("b"));
        assert_eq!(of(&both, None, None), None);
        assert_eq!(of(&both, Some("l-3"), Some("a")), None);
        assert_eq!(of(&order(json!([line(1, &["a"], json!({}))])), None, None), product("a"));
        assert_eq!(of(&order(json!([])), None, None), None);
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        for (time, read) in [
            ("20261231160000", Some("20261231160000000")),
            ("1798732800000", Some("20261231160000000")),
            ("2026-12-31 16:00:00 z", Some("20261231160000000")),
            ("next year", None),
            ("", None),
            ("9999999999999999", None),
        ] {
            let order = order(json!([line(1, &["a"], json!({ "expireTime": time, "periodType": "year" }))]));
            let told = told(&order, None, None).unwrap();
            assert_eq!(told.until.map(|until| until.to_string()).as_deref(), read, "{time}");
            assert_eq!((told.bought.period_type.as_deref(), told.bought.linear_value), (Some("year"), Some(5.0)));
        }
        for (quantity, read) in [(0.0, true), (0.5, true), (1e300, false), (1e-300, false), (-1.0, false)] {
            let order = order(json!([{ "orderLineId": "l", "productInfo": { "linearValue": quantity } }]));
            assert_eq!(told(&order, None, None).unwrap().bought.linear_value.is_some(), read, "{quantity}");
        }
    }

    #[test]
    fn nothing_of_the_buyer_is_taken() {
        let mut order = order(json!([line(1, &["a"], json!({ "extendParams": [{ "name": "n", "value": "v-1" }] }))]));
        order.buyer_info = serde_json::from_value(json!({ "customerName": "c-1" })).unwrap();
        let told = serde_json::to_string(&told(&order, None, None).unwrap().bought).unwrap();
        assert_eq!(told, r#"{"productId":"a","linearValue":5.0}"#);
    }
}
