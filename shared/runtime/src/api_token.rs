//! A token of the seller API, and the name of the application that has it. The name is for the log.

use serde::Deserialize;
use serde::de::Deserializer;

use crate::secret_text::SecretText;

/// A token with its name, if it has one. It has no `Debug`, since it is a secret.
#[derive(Clone, Copy)]
pub struct ApiToken<'a> {
    /// The application's name. It is no secret.
    pub name: Option<&'a str>,
    /// The token as the application shows it.
    pub token: &'a SecretText,
    /// The same without its name. The application may leave the name out.
    pub bare: &'a str,
}

impl<'a> From<&'a SecretText> for ApiToken<'a> {
    /// Reads `name:token`, or a token without a name. A name has up to 32 letters, digits, dots, hyphens and underscores.
    fn from(token: &'a SecretText) -> Self {
        let is_name = |name: &str| {
            (1..=32).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b))
        };
        match token.reveal().split_once(':') {
            Some((name, bare)) if is_name(name) => Self { name: Some(name), token, bare },
            _ => Self { name: None, token, bare: token.reveal() },
        }
    }
}

/// Reads tokens from the secret: each a text, or an object with `name` and `token`.
pub(crate) fn tokens<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<SecretText>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Text(SecretText),
        Named { name: String, token: SecretText },
    }
    let written = Vec::<Written>::deserialize(deserializer)?;
    Ok(written
        .into_iter()
        .map(|written| match written {
            Written::Text(token) => token,
            Written::Named { name, token } => SecretText::from(&*format!("{name}:{}", token.reveal())),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_may_have_a_name() {
        for (written, name, bare) in [
            ("crm:0123456789abcdef", Some("crm"), "0123456789abcdef"),
            ("0123456789abcdef", None, "0123456789abcdef"),
            (":0123456789abcdef", None, ":0123456789abcdef"),
            ("a name:0123456789abcdef", None, "a name:0123456789abcdef"),
            ("crm:a:b", Some("crm"), "a:b"),
        ] {
            let text = SecretText::from(written);
            let token = ApiToken::from(&text);
            assert_eq!((token.name, token.bare, token.token.reveal()), (name, bare, written));
            assert!(!format!("{:?}", token.token).contains("0123"));
        }
    }

    #[test]
    fn the_secret_has_texts_or_objects() {
        let json = r#"["a:b", {"name": "crm", "token": "c"}]"#;
        let read = tokens(&mut serde_json::Deserializer::from_str(json)).unwrap();
        assert_eq!(read.iter().map(SecretText::reveal).collect::<Vec<_>>(), ["a:b", "crm:c"]);
    }
}
