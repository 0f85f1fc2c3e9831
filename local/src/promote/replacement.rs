//! What differs between staging and production on purpose: a text of the one is replaced by that of the other.

use std::str::FromStr;

use koogallery_settings::Place;
use serde_json::Value;

/// A text of staging, and what stands for it in production.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    from: String,
    to: String,
}

/// It is no replacement.
#[derive(Debug, thiserror::Error)]
#[error("write STAGING=PRODUCTION, such as app-staging.example.com=app.example.com")]
pub struct ReplacementError;

impl FromStr for Replacement {
    type Err = ReplacementError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((from, to)) if !from.is_empty() && !to.is_empty() => {
                Ok(Self { from: from.to_owned(), to: to.to_owned() })
            }
            _ => Err(ReplacementError),
        }
    }
}

impl Replacement {
    /// A document with it. The names of members stay: they are KooGallery's ids of products, which are the same for both.
    #[must_use]
    pub fn of(&self, value: Value) -> Value {
        match value {
            Value::String(text) => text.replace(&self.from, &self.to).into(),
            Value::Array(members) => members.into_iter().map(|member| self.of(member)).collect(),
            Value::Object(members) => members.into_iter().map(|(name, member)| (name, self.of(member))).collect(),
            other => other,
        }
    }
}

/// The first place of a document whose text has another text in it.
pub(super) fn place_of(value: &Value, text: &str) -> Option<Place> {
    found(value, text, &Place::default())
}

fn found(value: &Value, text: &str, place: &Place) -> Option<Place> {
    match value {
        Value::String(said) => said.contains(text).then(|| place.clone()),
        Value::Array(members) => {
            members.iter().enumerate().find_map(|(at, member)| found(member, text, &place.item(at)))
        }
        Value::Object(members) => members.iter().find_map(|(name, member)| found(member, text, &place.member(name))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_text_is_replaced_and_no_name() {
        let replacement: Replacement = "staging.example.com=example.com".parse().unwrap();
        let document = json!({ "staging.example.com": ["https://crm.staging.example.com/", 5, { "a": "other" }] });
        let expected = json!({ "staging.example.com": ["https://crm.example.com/", 5, { "a": "other" }] });
        assert_eq!(replacement.of(document), expected);
        for text in ["", "=", "a=", "=b", "a"] {
            assert!(text.parse::<Replacement>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_still_names_staging_is_found_with_its_place() {
        let document = json!({ "format": 1, "products": { "p/1": { "urls": ["https://a.example.com/", "https://b.example.com/"] } } });
        let place = |text| place_of(&document, text).map(|place| place.to_string());
        assert_eq!(place("b.example.com").as_deref(), Some("/products/p~11/urls/1"));
        assert_eq!(place("c.example.com"), None);
    }
}
