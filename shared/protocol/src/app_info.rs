//! What a buyer sees of an instance, and what it has used (queryInstance, topic 0070649428).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::text::{InstanceId, Text, TextError};
use crate::v1_cipher::{MAX_PLAINTEXT, MAX_WIRE, wire_length};

/// How the buyer reaches the product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AppInfo {
    /// Address of the product for its users.
    pub front_end_url: Text<512>,
    /// Address of the product for its administrators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin_url: Option<Text<512>>,
    /// First administrator's login. V2.0 shows it in the clear, V1.0 encrypts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_name: Option<Text<128>>,
    /// Its first password; likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Text<128>>,
    /// A note to the buyer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memo: Option<Text<1024>>,
}

impl AppInfo {
    /// Whether V1.0 can send it: there `userName` and `password` are encrypted, and the 128 characters are those of the
    /// wire. What does not fit would keep the buyer's order in provisioning for ever.
    pub fn fits_v1(&self) -> Result<(), TextError> {
        let credentials = [("userName", &self.user_name), ("password", &self.password)];
        for (field, credential) in credentials {
            if credential.as_ref().is_some_and(|text| wire_length(text.as_str().len()) > MAX_WIRE) {
                return Err(TextError::TooLongEncrypted { field, max: MAX_PLAINTEXT });
            }
        }
        Ok(())
    }
}

/// What was used of a pay-per-use instance or a package.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UsageInfo {
    /// The pay-per-use instance that a package's use belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub related_instance_id: Option<InstanceId>,
    /// Running total (pay-per-use) or used so far (package), up to 4 decimals; kept digit for digit.
    pub usage_value: Value,
    /// When it was counted: UTC, `yyyyMMddHHmmssSSS`.
    pub statistical_time: Text<20>,
    /// Where the buyer can look at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dashboard_url: Option<Text<512>>,
}

/// One instance in the reply to queryInstance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceInfo {
    /// Which instance.
    pub instance_id: InstanceId,
    /// How to reach it; absent until it is provisioned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_info: Option<AppInfo>,
    /// What it used; pay-per-use and packages must say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub usage_info: Vec<UsageInfo>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_hold_where_app_info_comes_in() {
        let read = |json: &str| serde_json::from_str::<AppInfo>(json);
        assert!(read(r#"{"frontEndUrl":"https://app.example.com/"}"#).is_ok());
        assert!(read("{}").is_err());
        assert!(read(&format!(r#"{{"frontEndUrl":"{}"}}"#, "x".repeat(513))).is_err());
        assert!(read(r#"{"frontEndUrl":"https://app.example.com/","userNmae":"a typing error"}"#).is_err());
    }
}
