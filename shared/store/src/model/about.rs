//! What warnings and actions are about: a subject of events, or one of the things that have no events of their own.

use std::fmt;
use std::str::FromStr;

use koogallery::Text;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::model::subject::Subject;

const DEMAND: &str = "DEMAND#";
const PRODUCT: &str = "PRODUCT#";
const CALLBACK: &str = "CALLBACK#";
const STATEMENT: &str = "STATEMENT#";
const DEPLOYMENT: &str = "DEPLOYMENT";

/// What something is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum About {
    /// An instance, a license code, an order, a tenant or a warning.
    Subject(Subject),
    /// A customer demand (客户需求), by the id that it got here.
    Demand(Uuid),
    /// A product, by its id.
    Product(Text<64>),
    /// A callback, by its name, such as `newInstance`.
    Callback(Text<64>),
    /// A statement that was imported, by the SHA-256 of its file, in hex.
    Statement(Text<64>),
    /// The whole deployment.
    Deployment,
}

/// The text names nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is a subject, DEMAND#, PRODUCT#, CALLBACK# or STATEMENT# and an id, or DEPLOYMENT")]
pub struct AboutError;

impl About {
    /// Its partition in the table. It contains license codes whole: never show it.
    #[must_use]
    pub fn partition(&self) -> String {
        match self {
            Self::Subject(subject) => subject.partition(),
            Self::Demand(id) => format!("{DEMAND}{id}"),
            Self::Product(id) => format!("{PRODUCT}{}", id.as_str()),
            Self::Callback(name) => format!("{CALLBACK}{}", name.as_str()),
            Self::Statement(hash) => format!("{STATEMENT}{}", hash.as_str()),
            Self::Deployment => DEPLOYMENT.to_owned(),
        }
    }
}

impl From<Subject> for About {
    fn from(subject: Subject) -> Self {
        Self::Subject(subject)
    }
}

impl fmt::Display for About {
    /// For people: of a license code, its end only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subject(subject) => subject.fmt(f),
            other => f.write_str(&other.partition()),
        }
    }
}

impl FromStr for About {
    type Err = AboutError;

    fn from_str(partition: &str) -> Result<Self, AboutError> {
        let text = |id: &str| Text::try_from(id.to_owned()).map_err(|_| AboutError);
        if partition == DEPLOYMENT {
            return Ok(Self::Deployment);
        }
        if let Some(id) = partition.strip_prefix(DEMAND) {
            return id.parse().map(Self::Demand).map_err(|_| AboutError);
        }
        if let Some(id) = partition.strip_prefix(PRODUCT) {
            return text(id).map(Self::Product);
        }
        if let Some(name) = partition.strip_prefix(CALLBACK) {
            return text(name).map(Self::Callback);
        }
        if let Some(hash) = partition.strip_prefix(STATEMENT) {
            return text(hash).map(Self::Statement);
        }
        partition.parse().map(Self::Subject).map_err(|_| AboutError)
    }
}

impl TryFrom<String> for About {
    type Error = AboutError;

    fn try_from(partition: String) -> Result<Self, AboutError> {
        partition.parse()
    }
}

impl From<About> for String {
    fn from(about: About) -> Self {
        about.partition()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for text in [
            "ORDER#CS1",
            "INSTANCE#b-1",
            "DEMAND#019adb6c-2f00-7c11-8d5e-0123456789ab",
            "PRODUCT#p-1",
            "CALLBACK#newInstance",
            "STATEMENT#0a",
            "WARNING#00112233445566778899aabbccddeeff",
            "DEPLOYMENT",
        ] {
            let about: About = text.parse().unwrap();
            assert_eq!(about.partition(), text);
            assert_eq!(serde_json::from_str::<About>(&serde_json::to_string(&about).unwrap()).unwrap(), about);
        }
        for bad in ["", "DEMAND#1", "PRODUCT#", "NONCE#n", "deployment"] {
            assert_eq!(bad.parse::<About>(), Err(AboutError), "{bad}");
        }
        assert_eq!("LICENSE#ABCDE-FGHIJ-KLMNO".parse::<About>().unwrap().to_string(), "LICENSE#…LMNO");
    }
}
