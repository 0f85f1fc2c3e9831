//! Order query: who bought what, and for how long. The callbacks name only the order (topic 0070649116).

use std::time::Instant;

use koogallery::{OrderId, OrderLineId, ProductInfo};
use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ak_sk::query_string;
use crate::client::{Call, Client, read};
use crate::error::{Error, MalformedAnswer, Subject};
use crate::wire::{Personal, SentTime, list, optional, optional_number, words};

words! {
    /// The type of an order.
    OrderType {
        /// A purchase.
        New = "NEW",
        /// A trial.
        Trial = "TRIAL",
        /// A trial became a paid subscription.
        TrialToFormal = "TRIAL_TO_FORMAL",
        /// A refund.
        Unsubscribe = "UNSUBSCRIBE",
        /// A renewal.
        Renew = "RENEW",
        /// A change of specification or quantity.
        Change = "CHANGE",
    }
}

words! {
    /// How an order line is charged.
    ChargingMode {
        /// Pay-per-use.
        OnDemand = "ON_DEMAND",
        /// Once.
        OneTime = "ONE_TIME",
        /// By period: months, years.
        Period = "PERIOD",
        /// A package of pay-per-use.
        OnDemandPkg = "ON_DEMAND_PKG",
    }
}

/// An order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderInfo {
    /// Its id.
    pub order_id: OrderId,
    /// Its type.
    pub order_type: OrderType,
    /// The order's amount, as KooGallery wrote it; empty for refunds. It stands here or on the lines.
    #[serde(default, deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// The amount after discount, before vouchers, as KooGallery wrote it; negative for refunds. It stands here or on the lines.
    #[serde(default, deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub currency_after_discount: Option<String>,
    /// When the buyer made it.
    #[serde(default, deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub create_time: Option<SentTime>,
    /// Its lines: all of them, or the requested one.
    #[serde(rename = "orderLine", default, deserialize_with = "list")]
    pub order_lines: Vec<OrderLine>,
    /// Who bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buyer_info: Option<BuyerInfo>,
    /// Further parameters: the buyer's answers to the seller's questions, or data from KooGallery.
    #[serde(default, deserialize_with = "extend_params", skip_serializing_if = "Vec::is_empty")]
    pub extend_params: Vec<ExtendParam>,
}

impl OrderInfo {
    /// The same with all its times as RFC 3339 writes them, in UTC. A text that is not a time stays as KooGallery wrote it.
    #[must_use]
    pub fn with_times_in_utc(mut self) -> Self {
        self.create_time = self.create_time.map(SentTime::in_utc);
        for line in &mut self.order_lines {
            line.expire_time = line.expire_time.take().map(SentTime::in_utc);
        }
        self
    }
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderLine {
    /// Its id.
    pub order_line_id: OrderLineId,
    /// How it is charged.
    #[serde(default, deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub charging_mode: Option<ChargingMode>,
    /// The line's amount, as KooGallery wrote it; empty for refunds.
    #[serde(default, deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// The amount after discount, before vouchers, as KooGallery wrote it; negative for refunds.
    #[serde(default, deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub currency_after_discount: Option<String>,
    /// When the paid period ends: KooGallery's estimate from order time and period.
    #[serde(default, deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub expire_time: Option<SentTime>,
    /// The period's unit, in KooGallery's word.
    #[serde(default, deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub period_type: Option<String>,
    /// How many of them.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    pub period_number: Option<u32>,
    /// What was bought.
    #[serde(default, deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub product_info: Vec<ProductInfo>,
    /// The buyer's answers to the seller's questions.
    #[serde(default, deserialize_with = "extend_params", skip_serializing_if = "Vec::is_empty")]
    pub extend_params: Vec<ExtendParam>,
}

/// The buyer: all of it is personal data.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BuyerInfo {
    /// The account's id.
    #[serde(default, deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<Personal>,
    /// The account's name.
    #[serde(default, deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub customer_name: Option<Personal>,
    /// The id of the account's user.
    #[serde(default, deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub user_id: Option<Personal>,
    /// Its name.
    #[serde(default, deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub user_name: Option<Personal>,
    /// Mobile number.
    #[serde(default, deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub mobile_phone: Option<Personal>,
    /// E-mail address.
    #[serde(default, deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub email: Option<Personal>,
}

/// One further parameter. The seller chooses the questions, so a value may be personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExtendParam {
    /// Its name.
    pub name: String,
    /// Its text; JSON if it was not a text.
    pub value: Personal,
}

/// Reads `[{name, value}]`, which the guide shows for lines, or an object of names and values. For orders it shows none.
fn extend_params<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ExtendParam>, D::Error> {
    #[derive(Deserialize)]
    struct Pair {
        name: String,
        #[serde(default)]
        value: Value,
    }
    let param = |name: String, value: Value| {
        let text = match value {
            Value::Null => String::new(),
            Value::String(text) => text,
            other => other.to_string(),
        };
        ExtendParam { name, value: text.into() }
    };
    match Value::deserialize(deserializer)? {
        Value::Object(members) => Ok(members.into_iter().map(|(name, value)| param(name, value)).collect()),
        list => {
            let pairs: Option<Vec<Pair>> = serde_json::from_value(list).map_err(D::Error::custom)?;
            Ok(pairs.unwrap_or_default().into_iter().map(|pair| param(pair.name, pair.value)).collect())
        }
    }
}

impl Client {
    /// Asks for an order, or for one line of it. It tries again until `deadline` if KooGallery cannot be reached or cannot
    /// answer.
    pub async fn order_query(
        &self,
        order: &OrderId,
        line: Option<&OrderLineId>,
        deadline: Instant,
    ) -> Result<OrderInfo, Error> {
        let mut parameters = vec![("orderId", order.as_str())];
        parameters.extend(line.map(|line| ("orderLineId", line.as_str())));
        let subject = Subject::Order(order.clone());
        let call = Call { query: query_string(&parameters), ..Call::get(subject, "/v1/order/query") };
        let mut answer = self.send(&call, deadline).await?;
        let info: OrderInfo = read(&call.subject, "orderInfo", answer.remove("orderInfo").unwrap_or_default())?;
        if info.order_id == *order {
            Ok(info)
        } else {
            Err(Error::Malformed { subject: call.subject, source: MalformedAnswer::AnotherOrder })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: &str = r#"{
        "orderId": "CS1", "orderType": "NEW", "createTime": "20251124094912", "currency": "1200.10",
        "orderLine": [{ "currency": "", "currencyAfterDiscount": "-12345678901234567.8900",
            "orderLineId": "CS1-000001", "chargingMode": "PERIOD", "expireTime": "20261124155959000",
            "periodType": "year", "periodNumber": "1",
            "productInfo": [{"skuCode": "sku-1", "productId": "p-1", "linearValue": "5", "newer": 1}],
            "extendParams": [{"name": "domain", "value": "tenant.example.com"}, {"name": "seats", "value": 3}]
        }],
        "buyerInfo": {"customerId": "c-1", "customerName": "n-1", "userId": 7, "mobilePhone": "", "email": "buyer@example.com"},
        "extendParams": {"note": null}, "newer": {}
    }"#;

    #[test]
    fn is_read_with_what_is_new_and_what_is_missing() {
        let order: OrderInfo = serde_json::from_str(ORDER).unwrap();
        assert_eq!(order.order_type, OrderType::New);
        let line = &order.order_lines[0];
        assert_eq!(line.charging_mode, Some(ChargingMode::Period));
        assert_eq!(line.period_number, Some(1));
        let money = |text: &Option<String>| text.clone().unwrap_or_default();
        assert_eq!(
            (money(&order.currency), money(&order.currency_after_discount)),
            ("1200.10".to_owned(), String::new())
        );
        assert_eq!(line.currency, None, "empty for a refund");
        assert_eq!(money(&line.currency_after_discount), "-12345678901234567.8900", "to the digit");
        assert_eq!(line.product_info[0].linear_value, Some(5.0));
        assert_eq!(line.extend_params[1].value.reveal(), "3");
        assert_eq!(line.expire_time.as_ref().unwrap().timestamp().unwrap().as_millis(), 1_795_535_999_000);
        let written = order.clone().with_times_in_utc();
        assert_eq!(written.create_time.unwrap().as_str(), "2025-11-24T09:49:12.000Z");
        assert_eq!(written.order_lines[0].expire_time.as_ref().unwrap().as_str(), "2026-11-24T15:59:59.000Z");
        let buyer = order.buyer_info.unwrap();
        assert_eq!(buyer.user_id.unwrap().reveal(), "7");
        assert_eq!((buyer.mobile_phone, buyer.user_name), (None, None));
        assert_eq!(order.extend_params[0].name, "note");

        let least: OrderInfo = serde_json::from_str(
            r#"{"orderId":1,"orderType":"GIFT","orderLine":{"orderLineId":"l","productInfo":null},"buyerInfo":null}"#,
        )
        .unwrap();
        assert_eq!(least.order_type, OrderType::Other("GIFT".to_owned()));
        assert_eq!(least.order_lines.len(), 1);
    }

    #[test]
    fn written_and_read_again_is_the_same() {
        let order: OrderInfo = serde_json::from_str(ORDER).unwrap();
        assert_eq!(serde_json::from_str::<OrderInfo>(&serde_json::to_string(&order).unwrap()).unwrap(), order);
    }

    #[test]
    fn debug_shows_no_personal_data() {
        let shown = format!("{:?}", serde_json::from_str::<OrderInfo>(ORDER).unwrap());
        for personal in ["c-1", "n-1", "buyer@", "tenant.example.com"] {
            assert!(!shown.contains(personal), "{shown}");
        }
        assert!(shown.contains("CS1-000001"), "{shown}");
    }
}
