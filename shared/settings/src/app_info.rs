//! The app info of an instance that is provisioned at once: a template with the instance's id filled in.

use koogallery::{AppInfo, AppInfoError, InstanceId};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

/// `KOOGALLERY_APP_INFO`, or `appInfo` of a document: an app info whose texts may contain `{instanceId}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppInfoTemplate(Map<String, Value>);

/// Why a template cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AppInfoTemplateError {
    /// The text is not a JSON object.
    #[error("it must be JSON like {{\"frontEndUrl\":\"https://app.example.com/?instance={{instanceId}}\"}}")]
    NotAnObject,
    /// An app info has no such member. A person typed it and can correct it.
    #[error("appInfo.{0} is not one of {members}", members = AppInfo::MEMBERS.join(", "))]
    UnknownMember(String),
    /// With an instance id filled in, it is not a valid app info.
    #[error("with an instance id filled in: {0}")]
    NotAppInfo(#[from] AppInfoError),
}

const PLACEHOLDER: &str = "{instanceId}";
/// RFC 3986's unreserved characters stay as they are.
const URL_TEXT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl std::str::FromStr for AppInfoTemplate {
    type Err = AppInfoTemplateError;
    /// Reads the template and fills it in once, so that a template beyond a limit is found at start.
    fn from_str(json: &str) -> Result<Self, AppInfoTemplateError> {
        Self::of(&serde_json::from_str(json).map_err(|_| AppInfoTemplateError::NotAnObject)?)
    }
}

impl AppInfoTemplate {
    /// The same of JSON that is read already.
    pub(crate) fn of(template: &Value) -> Result<Self, AppInfoTemplateError> {
        if let Some(name) = AppInfo::unknown_members(template).next() {
            return Err(AppInfoTemplateError::UnknownMember(name.to_owned()));
        }
        let Value::Object(members) = template else { return Err(AppInfoTemplateError::NotAnObject) };
        let template = Self(members.clone());
        // The longest id, of characters that each take three characters in an address.
        template.filled(&"/".repeat(64))?;
        Ok(template)
    }

    /// The template with an instance's id filled in; in addresses the id is percent-encoded. Fails if the id makes a text
    /// longer than KooGallery allows.
    pub fn fill(&self, id: &InstanceId) -> Result<AppInfo, AppInfoTemplateError> {
        self.filled(id.as_str())
    }

    fn filled(&self, id: &str) -> Result<AppInfo, AppInfoTemplateError> {
        let encoded = utf8_percent_encode(id, URL_TEXT).to_string();
        let filled = |(name, value): (&String, &Value)| {
            let id = if name.ends_with("Url") { &encoded } else { id };
            let value = match value {
                Value::String(text) => text.replace(PLACEHOLDER, id).into(),
                other => other.clone(),
            };
            (name.clone(), value)
        };
        Ok(AppInfo::read(&Value::Object(self.0.iter().map(filled).collect()))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_the_id_in() {
        let template: AppInfoTemplate =
            r#"{"frontEndUrl":"https://app.example.com/?i={instanceId}","memo":"实例 {instanceId}"}"#.parse().unwrap();
        let filled = template.fill(&"a b".parse().unwrap()).unwrap();
        assert_eq!(filled.front_end_url.as_str(), "https://app.example.com/?i=a%20b");
        assert_eq!(filled.memo.unwrap().as_str(), "实例 a b");
    }

    #[test]
    fn a_template_that_could_not_be_sent_is_refused_at_start() {
        let error = |json: &str| json.parse::<AppInfoTemplate>().unwrap_err().to_string();
        for (bad, problem) in [
            ("", "it must be JSON"),
            ("[]", "it must be JSON"),
            ("{}", "appInfo.frontEndUrl is missing"),
            (r#"{"frontEndUrl":1}"#, "appInfo.frontEndUrl is not a text"),
            (r#"{"frontEndUrl":"app.example.com"}"#, "appInfo.frontEndUrl must begin with https://"),
            (r#"{"frontEndUrl":"https://a/","unknown":"y"}"#, "appInfo.unknown is not one of frontEndUrl, adminUrl"),
        ] {
            assert!(error(bad).contains(problem), "{bad}: {}", error(bad));
        }
        assert!(r#"{"frontEndUrl":"https://a/","memo":"","password":null}"#.parse::<AppInfoTemplate>().is_ok());
        let long = format!(r#"{{"frontEndUrl":"https://{}{{instanceId}}"}}"#, "x".repeat(313));
        assert!(error(&long).contains("appInfo.frontEndUrl is longer than 512 characters"));
    }
}
