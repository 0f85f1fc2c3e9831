//! Events as the outbox that delivery works on: which are still to be delivered, and what became of each try.

use std::fmt;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::{InstanceId, LicenseCode, OrderId, TenantId, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::client::{Store, StoreError};
use crate::event::Event;
use crate::key::{Item, Key, World};
use crate::open::Kind;
use crate::table::{NEXT_TRY_AT, OPEN, OPEN_SINCE, PARTITION_KEY, SORT_KEY};

const EVENT: &str = "EVENT#";
/// A problem is kept up to this many characters.
const MAX_PROBLEM: usize = 300;

/// Whom events are about: the partition that they stand in, such as `INSTANCE#…`. They are delivered one after another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SubjectKey(String);

impl From<String> for SubjectKey {
    fn from(partition: String) -> Self {
        Self(partition)
    }
}

impl fmt::Display for SubjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl SubjectKey {
    /// A buyer's instance.
    #[must_use]
    pub fn instance(id: &InstanceId) -> Self {
        Self(Key::instance(World::Real, id).partition().to_owned())
    }

    /// A buyer's order.
    #[must_use]
    pub fn order(id: &OrderId) -> Self {
        Self(Key::order_event(World::Real, id, Uuid::nil()).partition().to_owned())
    }

    /// A license code.
    #[must_use]
    pub fn license(code: &LicenseCode) -> Self {
        Self(Key::license(World::Real, code).partition().to_owned())
    }

    /// An enterprise.
    #[must_use]
    pub fn tenant(id: &TenantId) -> Self {
        Self(Key::tenant(World::Real, id, None).partition().to_owned())
    }

    /// The partition.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same for a log: of a license code, its end.
    #[must_use]
    pub fn shown(&self) -> String {
        const LICENSE: &str = "LICENSE#";
        let Some(code) = self.0.strip_prefix(LICENSE) else { return self.0.clone() };
        let end = code.chars().count().saturating_sub(5).max(code.chars().count().div_ceil(2));
        format!("{LICENSE}…{}", code.chars().skip(end).collect::<String>())
    }

    /// The same as a name that a queue takes for a group: up to 128 characters of printable ASCII. Two subjects may
    /// share a group; one subject never has two.
    #[must_use]
    pub fn group(&self) -> String {
        self.0.chars().map(|c| if c.is_ascii_graphic() { c } else { '?' }).take(128).collect()
    }
}

/// Where an event is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// It is still to be delivered.
    Undelivered,
    /// It was tried for days without success; it waits for somebody to look.
    Parked,
    /// The application has it.
    Delivered,
    /// The application said that it wants no such event.
    Stopped,
}

/// An event with what became of it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventRecord {
    /// Whom it is about.
    #[serde(rename = "pk")]
    pub subject: SubjectKey,
    /// The event.
    #[serde(flatten)]
    pub event: Event,
    /// How often it was tried.
    #[serde(default)]
    pub attempts: u32,
    /// When the application took it.
    pub delivered_at: Option<Timestamp>,
    /// When the application refused it for good.
    pub stopped_at: Option<Timestamp>,
    /// When it is tried again.
    pub next_try_at: Option<Timestamp>,
    /// Why the last try failed.
    pub last_problem: Option<String>,
    open: Option<String>,
}

impl EventRecord {
    /// Where it is on its way.
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        match (&self.open, self.stopped_at) {
            (Some(open), _) if open.starts_with(Kind::Parked.prefix()) => Delivery::Parked,
            (Some(_), _) => Delivery::Undelivered,
            (None, Some(_)) => Delivery::Stopped,
            (None, None) => Delivery::Delivered,
        }
    }
}

/// What follows a try that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextTry {
    /// Another one.
    At(Timestamp),
    /// None: the event is parked.
    Never,
}

impl Store {
    /// One event.
    pub async fn event(&self, subject: &SubjectKey, id: Uuid) -> Result<Option<EventRecord>, StoreError> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key(subject, id)));
        let answer = get.consistent_read(true).send().await.map_err(StoreError::from_sdk)?;
        Ok(answer.item.map(serde_dynamo::from_item).transpose()?)
    }

    /// The events of a subject, the oldest first: its history.
    pub async fn events(&self, subject: &SubjectKey) -> Result<Vec<EventRecord>, StoreError> {
        self.read_events(subject, None).await
    }

    /// The events of a subject that are still to be delivered, the oldest first.
    pub async fn undelivered_events(&self, subject: &SubjectKey) -> Result<Vec<EventRecord>, StoreError> {
        self.read_events(subject, Some(Kind::Undelivered)).await
    }

    /// Up to `limit` events of a subject after one, the oldest first; and the last of them, where there may be more.
    pub async fn history(
        &self,
        subject: &SubjectKey,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<(Vec<EventRecord>, Option<Uuid>), StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("#pk = :pk AND begins_with(#sk, :event)")
            .expression_attribute_names("#pk", PARTITION_KEY)
            .expression_attribute_names("#sk", SORT_KEY)
            .expression_attribute_values(":pk", AttributeValue::S(subject.0.clone()))
            .expression_attribute_values(":event", AttributeValue::S(EVENT.to_owned()))
            .set_exclusive_start_key(after.map(|after| key(subject, after)))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let answer = query.send().await.map_err(StoreError::from_sdk)?;
        let more = answer.last_evaluated_key.is_some();
        let events: Vec<EventRecord> = serde_dynamo::from_items(answer.items.unwrap_or_default())?;
        let last = events.last().filter(|_| more).map(|last| last.event.event_id);
        Ok((events, last))
    }

    async fn read_events(&self, subject: &SubjectKey, open: Option<Kind>) -> Result<Vec<EventRecord>, StoreError> {
        let mut query = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("#pk = :pk AND begins_with(#sk, :event)")
            .expression_attribute_names("#pk", PARTITION_KEY)
            .expression_attribute_names("#sk", SORT_KEY)
            .expression_attribute_values(":pk", AttributeValue::S(subject.0.clone()))
            .expression_attribute_values(":event", AttributeValue::S(EVENT.to_owned()));
        if let Some(kind) = open {
            query = query
                .filter_expression("begins_with(#open, :open)")
                .expression_attribute_names("#open", OPEN)
                .expression_attribute_values(":open", AttributeValue::S(kind.prefix().to_owned()));
        }
        let mut events = Vec::new();
        let mut items = query.into_paginator().items().send();
        while let Some(item) = items.next().await {
            events.push(serde_dynamo::from_item(item.map_err(StoreError::from_sdk)?)?);
        }
        Ok(events)
    }

    /// Notes that the application has an event.
    pub async fn delivered(&self, event: &EventRecord, at: Timestamp) -> Result<(), StoreError> {
        let update = self.tried(event).expression_attribute_names("#at", "deliveredAt");
        let update = update.expression_attribute_names("#openSince", OPEN_SINCE);
        let update = update.expression_attribute_values(":at", time(at)).update_expression(
            "SET #at = :at, #attempts = if_not_exists(#attempts, :zero) + :one \
             REMOVE #open, #openSince, #nextTryAt, #lastProblem, #resentAt",
        );
        noted(update).await
    }

    /// Notes that the application wants no such event: it is not sent again.
    pub async fn stopped(&self, event: &EventRecord, at: Timestamp, problem: &str) -> Result<(), StoreError> {
        let update = self.tried(event).expression_attribute_names("#at", "stoppedAt");
        let update = update
            .expression_attribute_names("#openSince", OPEN_SINCE)
            .expression_attribute_values(":at", time(at))
            .expression_attribute_values(":problem", shortened(problem))
            .update_expression(
                "SET #at = :at, #attempts = if_not_exists(#attempts, :zero) + :one, #lastProblem = :problem \
                 REMOVE #open, #openSince, #nextTryAt, #resentAt",
            );
        noted(update).await
    }

    /// Notes a try that failed. `problem` is kept, shortened: no secret and no personal data may stand in it.
    pub async fn try_failed(&self, event: &EventRecord, problem: &str, next: NextTry) -> Result<(), StoreError> {
        let update = self.tried(event).expression_attribute_values(":problem", shortened(problem));
        let set = "SET #attempts = if_not_exists(#attempts, :zero) + :one, #lastProblem = :problem";
        let update = match next {
            NextTry::At(at) => update
                .expression_attribute_values(":next", time(at))
                .update_expression(format!("{set}, #nextTryAt = :next REMOVE #resentAt")),
            NextTry::Never => update
                .expression_attribute_values(":parked", Kind::Parked.value(event.event.event_id.as_bytes()))
                .update_expression(format!("{set}, #open = :parked REMOVE #nextTryAt, #resentAt")),
        };
        noted(update).await
    }

    /// Has an event delivered once more, whatever became of it. Its number of tries starts anew.
    pub async fn resend(&self, event: &EventRecord, at: Timestamp) -> Result<(), StoreError> {
        let id = event.event.event_id;
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(&event.subject, id)))
            .condition_expression("attribute_exists(pk)")
            .update_expression(
                "SET #open = :open, openSince = :at, resentAt = :at \
                 REMOVE attempts, deliveredAt, stoppedAt, nextTryAt, lastProblem",
            )
            .expression_attribute_names("#open", OPEN)
            .expression_attribute_values(":open", Kind::Undelivered.value(id.as_bytes()))
            .expression_attribute_values(":at", time(at));
        noted(update).await
    }

    /// What all notes of a try share: only an event that is still to be delivered changes.
    fn tried(&self, event: &EventRecord) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(&event.subject, event.event.event_id)))
            .condition_expression("attribute_exists(#open)")
            .expression_attribute_names("#open", OPEN)
            .expression_attribute_names("#attempts", "attempts")
            .expression_attribute_names("#resentAt", "resentAt")
            .expression_attribute_names("#nextTryAt", NEXT_TRY_AT)
            .expression_attribute_names("#lastProblem", "lastProblem")
            .expression_attribute_values(":zero", AttributeValue::N("0".to_owned()))
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
    }
}

/// Sends a note. Where its event needs none any more, another delivery was faster.
async fn noted(update: UpdateItemFluentBuilder) -> Result<(), StoreError> {
    match update.send().await {
        Ok(_) => Ok(()),
        Err(SdkError::ServiceError(context)) if context.err().is_conditional_check_failed_exception() => Ok(()),
        Err(error) => Err(StoreError::from_sdk(error)),
    }
}

fn key(subject: &SubjectKey, id: Uuid) -> Item {
    Item::from([
        (PARTITION_KEY.to_owned(), AttributeValue::S(subject.0.clone())),
        (SORT_KEY.to_owned(), AttributeValue::S(format!("{EVENT}{id}"))),
    ])
}

fn time(at: Timestamp) -> AttributeValue {
    AttributeValue::N(at.to_string())
}

fn shortened(problem: &str) -> AttributeValue {
    AttributeValue::S(problem.chars().take(MAX_PROBLEM).collect())
}
