//! What events are about, as a key.

use std::fmt;

use koogallery::{InstanceId, LicenseCode, OrderId, TenantId};
use serde::{Deserialize, Serialize};

/// The beginning of an instance's partition, before its id.
pub(crate) const INSTANCE: &str = "INSTANCE#";
/// The same of an order.
pub(crate) const ORDER: &str = "ORDER#";
/// The same of a license code.
pub(crate) const LICENSE: &str = "LICENSE#";
/// The same of a tenant.
pub(crate) const TENANT: &str = "TENANT#";

/// What events are about: the partition with them, such as `INSTANCE#…`. Its events are delivered one after another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SubjectKey(String);

impl From<String> for SubjectKey {
    fn from(partition: String) -> Self {
        Self(partition)
    }
}

impl fmt::Display for SubjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl SubjectKey {
    /// A buyer's instance.
    #[must_use]
    pub fn instance(id: &InstanceId) -> Self {
        Self(format!("{INSTANCE}{id}"))
    }

    /// A buyer's order.
    #[must_use]
    pub fn order(id: &OrderId) -> Self {
        Self(format!("{ORDER}{id}"))
    }

    /// A license code.
    #[must_use]
    pub fn license(code: &LicenseCode) -> Self {
        Self(format!("{LICENSE}{}", code.reveal()))
    }

    /// A tenant.
    #[must_use]
    pub fn tenant(id: &TenantId) -> Self {
        Self(format!("{TENANT}{id}"))
    }

    /// The partition.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key for a log. Of a license code it shows only the end.
    #[must_use]
    pub fn shown(&self) -> String {
        let Some(code) = self.0.strip_prefix(LICENSE) else { return self.0.clone() };
        let end = code.chars().count().saturating_sub(5).max(code.chars().count().div_ceil(2));
        format!("{LICENSE}…{}", code.chars().skip(end).collect::<String>())
    }

    /// The name of its group in a queue: up to 128 characters of printable ASCII. Two subjects may share a group; a subject
    /// never has two.
    #[must_use]
    pub fn group(&self) -> String {
        self.0.chars().map(|c| if c.is_ascii_graphic() { c } else { '?' }).take(128).collect()
    }
}
