//! What is still to be done, from the index of open things.

use std::time::Instant;

use koogallery::Timestamp;

use crate::table::client::{Store, StoreError};
use crate::table::index::{Kind, Open};
use crate::table::key::Item;
use crate::table::query::Query;
use crate::table::schema::{NEXT_TRY_AT, OPEN_SINCE, PARTITION_KEY, SORT_KEY};

/// How many things one query reads.
const PAGE: i32 = 1000;

/// What was found of a kind until a time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenFound {
    /// The things, the oldest of each shard among them.
    pub found: Vec<Open>,
    /// Whether this is all of them.
    pub is_whole: bool,
}

impl Store {
    /// What is still to be done of a kind, as far as it can be read until a time. The beginning of each shard is read in any case,
    /// so the oldest thing is always found.
    pub async fn open_until(&self, kind: Kind, until: Instant) -> Result<OpenFound, StoreError> {
        let mut found = Vec::new();
        let mut places: Vec<(u8, Option<Item>)> = (0..kind.shards()).map(|shard| (shard, None)).collect();
        loop {
            let mut left = Vec::new();
            for (shard, after) in places {
                // The first page of each shard has none before it.
                if after.is_some() && Instant::now() >= until {
                    return Ok(OpenFound { found, is_whole: false });
                }
                let query = Query::of_open(kind.partition(shard)).to(self).limit(PAGE);
                let answer = query.set_exclusive_start_key(after).send().await?;
                for item in answer.items() {
                    found.push(read(item)?);
                }
                left.extend(answer.last_evaluated_key.map(|last| (shard, Some(last))));
            }
            if left.is_empty() {
                return Ok(OpenFound { found, is_whole: true });
            }
            places = left;
        }
    }

    /// Everything of a kind that is still to be done, the oldest of each shard first. The index is a moment behind the table.
    pub async fn open(&self, kind: Kind) -> Result<Vec<Open>, StoreError> {
        self.open_by(kind, Timestamp::from_millis(i64::MAX)).await
    }

    /// The part of it that has been open since this time or longer.
    pub async fn open_by(&self, kind: Kind, by: Timestamp) -> Result<Vec<Open>, StoreError> {
        let mut found = Vec::new();
        for shard in 0..kind.shards() {
            let query = Query::of_open(kind.partition(shard)).up_to(by).to(self);
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
