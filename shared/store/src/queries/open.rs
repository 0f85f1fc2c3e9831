//! What is still to be done, from the index of open things.

use koogallery::Timestamp;

use crate::table::client::{Store, StoreError};
use crate::table::index::{Kind, Open, SHARDS};
use crate::table::key::Item;
use crate::table::query::Query;
use crate::table::schema::{NEXT_TRY_AT, OPEN_SINCE, PARTITION_KEY, SORT_KEY};

impl Store {
    /// Everything of a kind that is still to be done, the oldest of each shard first. The index is a moment behind the table.
    pub async fn open(&self, kind: Kind) -> Result<Vec<Open>, StoreError> {
        self.open_by(kind, Timestamp::from_millis(i64::MAX)).await
    }

    /// The part of it that has been open since this time or longer.
    pub async fn open_by(&self, kind: Kind, by: Timestamp) -> Result<Vec<Open>, StoreError> {
        let mut found = Vec::new();
        for shard in 0..SHARDS {
            let query = Query::of_open(format!("{}{shard}", kind.prefix())).up_to(by).to(self);
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
