//! How a buyer reaches an instance that is provisioned at once: a template with the instance's id filled in.

use koogallery::{AppInfo, InstanceId};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// `KOOGALLERY_APP_INFO`: an appInfo whose texts may hold `{instanceId}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppInfoTemplate(serde_json::Map<String, serde_json::Value>);

/// Why a template cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AppInfoTemplateError {
    /// Not JSON of an object whose values are text.
    #[error("it must be JSON like {{\"frontEndUrl\":\"https://app.example.com/?instance={{instanceId}}\"}}")]
    NotAnObject,
    /// With an instance id filled in it is no appInfo.
    #[error("with an instance id filled in it is no appInfo: {0}")]
    NotAppInfo(#[from] serde_json::Error),
}

const PLACEHOLDER: &str = "{instanceId}";
/// RFC 3986's unreserved characters stay as they are.
const URL_TEXT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl std::str::FromStr for AppInfoTemplate {
    type Err = AppInfoTemplateError;
    /// Reads and tries it, so that a template which breaks a limit is told at start.
    fn from_str(json: &str) -> Result<Self, AppInfoTemplateError> {
        let members: serde_json::Map<_, _> =
            serde_json::from_str(json).map_err(|_| AppInfoTemplateError::NotAnObject)?;
        if !members.values().all(serde_json::Value::is_string) {
            return Err(AppInfoTemplateError::NotAnObject);
        }
        let template = Self(members);
        // The longest id there is, of characters that each take three in an address.
        template.filled(&"/".repeat(64))?;
        Ok(template)
    }
}

impl AppInfoTemplate {
    /// The template with an instance's id filled in; percent-encoded in addresses. Fails where the id makes a text
    /// longer than KooGallery takes.
    pub fn fill(&self, id: &InstanceId) -> Result<AppInfo, AppInfoTemplateError> {
        self.filled(id.as_str())
    }

    fn filled(&self, id: &str) -> Result<AppInfo, AppInfoTemplateError> {
        let encoded = utf8_percent_encode(id, URL_TEXT).to_string();
        let members = self.0.iter().map(|(name, value)| {
            let id = if name.ends_with("Url") { &encoded } else { id };
            (name.clone(), value.as_str().unwrap_or_default().replace(PLACEHOLDER, id).into())
        });
        Ok(serde_json::from_value(serde_json::Value::Object(members.collect()))?)
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
        for bad in ["", "[]", "{}", r#"{"frontEndUrl":1}"#, r#"{"frontEndUrl":"x","unknown":"y"}"#] {
            assert!(bad.parse::<AppInfoTemplate>().is_err(), "{bad}");
        }
        let long = format!(r#"{{"frontEndUrl":"{}{{instanceId}}"}}"#, "x".repeat(321));
        assert!(long.parse::<AppInfoTemplate>().is_err());
    }
}
