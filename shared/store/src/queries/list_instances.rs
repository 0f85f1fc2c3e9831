//! Instances by status, in pages.

use crate::model::instance::Instance;
use crate::model::lifecycle::Status;
use crate::model::world::World;
use crate::table::client::Store;
use crate::table::client::StoreError;
use crate::table::key::Item;
use crate::table::listing::Place;
use crate::table::listing::{SHARDS, partition};
use crate::table::schema::LISTED;
use crate::table::schema::LISTED_AS;
use crate::table::schema::LISTED_INDEX;
use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::InstanceId;
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
        let answer = query.send().await?;
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
