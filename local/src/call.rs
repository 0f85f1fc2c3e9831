//! `koogallery call`: one callback, signed and sent.

use clap::ValueEnum;
use koogallery::{AccessKey, Callback, Dialect};
use koogallery_runtime::now;
use serde_json::{Map, Value};

use crate::marketplace::{CallError, Exchange, Marketplace, SignedCall, new_nonce};

/// Which protocol version a call speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Version {
    /// SaaS V2.0, License 2.0, Online License, order notices.
    #[default]
    V2,
    /// SaaS V1.0, License 1.0.
    V1,
}

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

/// A call that was answered.
#[derive(Debug)]
pub struct Called {
    /// The answer.
    pub exchange: Exchange,
    /// V1.0: the key that signs and encrypts it.
    pub v1_key: Option<AccessKey>,
}

/// Builds a call from `key=value` (text) and `key:=json` members, signs it with the activity's own key, sends it.
pub async fn call(
    marketplace: &Marketplace,
    version: Version,
    activity: &str,
    members: &[String],
) -> Result<Called, OneCallError> {
    let (callback, dialect) = callback(version, activity)?;
    let mut body = Map::new();
    if !callback.is_kit() {
        body.insert("activity".to_owned(), activity.into());
    }
    for member in members {
        let (name, value) = read_member(member)?;
        body.insert(name, value);
    }

    let key = marketplace.key(callback.interface_types()[0])?;
    let canonical = |body: Map<String, Value>| {
        let body = Value::Object(body).to_string();
        koogallery::canonical_form(body.as_bytes()).unwrap_or(body)
    };
    let signed = match dialect {
        Dialect::BasicV2 => SignedCall::basic(key, canonical(body), now(), &new_nonce()),
        Dialect::KitV2 => SignedCall::kit(key, callback, canonical(body), now(), &new_nonce()),
        Dialect::BasicV1 => SignedCall::basic_v1(key, body.into_iter().map(parameter).collect(), now()),
        Dialect::KitV1 => {
            SignedCall::kit_v1(key, callback, body, now()).unwrap_or_else(|_| unreachable!("a map is an object"))
        }
    };
    let exchange = marketplace.send(&signed).await?;
    Ok(Called { exchange, v1_key: (version == Version::V1).then(|| key.clone()) })
}

fn callback(version: Version, activity: &str) -> Result<(Callback, Dialect), OneCallError> {
    let dialects = match version {
        Version::V2 => [Dialect::BasicV2, Dialect::KitV2],
        Version::V1 => [Dialect::BasicV1, Dialect::KitV1],
    };
    let in_dialect = |dialect| Callback::named(dialect, activity).map(|callback| (callback, dialect));
    dialects.into_iter().find_map(in_dialect).ok_or_else(|| {
        let names = Callback::ALL.into_iter().flat_map(Callback::names);
        let known = names.filter(|(dialect, _)| dialects.contains(dialect)).map(|(_, name)| *name);
        OneCallError::Activity { given: activity.to_owned(), known: known.collect::<Vec<_>>().join(", ") }
    })
}

/// A member as a query parameter: anything but a text as its JSON.
fn parameter((name, value): (String, Value)) -> (String, String) {
    match value {
        Value::String(text) => (name, text),
        other => (name, other.to_string()),
    }
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

    #[test]
    fn an_activity_is_of_its_version() {
        assert_eq!(callback(Version::V2, "tenantSync").unwrap(), (Callback::TenantSync, Dialect::KitV2));
        assert_eq!(callback(Version::V1, "tenantSync").unwrap(), (Callback::TenantSync, Dialect::KitV1));
        assert_eq!(callback(Version::V1, "upgrade").unwrap(), (Callback::UpgradeInstance, Dialect::BasicV1));
        assert!(callback(Version::V2, "upgrade").is_err());
        assert!(callback(Version::V1, "upgradeInstance").unwrap_err().to_string().contains("upgrade,"));
    }
}
