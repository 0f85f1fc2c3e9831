//! The outbox: an item for each undelivered event. The transaction that writes the event writes it, and it goes when the event has
//! ended at every destination. It is beside the subject's history, under a sort key of its own, so the cost of reading what is
//! undelivered depends only on that.
//!
//! An item has the event's state at each destination, by the destination's name: if one fails, only that one is tried again.

use crate::model::action::Action;
use crate::model::delivery::DestinationState;
use crate::model::delivery::Destinations;
use crate::model::delivery::Ended;
use crate::model::delivery::Undelivered;
use crate::model::lease::Lease;
use crate::table::outbox_item::outbox_item;
use crate::table::outbox_item::outbox_key;
use crate::table::outbox_item::time;

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use koogallery::Timestamp;
use uuid::Uuid;

use crate::changes::discard::DISCARDED;
use crate::queries::history::EventRecord;
use crate::table::change::Change;
use crate::table::client::{Store, StoreError};
use crate::table::condition::Condition;
use crate::table::index::Kind;
use crate::table::key::Key;
use crate::table::schema::{LEARNT_AT, NEXT_TRY_AT, OPEN, OPEN_SINCE, RESENT_AT};
use crate::table::transaction::write_together;
use crate::table::wake_up::WakeUp;

const DESTINATIONS: &str = "destinations";
const ENDED_AT: &str = "endedAt";
const LEARNING: &str = "learning";
const RESEND_ID: &str = "resendId";

/// How much of a problem is kept, in characters.
const MAX_PROBLEM: usize = 300;

/// Whether the result of a try was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    /// It was stored.
    Kept,
    /// The event was resent meanwhile, another delivery was faster, or another host has the lease: look again at what is undelivered.
    Superseded,
}

impl Store {
    /// Stores the result of a try at one destination. If the event has ended at all of `all`, it leaves the outbox, and the
    /// history says how it ended. With a lease, nothing is stored if another host has taken it.
    pub async fn note_try(
        &self,
        of: &Undelivered,
        destination: &str,
        mut state: DestinationState,
        all: &[&str],
        under: Option<&Lease>,
    ) -> Result<Noted, StoreError> {
        state.last_problem = state.last_problem.map(|problem| problem.chars().take(MAX_PROBLEM).collect());
        let at = state.tried_at.unwrap_or(of.since);
        let mut noted = of.clone();
        noted.destinations.insert(destination.to_owned(), state);
        if !noted.has_ended_at(all) {
            match self.note_one(&noted, destination, all, under).await? {
                // The event may have ended at another destination meanwhile.
                Some(stands) => noted = stands,
                None => return Ok(Noted::Superseded),
            }
        }
        if noted.has_ended_at(all) { self.end_delivery(&noted, all, at, under).await } else { Ok(Noted::Kept) }
    }

    /// Writes an event's state at one destination. Returns the item after that, or none if it was resent or does not exist.
    async fn note_one(
        &self,
        noted: &Undelivered,
        destination: &str,
        all: &[&str],
        under: Option<&Lease>,
    ) -> Result<Option<Undelivered>, StoreError> {
        let state: AttributeValue = serde_dynamo::to_attribute_value(noted.at(destination))?;
        let change = Change::new().set_member(DESTINATIONS, destination, state).remove(RESENT_AT);
        let change = match noted.next_try_at(all) {
            Some(next) => change.set(NEXT_TRY_AT, next),
            None => change.remove(NEXT_TRY_AT),
        };
        let update = change.only_if_all(not_resent_since(noted)).of(Key::outbox(&noted.subject, noted.event_id));
        let stands = match under {
            None => self.update_and_read(update).await?,
            Some(_) if !self.update_under(update, under).await? => None,
            // A transaction does not answer what it wrote.
            Some(_) => self.standing_item(Key::outbox(&noted.subject, noted.event_id)).await?,
        };
        Ok(stands.map(serde_dynamo::from_item).transpose()?)
    }

    /// Removes an event from the outbox that has ended at all destinations; with a lease, only if no other host has taken it.
    pub async fn end_delivery(
        &self,
        of: &Undelivered,
        all: &[&str],
        at: Timestamp,
        under: Option<&Lease>,
    ) -> Result<Noted, StoreError> {
        let destinations: Destinations =
            of.destinations.iter().filter(|(name, _)| all.contains(&name.as_str())).map(cloned).collect();
        let parked = destinations.values().any(|state| state.ended == Some(Ended::Parked));
        let destinations: AttributeValue = serde_dynamo::to_attribute_value(&destinations)?;
        let end = Change::new().set(ENDED_AT, at).set(DESTINATIONS, destinations).remove_all([LEARNT_AT, RESENT_AT]);
        let end =
            if parked { end.set(OPEN, Kind::Parked.value(of.event_id.as_bytes())).set(OPEN_SINCE, at) } else { end };
        let end = end.only_if(Condition::STANDS).of(Key::event(&of.subject, of.event_id));
        let leave = Change::new().only_if_all(not_resent_since(of)).delete(outbox_key(&of.subject, of.event_id));
        let (end, leave) = (end.table_name(&self.table).build()?, leave.table_name(&self.table).build()?);
        let mut request = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().update(end).build())
            .transact_items(TransactWriteItem::builder().delete(leave).build());
        if let Some(lease) = under {
            let fence = TransactWriteItem::builder().condition_check(self.fence(lease)?);
            request = request.transact_items(fence.build());
        }
        Ok(if write_together(request).await? { Noted::Kept } else { Noted::Superseded })
    }

    /// Delivers an event once more to every destination, whatever its state, and asks again about its order. An event that is
    /// being tried now is tried again.
    pub async fn resend(&self, event: &EventRecord, at: Timestamp) -> Result<(), StoreError> {
        self.resend_acted(event, at, None).await
    }

    /// The same for a person, together with the record of who asked for it, and why.
    pub async fn resend_by(&self, event: &EventRecord, action: &Action) -> Result<(), StoreError> {
        self.resend_acted(event, action.at, Some(action)).await
    }

    async fn resend_acted(
        &self,
        event: &EventRecord,
        at: Timestamp,
        action: Option<&Action>,
    ) -> Result<(), StoreError> {
        let (subject, id) = (&event.subject, event.event.event_id);
        let update = Change::new().remove_all([NEXT_TRY_AT, LEARNT_AT, LEARNING, ENDED_AT, DESTINATIONS, DISCARDED]);
        let update = if event.event.asked_order().is_some() {
            update.set(OPEN, Kind::Unlearnt.value(id.as_bytes())).set(OPEN_SINCE, at).set(RESENT_AT, at)
        } else {
            update.remove_all([OPEN, OPEN_SINCE, RESENT_AT])
        };
        let update = update.only_if(Condition::STANDS).of(Key::event(subject, id)).table_name(&self.table).build()?;
        let mut item = outbox_item(subject, &event.event, at);
        item.insert(RESENT_AT.to_owned(), time(at));
        let tried = event.destinations.iter().filter_map(|(name, state)| Some((name, state.begun_again()?)));
        let tried: BTreeMap<_, _> = tried.collect();
        item.insert(DESTINATIONS.to_owned(), serde_dynamo::to_attribute_value(tried)?);
        item.insert(RESEND_ID.to_owned(), AttributeValue::S(Uuid::new_v4().to_string()));
        let put = Change::new().put(item).table_name(&self.table).build()?;
        let request = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().update(update).build())
            .transact_items(TransactWriteItem::builder().put(put).build());
        let request = match action {
            Some(action) => request.transact_items(self.action_put(action)?),
            None => request,
        };
        // It is refused only if the event does not exist any more.
        write_together(request).await?;
        let learn = event.event.asked_order().map(|_| WakeUp::Learn(subject.clone(), id));
        self.listener.tell(learn.into_iter().chain([WakeUp::Deliver(subject.clone())]));
        Ok(())
    }
}

/// The event was not resent since it was read.
fn not_resent_since(of: &Undelivered) -> Vec<Condition> {
    match of.resend_id {
        Some(id) => vec![Condition::Is(RESEND_ID, id.into())],
        None => vec![Condition::STANDS, Condition::Absent(RESEND_ID)],
    }
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
