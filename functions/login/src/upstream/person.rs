//! Who logged in, as the tenant's login says: every member but the user's name may be missing.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};

/// A person, as told by OAuth 2.0's userinfo or by CAS. Its `Debug` output shows nothing.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Person {
    #[serde(deserialize_with = "text")]
    pub(crate) user_name: Option<String>,
    #[serde(deserialize_with = "text")]
    pub(crate) name: Option<String>,
    #[serde(deserialize_with = "text")]
    pub(crate) email: Option<String>,
    #[serde(deserialize_with = "text")]
    pub(crate) mobile: Option<String>,
    #[serde(deserialize_with = "text")]
    pub(crate) role: Option<String>,
    #[serde(deserialize_with = "text")]
    pub(crate) organization_code: Option<String>,
    /// The tenant's id.
    #[serde(deserialize_with = "text")]
    pub(crate) tenant: Option<String>,
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Person(…)")
    }
}

/// A text, or a number as text. Blank, `null`, the text `null` and whatever else there is mean that nothing was told.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Told {
        Text(String),
        Number(u64),
        Other(IgnoredAny),
    }
    Ok(match Told::deserialize(deserializer)? {
        Told::Text(text) => told(&text),
        Told::Number(number) => Some(number.to_string()),
        Told::Other(IgnoredAny) => None,
    })
}

/// A text that says something.
pub(super) fn told(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && text != "null").then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_may_be_missing_or_odd() {
        let read = |json: &str| serde_json::from_str::<Person>(json).unwrap();
        assert_eq!(read("{}"), Person::default());
        let odd = r#"{"userName":" li.lei ","name":null,"email":"null","mobile":13800000000,"role":["x"],"tenant":""}"#;
        let expected = Person {
            user_name: Some("li.lei".to_owned()),
            mobile: Some("13800000000".to_owned()),
            ..Person::default()
        };
        assert_eq!(read(odd), expected);
        assert_eq!(format!("{expected:?}"), "Person(…)");
    }
}
