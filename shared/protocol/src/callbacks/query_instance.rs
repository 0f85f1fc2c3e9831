//! queryInstance: asks whether instances are ready, and what the buyer sees (topic 0070649428).

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};

use super::{Callback, Request};
use crate::access_key::AccessKey;
use crate::invalid_request::InvalidRequest;
use crate::parameters::Parameters;
use crate::test_flag::TestFlag;
use crate::text::{InstanceId, TextError, scalar};

/// Asks for up to 100 instances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueryInstance {
    /// The instances. On the wire they are separated by commas, in one member `instanceId`.
    #[serde(rename = "instanceId")]
    pub instance_ids: InstanceIds,
    /// Whether it is a debug call.
    #[serde(default)]
    pub test_flag: TestFlag,
}

impl Request for QueryInstance {
    const CALLBACK: Callback = Callback::QueryInstance;
    fn test_flag(&self) -> TestFlag {
        self.test_flag
    }
    fn instance_id(&self) -> Option<&InstanceId> {
        self.instance_ids.as_slice().first()
    }

    fn from_parameters(parameters: &Parameters, _: &AccessKey) -> Result<Self, InvalidRequest> {
        let instance_ids = parameters.text("instanceId")?.parse();
        let instance_ids = instance_ids.map_err(|error: InstanceIdsError| InvalidRequest::of(error.to_string()))?;
        Ok(Self { instance_ids, test_flag: parameters.test_flag()? })
    }
}

/// One to [`InstanceIds::MAX`] different instance ids, in the order of the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceIds(Vec<InstanceId>);

/// Why a list of instance ids was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InstanceIdsError {
    /// There is no id between the commas.
    #[error("instanceId is empty")]
    Empty,
    /// There are more than [`InstanceIds::MAX`].
    #[error("instanceId lists {0} instances, more than {max}", max = InstanceIds::MAX)]
    TooMany(usize),
    /// One id is too long.
    #[error(transparent)]
    Id(#[from] TextError),
}

impl InstanceIds {
    /// The most ids in one call.
    pub const MAX: usize = 100;

    /// The ids.
    #[must_use]
    pub fn as_slice(&self) -> &[InstanceId] {
        &self.0
    }
}

impl std::str::FromStr for InstanceIds {
    type Err = InstanceIdsError;
    /// Splits at commas and trims. Empty and repeated ids are ignored.
    fn from_str(text: &str) -> Result<Self, InstanceIdsError> {
        let mut ids: Vec<InstanceId> = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let id = part.parse()?;
            if !ids.contains(&id) {
                ids.push(id);
            }
            if ids.len() > Self::MAX {
                return Err(InstanceIdsError::TooMany(text.split(',').count()));
            }
        }
        if ids.is_empty() { Err(InstanceIdsError::Empty) } else { Ok(Self(ids)) }
    }
}

impl Serialize for InstanceIds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let texts: Vec<&str> = self.0.iter().map(InstanceId::as_str).collect();
        serializer.serialize_str(&texts.join(","))
    }
}

impl<'de> Deserialize<'de> for InstanceIds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        scalar(deserializer, "instanceId")?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_trims_and_drops() {
        let ids: InstanceIds = " a, b ,,a,c,".parse().unwrap();
        let texts: Vec<_> = ids.as_slice().iter().map(InstanceId::as_str).collect();
        assert_eq!(texts, ["a", "b", "c"]);
    }

    #[test]
    fn a_hundred_is_the_limit() {
        let list = |count: usize| (0..count).map(|n| format!("{n:064}")).collect::<Vec<_>>().join(",");
        assert!(list(100).parse::<InstanceIds>().is_ok());
        assert_eq!(list(101).parse::<InstanceIds>(), Err(InstanceIdsError::TooMany(101)));
        assert_eq!(" , ".parse::<InstanceIds>(), Err(InstanceIdsError::Empty));
        assert!(matches!("x".repeat(65).parse::<InstanceIds>(), Err(InstanceIdsError::Id(_))));
    }
}
