//! What is still to be done, from the index of open things.

use crate::table::client::Store;
use crate::table::client::StoreError;
use crate::table::index::Kind;
use crate::table::index::Open;
use crate::table::index::SHARDS;
use crate::table::key::Item;
use crate::table::schema::NEXT_TRY_AT;
use crate::table::schema::OPEN;
use crate::table::schema::OPEN_INDEX;
use crate::table::schema::OPEN_SINCE;
use crate::table::schema::PARTITION_KEY;
use crate::table::schema::SORT_KEY;
use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::Timestamp;
impl Store {
    /// Everything of a kind that is still to be done, the oldest of each shard first. The index is a moment behind the table.
    pub async fn open(&self, kind: Kind) -> Result<Vec<Open>, StoreError> {
        self.open_by(kind, Timestamp::from_millis(i64::MAX)).await
    }

    /// The part of it that has been open since this time or longer.
    pub async fn open_by(&self, kind: Kind, by: Timestamp) -> Result<Vec<Open>, StoreError> {
        let mut found = Vec::new();
        for shard in 0..SHARDS {
            let query = self
                .client
                .query()
                .table_name(&self.table)
                .index_name(OPEN_INDEX)
                .key_condition_expression("#open = :open AND #openSince <= :by")
                .expression_attribute_names("#open", OPEN)
                .expression_attribute_names("#openSince", OPEN_SINCE)
                .expression_attribute_values(":by", AttributeValue::N(by.to_string()))
                .expression_attribute_values(":open", AttributeValue::S(format!("{}{shard}", kind.prefix())));
            let mut items = query.into_paginator().items().send();
            while let Some(item) = items.next().await {
                found.push(read(&item?)?);
            }
        }
        Ok(found)
    }
}

pub(super) fn read(item: &Item) -> Result<Open, StoreError> {
    let text = |name| item.get(name).and_then(|value| value.as_s().ok()).cloned();
    let time = |name| item.get(name)?.as_n().ok()?.parse().ok().map(Timestamp::from_millis);
    match (text(PARTITION_KEY).and_then(|partition| partition.parse().ok()), text(SORT_KEY), time(OPEN_SINCE)) {
        (Some(subject), Some(sort), Some(since)) => Ok(Open { subject, sort, since, next_try_at: time(NEXT_TRY_AT) }),
        _ => Err(StoreError::Unreadable("an entry of the index of open things".to_owned())),
    }
}
