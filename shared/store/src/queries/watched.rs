//! What the watch looks at: supervised orders and demands whose next warning is due, warnings that stand, calls that failed.

use koogallery::{OrderId, Timestamp};

use crate::model::about::About;
use crate::model::failed_call::FailedCall;
use crate::model::kept_call::KeptCall;
use crate::model::orders::demand::CustomerDemand;
use crate::model::orders::step::Step;
use crate::model::orders::supervision::{Standing, Supervision};
use crate::model::subject::Subject;
use crate::model::warning::{Raise, Warning};
use crate::model::world::World;
use crate::queries::lists::Page;
use crate::table::client::{Store, StoreError};
use crate::table::index::{Kind, SHARDS};
use crate::table::key::{Item, Key};
use crate::table::listing::{List, Place};
use crate::table::query::Query;
use crate::table::schema::{PARTITION_KEY, SORT_KEY};
use crate::table::watched_items::{KeptDemand, KeptSupervision};

/// So many records of calls are looked through for a success.
const CALLS_LOOKED_AT: i32 = 100;

/// Something whose next warning may be due.
#[derive(Debug, Clone)]
pub struct Watched {
    /// What it is.
    pub about: About,
    /// What is to be raised, and when, the first first.
    pub warnings: Vec<Raise>,
    pub(crate) kept: Kept,
}

#[derive(Debug, Clone)]
pub(crate) enum Kept {
    Supervision { order: OrderId, kept: KeptSupervision, standing: Box<Standing> },
    Demand(Box<KeptDemand>),
}

/// A supervised order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupervisedOrder {
    /// The order.
    pub order_id: OrderId,
    /// Its supervision, with the facts that callbacks told.
    pub supervision: Supervision,
    /// Where it stands.
    pub standing: Standing,
}

impl Store {
    /// What may have a warning that is due by `now`.
    pub async fn watched(&self, now: Timestamp) -> Result<Vec<Watched>, StoreError> {
        let mut watched = Vec::new();
        for item in self.open_items(Kind::Watched, now).await? {
            watched.push(self.watched_of(item).await?);
        }
        Ok(watched)
    }

    /// Supervision or demand of one thing, if it has one.
    pub async fn watched_about(&self, about: &About) -> Result<Option<Watched>, StoreError> {
        let key = match about {
            About::Subject(Subject::Order(order)) => Key::supervision(order),
            About::Demand(id) => Key::demand(*id),
            _ => return Ok(None),
        };
        match self.standing_item(key).await? {
            Some(item) => self.watched_of(item).await.map(Some),
            None => Ok(None),
        }
    }

    async fn watched_of(&self, item: Item) -> Result<Watched, StoreError> {
        let about: About = text(&item, PARTITION_KEY).parse().map_err(|_| unreadable("something that is watched"))?;
        if let About::Subject(Subject::Order(order)) = &about {
            let (order, kept) = (order.clone(), KeptSupervision::of(item)?);
            let standing = kept.supervision.standing(&self.told_steps(&order).await?);
            let warnings = standing.warnings();
            return Ok(Watched {
                about,
                warnings,
                kept: Kept::Supervision { order, kept, standing: Box::new(standing) },
            });
        }
        let kept = KeptDemand::of(item)?;
        Ok(Watched { about, warnings: kept.demand.warnings(), kept: Kept::Demand(Box::new(kept)) })
    }

    /// All warnings that stand, the oldest first: those that are snoozed too.
    pub async fn warnings(&self) -> Result<Vec<Warning>, StoreError> {
        let items = self.open_items(Kind::Warning, Timestamp::from_millis(i64::MAX)).await?;
        let mut warnings: Vec<Warning> = serde_dynamo::from_items(items)?;
        warnings.retain(|warning| warning.ended_at.is_none());
        warnings.sort_by_key(|warning| (warning.raised_at, warning.warning_id.clone()));
        Ok(warnings)
    }

    /// All calls that failed and were not answered well since, as far as is known: the oldest first.
    pub async fn failed_calls(&self) -> Result<Vec<FailedCall>, StoreError> {
        let items = self.open_items(Kind::FailedCall, Timestamp::from_millis(i64::MAX)).await?;
        let mut failed: Vec<FailedCall> = serde_dynamo::from_items(items)?;
        failed.sort_by_key(|call| call.first_at);
        Ok(failed)
    }

    /// Whether a callback of this subject was answered well after a time.
    pub async fn answered_well_since(
        &self,
        subject: &Subject,
        callback: &str,
        since: Timestamp,
    ) -> Result<bool, StoreError> {
        let partition = Key::call(World::Real, subject, "");
        let query = Query::of_partition(partition.partition().to_owned()).beginning_with(Key::CALL).to(self);
        let answer = query.scan_index_forward(false).limit(CALLS_LOOKED_AT).send().await?;
        let calls: Vec<KeptCall> = serde_dynamo::from_items(answer.items.unwrap_or_default())?;
        let well = |code| matches!(code, koogallery::ResultCode::Success | koogallery::ResultCode::Processing);
        let is_it = |kept: &KeptCall| kept.call.callback == callback && well(kept.call.result_code);
        Ok(calls.iter().any(|kept| is_it(kept) && kept.last_at >= since))
    }

    /// Up to `limit` supervised orders that are not over.
    pub async fn supervised_orders(&self, from: Place, limit: usize) -> Result<Page<SupervisedOrder>, StoreError> {
        let page = self.items_of(List::Supervisions, from, limit).await?;
        let mut members = Vec::with_capacity(page.members.len());
        for item in page.members {
            let order: OrderId = match text(&item, PARTITION_KEY).parse() {
                Ok(Subject::Order(order)) => order,
                _ => return Err(unreadable("a supervised order")),
            };
            let told = self.told_steps(&order).await?;
            let supervision = KeptSupervision::of(item)?.supervision.with(&told);
            let standing = supervision.standing(&[]);
            // The list is cleaned by the next look at it.
            if !standing.stage.is_over() {
                members.push(SupervisedOrder { order_id: order, supervision, standing });
            }
        }
        Ok(Page { members, next: page.next })
    }

    /// Up to `limit` demands, the oldest first.
    pub async fn demands(&self, from: Place, limit: usize) -> Result<Page<CustomerDemand>, StoreError> {
        self.members_of(List::Demands, from, limit).await
    }

    /// The facts about the supervision of an order that other items hold: the acceptance that V1.0 told; and that nothing is left
    /// of what it bought.
    pub(crate) async fn told_steps(&self, order: &OrderId) -> Result<Vec<Step>, StoreError> {
        Ok(self.order_record(order).await?.told_steps())
    }

    /// The items of a kind that have been open since `by` or longer, in their current state.
    async fn open_items(&self, kind: Kind, by: Timestamp) -> Result<Vec<Item>, StoreError> {
        let mut keys = Vec::new();
        for shard in 0..SHARDS {
            let query = Query::of_open(format!("{}{shard}", kind.prefix())).up_to(by).to(self);
            let mut items = query.into_paginator().items().send();
            while let Some(item) = items.next().await {
                let mut item = item?;
                item.retain(|name, _| name == PARTITION_KEY || name == SORT_KEY);
                keys.push(item);
            }
        }
        self.standing_items(keys).await
    }
}

fn text<'i>(item: &'i Item, name: &str) -> &'i str {
    item.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str)
}

fn unreadable(what: &str) -> StoreError {
    StoreError::Unreadable(what.to_owned())
}
