//! What a reply says, member by member, with nothing of a buyer in it: neither what is told nor what a member is called.

use std::collections::BTreeMap;

use http::HeaderMap;
use koogallery::{AccessKeys, InterfaceType, body_sign};
use serde_json::Value;
use strum::VariantArray as _;

use super::Replied;
use super::call::is_id;
use crate::v1_reply::decrypted;

/// Members that are not compared: words for a person, and what is encrypted anew each time.
const NOT_COMPARED: [&str; 6] = ["resultMsg", "userName", "password", "memo", "encryptType", "ivp"];
/// What replies have by KooGallery's guides. Old code may write others, with whatever in their names.
const KNOWN: [&str; 12] = [
    "resultCode",
    "instanceId",
    "appInfo",
    "info",
    "frontEndUrl",
    "adminUrl",
    "license",
    "usageInfo",
    "relatedInstanceId",
    "usageValue",
    "statisticalTime",
    "dashboardUrl",
];
/// What stands for the name of another member, and for what may be no id.
const OTHER: &str = "(other)";

/// Members by their paths.
pub(super) type Members = BTreeMap<String, Value>;

/// The members of a reply. `keys` are the seller's, if they are known here: a V1.0 reply is held against them.
pub(super) fn members(replied: &Replied, is_v1: bool, keys: Option<&AccessKeys>) -> Members {
    let outcome = |word: &str| Members::from([("(reply)".to_owned(), word.into())]);
    let (status, headers, body) = match replied {
        Replied::Read { status, headers, body } => (*status, headers, body),
        Replied::TooLate => return outcome("none in time"),
        Replied::Nothing => return outcome("none"),
        Replied::NotAsked => return outcome("not asked: too many copies waited"),
        Replied::Withheld => return outcome("not asked: the old code gave this instance an id of its own, import it"),
    };
    let mut members = Members::new();
    if is_v1 {
        members.insert(format!("({})", body_sign::HEADER), signature(headers, body, keys).into());
    }
    if status != 200 {
        members.insert("(HTTP)".to_owned(), status.into());
    }
    let Ok(value @ Value::Object(_)) = serde_json::from_slice::<Value>(body) else {
        members.insert("(reply)".to_owned(), format!("no JSON object, HTTP {status}").into());
        return members;
    };
    if let Some(keys) = keys.filter(|_| is_v1)
        && !all(keys).any(|key| decrypted(value.clone(), key).is_ok())
    {
        members.insert("(cipher)".to_owned(), "userName or password do not decrypt".into());
    }
    flatten("", value, &mut members);
    members
}

/// Whether a member may be told with what it says.
pub(super) fn is_told(path: &str, value: &Value) -> bool {
    let is_ours = path.starts_with('(') && !path.starts_with(OTHER);
    let Some(text) = value.as_str() else { return is_ours };
    match path.rsplit('.').next() {
        Some("resultCode") => text.len() <= 6 && text.bytes().all(|byte| byte.is_ascii_digit()),
        Some("instanceId") => is_id(text),
        _ => is_ours,
    }
}

fn all(keys: &AccessKeys) -> impl Iterator<Item = &koogallery::AccessKey> {
    InterfaceType::VARIANTS.iter().flat_map(|interface| keys.of(*interface))
}

/// What the reply's signature is worth.
fn signature(headers: &HeaderMap, body: &[u8], keys: Option<&AccessKeys>) -> &'static str {
    let Some(value) = headers.get(body_sign::HEADER).and_then(|value| value.to_str().ok()) else { return "none" };
    match keys {
        None => "there",
        Some(keys) if all(keys).any(|key| body_sign::matches(key.reveal(), value, body)) => "fits",
        Some(_) => "does not fit the reply's bytes",
    }
}

/// An absent member, a null and an empty text are the same to KooGallery. So is the order of a list of instances.
fn flatten(path: &str, value: Value, members: &mut Members) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(object) => {
            for (name, value) in object.into_iter().filter(|(name, _)| !NOT_COMPARED.contains(&name.as_str())) {
                flatten(&below(if KNOWN.contains(&&*name) { &name } else { OTHER }), value, members);
            }
        }
        Value::Array(list) => {
            for (place, value) in list.into_iter().enumerate() {
                let instance = value["instanceId"].as_str().filter(|id| is_id(id)).map(str::to_owned);
                flatten(&below(&instance.unwrap_or_else(|| place.to_string())), value, members);
            }
        }
        Value::Null => {}
        Value::String(text) if text.is_empty() => {}
        // Some code writes numbers as texts.
        other => drop(
            members.insert(path.to_owned(), other.as_str().map_or_else(|| other.to_string(), str::to_owned).into()),
        ),
    }
}
