//! Which instances have a status: a sparse index in which each change of status moves an instance. Its partitions are sharded,
//! so that no partition gets too much load. Instances of debug calls are not in it.

use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::InstanceId;

use crate::model::instance::Instance;
use crate::model::lifecycle::Status;
use crate::model::world::World;
use crate::table::expression::Change;
use crate::table::key::Item;
use crate::table::schema::{LISTED, LISTED_AS};

pub(crate) const SHARDS: u8 = 16;

/// FNV-1a of the id: the same on every machine and in every version.
fn shard(id: &InstanceId) -> u8 {
    let hash =
        id.as_str().bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    u8::try_from(hash % u32::from(SHARDS)).unwrap_or_default()
}

pub(crate) fn partition(status: Status, shard: u8) -> AttributeValue {
    AttributeValue::S(format!("{}#{shard}", status.as_str()))
}

/// The attributes by which an instance is listed. The first changes with its status, the second stays.
pub(crate) fn listed(world: World, instance: &Instance) -> Item {
    if world == World::Test {
        return Item::new();
    }
    let id = &instance.instance_id;
    let listed_as = format!("{:013}#{id}", instance.life.created_at.as_millis());
    Item::from([
        (LISTED.to_owned(), partition(instance.life.status, shard(id))),
        (LISTED_AS.to_owned(), AttributeValue::S(listed_as)),
    ])
}

/// What else a change of status sets, so that the instance is listed under it.
pub(crate) fn list_as(change: Change, world: World, id: &InstanceId, status: Status) -> Change {
    match world {
        World::Test => change,
        World::Real => change.set(LISTED, partition(status, shard(id))),
    }
}

/// The place in a list where a page begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    pub(crate) shard: u8,
    pub(crate) after: Option<String>,
}

/// The text is not a place in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not a place in a list of instances")]
pub struct PlaceError;

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.shard, self.after.as_deref().unwrap_or_default())
    }
}

impl std::str::FromStr for Place {
    type Err = PlaceError;
    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let (shard, after) = text.split_once(':').ok_or(PlaceError)?;
        let shard = shard.parse().ok().filter(|shard| *shard < SHARDS).ok_or(PlaceError)?;
        // 13 digits, a mark, and an id of up to 64 characters, each of up to 4 bytes.
        if after.len() > 14 + 4 * 64 {
            return Err(PlaceError);
        }
        Ok(Self { shard, after: (!after.is_empty()).then(|| after.to_owned()) })
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
        for bad in ["", "7", "16:", "-1:", "256:a", ":a", "x:a", &format!("1:{}", "x".repeat(271))] {
            assert_eq!(bad.parse::<Place>(), Err(PlaceError), "{bad}");
        }
    }

    #[test]
    fn ids_spread_over_all_shards() {
        let shards: std::collections::BTreeSet<u8> =
            (0..200).map(|n| shard(&format!("b-{n}").parse().unwrap())).collect();
        assert_eq!(shards.len(), usize::from(SHARDS));
    }
}
