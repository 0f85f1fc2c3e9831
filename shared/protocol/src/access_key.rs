//! The access keys (访问密钥) that sign callbacks, one set per interface type.
//!
//! KooGallery binds each interface type to a key of its own. A seller who rotates a key needs the old and the new one to
//! verify side by side for a while. So a type has up to two keys, the current one first.

use std::fmt;

use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

/// The interface types of Seller Console > Application Tools > Key Management, each bound to its own key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr, VariantArray)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum InterfaceType {
    /// SaaS, basic interfaces.
    Basic,
    /// SaaS, joint-operations kit (联营kit): tenant, application, organisation and user sync.
    Kit,
    /// License products: authorization codes and online licenses.
    License,
    /// Order notices (订单通知).
    Order,
}

impl InterfaceType {
    /// The name that configuration and logs use: `basic`, `kit`, `license`, `order`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// One access key. Its `Debug` output does not contain it.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKey(String);

impl AccessKey {
    /// The secret itself, to compute a MAC.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessKey(…)")
    }
}

/// All keys of a deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessKeys {
    basic: Vec<AccessKey>,
    kit: Vec<AccessKey>,
    license: Vec<AccessKey>,
    order: Vec<AccessKey>,
}

/// Why a set of access keys was refused. No variant contains a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessKeysError {
    /// The text is not JSON of the expected form. The JSON library's message is left out, because it could quote a key.
    #[error(
        r#"access keys must be JSON like {{"basic":["current","previous"],"kit":["…"],"license":["…"],"order":["…"]}}, with no other member (line {line}, column {column})"#
    )]
    Malformed {
        /// The line of the fault, from 1.
        line: usize,
        /// The column of the fault, from 1.
        column: usize,
    },
    /// No interface type has a key, so nothing could be verified.
    #[error("there is no access key: give at least one interface type its key")]
    None,
    /// A key is the empty text, with which anyone could sign.
    #[error("access key {position} of {interface} is empty")]
    Empty {
        /// The interface type's name.
        interface: &'static str,
        /// Its place in the list, from 1.
        position: usize,
    },
    /// There are more keys than the current and the previous one.
    #[error("{interface} has {count} access keys: give the current one and at most one previous one")]
    TooMany {
        /// The interface type's name.
        interface: &'static str,
        /// How many were given.
        count: usize,
    },
    /// Two interface types share a key. The key that verifies a call must identify the type.
    #[error("{first} and {second} share an access key: KooGallery binds each interface type to a key of its own")]
    Shared {
        /// One type's name.
        first: &'static str,
        /// The other's.
        second: &'static str,
    },
}

impl AccessKeys {
    /// Reads `{"basic":["current","previous"],"kit":[…],"license":[…],"order":[…]}`; a type may be absent.
    pub fn from_json(json: &str) -> Result<Self, AccessKeysError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Wire {
            #[serde(default)]
            basic: Vec<String>,
            #[serde(default)]
            kit: Vec<String>,
            #[serde(default)]
            license: Vec<String>,
            #[serde(default)]
            order: Vec<String>,
        }
        let wire: Wire = serde_json::from_str(json)
            .map_err(|error| AccessKeysError::Malformed { line: error.line(), column: error.column() })?;
        let keys = |list: Vec<String>| list.into_iter().map(AccessKey).collect();
        Self { basic: keys(wire.basic), kit: keys(wire.kit), license: keys(wire.license), order: keys(wire.order) }
            .checked()
    }

    /// The keys of one interface type, current first. Empty if the seller does not use the type.
    #[must_use]
    pub fn of(&self, interface: InterfaceType) -> &[AccessKey] {
        match interface {
            InterfaceType::Basic => &self.basic,
            InterfaceType::Kit => &self.kit,
            InterfaceType::License => &self.license,
            InterfaceType::Order => &self.order,
        }
    }

    /// The key to sign with: the type's current one.
    #[must_use]
    pub fn current(&self, interface: InterfaceType) -> Option<&AccessKey> {
        self.of(interface).first()
    }

    /// Every key of every type.
    pub(crate) fn all(&self) -> impl Iterator<Item = &AccessKey> {
        InterfaceType::VARIANTS.iter().flat_map(|interface| self.of(*interface))
    }

    fn checked(self) -> Result<Self, AccessKeysError> {
        let mut seen: Vec<(InterfaceType, &AccessKey)> = Vec::new();
        for interface in InterfaceType::VARIANTS.iter().copied() {
            let keys = self.of(interface);
            if keys.len() > 2 {
                return Err(AccessKeysError::TooMany { interface: interface.name(), count: keys.len() });
            }
            for (index, key) in keys.iter().enumerate() {
                if key.0.is_empty() {
                    return Err(AccessKeysError::Empty { interface: interface.name(), position: index + 1 });
                }
                if let Some((other, _)) = seen.iter().find(|(other, known)| *other != interface && *known == key) {
                    return Err(AccessKeysError::Shared { first: other.name(), second: interface.name() });
                }
                seen.push((interface, key));
            }
        }
        if seen.is_empty() { Err(AccessKeysError::None) } else { Ok(self) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_current_and_previous() {
        let keys = AccessKeys::from_json(r#"{"basic":["new","old"],"order":["o"]}"#).unwrap();
        assert_eq!(keys.current(InterfaceType::Basic).unwrap().reveal(), "new");
        assert_eq!(keys.of(InterfaceType::Basic).len(), 2);
        assert_eq!(keys.of(InterfaceType::License), []);
    }

    #[test]
    fn refuses_what_could_never_be_safe() {
        let refused = |json| AccessKeys::from_json(json).unwrap_err();
        assert_eq!(refused("{}"), AccessKeysError::None);
        assert_eq!(refused(r#"{"basic":[""]}"#), AccessKeysError::Empty { interface: "basic", position: 1 });
        assert_eq!(
            refused(r#"{"basic":["a"],"license":["a"]}"#),
            AccessKeysError::Shared { first: "basic", second: "license" }
        );
        assert_eq!(refused(r#"{"kit":["a","b","c"]}"#), AccessKeysError::TooMany { interface: "kit", count: 3 });
        assert!(matches!(refused(r#"{"bsic":["a"]}"#), AccessKeysError::Malformed { .. }));
    }

    #[test]
    fn never_shows_a_key() {
        let keys = AccessKeys::from_json(r#"{"basic":["s3cret"]}"#).unwrap();
        assert!(!format!("{keys:?}").contains("s3cret"));
        let error = AccessKeys::from_json(r#"{"basic":"s3cret"}"#).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("s3cret"));
    }
}
