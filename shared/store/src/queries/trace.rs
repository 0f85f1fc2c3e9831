//! The trace of an id: all calls and events of what it means, whatever it is the id of.
//!
//! An order leads to the instances and license codes that it bought or changed; an event to its subject. An instance or a license
//! code brings the records of all its orders, and an instance what its enterprises' kit says about it.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use koogallery::{InstanceId, OrderId};
use uuid::Uuid;

use crate::kit::link::TENANT_ID;
use crate::model::instance::Instance;
use crate::model::kept_call::KeptCall;
use crate::model::license::License;
use crate::model::lifecycle::AppliedOrder;
use crate::model::subject::{INSTANCE, LICENSE, ORDER, Subject, TENANT};
use crate::model::world::World;
use crate::queries::history::EventRecord;
use crate::table::call_items::SUBJECT;
use crate::table::client::{Store, StoreError};
use crate::table::key::{Item, Key};
use crate::table::living::Living;
use crate::table::query::Query;
use crate::table::schema::SORT_KEY;

/// So many records of calls, and so many events, are read of one subject: the newest.
const MOST_OF_ONE: i32 = 200;

/// The attribute of an order line's item with the instance that it bought.
const INSTANCE_ID: &str = "instanceId";

/// So many subjects are read, and so many of them side by side.
const MOST_SUBJECTS: usize = 50;
const SIDE_BY_SIDE: usize = 10;

/// What is known of an id.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trace {
    /// What it is about.
    pub subjects: Vec<Subject>,
    /// The calls, in the order of coming.
    pub calls: Vec<KeptCall>,
    /// The events, in the order of happening.
    pub events: Vec<EventRecord>,
    /// Whether there is more, which is older.
    pub is_cut: bool,
}

/// What is read of a subject: everything, or only what names an instance.
type Part = (Subject, Option<InstanceId>);

impl Store {
    /// All calls and events of what a text is the id of: an order, an instance, a license code, an enterprise, an event.
    pub async fn trace(&self, text: &str) -> Result<Trace, StoreError> {
        let kinds = [INSTANCE, LICENSE, ORDER, TENANT];
        let mut meant: Vec<Subject> = kinds.iter().filter_map(|kind| format!("{kind}{text}").parse().ok()).collect();
        if let Ok(event) = text.parse() {
            meant.extend(self.subject_of(event).await?);
        }
        self.trace_of(meant).await
    }

    /// The same of what is known to be meant.
    pub async fn trace_of(&self, meant: Vec<Subject>) -> Result<Trace, StoreError> {
        let orders = meant.iter().filter_map(|subject| match subject {
            Subject::Order(order) => Some(self.bought_or_changed_by(order)),
            _ => None,
        });
        let of_orders = try_join_all(orders).await?;
        let subjects: Vec<Subject> = meant.into_iter().chain(of_orders.into_iter().flatten()).collect();
        let beside = try_join_all(subjects.iter().map(|subject| self.beside(subject))).await?;
        let parts = subjects.into_iter().map(|subject| (subject, None)).chain(beside.into_iter().flatten());

        let (mut seen, mut trace) = (BTreeSet::new(), Trace::default());
        let mut parts: Vec<Part> = parts.filter(|(subject, _)| seen.insert(subject.clone())).collect();
        trace.is_cut = parts.len() > MOST_SUBJECTS;
        parts.truncate(MOST_SUBJECTS);
        for together in parts.chunks(SIDE_BY_SIDE) {
            for part in try_join_all(together.iter().map(|part| self.part(part))).await? {
                trace.subjects.extend(part.subjects);
                trace.calls.extend(part.calls);
                trace.events.extend(part.events);
                trace.is_cut |= part.is_cut;
            }
        }
        trace.calls.sort_by(|one, other| {
            let key = |kept: &KeptCall| {
                (kept.first_at, kept.last_at, kept.call.callback.clone(), kept.call.request_id.clone())
            };
            key(one).cmp(&key(other))
        });
        // A call that changed nothing is noted with each thing that it names.
        trace.calls.dedup();
        trace.events.sort_by_key(|record| (record.event.occurred_at, record.event.event_id));
        Ok(trace)
    }

    /// What stands in one partition, and of debug calls beside it.
    async fn part(&self, (subject, only): &Part) -> Result<Trace, StoreError> {
        let calls = |world| {
            let partition = Key::call(world, subject, "");
            let query = Query::of_partition(partition.partition().to_owned()).beginning_with(Key::CALL).to(self);
            query.scan_index_forward(false).limit(MOST_OF_ONE).send()
        };
        let (real, test, events) =
            tokio::join!(calls(World::Real), calls(World::Test), self.newest_events(subject, MOST_OF_ONE));
        let (mut events, mut is_cut) = events?;
        let mut calls = Vec::new();
        for answer in [real?, test?] {
            is_cut |= answer.last_evaluated_key.is_some();
            let found: Vec<KeptCall> = serde_dynamo::from_items(answer.items.unwrap_or_default())?;
            calls.extend(found);
        }
        if let Some(id) = only {
            calls.retain(|kept| kept.call.instance_id.as_deref() == Some(id.as_str()));
            events.retain(|record| record.event.data["instanceId"] == id.as_str());
        }
        let is_empty = calls.is_empty() && events.is_empty();
        let subjects = Some(subject.clone()).filter(|_| !is_empty).into_iter().collect();
        Ok(Trace { subjects, calls, events, is_cut })
    }

    /// An event by its id alone, if it was written since events are indexed by their ids.
    pub async fn find_event(&self, id: Uuid) -> Result<Option<EventRecord>, StoreError> {
        match self.subject_of(id).await? {
            Some(subject) => self.event(&subject, id).await,
            None => Ok(None),
        }
    }

    /// What an event is about.
    pub(crate) async fn subject_of(&self, event: Uuid) -> Result<Option<Subject>, StoreError> {
        let item = self.standing_item(Key::event_subject(event)).await?;
        Ok(item.as_ref().and_then(|item| text(item, SUBJECT)?.parse().ok()))
    }

    /// The instances and license codes that an order bought or changed.
    async fn bought_or_changed_by(&self, order: &OrderId) -> Result<Vec<Subject>, StoreError> {
        let order = Subject::Order(order.clone());
        let query = Query::of_partition(order.partition()).only([SORT_KEY, INSTANCE_ID]).to(self);
        let items: Vec<Item> = query.into_paginator().items().send().collect::<Result<_, _>>().await?;
        let subjects = items.iter().filter_map(|item| {
            let belongs = text(item, SORT_KEY)?.strip_prefix(Key::BELONGS).map(str::to_owned);
            let bought = || Some(format!("{INSTANCE}{}", text(item, INSTANCE_ID)?));
            belongs.or_else(bought)?.parse().ok()
        });
        Ok(subjects.collect())
    }

    /// What else has records of an instance or a license code: its orders, and its enterprises.
    async fn beside(&self, subject: &Subject) -> Result<Vec<Part>, StoreError> {
        let whole = |order: &OrderId| (Subject::Order(order.clone()), None);
        let of_orders = |orders: Vec<AppliedOrder>| orders.into_iter().map(move |order| whole(&order.order_id));
        let id = match subject {
            Subject::Instance(id) => id,
            Subject::License(code) => {
                return Ok(of_orders(self.facts(&License::key(World::Real, code)).await?.orders).collect());
            }
            Subject::Order(_) | Subject::Tenant(_) | Subject::Warning(_) => return Ok(Vec::new()),
        };
        let Some(instance) = self.instance(id).await? else { return Ok(Vec::new()) };
        let mut parts = vec![whole(&instance.order_id)];
        parts.extend(of_orders(self.facts(&Instance::key(World::Real, id)).await?.orders));
        let kit =
            Query::of_partition(subject.partition()).beginning_with(Key::KIT).to(self).into_paginator().items().send();
        for link in kit.collect::<Result<Vec<Item>, _>>().await? {
            let tenant = text(&link, TENANT_ID).and_then(|tenant| tenant.parse().ok());
            parts.extend(tenant.map(|tenant| (Subject::Tenant(tenant), Some(id.clone()))));
        }
        Ok(parts)
    }
}

fn text<'i>(item: &'i Item, name: &str) -> Option<&'i str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}
