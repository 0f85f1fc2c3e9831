//! Reads of use: what is due, hours, records, and what queryInstance tells.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, Select};
use koogallery::{CalendarForm, InstanceId, Timestamp, UsageInfo};
use tokio::task::JoinSet;

use crate::model::subject::Subject;
use crate::model::usage::hour::{HourId, HourState, UsageHour};
use crate::model::usage::package::{PackageUse, UsageTotal};
use crate::model::usage::quantity::Quantity;
use crate::model::usage::record::UsageTaken;
use crate::table::client::{Store, StoreError};
use crate::table::condition::Condition;
use crate::table::index::Kind;
use crate::table::key::{Item, Key};
use crate::table::query::Query;
use crate::table::schema::{NEXT_TRY_AT, OPEN_SINCE, PARTITION_KEY, SORT_KEY};
use crate::table::usage_items::{STATE, read_hour, read_package, read_record, read_total};

/// How many places one query of the index reads.
const PAGE: i32 = 1000;

/// Where an hour is, as the index has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsagePlace {
    pub(crate) key: Key,
    /// Since when it is to be closed, or is parked.
    pub since: Timestamp,
    /// When it is pushed again, if it was pushed.
    pub next_try_at: Option<Timestamp>,
}

/// Where a reading of the index goes on.
#[derive(Debug, Clone)]
pub struct UsageCursor {
    /// The shards that have more, and after which of their entries.
    shards: Vec<(u8, Option<Item>)>,
}

impl UsageCursor {
    /// The beginning of a kind.
    #[must_use]
    pub fn begin(kind: Kind) -> Self {
        Self { shards: (0..kind.shards()).map(|shard| (shard, None)).collect() }
    }
}

/// The next page of an instance's records, in no order of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordPage {
    /// The records.
    pub records: Vec<UsageTaken>,
    /// The partition and the id after which the next page begins; none at the end.
    pub next: Option<(u8, Option<String>)>,
}

impl Store {
    /// Places in the index of hours that are open or to be pushed and whose time was over by then; or of parked ones: the next page
    /// of each shard, the oldest first. Pass the cursor on until it is none.
    pub async fn usage_places(
        &self,
        kind: Kind,
        by: Timestamp,
        from: UsageCursor,
    ) -> Result<(Vec<UsagePlace>, Option<UsageCursor>), StoreError> {
        let mut reading = JoinSet::new();
        for (shard, after) in from.shards {
            let query = Query::of_open(kind.partition(shard)).up_to(by).to(self).limit(PAGE);
            let query = query.set_exclusive_start_key(after);
            reading.spawn(async move { (shard, query.send().await) });
        }
        let (mut places, mut shards) = (Vec::new(), Vec::new());
        while let Some(read) = reading.join_next().await {
            let (shard, answer) = read?;
            let answer = answer?;
            for item in answer.items() {
                places.push(read_place(item)?);
            }
            shards.extend(answer.last_evaluated_key.map(|last| (shard, Some(last))));
        }
        places.sort_by_key(|place| place.since);
        Ok((places, (!shards.is_empty()).then_some(UsageCursor { shards })))
    }

    /// Open hours of instances that were released after this time and that are not over by now: they are closed at once.
    pub async fn released_usage(&self, since: Timestamp, now: Timestamp) -> Result<Vec<UsagePlace>, StoreError> {
        let (mut reading, mut found) = (JoinSet::new(), Vec::new());
        for shard in 0..Kind::Erasure.shards() {
            let query = Query::of_open(Kind::Erasure.partition(shard)).between(since, now).to(self);
            reading.spawn(query.into_paginator().items().send().collect::<Result<Vec<Item>, _>>());
        }
        while let Some(read) = reading.join_next().await {
            for item in read?? {
                let Ok(Subject::Instance(id)) = text(&item, PARTITION_KEY).parse() else { continue };
                let query = Query::of_partition(Key::usage(&id)).beginning_with(Key::USAGE_HOUR);
                let query = query.filter(Condition::Is(STATE, HourState::Open.into()));
                let query = query.only([PARTITION_KEY, SORT_KEY, OPEN_SINCE]).to(self);
                let mut open = query.into_paginator().items().send();
                while let Some(item) = open.next().await {
                    found.push(read_place(&item?)?);
                }
            }
        }
        found.retain(|place| place.since > now);
        Ok(found)
    }

    /// The hours at these places, in their current state.
    pub async fn usage_at(&self, places: &[UsagePlace]) -> Result<Vec<UsageHour>, StoreError> {
        let items = self.standing_items(places.iter().map(|place| place.key.clone().into_item()).collect()).await?;
        items.iter().map(read_hour).collect()
    }

    /// How many hours are parked.
    pub async fn parked_usage(&self) -> Result<usize, StoreError> {
        let mut parked = 0;
        for shard in 0..Kind::UsageParked.shards() {
            let query = Query::of_open(Kind::UsageParked.partition(shard)).to(self).select(Select::Count);
            let mut pages = query.into_paginator().send();
            while let Some(page) = pages.next().await {
                parked += usize::try_from(page?.count).unwrap_or_default();
            }
        }
        Ok(parked)
    }

    /// One hour, in its current state.
    pub async fn usage_hour(&self, id: &HourId) -> Result<Option<UsageHour>, StoreError> {
        self.standing_item(Key::usage_hour(id)).await?.as_ref().map(read_hour).transpose()
    }

    /// The hours of an instance that began from one time to another, oldest first.
    pub async fn usage_hours(
        &self,
        instance: &InstanceId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<UsageHour>, StoreError> {
        let sort = |at: Timestamp, end: &str| {
            format!("{}{:013}{end}", Key::USAGE_HOUR, at.as_millis().clamp(0, 9_999_999_999_999))
        };
        let query = Query::of_partition(Key::usage(instance)).between(sort(from, "#"), sort(to, "$"));
        let mut items = query.to(self).into_paginator().items().send();
        let mut hours = Vec::new();
        while let Some(item) = items.next().await {
            hours.push(read_hour(&item?)?);
        }
        Ok(hours)
    }

    /// Up to about `limit` records of an instance, from a place on.
    pub async fn usage_records(
        &self,
        instance: &InstanceId,
        from: (u8, Option<String>),
        limit: usize,
    ) -> Result<RecordPage, StoreError> {
        let (mut shard, mut after) = from;
        let mut records = Vec::new();
        while shard < Key::USAGE_SHARDS {
            let left = limit.saturating_sub(records.len());
            if left == 0 {
                return Ok(RecordPage { records, next: Some((shard, after)) });
            }
            let query = Query::of_partition(Key::usage_records(instance, shard));
            let query = match &after {
                Some(id) => query.after(format!("{}{id}", Key::USAGE_RECORD)),
                None => query.beginning_with(Key::USAGE_RECORD),
            };
            let answer = query.to(self).limit(i32::try_from(left).unwrap_or(i32::MAX)).send().await?;
            for item in answer.items() {
                records.push(read_record(item)?);
            }
            if answer.last_evaluated_key.is_some() {
                after = records.last().map(|last| last.sent.id.to_string());
            } else {
                (shard, after) = (shard + 1, None);
            }
        }
        Ok(RecordPage { records, next: None })
    }

    /// What an instance used in all closed hours.
    pub async fn usage_total(&self, instance: &InstanceId) -> Result<Option<UsageTotal>, StoreError> {
        let item = self.standing_item(Key::usage_total(instance)).await?;
        Ok(item.as_ref().and_then(read_total).map(|(total, _)| total))
    }

    /// What was used of a package.
    pub async fn package_use(&self, package: &InstanceId) -> Result<Option<PackageUse>, StoreError> {
        Ok(self.standing_item(Key::usage_package(package)).await?.as_ref().map(read_package))
    }

    /// What queryInstance tells of the use of these instances: the sum of the closed hours of a pay-per-use instance, and of a
    /// package what each instance used of it.
    pub async fn usage_infos(&self, ids: &[InstanceId]) -> Result<HashMap<InstanceId, Vec<UsageInfo>>, StoreError> {
        let keys = ids.iter().flat_map(|id| [Key::usage_total(id), Key::usage_package(id)]);
        let items = self.standing_items(keys.map(Key::into_item).collect()).await?;
        let mut infos: HashMap<InstanceId, Vec<UsageInfo>> = HashMap::new();
        for item in items {
            let id = Key::of_item(&item).and_then(|key| Key::usage_instance(key.partition()));
            let id = id.ok_or_else(|| unreadable("a total of use"))?;
            if let Some((total, _)) = read_total(&item) {
                infos.entry(id).or_default().extend(info(None, total.amount, total.through));
                continue;
            }
            let package = read_package(&item);
            for (by, used) in package.by {
                let counted_at = package.counted_at.unwrap_or(Timestamp::from_millis(0));
                infos.entry(id.clone()).or_default().extend(info(Some(by), used, counted_at));
            }
        }
        Ok(infos)
    }
}

fn info(related_instance_id: Option<InstanceId>, used: Quantity, at: Timestamp) -> Option<UsageInfo> {
    let usage_value = serde_json::from_str(&used.max(Quantity::ZERO).to_string()).ok()?;
    let statistical_time = CalendarForm::MILLISECOND.write(at)?.try_into().ok()?;
    Some(UsageInfo { related_instance_id, usage_value, statistical_time, dashboard_url: None })
}

fn read_place(item: &Item) -> Result<UsagePlace, StoreError> {
    let time = |name| item.get(name)?.as_n().ok()?.parse().ok().map(Timestamp::from_millis);
    let read = Key::of_item(item).zip(time(OPEN_SINCE));
    let (key, since) = read.ok_or_else(|| unreadable("an entry of the index of use"))?;
    Ok(UsagePlace { key, since, next_try_at: time(NEXT_TRY_AT) })
}

fn text<'a>(item: &'a Item, name: &str) -> &'a str {
    item.get(name).and_then(|value: &AttributeValue| value.as_s().ok()).map_or("", String::as_str)
}

fn unreadable(what: &str) -> StoreError {
    StoreError::Unreadable(what.to_owned())
}
