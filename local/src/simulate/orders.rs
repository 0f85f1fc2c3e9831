//! Orders that a life makes up, as the order query tells them.

use std::time::Duration;

use koogallery::{ExpireTime, ProductInfo, TextError};
use koogallery_open_api::{BuyerInfo, ChargingMode, LicenseInfo, LicenseStatus, OrderInfo, OrderLine, OrderType};
use koogallery_runtime::now;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::goods::{Goods, customer_id};
use super::names::{FillError, Names, fresh, spaced};

const DAY: Duration = Duration::from_hours(24);
/// An order as a life's file has it. What is left out: the product, SKU and quantity that are bought at first, one month.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct OrderTemplate {
    order_type: OrderType,
    product_id: Option<Value>,
    sku_code: Option<Value>,
    quantity: Option<Value>,
    charging_mode: Option<ChargingMode>,
    period_type: Option<String>,
    period_number: Option<u32>,
    /// How many lines it has; one.
    lines: Option<u8>,
}

impl OrderTemplate {
    /// One that leaves all else out.
    const fn of(order_type: OrderType) -> Self {
        Self {
            order_type,
            product_id: None,
            sku_code: None,
            quantity: None,
            charging_mode: None,
            period_type: None,
            period_number: None,
            lines: None,
        }
    }

    /// The order, with an id of its own.
    pub(super) fn order(&self, names: &Names<'_>) -> Result<Order, FillError> {
        let text = |given: &Option<Value>, usual: &str| -> Result<String, FillError> {
            let filled = names.fill(given.as_ref().unwrap_or(&Value::from(usual)))?;
            Ok(filled.as_str().map_or_else(|| filled.to_string(), str::to_owned))
        };
        let charging_mode = self.charging_mode.clone().unwrap_or(ChargingMode::Period);
        let by_period = charging_mode == ChargingMode::Period;
        let unit = self.period_type.clone().unwrap_or_else(|| "month".to_owned());
        let days = match unit.as_str() {
            "day" => 1,
            "year" => 365,
            _ => 30,
        };
        let number = self.period_number.unwrap_or(1);
        let until = now().saturating_add(DAY * days * number);
        Ok(Order {
            id: fresh("CS"),
            order_type: self.order_type.clone(),
            product: text(&self.product_id, "{product}")?,
            sku: text(&self.sku_code, "{sku}")?,
            quantity: text(&self.quantity, "{quantity}")?,
            charging_mode,
            period: by_period.then_some((unit, number)),
            expire_time: ExpireTime::from_timestamp(until).unwrap_or_else(|| unreachable!("some time from now")),
            lines: self.lines.unwrap_or(1).max(1),
        })
    }
}

/// An order that was made up.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) id: String,
    #[allow(clippy::struct_field_names)] // KooGallery's word
    pub(crate) order_type: OrderType,
    pub(crate) product: String,
    pub(crate) sku: String,
    pub(crate) quantity: String,
    pub(crate) charging_mode: ChargingMode,
    /// Its unit, and how many.
    pub(crate) period: Option<(String, u32)>,
    pub(crate) expire_time: ExpireTime,
    pub(crate) lines: u8,
}

impl Order {
    /// One that buys the goods for a month.
    pub(crate) fn of(goods: &Goods, order_type: OrderType) -> Result<Self, FillError> {
        OrderTemplate::of(order_type).order(&Names::new(goods, None))
    }

    /// The id of a line, the first of which is 1.
    pub(crate) fn line(&self, number: u8) -> String {
        format!("{}-{number:06}", self.id)
    }

    /// What a life's file can say of it: `{NAME.orderId}` and so on.
    pub(super) fn names(&self) -> Map<String, Value> {
        let quantity = self.quantity.parse::<u64>().map_or_else(|_| self.quantity.clone().into(), Value::from);
        let mut names = Map::from_iter([
            ("orderId".to_owned(), self.id.clone().into()),
            ("orderLineId".to_owned(), self.line(1).into()),
            ("productId".to_owned(), self.product.clone().into()),
            ("skuCode".to_owned(), self.sku.clone().into()),
            ("quantity".to_owned(), quantity),
            ("expireTime".to_owned(), self.expire_time.to_string().into()),
            ("expireTimeSpaced".to_owned(), spaced(&self.expire_time.to_string()).into()),
        ]);
        names.extend((2..=self.lines).map(|number| (format!("orderLineId{number}"), self.line(number).into())));
        names
    }

    /// What the order query tells of it; `buyer` is the account's name.
    pub(crate) fn details(&self, buyer: &str) -> Result<OrderInfo, TextError> {
        let product = ProductInfo {
            product_id: Some(self.product.parse()?),
            sku_code: Some(self.sku.parse()?),
            linear_value: self.quantity.parse().ok(),
            ..ProductInfo::default()
        };
        let text = |text: &str| Some(text.to_owned().into());
        let refund = self.order_type == OrderType::Unsubscribe;
        let line = |number: u8| -> Result<OrderLine, TextError> {
            Ok(OrderLine {
                order_line_id: self.line(number).parse()?,
                charging_mode: Some(self.charging_mode.clone()),
                currency: (!refund).then(|| "100.00".to_owned()),
                currency_after_discount: Some(if refund { "-90.00" } else { "90.00" }.to_owned()),
                expire_time: self.period.as_ref().map(|_| self.expire_time.to_string().into()),
                period_type: self.period.as_ref().map(|(unit, _)| unit.clone()),
                period_number: self.period.as_ref().map(|(_, number)| *number),
                product_info: vec![product.clone()],
                extend_params: Vec::new(),
            })
        };
        Ok(OrderInfo {
            order_id: self.id.parse()?,
            order_type: self.order_type.clone(),
            currency: None,
            currency_after_discount: None,
            create_time: ExpireTime::from_timestamp(now()).map(|time| time.to_string().into()),
            order_lines: (1..=self.lines).map(line).collect::<Result<_, _>>()?,
            buyer_info: Some(BuyerInfo {
                customer_id: text(&customer_id(buyer)),
                customer_name: text(buyer),
                user_id: text("simulated-user"),
                user_name: text("simulated user"),
                mobile_phone: None,
                email: text("simulated@example.com"),
            }),
            extend_params: Vec::new(),
        })
    }

    /// What the open APIs know of the license code that it bought.
    pub(super) fn license(&self) -> LicenseInfo {
        LicenseInfo {
            status: Some(LicenseStatus::Alive),
            expire_time: Some(self.expire_time.to_string().into()),
            product_id: self.product.parse().ok(),
            order_id: self.id.parse().ok(),
            amount: Some("1".to_owned()),
            activate_time: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_what_its_template_says() {
        let goods = Goods::default();
        let names = Names::new(&goods, None);
        let order = |json: &str| {
            serde_json::from_str::<OrderTemplate>(json).unwrap().order(&names).unwrap().details("Example Ltd").unwrap()
        };
        let bought = order(r#"{"orderType":"NEW","lines":2}"#);
        let lines: Vec<&str> = bought.order_lines.iter().map(|line| line.order_line_id.as_str()).collect();
        let id = bought.order_id.as_str();
        assert_eq!(lines, [format!("{id}-000001"), format!("{id}-000002")]);
        assert_eq!(bought.order_lines[0].product_info[0].linear_value, Some(10.0));
        assert_eq!(bought.order_lines[0].period_type.as_deref(), Some("month"));

        let upgrade = order(r#"{"orderType":"CHANGE","skuCode":"{upgradedSku}","quantity":"{upgradedQuantity}"}"#);
        let product = &upgrade.order_lines[0].product_info[0];
        assert_eq!(product.sku_code.as_ref().map(koogallery::SkuCode::as_str), Some("simulated-sku-large"));
        assert_eq!(product.linear_value, Some(20.0));

        let once = order(r#"{"orderType":"NEW","chargingMode":"ONE_TIME","quantity":3}"#);
        assert_eq!((&once.order_lines[0].period_type, &once.order_lines[0].expire_time), (&None, &None));
        assert_eq!(once.order_lines[0].product_info[0].linear_value, Some(3.0));
        assert!(serde_json::from_str::<OrderTemplate>(r#"{"orderType":"NEW","sku":"x"}"#).is_err());
    }
}
