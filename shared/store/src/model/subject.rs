//! What events are about.

use std::fmt;
use std::str::FromStr;

use koogallery::{InstanceId, LicenseCode, OrderId, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::model::event_type::EventType;
use crate::model::warning_id::WarningId;

/// The partition of an instance begins with this, before its id.
pub(crate) const INSTANCE: &str = "INSTANCE#";
/// The same for a license code.
pub(crate) const LICENSE: &str = "LICENSE#";
/// The same for an order.
pub(crate) const ORDER: &str = "ORDER#";
/// The same for a tenant.
pub(crate) const TENANT: &str = "TENANT#";
pub(crate) const WARNING: &str = "WARNING#";

/// What events are about. They are in one partition, such as `INSTANCE#…`, and are delivered one after another. `Display` is
/// for the log: it shows at most the end of a license code. [`Subject::partition`] is the whole, which `FromStr` and serde
/// read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Subject {
    /// A buyer's instance.
    Instance(InstanceId),
    /// A license code.
    License(LicenseCode),
    /// A buyer's order.
    Order(OrderId),
    /// A tenant.
    Tenant(TenantId),
    /// A warning.
    Warning(WarningId),
}

/// The text is not a subject's partition. The error does not contain it: it may be a license code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a subject is INSTANCE#, LICENSE#, ORDER#, TENANT# or WARNING# and an id, such as INSTANCE#b-1")]
pub struct SubjectError;

impl FromStr for Subject {
    type Err = SubjectError;

    fn from_str(partition: &str) -> Result<Self, SubjectError> {
        let (prefix, id) = partition.split_at(partition.find('#').ok_or(SubjectError)? + 1);
        match prefix {
            INSTANCE => id.parse().map(Self::Instance).map_err(|_| SubjectError),
            LICENSE => id.parse().map(Self::License).map_err(|_| SubjectError),
            ORDER => id.parse().map(Self::Order).map_err(|_| SubjectError),
            TENANT => id.parse().map(Self::Tenant).map_err(|_| SubjectError),
            WARNING => id.parse().map(Self::Warning).map_err(|_| SubjectError),
            _ => Err(SubjectError),
        }
    }
}

impl TryFrom<String> for Subject {
    type Error = SubjectError;

    fn try_from(partition: String) -> Result<Self, SubjectError> {
        partition.parse()
    }
}

impl From<Subject> for String {
    fn from(subject: Subject) -> Self {
        subject.partition()
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::License(code) => write!(f, "{LICENSE}{code}"),
            Self::Instance(_) | Self::Order(_) | Self::Tenant(_) | Self::Warning(_) => f.write_str(&self.partition()),
        }
    }
}

impl Subject {
    /// Its partition in the table.
    #[must_use]
    pub fn partition(&self) -> String {
        match self {
            Self::Instance(id) => format!("{INSTANCE}{id}"),
            Self::License(code) => format!("{LICENSE}{}", code.reveal()),
            Self::Order(id) => format!("{ORDER}{id}"),
            Self::Tenant(id) => format!("{TENANT}{id}"),
            Self::Warning(id) => format!("{WARNING}{id}"),
        }
    }

    /// Its name as a queue takes it for a group: up to 128 characters of printable ASCII. Two subjects may share a group; one
    /// subject never has two.
    #[must_use]
    pub fn group(&self) -> String {
        self.partition().chars().map(|c| if c.is_ascii_graphic() { c } else { '?' }).take(128).collect()
    }

    /// The members of an event's data that name it.
    pub(crate) fn data(&self) -> Value {
        match self {
            Self::Instance(id) => json!({ "instanceId": id }),
            Self::License(code) => json!({ "license": code }),
            Self::Order(id) => json!({ "orderId": id }),
            Self::Tenant(id) => json!({ "tenantId": id }),
            Self::Warning(id) => json!({ "warningId": id }),
        }
    }

    /// The type of an event. Events of a license code have types of their own.
    pub(crate) const fn event(&self, usual: EventType, of_a_license: EventType) -> EventType {
        match self {
            Self::License(_) => of_a_license,
            Self::Instance(_) | Self::Order(_) | Self::Tenant(_) | Self::Warning(_) => usual,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read() {
        for partition in ["INSTANCE#b-1", "INSTANCE#a#b", "LICENSE#ABCDE-FGHIJ-KLMNO", "ORDER#CS1", "TENANT#t-1"] {
            let subject: Subject = partition.parse().unwrap();
            assert_eq!(subject.partition(), partition);
            let json = serde_json::to_string(&subject).unwrap();
            assert_eq!((json.as_str(), serde_json::from_str(&json).unwrap()), (&*format!("{partition:?}"), subject));
        }
        for bad in ["", "INSTANCE", "INSTANCE#", "TEST#INSTANCE#b-1", "instance#b-1", "NONCE#n", "DATA_KEY"] {
            assert_eq!(bad.parse::<Subject>(), Err(SubjectError), "{bad}");
        }
        assert_eq!("ORDER#CS1".parse::<Subject>().unwrap().to_string(), "ORDER#CS1");
    }

    #[test]
    fn a_license_code_is_never_shown_whole() {
        let subject: Subject = "LICENSE#ABCDE-FGHIJ-KLMNO".parse().unwrap();
        assert_eq!(subject.to_string(), "LICENSE#…LMNO");
        assert!(!format!("{subject:?}").contains("ABCDE"));
    }

    #[test]
    fn a_group_is_what_a_queue_takes() {
        let subject = Subject::Instance("实例 1".parse().unwrap());
        assert_eq!(subject.group(), "INSTANCE#???1");
        assert!(Subject::Order("x".repeat(64).parse().unwrap()).group().len() <= 128);
    }
}
