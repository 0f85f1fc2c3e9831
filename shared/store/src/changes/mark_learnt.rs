//! The state of asking the order query about the order of an event. The event is written with a mark in the index of open
//! things, and keeps the mark until the order is learnt.

use crate::model::learning::{Asked, Learning};
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Update};
use koogallery::Timestamp;

use crate::queries::history::KeptEvent;
use crate::table::client::{Store, StoreError};
use crate::table::index::Kind;
use crate::table::outbox_item::{event_key, time};
use crate::table::schema::{LEARNT_AT, NEXT_TRY_AT, OPEN, OPEN_SINCE, RESENT_AT};
use crate::table::transaction::Pauses;

/// How much of a problem is kept, in characters.
const MAX_PROBLEM: usize = 300;

impl Store {
    /// Records that the order of an event is learnt. Delivery does not wait for it any more.
    pub async fn mark_order_learnt(&self, event: &KeptEvent, at: Timestamp) -> Result<(), StoreError> {
        let Some(learning) = event.learning() else { return Ok(()) };
        let update = note(event, &learning)
            .expression_attribute_names("#learning", "learning")
            .expression_attribute_names("#learntAt", LEARNT_AT)
            .expression_attribute_values(":at", time(at))
            .update_expression("SET #learntAt = :at REMOVE #open, #openSince, #nextTryAt, #learning, #resentAt");
        self.noted(update).await
    }

    /// Records that the order query could not be asked, or did not answer. It is asked again at `next_try_at`; if there is
    /// none, only when the event is resent.
    pub async fn mark_order_not_learnt(
        &self,
        event: &KeptEvent,
        problem: &str,
        next_try_at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let Some(learning) = event.learning() else { return Ok(()) };
        let asked = Asked {
            attempts: learning.attempts.saturating_add(1),
            last_problem: Some(problem.chars().take(MAX_PROBLEM).collect()),
        };
        let update = note(event, &learning)
            .expression_attribute_names("#learning", "learning")
            .expression_attribute_values(":learning", serde_dynamo::to_attribute_value(asked)?);
        let update = match next_try_at {
            Some(next) => update
                .expression_attribute_values(":next", time(next))
                .update_expression("SET #learning = :learning, #nextTryAt = :next REMOVE #resentAt"),
            None => {
                update.update_expression("SET #learning = :learning REMOVE #open, #openSince, #nextTryAt, #resentAt")
            }
        };
        self.noted(update).await
    }

    /// Writes such a record, unless it is not needed any more.
    async fn noted(&self, update: UpdateBuilder) -> Result<(), StoreError> {
        let mut pauses = Pauses::new();
        loop {
            match self.update_alone(update.clone()).await {
                Ok(_) => return Ok(()),
                Err(StoreError::Conflict) => pauses.pause().await?,
                Err(error) => return Err(error),
            }
        }
    }
}

/// The condition of such a record: the order is not learnt yet, and the event was not resent since the question began.
fn note(event: &KeptEvent, learning: &Learning) -> UpdateBuilder {
    Update::builder()
        .set_key(Some(event_key(&event.subject, event.event.event_id)))
        .condition_expression("begins_with(#open, :unlearnt) AND #openSince = :since")
        .expression_attribute_names("#openSince", OPEN_SINCE)
        .expression_attribute_values(":since", time(learning.since))
        .expression_attribute_names("#open", OPEN)
        .expression_attribute_names("#nextTryAt", NEXT_TRY_AT)
        .expression_attribute_names("#resentAt", RESENT_AT)
        .expression_attribute_values(":unlearnt", AttributeValue::S(Kind::Unlearnt.prefix().to_owned()))
}
