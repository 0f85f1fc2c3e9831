//! Placeholders and generators: they make a case's data for this run.

use std::collections::BTreeMap;

use getrandom::SysRng;
use koogallery::v1_cipher::{self, EncryptType, Iv};
use koogallery::{ClientSecret, OaepHashes, RsaPublicKey};
use koogallery_runtime::now;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::marketplace::{Zone, time_stamp};

/// The generator that needs the seller's RSA public key.
pub(super) const CLIENT_SECRET: &str = "$clientSecret";

/// What is known while a case is played.
#[derive(Debug)]
pub(super) struct Filler<'a> {
    unique: String,
    rsa_public_key: Option<&'a RsaPublicKey>,
    instance_id: Option<String>,
    replies: BTreeMap<String, Value>,
}

/// Why a value could not be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum FillError {
    #[error("{{{0}}} has no value here: no reply contains it")]
    Placeholder(String),
    #[error("{0} is not a generator, or its arguments are wrong")]
    Generator(String),
    #[error("{0}")]
    Cipher(String),
}

impl<'a> Filler<'a> {
    pub(super) fn new(rsa_public_key: Option<&'a RsaPublicKey>) -> Self {
        let unique = Uuid::new_v4().simple().to_string()[..12].to_uppercase();
        Self { unique, rsa_public_key, instance_id: None, replies: BTreeMap::new() }
    }

    /// Keeps a reply for later calls: `{instanceId}` is from the newest reply, `{NAME.member}` from a named one.
    pub(super) fn remember(&mut self, name: Option<&str>, reply: &Value) {
        if let Some(id) = reply["instanceId"].as_str() {
            self.instance_id = Some(id.to_owned());
        }
        if let Some(name) = name {
            self.replies.insert(name.to_owned(), reply.clone());
        }
    }

    /// The same value with placeholders and generators replaced. `$encrypted` uses `access_key`.
    pub(super) fn fill(&self, value: &Value, access_key: &str) -> Result<Value, FillError> {
        Ok(match value {
            Value::String(text) => self.text(text)?.into(),
            Value::Array(items) => {
                items.iter().map(|item| self.fill(item, access_key)).collect::<Result<Vec<_>, _>>()?.into()
            }
            Value::Object(members) => {
                if let Some((name, argument)) = members.iter().find(|(name, _)| name.starts_with('$')) {
                    self.generate(name, argument, members, access_key)?
                } else {
                    self.members(members, access_key)?.into()
                }
            }
            other => other.clone(),
        })
    }

    /// [`Self::fill`] for each member.
    pub(super) fn members(
        &self,
        members: &Map<String, Value>,
        access_key: &str,
    ) -> Result<Map<String, Value>, FillError> {
        members.iter().map(|(name, value)| Ok((name.clone(), self.fill(value, access_key)?))).collect()
    }

    /// A text with its placeholders replaced. Braces around anything but a name stay as they are.
    pub(super) fn text(&self, text: &str) -> Result<String, FillError> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            filled.push_str(&rest[..open]);
            rest = &rest[open..];
            let name = rest[1..].split_once('}').map(|(name, _)| name);
            if let Some(name) = name.filter(|name| !name.is_empty() && name.bytes().all(is_of_a_name)) {
                filled.push_str(&self.placeholder(name)?);
                rest = &rest[name.len() + 2..];
            } else {
                filled.push('{');
                rest = &rest[1..];
            }
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn placeholder(&self, name: &str) -> Result<String, FillError> {
        let found = match name {
            "unique" => Some(self.unique.clone()),
            "beijingTime" => Some(time_stamp(now(), Zone::Beijing)),
            "instanceId" => self.instance_id.clone(),
            _ => name.split_once('.').and_then(|(reply, path)| {
                let start = self.replies.get(reply)?;
                let member = path.split('.').try_fold(start, |value, member| value.get(member))?;
                Some(member.as_str().map_or_else(|| member.to_string(), str::to_owned))
            }),
        };
        found.ok_or_else(|| FillError::Placeholder(name.to_owned()))
    }

    fn generate(
        &self,
        name: &str,
        argument: &Value,
        members: &Map<String, Value>,
        access_key: &str,
    ) -> Result<Value, FillError> {
        let wrong = || FillError::Generator(name.to_owned());
        let at = |place: usize| argument.get(place).ok_or_else(wrong);
        let text_at = |place: usize| at(place)?.as_str().ok_or_else(wrong);
        let count_at = |place: usize| at(place)?.as_u64().and_then(|n| usize::try_from(n).ok()).ok_or_else(wrong);
        Ok(match name {
            "$pad" => {
                let mut text = self.text(text_at(0)?)?;
                let padding = argument.get(2).and_then(Value::as_str).unwrap_or("x");
                let missing = count_at(1)?.saturating_sub(text.chars().count());
                text.extend(padding.chars().cycle().take(if padding.is_empty() { 0 } else { missing }));
                text.into()
            }
            "$numbered" => {
                let text = text_at(0)?;
                let texts = (1..=count_at(1)?).map(|n| self.text(&text.replace("{n}", &n.to_string())));
                texts.collect::<Result<Vec<_>, _>>()?.join(text_at(2)?).into()
            }
            "$many" => {
                let template = at(0)?;
                let items = (1..=count_at(1)?).map(|n| self.fill(&numbered(template, n), access_key));
                items.collect::<Result<Vec<_>, _>>()?.into()
            }
            "$jsonText" => self.fill(argument, access_key)?.to_string().into(),
            "$encrypted" => {
                let plain = self.text(argument.as_str().ok_or_else(wrong)?)?;
                let iv = Iv::draw(&mut SysRng).map_err(|error| FillError::Cipher(error.to_string()))?;
                v1_cipher::encrypt(access_key, EncryptType::default(), &iv, &plain).into()
            }
            CLIENT_SECRET => {
                let hashes = match members.get("hash").map(Value::as_str) {
                    None | Some(Some("SHA-256")) => OaepHashes::Sha256,
                    Some(Some("SHA-256/SHA-1")) => OaepHashes::Sha256WithMgf1Sha1,
                    Some(Some("SHA-1")) => OaepHashes::Sha1,
                    Some(_) => return Err(wrong()),
                };
                let secret = ClientSecret::from(self.text(argument.as_str().ok_or_else(wrong)?)?);
                let key = self.rsa_public_key.ok_or_else(wrong)?;
                let wire = key.encrypt(&mut SysRng, hashes, &secret);
                wire.map_err(|error| FillError::Cipher(error.to_string()))?.into()
            }
            _ => return Err(wrong()),
        })
    }
}

fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'.'
}

/// A template's `n`-th copy.
fn numbered(template: &Value, n: usize) -> Value {
    match template {
        Value::String(text) => text.replace("{n}", &n.to_string()).into(),
        Value::Array(items) => items.iter().map(|item| numbered(item, n)).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), numbered(value, n))).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn filled(value: &Value) -> Value {
        let mut filler = Filler::new(None);
        filler.unique = "U".to_owned();
        filler.remember(
            Some("first"),
            &json!({ "instanceId": "i-1", "appInfo": { "frontEndUrl": "https://x" }, "n": 7 }),
        );
        filler.fill(value, "k").unwrap()
    }

    #[test]
    fn placeholders_are_replaced_and_other_braces_stay() {
        for (text, expected) in [
            ("b-{unique}", "b-U"),
            ("{instanceId},{first.instanceId}", "i-1,i-1"),
            ("{first.appInfo.frontEndUrl} {first.n}", "https://x 7"),
            (r#"{"a":"{unique}"}{}{"#, r#"{"a":"U"}{}{"#),
            ("云{unique}云", "云U云"),
        ] {
            assert_eq!(filled(&text.into()), expected, "{text}");
        }
        let unknown = Filler::new(None).fill(&json!({ "a": ["{instanceId}"] }), "k").unwrap_err();
        assert_eq!(unknown.to_string(), "{instanceId} has no value here: no reply contains it");
    }

    #[test]
    fn generators_make_what_would_not_be_readable() {
        assert_eq!(filled(&json!({ "$pad": ["{unique}", 3] })), "Uxx");
        assert_eq!(filled(&json!({ "$pad": ["U", 4, "云"] })), "U云云云");
        assert_eq!(filled(&json!({ "$numbered": ["{unique}-{n}", 2, ","] })), "U-1,U-2");
        assert_eq!(filled(&json!({ "$many": [{ "a": "{n}{unique}" }, 2] })), json!([{ "a": "1U" }, { "a": "2U" }]));
        assert_eq!(filled(&json!({ "$jsonText": [{ "b": 1, "a": "云" }] })), r#"[{"a":"云","b":1}]"#);
        let wire = filled(&json!({ "$encrypted": "plain" }));
        assert_eq!(v1_cipher::decrypt("k", EncryptType::default(), wire.as_str().unwrap()).unwrap(), "plain");
        for wrong in [json!({ "$pad": ["x"] }), json!({ "$unknown": 1 }), json!({ "$clientSecret": "no key" })] {
            assert!(Filler::new(None).fill(&wrong, "k").is_err(), "{wrong}");
        }
    }
}
