//! What the `{names}` in a life's file stand for.

use getrandom::SysRng;
use koogallery::{ClientSecret, OaepHashes, RsaPublicKey};
use koogallery_runtime::now;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::goods::Goods;
use crate::marketplace::{Zone, time_stamp};

/// Why a value cannot be filled in.
#[derive(Debug, thiserror::Error)]
pub enum FillError {
    /// Nobody has said what it is.
    #[error("{{{0}}} stands for nothing here")]
    Unknown(String),
    /// Only who knows the registered key can encrypt a client secret.
    #[error("a client secret cannot be encrypted with this RSA public key")]
    ClientSecret,
}

/// An id of the simulation's own: short, and new each time, so that it can be played again on the same state.
pub(crate) fn fresh(prefix: &str) -> String {
    format!("{prefix}{}", Uuid::new_v4().simple().to_string()[..12].to_uppercase())
}

/// What is known while a life is played.
pub(super) struct Names<'a> {
    known: Map<String, Value>,
    rsa_public_key: Option<&'a RsaPublicKey>,
}

impl<'a> Names<'a> {
    pub(super) fn new(goods: &Goods, rsa_public_key: Option<&'a RsaPublicKey>) -> Self {
        let mut known = goods.names();
        known.insert("unique".to_owned(), fresh("").into());
        Self { known, rsa_public_key }
    }

    pub(super) const fn can_encrypt(&self) -> bool {
        self.rsa_public_key.is_some()
    }

    pub(super) fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.known.insert(name.to_owned(), value.into());
    }

    /// A text that was told before.
    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        self.known.get(name).and_then(Value::as_str)
    }

    /// The value with its names replaced. A text that is one name becomes what that is, which may be a number.
    pub(super) fn fill(&self, value: &Value) -> Result<Value, FillError> {
        Ok(match value {
            Value::String(text) => match text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
                Some(name) if is_name(name) => self.value(name)?,
                _ => self.text(text)?.into(),
            },
            Value::Array(items) => items.iter().map(|item| self.fill(item)).collect::<Result<Vec<_>, _>>()?.into(),
            Value::Object(members) => match members.get("$jsonText") {
                Some(value) if members.len() == 1 => self.fill(value)?.to_string().into(),
                _ => self.members(members)?.into(),
            },
            other => other.clone(),
        })
    }

    /// The same for each member.
    pub(super) fn members(&self, members: &Map<String, Value>) -> Result<Map<String, Value>, FillError> {
        members.iter().map(|(name, value)| Ok((name.clone(), self.fill(value)?))).collect()
    }

    /// A text with its names replaced. Braces around anything but a name stay as they are.
    pub(super) fn text(&self, text: &str) -> Result<String, FillError> {
        let (mut filled, mut rest) = (String::with_capacity(text.len()), text);
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            rest = match after.split_once('}') {
                Some((name, after)) if is_name(name) => {
                    let value = self.value(name)?;
                    filled.push_str(&value.as_str().map_or_else(|| value.to_string(), str::to_owned));
                    after
                }
                _ => {
                    filled.push('{');
                    after
                }
            };
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn value(&self, name: &str) -> Result<Value, FillError> {
        let found = match name {
            "new" => Some(fresh("").into()),
            "beijingTime" => Some(time_stamp(now(), Zone::Beijing).into()),
            "utcNow" => Some(spaced(&time_stamp(now(), Zone::Utc)).into()),
            "clientSecret" => Some(self.client_secret()?.into()),
            _ => name
                .split('.')
                .try_fold(None, |found: Option<&Value>, part| {
                    Some(Some(found.map_or_else(|| self.known.get(part), |found| found.get(part))?))
                })
                .flatten()
                .cloned(),
        };
        found.filter(|value| !value.is_object()).ok_or_else(|| FillError::Unknown(name.to_owned()))
    }

    fn client_secret(&self) -> Result<String, FillError> {
        let secret = ClientSecret::from("simulated client secret".to_owned());
        let key = self.rsa_public_key.ok_or(FillError::ClientSecret)?;
        key.encrypt(&mut SysRng, OaepHashes::Sha256, &secret).map_err(|_| FillError::ClientSecret)
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
}

/// `20231027103015000` as getLicenseAsync writes it: `2023-10-27 10:30:15 z`.
pub(super) fn spaced(digits: &str) -> String {
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    let [year, month, day] = [part(0, 4), part(4, 6), part(6, 8)];
    format!("{year}-{month}-{day} {}:{}:{} z", part(8, 10), part(10, 12), part(12, 14))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_replaced_and_other_braces_stay() {
        let mut names = Names::new(&Goods::default(), None);
        names.set("instanceId", "b-1");
        names.set("purchase", json!({ "orderId": "CS1", "quantity": 10 }));
        for (value, expected) in [
            (json!("instances/{instanceId}"), json!("instances/b-1")),
            (json!("{purchase.quantity}"), json!(10)),
            (json!("{purchase.quantity} of {product}"), json!("10 of simulated-product")),
            (json!({ "a": ["{purchase.orderId}"], "b": 1 }), json!({ "a": ["CS1"], "b": 1 })),
            (json!({ "$jsonText": [{ "a": "{instanceId}" }] }), json!(r#"[{"a":"b-1"}]"#)),
            (json!("{} { {a b} {"), json!("{} { {a b} {")),
        ] {
            assert_eq!(names.fill(&value).unwrap(), expected, "{value}");
        }
        assert_ne!(names.text("{new}").unwrap(), names.text("{new}").unwrap());
        assert_eq!(names.text("{unique}").unwrap(), names.text("{unique}").unwrap());
        for unknown in ["{second}", "{purchase}", "{purchase.line}", "{clientSecret}"] {
            assert!(names.text(unknown).is_err(), "{unknown}");
        }
    }

    #[test]
    fn a_time_is_spaced_as_licenses_are_asked_for() {
        assert_eq!(spaced("20231027103015000"), "2023-10-27 10:30:15 z");
    }
}
