//! A token of the seller API, with the name of the application that has it, and what it may do.

use serde::Deserialize;
use serde::de::Deserializer;

use crate::scope::{Scope, ScopeError, Scopes};
use crate::secret_text::SecretText;

/// A token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// The application's name, for the log. It is no secret.
    pub name: Option<String>,
    /// What it may do.
    pub scopes: Scopes,
    /// The token as the application shows it.
    pub token: SecretText,
    /// The same with what is written before it. Older tokens may have a colon of their own, so this opens as well.
    pub written: SecretText,
}

impl ApiToken {
    /// Reads `token`, `name:token` or `name/scope,scope:token`. A name has up to 32 letters, digits, dots, hyphens and underscores.
    /// A token without scopes has all of them.
    pub fn read(written: &str) -> Result<Self, ScopeError> {
        let alone = || Self { name: None, scopes: Scopes::default(), token: written.into(), written: written.into() };
        let Some((before, token)) = written.split_once(':') else { return Ok(alone()) };
        let (name, scopes) = before.split_once('/').map_or((before, None), |(name, scopes)| (name, Some(scopes)));
        let is_word = |words: &str| words.bytes().all(|byte| byte.is_ascii_lowercase() || b",-".contains(&byte));
        if !is_name(name) || !scopes.is_none_or(is_word) {
            return Ok(alone());
        }
        let scopes = scopes.map(Scopes::read).transpose()?.unwrap_or_default();
        Ok(Self { name: Some(name.to_owned()), scopes, token: token.into(), written: written.into() })
    }
}

fn is_name(name: &str) -> bool {
    (1..=32).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
}

/// Reads tokens from the secret: each a text, or an object with `token`, and optionally `name` and `scopes`.
pub(crate) fn tokens<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ApiToken>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Text(SecretText),
        Object { name: Option<String>, scopes: Option<Vec<Scope>>, token: SecretText },
    }
    let read = |written| match written {
        Written::Text(text) => ApiToken::read(text.reveal()).map_err(serde::de::Error::custom),
        Written::Object { name, scopes, token } => {
            let scopes = scopes.map_or_else(Scopes::default, |scopes| scopes.into_iter().collect());
            Ok(ApiToken { name: name.filter(|name| is_name(name)), scopes, written: token.clone(), token })
        }
    };
    Vec::<Written>::deserialize(deserializer)?.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use super::*;

    fn scopes(token: &ApiToken) -> Vec<&'static str> {
        Scope::VARIANTS.iter().filter(|scope| token.scopes.has(**scope)).map(|scope| scope.word()).collect()
    }

    const ALL: [&str; 8] = ["read", "provision", "orders", "usage", "personal-data", "import", "settings", "work"];

    #[test]
    fn a_token_may_have_a_name_and_scopes() {
        for (written, name, scoped, bare) in [
            ("crm:0123456789abcdef", Some("crm"), &ALL[..], "0123456789abcdef"),
            ("0123456789abcdef", None, &ALL, "0123456789abcdef"),
            (":0123456789abcdef", None, &ALL, ":0123456789abcdef"),
            ("a name:0123456789abcdef", None, &ALL, "a name:0123456789abcdef"),
            ("crm:a:b", Some("crm"), &ALL, "a:b"),
            ("crm/read:0123", Some("crm"), &["read"], "0123"),
            ("crm/usage,personal-data:0123", Some("crm"), &["usage", "personal-data"], "0123"),
            ("ab/C9+:0123", None, &ALL, "ab/C9+:0123"),
        ] {
            let token = ApiToken::read(written).unwrap();
            assert_eq!((token.name.as_deref(), token.token.reveal(), token.written.reveal()), (name, bare, written));
            assert_eq!(scopes(&token), scoped, "{written}");
            assert!(!format!("{token:?}").contains("0123"));
        }
        let error = ApiToken::read("crm/read,raed:0123456789abcdef").unwrap_err().to_string();
        assert!(error.contains("`raed`") && !error.contains("0123"), "{error}");
        assert!(ApiToken::read("crm/:0123456789abcdef").is_err(), "no scope at all is a mistake");
    }

    #[test]
    fn the_secret_has_texts_or_objects() {
        let read = |json: &str| tokens(&mut serde_json::Deserializer::from_str(json));
        let json = r#"["a:b", {"name": "crm", "token": "c"}, {"token": "d", "scopes": ["usage"]}, "meter/usage:e"]"#;
        let read_tokens = read(json).unwrap();
        let told: Vec<_> =
            read_tokens.iter().map(|token| (token.name.as_deref(), token.token.reveal(), scopes(token))).collect();
        let all = || ALL.to_vec();
        let expected = [
            (Some("a"), "b", all()),
            (Some("crm"), "c", all()),
            (None, "d", vec!["usage"]),
            (Some("meter"), "e", vec!["usage"]),
        ];
        assert_eq!(told, expected);
        assert!(read(r#"[{"token": "d", "scopes": ["everything"]}]"#).is_err());
        assert!(read(r#"["crm/everything:d"]"#).is_err());
    }
}
