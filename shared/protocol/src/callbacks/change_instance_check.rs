//! changeInstanceCheck: may this renewal change the specification? (topic 0000002411753620)

use serde::de::Deserializer;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Request;
use crate::route::Callback;
use crate::test_flag::TestFlag;
use crate::text::{InstanceId, ProductId, SkuCode, blank_as_none};

/// Changes nothing: asks whether the move can be carried out, above all whether present use fits a smaller
/// specification. If the buyer then pays, refreshInstance follows with scene `RENEWAL_CHANGE`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeInstanceCheck {
    /// Which instance.
    pub instance_id: InstanceId,
    /// What it would become.
    pub product_info: ProductInfo,
    /// A debug call?
    #[serde(default)]
    pub test_flag: TestFlag,
}

/// The product that a renewal would change to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct ProductInfo {
    /// Product and period type.
    #[serde(default, deserialize_with = "blank_as_none", skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    /// Specification.
    #[serde(default, deserialize_with = "blank_as_none", skip_serializing_if = "Option::is_none")]
    pub sku_code: Option<SkuCode>,
    /// Quantity of the linear attribute, such as a number of users.
    #[serde(default, deserialize_with = "quantity", skip_serializing_if = "Option::is_none")]
    pub linear_value: Option<f64>,
    /// Whatever else came with it.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A number, or a text that holds one; blank is none.
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
