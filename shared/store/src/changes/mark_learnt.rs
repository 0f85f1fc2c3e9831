//! The state of asking the order query about the order of an event. The event is written with a mark in the index of open
//! things, and keeps the mark until the order is learnt.

use crate::model::learning::{Asked, Learning};
use crate::model::lease::Lease;
use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::Timestamp;

use crate::queries::history::KeptEvent;
use crate::table::change::Change;
use crate::table::client::{Store, StoreError};
use crate::table::condition::Condition;
use crate::table::index::Kind;
use crate::table::key::Key;
use crate::table::schema::{LEARNT_AT, NEXT_TRY_AT, OPEN, OPEN_SINCE, RESENT_AT};
use crate::table::wake_up::WakeUp;

/// How much of a problem is kept, in characters.
const MAX_PROBLEM: usize = 300;

impl Store {
    /// Records that the order of an event is learnt. Delivery does not wait for it any more. With a lease, nothing is recorded if
    /// another host has taken it.
    pub async fn mark_order_learnt(
        &self,
        event: &KeptEvent,
        at: Timestamp,
        under: Option<&Lease>,
    ) -> Result<(), StoreError> {
        let Some(learning) = event.learning() else { return Ok(()) };
        let learnt = note(&learning).set(LEARNT_AT, at).remove_all([OPEN, OPEN_SINCE, NEXT_TRY_AT, LEARNING]);
        self.update_under(learnt.of(Key::event(&event.subject, event.event.event_id)), under).await?;
        self.listener.tell([WakeUp::Deliver(event.subject.clone())]);
        Ok(())
    }

    /// Records that the order query could not be asked, or did not answer. It is asked again at `next_try_at`; if there is
    /// none, only when the event is resent.
    pub async fn mark_order_not_learnt(
        &self,
        event: &KeptEvent,
        problem: &str,
        next_try_at: Option<Timestamp>,
        under: Option<&Lease>,
    ) -> Result<(), StoreError> {
        let Some(learning) = event.learning() else { return Ok(()) };
        let asked = Asked {
            attempts: learning.attempts.saturating_add(1),
            last_problem: Some(problem.chars().take(MAX_PROBLEM).collect()),
        };
        let asked: AttributeValue = serde_dynamo::to_attribute_value(asked)?;
        let change = note(&learning).set(LEARNING, asked);
        let change = match next_try_at {
            Some(next) => change.set(NEXT_TRY_AT, next),
            None => change.remove_all([OPEN, OPEN_SINCE, NEXT_TRY_AT]),
        };
        self.update_under(change.of(Key::event(&event.subject, event.event.event_id)), under).await.map(drop)
    }
}

const LEARNING: &str = "learning";

/// The condition of such a record: the order is not learnt yet, and the event was not resent since the question began.
fn note(learning: &Learning) -> Change {
    let unlearnt = Condition::Begins(OPEN, Kind::Unlearnt.prefix().to_owned().into());
    Change::new().remove(RESENT_AT).only_if(unlearnt).only_if(Condition::Is(OPEN_SINCE, learning.since.into()))
}
