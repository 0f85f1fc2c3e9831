//! What waits for a person, from the index of open things: so much of each shard, and no more, so that a page costs what it shows.

use std::collections::BTreeMap;

use koogallery::{InstanceId, Timestamp};

use crate::model::failed_call::FailedCall;
use crate::model::warning::Warning;
use crate::queries::open::{OpenFound, read};
use crate::queries::open_place::{First, OpenPlace};
use crate::table::client::{Store, StoreError};
use crate::table::index::{Kind, Open};
use crate::table::key::{Item, Key};
use crate::table::query::Query;
use crate::table::schema::{OPEN_SINCE, PARTITION_KEY, SORT_KEY};

impl Store {
    /// The oldest of a kind that is still to be done: up to `most` of each shard. The shards are read side by side.
    pub async fn oldest_open(&self, kind: Kind, most: i32) -> Result<OpenFound, StoreError> {
        let (items, is_whole) = self.some_of(kind, Timestamp::from_millis(i64::MAX), First::Oldest, most).await?;
        let mut found = items.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        found.sort_by_key(|open| open.since);
        Ok(OpenFound { found, is_whole })
    }

    /// The newest of a kind that is still to be done: up to `most` of each shard, and whether these are all.
    pub async fn newest_open(&self, kind: Kind, most: i32) -> Result<(Vec<Open>, bool), StoreError> {
        let (items, is_whole) = self.some_of(kind, Timestamp::from_millis(i64::MAX), First::Newest, most).await?;
        Ok((items.iter().map(read).collect::<Result<_, _>>()?, is_whole))
    }

    /// The instances whose hours of use wait for a person ([`Kind::UsageParked`]), or were to be reported by a time
    /// ([`Kind::Usage`]): the oldest first, each with its oldest hour, of up to `most` hours of each shard.
    pub async fn oldest_usage(
        &self,
        kind: Kind,
        by: Timestamp,
        most: i32,
    ) -> Result<Vec<(InstanceId, Timestamp)>, StoreError> {
        let (items, _) = self.some_of(kind, by, First::Oldest, most).await?;
        let mut oldest: BTreeMap<InstanceId, Timestamp> = BTreeMap::new();
        for item in &items {
            let unreadable = || StoreError::Unreadable("an entry of the index of open things".to_owned());
            let instance = item.get(PARTITION_KEY).and_then(|key| Key::usage_instance(key.as_s().ok()?));
            let since = item.get(OPEN_SINCE).and_then(|since| since.as_n().ok()?.parse().ok());
            let (instance, since) = instance.zip(since.map(Timestamp::from_millis)).ok_or_else(unreadable)?;
            oldest.entry(instance).and_modify(|known| *known = since.min(*known)).or_insert(since);
        }
        let mut all: Vec<_> = oldest.into_iter().collect();
        all.sort_by_key(|(_, since)| *since);
        Ok(all)
    }

    /// The warnings that stand, those that were raised last first: up to `most` of each shard, and whether these are all. With a time,
    /// only those that were raised until then: one that is snoozed counts as raised when its snooze ends.
    pub async fn newest_warnings(
        &self,
        until: Option<Timestamp>,
        most: i32,
    ) -> Result<(Vec<Warning>, bool), StoreError> {
        let until = until.unwrap_or(Timestamp::from_millis(i64::MAX));
        let (items, is_whole) = self.some_of(Kind::Warning, until, First::Newest, most).await?;
        let mut warnings: Vec<Warning> = serde_dynamo::from_items(self.standing_items(keys(items)).await?)?;
        warnings.retain(|warning| warning.ended_at.is_none());
        warnings.sort_by_key(|warning| (std::cmp::Reverse(warning.raised_at), warning.warning_id.clone()));
        Ok((warnings, is_whole))
    }

    /// Up to `limit` warnings that stand, those that are snoozed too, and where the next page begins: in 16 parts one after the other,
    /// in each those first that were raised last. What ended a moment ago is left out, so a page may have fewer.
    pub async fn standing_warnings(
        &self,
        from: OpenPlace,
        limit: usize,
    ) -> Result<(Vec<Warning>, Option<OpenPlace>), StoreError> {
        let (open, next) = self.open_page(Kind::Warning, from, limit, First::Newest).await?;
        let keys = open.iter().map(|open| Key::state(&open.subject).into_item()).collect();
        let mut warnings: Vec<Warning> = serde_dynamo::from_items(self.standing_items(keys).await?)?;
        warnings.retain(|warning| warning.ended_at.is_none());
        Ok((warnings, next))
    }

    /// The calls that failed and were not answered well since, the oldest first: up to `most` of each shard.
    pub async fn oldest_failed_calls(&self, most: i32) -> Result<Vec<FailedCall>, StoreError> {
        let (items, _) = self.some_of(Kind::FailedCall, Timestamp::from_millis(i64::MAX), First::Oldest, most).await?;
        let mut failed: Vec<FailedCall> = serde_dynamo::from_items(self.standing_items(keys(items)).await?)?;
        failed.sort_by_key(|call| call.first_at);
        Ok(failed)
    }

    /// Up to `most` entries of each shard of a kind, and whether these are all.
    pub(super) async fn some_of(
        &self,
        kind: Kind,
        until: Timestamp,
        first: First,
        most: i32,
    ) -> Result<(Vec<Item>, bool), StoreError> {
        let shards = (0..kind.shards()).map(|shard| async move {
            let query = Query::of_open(kind.partition(shard)).up_to(until).to(self);
            query.scan_index_forward(first == First::Oldest).limit(most).send().await
        });
        let (mut items, mut is_whole) = (Vec::new(), true);
        for answer in futures_util::future::try_join_all(shards).await? {
            is_whole &= answer.last_evaluated_key.is_none();
            items.extend(answer.items.unwrap_or_default());
        }
        Ok((items, is_whole))
    }
}

/// The keys of the items behind entries of the index.
fn keys(entries: Vec<Item>) -> Vec<Item> {
    let key = |mut item: Item| {
        item.retain(|name, _| name == PARTITION_KEY || name == SORT_KEY);
        item
    };
    entries.into_iter().map(key).collect()
}
