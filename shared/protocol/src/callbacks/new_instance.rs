//! newInstance: an order line is paid, provision it (topic 0070649427).

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Callback, Request};
use crate::access_key::AccessKey;
use crate::expire_time::{ExpireTime, ExpireTimeError};
use crate::invalid_request::InvalidRequest;
use crate::long_numbers::long_numbers_as_text;
use crate::parameters::Parameters;
use crate::test_flag::TestFlag;
use crate::text::{BusinessId, CustomerId, OrderId, OrderLineId, ProductId, TextError, blank_as_none, required};
use crate::v1_cipher;

/// In V2.0, buyer, product, quantity and period are not in the call: the order query has them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewInstance {
    /// The order.
    pub order_id: OrderId,
    /// The order line. With the order it identifies what was bought, however often the call is sent. V1.0 has no order
    /// line: there, order and product identify it.
    #[serde(deserialize_with = "required")]
    pub order_line_id: Option<OrderLineId>,
    /// It differs on every call, even a repeat. The first one becomes the instance id.
    pub business_id: BusinessId,
    /// It is sent with pay-per-use orders, where one order may have several products, and with V1.0.
    #[serde(default, deserialize_with = "blank_as_none")]
    pub product_id: Option<ProductId>,
    /// Whether it is a debug call.
    #[serde(default)]
    pub test_flag: TestFlag,
    /// V1.0: other data of the call.
    #[serde(skip)]
    pub details: Option<PurchaseDetails>,
}

/// The data of V1.0's newInstance beside its ids: the buyer, what was bought and for how long.
#[derive(Clone, PartialEq)]
pub struct PurchaseDetails {
    /// The end of the paid period; none for a one-time purchase.
    pub expire_time: Option<ExpireTime>,
    /// When the buyer accepted a supervised product. KooGallery then calls again for the same order.
    pub acceptance_time: Option<ExpireTime>,
    /// KooGallery's word for how the product is provisioned on acceptance, up to 64 characters.
    pub provision_type: Option<String>,
    /// Every other parameter under its own name: `mobilePhone` and `email` in the clear if they could be decrypted,
    /// `saasExtendParams` as the decoded list. Personal data.
    pub parameters: Map<String, Value>,
    /// The parameters that are kept as they came, because they could not be decrypted or decoded.
    pub as_it_came: Vec<&'static str>,
}

impl fmt::Debug for PurchaseDetails {
    /// Shows names only: values are personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.parameters.keys()).finish()
    }
}

impl NewInstance {
    /// A real purchase of one order line.
    pub fn new(order_id: &str, order_line_id: &str, business_id: &str) -> Result<Self, TextError> {
        Ok(Self {
            order_id: order_id.parse()?,
            order_line_id: Some(order_line_id.parse()?),
            business_id: business_id.parse()?,
            product_id: None,
            test_flag: TestFlag::Real,
            details: None,
        })
    }
}

impl Request for NewInstance {
    const CALLBACK: Callback = Callback::NewInstance;
    fn test_flag(&self) -> TestFlag {
        self.test_flag
    }
    fn order_id(&self) -> Option<&OrderId> {
        Some(&self.order_id)
    }

    fn remark(&self) -> Option<String> {
        self.details.as_ref()?.remark()
    }

    fn from_parameters(parameters: &Parameters, access_key: &AccessKey) -> Result<Self, InvalidRequest> {
        parameters.required::<CustomerId>("customerId")?;
        Ok(Self {
            order_id: parameters.required("orderId")?,
            order_line_id: None,
            business_id: parameters.required("businessId")?,
            product_id: Some(parameters.required("productId")?),
            test_flag: parameters.test_flag()?,
            details: Some(PurchaseDetails::of(parameters, access_key)?),
        })
    }
}

impl PurchaseDetails {
    /// Reads them from a call of V1.0, or of License 1.0, which has the same parameters.
    pub(super) fn of(parameters: &Parameters, access_key: &AccessKey) -> Result<Self, InvalidRequest> {
        parameters.within(&[
            ("customerName", 64),
            ("userId", 64),
            ("userName", 64),
            ("mobilePhone", 256),
            ("email", 256),
            ("skuCode", 64),
            ("provisionType", 64),
            ("saasExtendParams", 2048),
        ])?;
        let time = |name| {
            let time = parameters.get(name).map(str::parse).transpose();
            time.map_err(|error: ExpireTimeError| InvalidRequest::of(error.to_string().replace("expireTime", name)))
        };
        let (expire_time, acceptance_time) = (time("expireTime")?, time("acceptanceTime")?);
        let mut as_it_came = Vec::new();
        let mut kept = Map::new();
        for (name, value) in parameters.further(&["orderId", "businessId", "productId", "expireTime"])? {
            let decoded = match name.as_str() {
                "mobilePhone" => decrypted(access_key, &value).ok_or("mobilePhone"),
                "email" => decrypted(access_key, &value).ok_or("email"),
                "saasExtendParams" => extend_params(&value).ok_or("saasExtendParams"),
                _ => Ok(value.as_str().into()),
            };
            let value = decoded.unwrap_or_else(|name| {
                as_it_came.push(name);
                value.into()
            });
            kept.insert(name, value);
        }
        let provision_type = parameters.get("provisionType").map(str::to_owned);
        Ok(Self { expire_time, acceptance_time, provision_type, parameters: kept, as_it_came })
    }

    /// The text parameters, which say what was bought.
    #[must_use]
    pub fn told(&self) -> BTreeMap<String, String> {
        let text = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
        self.parameters.iter().filter_map(text).collect()
    }

    /// For the log: the parameters that could not be decoded.
    pub(super) fn remark(&self) -> Option<String> {
        let names = &self.as_it_came;
        (!names.is_empty()).then(|| format!("kept as it came, because it could not be decoded: {}", names.join(", ")))
    }
}

/// `mobilePhone` and `email` may come encrypted, and the call does not say how.
fn decrypted(access_key: &AccessKey, wire: &str) -> Option<Value> {
    [v1_cipher::EncryptType::Aes256, v1_cipher::EncryptType::Aes128]
        .into_iter()
        .find_map(|kind| v1_cipher::decrypt(access_key.reveal(), kind, wire).ok())
        .map(Value::from)
}

/// `saasExtendParams` is base64 of a JSON list: the buyer's answers at the purchase. The JSON may be URL-encoded before base64. A text
/// that is JSON already is not decoded once more, because that would change a `+` or a `%2B` in it.
fn extend_params(wire: &str) -> Option<Value> {
    let told = STANDARD.decode(wire.trim().replace(' ', "+")).ok()?;
    json(&told).or_else(|| {
        let spaced: Vec<u8> = told.into_iter().map(|byte| if byte == b'+' { b' ' } else { byte }).collect();
        json(&percent_encoding::percent_decode(&spaced).decode_utf8().ok()?.into_owned().into_bytes())
    })
}

fn json(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice(&long_numbers_as_text(bytes)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access_key::{AccessKeys, InterfaceType};

    fn read(query: &str) -> Result<NewInstance, InvalidRequest> {
        let keys = AccessKeys::from_json(r#"{"basic":["abcde"]}"#).unwrap();
        NewInstance::from_parameters(&Parameters::of_query(query), keys.current(InterfaceType::Basic).unwrap())
    }

    const MANDATORY: &str = "activity=newInstance&customerId=c-1&businessId=b-1&orderId=CS1&productId=p-1";

    #[test]
    fn details_are_decoded_and_kept() {
        let list = STANDARD.encode("%5B%7B%22name%22%3A%22domain%22%2C%22value%22%3A%22%E5%AE%9E%22%7D%5D");
        let query = format!(
            "{MANDATORY}&mobilePhone=a1B2c3D4e5F6g7H8cdZopPYLAFIGFpXmGZNY2w%3D%3D&email=someone%40example.com&\
             saasExtendParams={list}&expireTime=20261231160000&amount=10&x=y&blank="
        );
        let request = read(&query).unwrap();
        let details = request.details.as_ref().unwrap();
        assert_eq!(details.expire_time.unwrap().to_string(), "20261231160000000");
        assert_eq!(
            Value::Object(details.parameters.clone()),
            serde_json::json!({
                "customerId": "c-1",
                "mobilePhone": "admin",
                "email": "someone@example.com",
                "saasExtendParams": [{ "name": "domain", "value": "实" }],
                "amount": "10",
                "x": "y",
            })
        );
        assert_eq!(request.remark().unwrap(), "kept as it came, because it could not be decoded: email");
        assert!(!format!("{request:?}").contains("example.com"));
    }

    #[test]
    fn what_the_buyer_was_asked_is_decoded_as_often_as_it_was_encoded() {
        let plain = r#"[{"name":"phone","value":"+86 138"},{"name":"plan","value":"T%2B1"},
            {"name":"json","value":"{\"a\":\"1+1\",\"b\":30000000000000000000001}"},{"name":"id","value":30000000000000000000001}]"#;
        let expected = serde_json::json!([
            { "name": "phone", "value": "+86 138" },
            { "name": "plan", "value": "T%2B1" },
            { "name": "json", "value": r#"{"a":"1+1","b":30000000000000000000001}"# },
            { "name": "id", "value": "30000000000000000000001" },
        ]);
        let by_form: String = form_urlencoded::byte_serialize(plain.as_bytes()).collect();
        let by_percent = percent_encoding::utf8_percent_encode(plain, percent_encoding::NON_ALPHANUMERIC).to_string();
        for told in [plain.to_owned(), by_form, by_percent] {
            let query: String = form_urlencoded::byte_serialize(STANDARD.encode(&told).as_bytes()).collect();
            let request = read(&format!("{MANDATORY}&saasExtendParams={query}")).unwrap();
            assert_eq!(request.details.unwrap().parameters["saasExtendParams"], expected, "{told}");
        }
    }

    #[test]
    fn mandatory_parameters_and_limits_hold() {
        assert!(read(MANDATORY).is_ok());
        for name in ["customerId", "businessId", "orderId", "productId"] {
            let without = MANDATORY.replace(&format!("&{name}="), "&other=");
            assert_eq!(read(&without).unwrap_err().to_string(), format!("missing field `{name}`"));
        }
        assert!(read(&format!("{MANDATORY}&customerName={}", "x".repeat(65))).is_err());
        assert!(read(&format!("{MANDATORY}&expireTime=tomorrow")).is_err());
        assert!(read(&format!("{MANDATORY}&testFlag=2")).is_err());
    }
}
