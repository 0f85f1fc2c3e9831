//! The outbox: an item for each event that is still to be delivered, written in the transaction that writes the event and
//! gone once the event has ended everywhere. It stands beside the subject's history under a sort key of its own, so that
//! reading what is undelivered costs what is undelivered.
//!
//! An item knows how the event stands at each destination, by the destination's name: one that fails is tried again alone.

use crate::model::delivery::DestinationState;
use crate::model::delivery::Destinations;
use crate::model::delivery::Ended;
use crate::model::delivery::Undelivered;
use crate::table::outbox_item::event_key;
use crate::table::outbox_item::outbox_item;
use crate::table::outbox_item::outbox_key;
use crate::table::outbox_item::time;

use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, ReturnValue, TransactWriteItem, Update};
use koogallery::Timestamp;
use uuid::Uuid;

use crate::queries::history::EventRecord;
use crate::table::client::{Store, StoreError, under_condition};
use crate::table::index::Kind;
use crate::table::key::Item;
use crate::table::schema::{LEARNT_AT, NEXT_TRY_AT, OPEN, OPEN_SINCE, RESENT_AT};
use crate::table::transaction::write_together;

/// A problem is kept up to this many characters.
const MAX_PROBLEM: usize = 300;

/// Whether a note was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    /// It was.
    Kept,
    /// The event was resent since, or another delivery was faster: look again at what is undelivered.
    Superseded,
}

impl Store {
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
        let noted = under_condition(update.send().await)?.and_then(|answer| answer.attributes);
        Ok(noted.map(serde_dynamo::from_item).transpose()?)
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
            .transact_items(TransactWriteItem::builder().update(end.build()?).build())
            .transact_items(TransactWriteItem::builder().delete(leave.build()?).build());
        Ok(if write_together(request).await? { Noted::Kept } else { Noted::Superseded })
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
            .transact_items(TransactWriteItem::builder().update(update.build()?).build())
            .transact_items(TransactWriteItem::builder().put(put.build()?).build());
        // Refused only where there is no such event any more.
        write_together(request).await.map(drop)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::subject::Subject;

    #[test]
    fn the_next_try_is_the_first_of_those_that_are_to_come() {
        let state = |next: Option<i64>, ended| DestinationState {
            next_try_at: next.map(Timestamp::from_millis),
            ended,
            ..DestinationState::default()
        };
        let of = |states: &[(&str, DestinationState)]| Undelivered {
            subject: Subject::Instance("b-1".parse().unwrap()),
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
