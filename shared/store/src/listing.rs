//! Which instances are in a status: a sparse index that each change of status moves an instance in. Its partitions are
//! sharded, so that however many instances a status has, none runs hot. Debug calls' instances are not in it.

use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::InstanceId;

use crate::client::{Store, StoreError};
use crate::expression::Change;
use crate::instance::Instance;
use crate::key::{Item, World};
use crate::lifecycle::Status;
use crate::table::{LISTED, LISTED_AS, LISTED_INDEX};

const SHARDS: u8 = 16;

/// FNV-1a over the id: the same on every machine and in every version.
fn shard(id: &InstanceId) -> u8 {
    let hash =
        id.as_str().bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    u8::try_from(hash % u32::from(SHARDS)).unwrap_or_default()
}

fn partition(status: Status, shard: u8) -> AttributeValue {
    AttributeValue::S(format!("{}#{shard}", status.as_str()))
}

/// The attributes by which an instance is listed: the first moves with its status, the second stays.
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

/// For a change that sets a status: what else it sets, so that the instance is listed under it.
pub(crate) fn list_as(change: Change, world: World, id: &InstanceId, status: Status) -> Change {
    match world {
        World::Test => change,
        World::Real => change.set(LISTED, partition(status, shard(id))),
    }
}

/// Where in a list a page begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    shard: u8,
    after: Option<String>,
}

/// The text is no place in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no place in a list of instances")]
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

/// A part of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct InstancePage {
    /// Instances, as they stand.
    pub instances: Vec<Instance>,
    /// Where the next page begins; none at the end.
    pub next: Option<Place>,
}

impl Store {
    /// Up to `limit` instances in a status, from a place on. An instance that is in the status all the while is listed
    /// once, whatever happens to others; one that leaves it is not shown any more, so that a page may hold fewer.
    pub async fn instances_in(&self, status: Status, from: Place, limit: usize) -> Result<InstancePage, StoreError> {
        let mut ids: Vec<InstanceId> = Vec::with_capacity(limit);
        let mut place = Some(from);
        while let Some(Place { shard, after }) = place.take_if(|_| ids.len() < limit) {
            let found = self.listed_in(status, shard, after, limit - ids.len()).await?;
            place = match found.last {
                Some(last) => Some(Place { shard, after: Some(last) }),
                None => Some(Place { shard: shard + 1, after: None }).filter(|place| place.shard < SHARDS),
            };
            ids.extend(found.ids);
        }
        let mut found = self.instances(World::Real, &ids).await?;
        let instances =
            ids.iter().filter_map(|id| found.remove(id)).filter(|found| found.life.status == status).collect();
        Ok(InstancePage { instances, next: place })
    }

    async fn listed_in(
        &self,
        status: Status,
        shard: u8,
        after: Option<String>,
        limit: usize,
    ) -> Result<Listed, StoreError> {
        let mut condition = "#listed = :listed".to_owned();
        let mut query = self.client.query().table_name(&self.table).index_name(LISTED_INDEX);
        if let Some(after) = after {
            condition += " AND #listedAs > :after";
            query = query
                .expression_attribute_names("#listedAs", LISTED_AS)
                .expression_attribute_values(":after", AttributeValue::S(after));
        }
        let query = query
            .key_condition_expression(condition)
            .expression_attribute_names("#listed", LISTED)
            .expression_attribute_values(":listed", partition(status, shard))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let answer = query.send().await.map_err(StoreError::from_sdk)?;
        let ids = answer.items().iter().map(|item| listed_as(item)?.1.parse().map_err(|_| unreadable()));
        let ids = ids.collect::<Result<_, StoreError>>()?;
        let last = answer.last_evaluated_key().map(listed_as).transpose()?;
        Ok(Listed { ids, last: last.map(|(whole, _)| whole.to_owned()) })
    }
}

/// What one query finds.
struct Listed {
    ids: Vec<InstanceId>,
    /// The last one, where the partition may hold more.
    last: Option<String>,
}

/// The whole of [`LISTED_AS`], and the instance's id in it.
fn listed_as(item: &Item) -> Result<(&str, &str), StoreError> {
    let whole = item.get(LISTED_AS).and_then(|text| text.as_s().ok()).ok_or_else(unreadable)?;
    let (_, id) = whole.split_once('#').ok_or_else(unreadable)?;
    Ok((whole, id))
}

fn unreadable() -> StoreError {
    StoreError::Unreadable("an entry of the index of instances names none".to_owned())
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
