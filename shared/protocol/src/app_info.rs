//! What a buyer sees of an instance, and how much was used (queryInstance, topic 0070649428).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::text::{InstanceId, Text, TextError};
use crate::v1_cipher::{MAX_PLAINTEXT, MAX_WIRE, wire_length};

/// The buyer's way into the product. [`AppInfo::read`] reads what the seller sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppInfo {
    /// The product's address for users.
    pub front_end_url: Text<512>,
    /// The product's address for administrators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin_url: Option<Text<512>>,
    /// The first administrator's login name. V2.0 sends it in the clear, V1.0 encrypts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_name: Option<Text<128>>,
    /// The first password, sent in the same way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Text<128>>,
    /// A note to the buyer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memo: Option<Text<1024>>,
}

/// Why an app info cannot be used. The error names the member and not its value, which may be a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AppInfoError {
    /// It is not a JSON object.
    #[error("appInfo is not an object")]
    NotAnObject,
    /// The product's address is missing.
    #[error("appInfo.{FRONT_END_URL} is missing: it is the address that the buyer opens")]
    NoFrontEndUrl,
    /// A member is a number, a list or another value that is not a text.
    #[error("appInfo.{0} is not a text")]
    NotText(&'static str),
    /// A member is longer than KooGallery allows.
    #[error("appInfo.{0}")]
    Text(#[from] TextError),
    /// A browser could not open the address.
    #[error("appInfo.{0} must begin with https:// or http:// and have no blank")]
    NotAnAddress(&'static str),
}

const FRONT_END_URL: &str = "frontEndUrl";

impl AppInfo {
    /// The members that it may have.
    pub const MEMBERS: [&str; 5] = [FRONT_END_URL, "adminUrl", "userName", "password", "memo"];

    /// Reads what the seller sends, in whichever way. `null` and a blank text mean that a member is absent. A member that is
    /// not one of [`AppInfo::MEMBERS`] is ignored.
    pub fn read(value: &Value) -> Result<Self, AppInfoError> {
        let members = value.as_object().ok_or(AppInfoError::NotAnObject)?;
        Ok(Self {
            front_end_url: address(members, FRONT_END_URL)?.ok_or(AppInfoError::NoFrontEndUrl)?,
            admin_url: address(members, "adminUrl")?,
            user_name: text(members, "userName")?,
            password: text(members, "password")?,
            memo: text(members, "memo")?,
        })
    }

    /// The names of the members that [`AppInfo::read`] ignores.
    pub fn unknown_members(value: &Value) -> impl Iterator<Item = &str> {
        let names = value.as_object().into_iter().flat_map(Map::keys).map(String::as_str);
        names.filter(|name| !Self::MEMBERS.contains(name))
    }

    /// Whether V1.0 can send it. V1.0 encrypts `userName` and `password`, and the limit of 128 characters applies to the
    /// encrypted text. A longer one would keep the buyer's order in provisioning for ever.
    pub fn fits_v1(&self) -> Result<(), AppInfoError> {
        let credentials = [("userName", &self.user_name), ("password", &self.password)];
        for (field, credential) in credentials {
            if credential.as_ref().is_some_and(|text| wire_length(text.as_str().len()) > MAX_WIRE) {
                return Err(TextError::TooLongEncrypted { field, max: MAX_PLAINTEXT }.into());
            }
        }
        Ok(())
    }
}

fn text<const MAX: usize>(members: &Map<String, Value>, name: &'static str) -> Result<Option<Text<MAX>>, AppInfoError> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) => Ok(Some(Text::named(name, text.clone())?)),
        Some(_) => Err(AppInfoError::NotText(name)),
    }
}

fn address(members: &Map<String, Value>, name: &'static str) -> Result<Option<Text<512>>, AppInfoError> {
    let Some(text) = text::<512>(members, name)? else { return Ok(None) };
    let address = text.as_str();
    let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://")).unwrap_or_default();
    if rest.is_empty() || rest.contains(char::is_whitespace) {
        return Err(AppInfoError::NotAnAddress(name));
    }
    Ok(Some(text))
}

/// What was used of a pay-per-use instance or a package.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UsageInfo {
    /// The pay-per-use instance that a package's use belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub related_instance_id: Option<InstanceId>,
    /// The running total (pay-per-use), or the use so far (package), with up to 4 decimals. Every digit is kept.
    pub usage_value: Value,
    /// When it was counted: UTC, `yyyyMMddHHmmssSSS`.
    pub statistical_time: Text<20>,
    /// The address where the buyer can see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dashboard_url: Option<Text<512>>,
}

/// One instance in the reply to queryInstance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceInfo {
    /// The instance.
    pub instance_id: InstanceId,
    /// The buyer's way in; absent until it is provisioned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_info: Option<AppInfo>,
    /// What it used; pay-per-use and packages need it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub usage_info: Vec<UsageInfo>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<AppInfo, AppInfoError> {
        AppInfo::read(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn what_is_optional_is_absent_as_null_or_blank_and_what_is_unknown_is_passed_over() {
        let least = read(r#"{"frontEndUrl":"https://app.example.com/"}"#).unwrap();
        let json = r#"{"frontEndUrl":"https://app.example.com/","adminUrl":"","userName":null,"password":" ","memo":"",
            "tenant":{"id":1}}"#;
        assert_eq!(read(json).unwrap(), least);
        let value: Value = serde_json::from_str(json).unwrap();
        assert_eq!(AppInfo::unknown_members(&value).collect::<Vec<_>>(), ["tenant"]);
        let full = r#"{"frontEndUrl":"http://a/","adminUrl":"https://b/","userName":"u","password":"p","memo":"m"}"#;
        assert_eq!(serde_json::to_string(&read(full).unwrap()).unwrap(), full);
    }

    #[test]
    fn an_error_names_the_member_and_repeats_no_value() {
        for (json, problem) in [
            (r#""s3cret""#, "appInfo is not an object"),
            ("{}", "appInfo.frontEndUrl is missing"),
            (r#"{"frontEndUrl":""}"#, "appInfo.frontEndUrl is missing"),
            (r#"{"frontEndUrl":"s3cret.example.com"}"#, "appInfo.frontEndUrl must begin with https://"),
            (r#"{"frontEndUrl":"https://"}"#, "appInfo.frontEndUrl must begin with https://"),
            (r#"{"frontEndUrl":"https://a b/"}"#, "appInfo.frontEndUrl must begin with https://"),
            (r#"{"frontEndUrl":"https://a/","adminUrl":"s3cret"}"#, "appInfo.adminUrl must begin with https://"),
            (r#"{"frontEndUrl":"https://a/","password":7357}"#, "appInfo.password is not a text"),
        ] {
            let error = read(json).unwrap_err().to_string();
            assert!(error.starts_with(problem), "{json}: {error}");
            assert!(!error.contains("s3cret") && !error.contains("7357"), "{error}");
        }
        let long = |name: &str, length: usize| {
            let value = format!("https://{}", "s3cret".repeat(length / 6 + 1));
            let mut members = Map::from_iter([("frontEndUrl".to_owned(), "https://a/".into())]);
            members.insert(name.to_owned(), value.into());
            AppInfo::read(&Value::Object(members)).unwrap_err().to_string()
        };
        for (name, max) in
            [("frontEndUrl", 512), ("adminUrl", 512), ("userName", 128), ("password", 128), ("memo", 1024)]
        {
            assert_eq!(long(name, max), format!("appInfo.{name} is longer than {max} characters"));
        }
    }
}
