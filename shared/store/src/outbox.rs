//! The outbox: an item for each event that is still to be delivered, written in the transaction that writes the event and
//! gone once the event has ended everywhere. It stands beside the subject's history under a sort key of its own, so that
//! reading what is undelivered costs what is undelivered.
//!
//! An item knows how the event stands at each destination, by the destination's name: one that fails is tried again alone.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::builders::TransactWriteItemsFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, ReturnValue, TransactWriteItem, Update};
use koogallery::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::client::{Store, StoreError};
use crate::event::{Event, GROUP};
use crate::history::EventRecord;
use crate::key::Item;
use crate::open::{Kind, open};
use crate::subject_key::SubjectKey;
use crate::table::{EVENT, LEARNT_AT, NEXT_TRY_AT, OPEN, OPEN_SINCE, OUTBOX, PARTITION_KEY, RESENT_AT, SORT_KEY};
use crate::transaction::{Commit, Pauses, cancelled};

/// A problem is kept up to this many characters.
const MAX_PROBLEM: usize = 300;

/// How one event stands at each destination that tried it, by the destination's name.
pub type Destinations = BTreeMap<String, DestinationState>;

/// How one event stands at one destination.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DestinationState {
    /// How often it was tried.
    pub attempts: u32,
    /// After how many of these tries the pause was cut short, since the event was urgent.
    pub hurried: u32,
    /// When it was tried last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tried_at: Option<Timestamp>,
    /// When it is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_try_at: Option<Timestamp>,
    /// How it ended there; none while it is to be tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
    /// Why the last try failed: no secret and no personal data stands in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_problem: Option<String>,
}

/// How an event ended at a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Ended {
    /// The destination has it.
    Delivered,
    /// The destination wants no such event.
    Stopped,
    /// It was tried for days without success; it waits for somebody to look.
    Parked,
}

/// An event that is still to be delivered: an item of the outbox.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Undelivered {
    /// Whom it is about.
    #[serde(rename = "pk")]
    pub subject: SubjectKey,
    /// Which event.
    pub event_id: Uuid,
    /// Since when it is to be delivered: since it happened, or since somebody had it resent.
    #[serde(rename = "openSince")]
    pub since: Timestamp,
    /// Until when it is urgent: KooGallery refunds a purchase that is not answered.
    pub urgent_until: Option<Timestamp>,
    /// How it stands.
    pub destinations: Destinations,
    /// A new one whenever it is resent: what a try came to that began before is not noted any more.
    resend_id: Option<Uuid>,
}

impl Undelivered {
    /// How it stands at a destination.
    #[must_use]
    pub fn at(&self, destination: &str) -> DestinationState {
        self.destinations.get(destination).cloned().unwrap_or_default()
    }

    /// When somebody had it resent, if that is why it is to be delivered.
    #[must_use]
    pub fn resent_at(&self) -> Option<Timestamp> {
        self.resend_id.map(|_| self.since)
    }

    /// Whether it has ended at all of these destinations.
    #[must_use]
    pub fn has_ended_at(&self, all: &[&str]) -> bool {
        all.iter().all(|name| self.destinations.get(*name).is_some_and(|state| state.ended.is_some()))
    }

    /// When the next try is due, of those destinations where it has not ended; none where one did not try yet.
    fn next_try_at(&self, all: &[&str]) -> Option<Timestamp> {
        let open = all.iter().map(|name| self.at(name)).filter(|state| state.ended.is_none());
        open.map(|state| state.next_try_at).min().flatten()
    }
}

/// Whether a note was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    /// It was.
    Kept,
    /// The event was resent since, or another delivery was faster: look again at what is undelivered.
    Superseded,
}

/// The item that says that an event is to be delivered.
pub(crate) fn outbox_item(subject: &SubjectKey, event: &Event, since: Timestamp) -> Item {
    let id = event.event_id;
    let mut item = outbox_key(subject, id);
    item.extend(event.urgent_until().map(|until| ("urgentUntil".to_owned(), time(until))));
    item.extend(open(Kind::Undelivered, id.as_bytes(), since));
    item.insert(GROUP.to_owned(), AttributeValue::S(subject.group()));
    item.insert("eventId".to_owned(), AttributeValue::S(id.to_string()));
    item.insert("destinations".to_owned(), AttributeValue::M(Item::new()));
    item
}

impl Store {
    /// What of a subject is still to be delivered, the oldest first.
    pub async fn undelivered_events(&self, subject: &SubjectKey) -> Result<Vec<Undelivered>, StoreError> {
        self.undelivered_between(subject, Uuid::nil(), Uuid::max()).await
    }

    /// The same of the events from one to another.
    pub(crate) async fn undelivered_between(
        &self,
        subject: &SubjectKey,
        first: Uuid,
        last: Uuid,
    ) -> Result<Vec<Undelivered>, StoreError> {
        let place = |id: Uuid| AttributeValue::S(format!("{OUTBOX}{id}"));
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("#pk = :pk AND #sk BETWEEN :first AND :last")
            .expression_attribute_names("#pk", PARTITION_KEY)
            .expression_attribute_names("#sk", SORT_KEY)
            .expression_attribute_values(":pk", AttributeValue::S(subject.as_str().to_owned()))
            .expression_attribute_values(":first", place(first))
            .expression_attribute_values(":last", place(last));
        let mut found = Vec::new();
        let mut items = query.into_paginator().items().send();
        while let Some(item) = items.next().await {
            found.push(serde_dynamo::from_item(item.map_err(StoreError::from_sdk)?)?);
        }
        Ok(found)
    }

    /// Notes what a try at one destination came to. Where the event has ended at all of `all`, it leaves the outbox, and
    /// the history says how it ended.
    pub async fn note_try(
        &self,
        of: &Undelivered,
        destination: &str,
        mut state: DestinationState,
        all: &[&str],
    ) -> Result<Noted, StoreError> {
        state.last_problem = state.last_problem.map(|problem| problem.chars().take(MAX_PROBLEM).collect());
        let at = state.tried_at.unwrap_or(of.since);
        let mut noted = of.clone();
        noted.destinations.insert(destination.to_owned(), state);
        if !noted.has_ended_at(all) {
            match self.note_one(&noted, destination, all).await? {
                // Another destination may have ended meanwhile.
                Some(stands) => noted = stands,
                None => return Ok(Noted::Superseded),
            }
        }
        if noted.has_ended_at(all) { self.end_delivery(&noted, all, at).await } else { Ok(Noted::Kept) }
    }

    /// Writes how an event stands at one destination; the item as it stands then, or none where it was resent or is gone.
    async fn note_one(
        &self,
        noted: &Undelivered,
        destination: &str,
        all: &[&str],
    ) -> Result<Option<Undelivered>, StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(outbox_key(&noted.subject, noted.event_id)))
            .condition_expression(not_resent_since(noted))
            .set_expression_attribute_values(Some(resend_value(noted)))
            .expression_attribute_names("#destinations", "destinations")
            .expression_attribute_names("#destination", destination)
            .expression_attribute_names("#nextTryAt", NEXT_TRY_AT)
            .expression_attribute_names("#resentAt", RESENT_AT)
            .expression_attribute_values(":state", serde_dynamo::to_attribute_value(noted.at(destination))?)
            .return_values(ReturnValue::AllNew);
        let update = match noted.next_try_at(all) {
            Some(next) => update
                .expression_attribute_values(":next", time(next))
                .update_expression("SET #destinations.#destination = :state, #nextTryAt = :next REMOVE #resentAt"),
            None => update.update_expression("SET #destinations.#destination = :state REMOVE #nextTryAt, #resentAt"),
        };
        match update.send().await {
            Ok(answer) => Ok(answer.attributes.map(serde_dynamo::from_item).transpose()?),
            Err(SdkError::ServiceError(context)) if context.err().is_conditional_check_failed_exception() => Ok(None),
            Err(error) => Err(StoreError::from_sdk(error)),
        }
    }

    /// Takes an event out of the outbox that has ended at all destinations.
    pub async fn end_delivery(&self, of: &Undelivered, all: &[&str], at: Timestamp) -> Result<Noted, StoreError> {
        let destinations: Destinations =
            of.destinations.iter().filter(|(name, _)| all.contains(&name.as_str())).map(cloned).collect();
        let parked = destinations.values().any(|state| state.ended == Some(Ended::Parked));
        let end = Update::builder()
            .table_name(&self.table)
            .set_key(Some(event_key(&of.subject, of.event_id)))
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#endedAt", "endedAt")
            .expression_attribute_names("#destinations", "destinations")
            .expression_attribute_names("#learntAt", LEARNT_AT)
            .expression_attribute_names("#resentAt", RESENT_AT)
            .expression_attribute_values(":at", time(at))
            .expression_attribute_values(":destinations", serde_dynamo::to_attribute_value(&destinations)?);
        let set = "SET #endedAt = :at, #destinations = :destinations";
        let end = if parked {
            end.expression_attribute_names("#open", OPEN)
                .expression_attribute_names("#openSince", OPEN_SINCE)
                .expression_attribute_values(":open", Kind::Parked.value(of.event_id.as_bytes()))
                .update_expression(format!("{set}, #open = :open, #openSince = :at REMOVE #learntAt, #resentAt"))
        } else {
            end.update_expression(format!("{set} REMOVE #learntAt, #resentAt"))
        };
        let leave = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(outbox_key(&of.subject, of.event_id)))
            .condition_expression(not_resent_since(of))
            .set_expression_attribute_values(Some(resend_value(of)).filter(|values| !values.is_empty()));
        let request = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().update(end.build().map_err(incomplete)?).build())
            .transact_items(TransactWriteItem::builder().delete(leave.build().map_err(incomplete)?).build());
        Ok(if written(request).await? { Noted::Kept } else { Noted::Superseded })
    }

    /// Has an event delivered once more to every destination, whatever became of it, and asks anew about its order. What
    /// is just being tried is tried again.
    pub async fn resend(&self, event: &EventRecord, at: Timestamp) -> Result<(), StoreError> {
        let (subject, id) = (&event.subject, event.event.event_id);
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(event_key(subject, id)))
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#open", OPEN)
            .expression_attribute_names("#openSince", OPEN_SINCE)
            .expression_attribute_names("#nextTryAt", NEXT_TRY_AT)
            .expression_attribute_names("#resentAt", RESENT_AT)
            .expression_attribute_names("#learntAt", LEARNT_AT)
            .expression_attribute_names("#learning", "learning")
            .expression_attribute_names("#endedAt", "endedAt")
            .expression_attribute_names("#destinations", "destinations");
        let rest = "#nextTryAt, #learntAt, #learning, #endedAt, #destinations";
        let update = if event.event.order().is_some() {
            update
                .expression_attribute_values(":at", time(at))
                .expression_attribute_values(":open", Kind::Unlearnt.value(id.as_bytes()))
                .update_expression(format!("SET #open = :open, #openSince = :at, #resentAt = :at REMOVE {rest}"))
        } else {
            update.update_expression(format!("REMOVE #open, #openSince, #resentAt, {rest}"))
        };
        let mut item = outbox_item(subject, &event.event, at);
        item.insert(RESENT_AT.to_owned(), time(at));
        item.insert("resendId".to_owned(), AttributeValue::S(Uuid::new_v4().to_string()));
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        let request = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().update(update.build().map_err(incomplete)?).build())
            .transact_items(TransactWriteItem::builder().put(put.build().map_err(incomplete)?).build());
        // Refused only where there is no such event any more.
        written(request).await.map(drop)
    }
}

/// Sends a transaction until no other is in its way; false where a condition does not hold.
async fn written(request: TransactWriteItemsFluentBuilder) -> Result<bool, StoreError> {
    let mut pauses = Pauses::new();
    loop {
        match request.clone().send().await {
            Ok(_) => return Ok(true),
            Err(SdkError::ServiceError(context)) if context.err().is_transaction_canceled_exception() => {
                match cancelled(context.into_err(), 0)? {
                    Commit::Conflict => pauses.pause().await?,
                    Commit::Done | Commit::Replayed | Commit::Refused { .. } => return Ok(false),
                }
            }
            Err(error) => return Err(StoreError::from_sdk(error)),
        }
    }
}

const fn not_resent_since(of: &Undelivered) -> &'static str {
    match of.resend_id {
        Some(_) => "resendId = :resendId",
        None => "attribute_exists(pk) AND attribute_not_exists(resendId)",
    }
}

fn resend_value(of: &Undelivered) -> Item {
    of.resend_id.map(|id| (":resendId".to_owned(), AttributeValue::S(id.to_string()))).into_iter().collect()
}

fn cloned((name, state): (&String, &DestinationState)) -> (String, DestinationState) {
    (name.clone(), state.clone())
}

pub(crate) fn event_key(subject: &SubjectKey, id: Uuid) -> Item {
    key(subject, format!("{EVENT}{id}"))
}

pub(crate) fn outbox_key(subject: &SubjectKey, id: Uuid) -> Item {
    key(subject, format!("{OUTBOX}{id}"))
}

fn key(subject: &SubjectKey, sort: String) -> Item {
    Item::from([
        (PARTITION_KEY.to_owned(), AttributeValue::S(subject.as_str().to_owned())),
        (SORT_KEY.to_owned(), AttributeValue::S(sort)),
    ])
}

pub(crate) fn time(at: Timestamp) -> AttributeValue {
    AttributeValue::N(at.to_string())
}

fn incomplete(error: aws_sdk_dynamodb::error::BuildError) -> StoreError {
    StoreError::Refused(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_try_is_the_first_of_those_that_are_to_come() {
        let state = |next: Option<i64>, ended| DestinationState {
            next_try_at: next.map(Timestamp::from_millis),
            ended,
            ..DestinationState::default()
        };
        let of = |states: &[(&str, DestinationState)]| Undelivered {
            subject: SubjectKey::from("INSTANCE#b-1".to_owned()),
            event_id: Uuid::nil(),
            since: Timestamp::from_millis(1),
            urgent_until: None,
            destinations: states.iter().map(|(name, state)| ((*name).to_owned(), state.clone())).collect(),
            resend_id: None,
        };
        let all = ["webhook", "bus"];
        let both = of(&[("webhook", state(Some(9), None)), ("bus", state(Some(5), None))]);
        assert_eq!(both.next_try_at(&all), Some(Timestamp::from_millis(5)));
        let one = of(&[("webhook", state(Some(9), None)), ("bus", state(None, Some(Ended::Delivered)))]);
        assert_eq!((one.next_try_at(&all), one.has_ended_at(&all)), (Some(Timestamp::from_millis(9)), false));
        assert_eq!((one.has_ended_at(&["bus"]), one.has_ended_at(&["robot"])), (true, false));
        let untried = of(&[("webhook", state(Some(9), None))]);
        assert_eq!(untried.next_try_at(&all), None, "the bus may be tried at once");
    }
}
