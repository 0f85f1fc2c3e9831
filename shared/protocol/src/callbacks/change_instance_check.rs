//! changeInstanceCheck: asks whether a renewal may change the specification (topic 0000002411753620).

use serde::de::Deserializer;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::json_text::as_it_is_or_in_text;
use super::{Callback, Request};
use crate::test_flag::TestFlag;
use crate::text::{InstanceId, ProductId, SkuCode, blank_as_none};

/// It changes nothing. It asks whether the change is possible, above all whether the present use fits a smaller specification. If the
/// buyer then pays, refreshInstance follows with scene `RENEWAL_CHANGE`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeInstanceCheck {
    /// The instance.
    pub instance_id: InstanceId,
    /// The product that it would change to: an object, or a string with the JSON of one.
    #[serde(deserialize_with = "product_info")]
    pub product_info: ProductInfo,
    /// Whether it is a debug call.
    #[serde(default)]
    pub test_flag: TestFlag,
}

/// The product that a renewal would change to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct ProductInfo {
    /// The product with its kind of period.
    #[serde(default, deserialize_with = "blank_as_none", skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    /// The specification.
    #[serde(default, deserialize_with = "blank_as_none", skip_serializing_if = "Option::is_none")]
    pub sku_code: Option<SkuCode>,
    /// The quantity, such as the number of users.
    #[serde(default, deserialize_with = "quantity", skip_serializing_if = "Option::is_none")]
    pub linear_value: Option<f64>,
    /// Other members.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

fn product_info<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ProductInfo, D::Error> {
    as_it_is_or_in_text(&Box::<RawValue>::deserialize(deserializer)?)
}

/// Reads a number, or a text with a number. Blank means none.
fn quantity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    match Option::<Value>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Value::Number(number)) => Ok(number.as_f64()),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) => match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Some(number)),
            _ => Err(serde::de::Error::custom("linearValue is not a number")),
        },
        Some(_) => Err(serde::de::Error::custom("linearValue is not a number")),
    }
}

impl Request for ChangeInstanceCheck {
    const CALLBACK: Callback = Callback::ChangeInstanceCheck;
    fn test_flag(&self) -> TestFlag {
        self.test_flag
    }
    fn instance_id(&self) -> Option<&InstanceId> {
        Some(&self.instance_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(product_info: &str) -> Result<ProductInfo, crate::InvalidRequest> {
        let body = format!(r#"{{"instanceId":"i-1","productInfo":{product_info}}}"#);
        ChangeInstanceCheck::from_body(body.as_bytes()).map(|request| request.product_info)
    }

    #[test]
    fn the_product_comes_as_an_object_or_in_a_string() {
        let object = r#"{"productId":30000000000000000000001,"skuCode":"s","linearValue":3,"more":{"a":[1]}}"#;
        let expected = read(object).unwrap();
        assert_eq!(expected.product_id.as_ref().unwrap().as_str(), "30000000000000000000001");
        assert_eq!(expected.linear_value, Some(3.0));
        assert_eq!(read(&serde_json::to_string(object).unwrap()).unwrap(), expected);
        for odd in ["null", r#""""#, r#""s""#, "[]", r#""[]""#, "3", r#""{\"skuCode\":""#] {
            assert!(read(odd).is_err(), "{odd}");
        }
    }
}
