//! `koogallery call`: one callback, signed and sent.

use koogallery::Callback;
use koogallery_runtime::now;
use serde_json::{Map, Value};

use crate::marketplace::{CallError, Exchange, Marketplace, SignedCall, new_nonce};

/// Why a call could not be made.
#[derive(Debug, thiserror::Error)]
pub enum OneCallError {
    /// No such activity.
    #[error("unknown activity {given}: one of {known}")]
    Activity {
        /// What was given.
        given: String,
        /// What there is.
        known: String,
    },
    /// A member is not `key=value`.
    #[error("{0} is not key=value (a text) or key:=json (anything else)")]
    Member(String),
    /// A member's JSON is none.
    #[error("{member} is not JSON: {source}")]
    Json {
        /// Which member.
        member: String,
        /// Why.
        source: serde_json::Error,
    },
    /// No answer.
    #[error(transparent)]
    Call(#[from] CallError),
}

/// Builds the body from `key=value` (text) and `key:=json` members, signs it with the activity's own key, sends it.
pub async fn call(marketplace: &Marketplace, activity: &str, members: &[String]) -> Result<Exchange, OneCallError> {
    let callback = Callback::ALL.into_iter().find(|callback| callback.activity() == activity).ok_or_else(|| {
        let known = Callback::ALL.map(Callback::activity).join(", ");
        OneCallError::Activity { given: activity.to_owned(), known }
    })?;

    let mut body = Map::new();
    if !callback.is_kit() {
        body.insert("activity".to_owned(), activity.into());
    }
    for member in members {
        let (name, value) = read_member(member)?;
        body.insert(name, value);
    }
    let body = Value::Object(body).to_string();
    let body = koogallery::canonical_form(body.as_bytes()).unwrap_or(body);

    let key = marketplace.key(callback.interface_types()[0])?;
    let signed = if callback.is_kit() {
        SignedCall::kit(key, callback, body, now(), &new_nonce())
    } else {
        SignedCall::basic(key, body, now(), &new_nonce())
    };
    Ok(marketplace.send(&signed).await?)
}

fn read_member(member: &str) -> Result<(String, Value), OneCallError> {
    let (name, value) = member.split_once('=').ok_or_else(|| OneCallError::Member(member.to_owned()))?;
    match name.strip_suffix(':') {
        _ if name.is_empty() || name == ":" => Err(OneCallError::Member(member.to_owned())),
        None => Ok((name.to_owned(), value.into())),
        Some(name) => serde_json::from_str(value)
            .map(|value| (name.to_owned(), value))
            .map_err(|source| OneCallError::Json { member: name.to_owned(), source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_text_or_json() {
        assert_eq!(read_member("orderId=CS1=x").unwrap(), ("orderId".to_owned(), "CS1=x".into()));
        assert_eq!(read_member("testFlag:=1").unwrap(), ("testFlag".to_owned(), 1.into()));
        for bad in ["orderId", "=x", ":=1", "a:={"] {
            assert!(read_member(bad).is_err(), "{bad}");
        }
    }
}
