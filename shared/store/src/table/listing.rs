//! Lists: a sparse index of instances by status, in which each change of status moves an instance; and of orders, license codes,
//! tenants, and open requests for licenses. Its partitions are sharded, so that no partition gets too much load. Nothing of debug
//! calls is in it.

use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::{InstanceId, Timestamp};
use sha2::{Digest, Sha256};

use crate::model::instance::Instance;
use crate::model::lifecycle::Status;
use crate::model::world::World;
use crate::table::change::Change;
use crate::table::key::{Item, Key};
use crate::table::schema::{LISTED, LISTED_AS};

pub(crate) const SHARDS: u8 = 16;

/// A list reads at most so many partitions: of instances in any of the four statuses.
const MOST_PARTITIONS: u8 = 4 * SHARDS;

/// A list beside the instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum List {
    Orders,
    Licenses,
    Tenants,
    LicenseRequests,
    Actions,
    Supervisions,
    Demands,
    Amounts,
    Statements,
}

impl List {
    /// The partition of a shard.
    pub(crate) fn partition(self, shard: u8) -> String {
        format!("{}{shard}", self.prefix())
    }

    /// The beginning of its partitions.
    pub(crate) fn prefix(self) -> String {
        let name = match self {
            Self::Orders => "order",
            Self::Licenses => "license",
            Self::Tenants => "tenant",
            Self::LicenseRequests => "licenseRequest",
            Self::Actions => "action",
            Self::Supervisions => "supervision",
            Self::Demands => "demand",
            Self::Amounts => "amount",
            Self::Statements => "statement",
        };
        format!("{name}#")
    }

    /// The attributes by which an item is in the list. `id` is what it is called, `at` since when it exists; the same item always
    /// has the same.
    pub(crate) fn entry(self, world: World, id: &str, at: Timestamp, key: &Key) -> Item {
        if world == World::Test {
            return Item::new();
        }
        // Several items may have the same id and time. Their places differ, and a sort key has a longest length.
        let digest = hex::encode(&Sha256::digest(key.place())[..8]);
        Item::from([
            (LISTED.to_owned(), AttributeValue::S(self.partition(shard(id)))),
            (LISTED_AS.to_owned(), AttributeValue::S(format!("{:013}#{id}#{digest}", at.as_millis()))),
        ])
    }
}

/// FNV-1a of the id: the same on every machine and in every version.
fn shard(id: &str) -> u8 {
    let hash = id.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    u8::try_from(hash % u32::from(SHARDS)).unwrap_or_default()
}

/// The partition of a status and a shard.
pub(crate) fn partition(status: Status, shard: u8) -> String {
    format!("{}#{shard}", status.as_str())
}

/// The attributes by which an instance is listed. The first changes with its status, the second stays.
pub(crate) fn listed(world: World, instance: &Instance) -> Item {
    if world == World::Test {
        return Item::new();
    }
    let id = &instance.instance_id;
    let listed_as = format!("{:013}#{id}", instance.life.created_at.as_millis());
    Item::from([
        (LISTED.to_owned(), AttributeValue::S(partition(instance.life.status, shard(id.as_str())))),
        (LISTED_AS.to_owned(), AttributeValue::S(listed_as)),
    ])
}

/// What else a change of status sets, so that the instance is listed under it.
pub(crate) fn list_as(change: Change, world: World, id: &InstanceId, status: Status) -> Change {
    match world {
        World::Test => change,
        World::Real => change.set(LISTED, partition(status, shard(id.as_str()))),
    }
}

/// The place in a list where a page begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The number of the partition, in the order in which they are read.
    pub(crate) partition: u8,
    pub(crate) after: Option<String>,
}

/// The text is not a place in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not a place in a list")]
pub struct PlaceError;

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.partition, self.after.as_deref().unwrap_or_default())
    }
}

impl std::str::FromStr for Place {
    type Err = PlaceError;
    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let (partition, after) = text.split_once(':').ok_or(PlaceError)?;
        let partition = partition.parse().ok().filter(|number| *number < MOST_PARTITIONS).ok_or(PlaceError)?;
        // DynamoDB takes sort keys up to this length.
        if after.len() > 1024 {
            return Err(PlaceError);
        }
        Ok(Self { partition, after: (!after.is_empty()).then(|| after.to_owned()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_written_and_read_again() {
        for text in ["0:", "15:1764000000000#a:b", "7:1764000000000#03pf80c2"] {
            assert_eq!(text.parse::<Place>().unwrap().to_string(), text);
        }
        for bad in ["", "7", "64:", "-1:", "256:a", ":a", "x:a", &format!("1:{}", "x".repeat(1025))] {
            assert_eq!(bad.parse::<Place>(), Err(PlaceError), "{bad}");
        }
    }

    #[test]
    fn ids_spread_over_all_shards() {
        let shards: std::collections::BTreeSet<u8> = (0..200).map(|n| shard(&format!("b-{n}"))).collect();
        assert_eq!(shards.len(), usize::from(SHARDS));
    }
}
