//! Warnings are raised once each, with an event; people acknowledge or snooze them; they end when their cause is gone.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::Timestamp;

use crate::model::action::{Action, Actor};
use crate::model::event::Event;
use crate::model::subject::Subject;
use crate::model::warning::{Answered, Warning};
use crate::model::warning_id::WarningId;
use crate::table::call::Call;
use crate::table::client::{Store, StoreError};
use crate::table::index::{Kind, open};
use crate::table::key::{Item, Key};
use crate::table::schema::TTL_ATTRIBUTE;
use crate::table::transaction::{Commit, Pauses, Transaction, version};

/// A warning that has ended is kept for so long, so that the same is not raised once more.
const KEPT: Duration = Duration::from_hours(400 * 24);

/// What a person says about a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WarningAnswer {
    /// It is known: it ends.
    Acknowledge,
    /// It is raised once more at this time.
    Snooze(Timestamp),
}

/// What became of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WarningAnswered {
    /// It is kept. This is the warning now.
    Done(Box<Warning>),
    /// The warning does not stand any more.
    Ended(Box<Warning>),
    /// There is no such warning.
    Unknown,
}

impl Store {
    /// Raises a warning, with its event. Returns false if it was raised before.
    pub async fn raise(&self, warning: &Warning) -> Result<bool, StoreError> {
        let call = Call::own(warning.raised_at);
        let subject = Subject::Warning(warning.warning_id.clone());
        let mut pauses = Pauses::new();
        loop {
            // Nothing is written for what was raised before, which is the usual case.
            if self.standing_item(Key::state(&subject)).await?.is_some() {
                return Ok(false);
            }
            let commit = Transaction::new(self, &call)?
                .replace(item(warning)?, 0)?
                .events(&subject, &[Event::warning_raised(warning.raised_at, warning)])?
                .commit()
                .await?;
            match commit {
                Commit::Done | Commit::Replayed => return Ok(true),
                Commit::Refused { .. } | Commit::Conflict => pauses.pause().await?,
            }
        }
    }

    /// Takes in what a person says about a warning.
    pub async fn answer_warning(
        &self,
        id: &WarningId,
        answer: WarningAnswer,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<WarningAnswered, StoreError> {
        let answered = Answered { by: actor.by.clone(), at: now, reason: actor.reason.clone() };
        let what = match answer {
            WarningAnswer::Acknowledge => "warning.acknowledge",
            WarningAnswer::Snooze(_) => "warning.snooze",
        };
        let changed = self.change_warning(id, now, |warning| {
            let before = warning.snoozed_until;
            warning.answered = Some(answered.clone());
            match answer {
                WarningAnswer::Acknowledge => (warning.snoozed_until, warning.ended_at) = (None, Some(now)),
                WarningAnswer::Snooze(until) => warning.snoozed_until = Some(until),
            }
            let action = Action::new(actor, what, warning.about.clone(), now).from(before);
            (Some(action.to(warning.snoozed_until)), None)
        });
        changed.await
    }

    /// Ends a warning whose cause is gone.
    pub async fn end_warning(&self, id: &WarningId, now: Timestamp) -> Result<(), StoreError> {
        let end = |warning: &mut Warning| {
            (warning.snoozed_until, warning.ended_at) = (None, Some(now));
            (None, None)
        };
        self.change_warning(id, now, end).await.map(drop)
    }

    /// Raises a warning once more whose snooze is over, with an event.
    pub async fn raise_again(&self, id: &WarningId, now: Timestamp) -> Result<(), StoreError> {
        let again = |warning: &mut Warning| {
            (warning.snoozed_until, warning.raised_at) = (None, now);
            (None, Some(Event::warning_raised(now, warning)))
        };
        self.change_warning(id, now, again).await.map(drop)
    }

    /// A warning.
    pub async fn warning(&self, id: &WarningId) -> Result<Option<Warning>, StoreError> {
        let item = self.standing_item(Key::state(&Subject::Warning(id.clone()))).await?;
        Ok(item.map(serde_dynamo::from_item).transpose()?)
    }

    async fn change_warning(
        &self,
        id: &WarningId,
        now: Timestamp,
        change: impl Fn(&mut Warning) -> (Option<Action>, Option<Event>),
    ) -> Result<WarningAnswered, StoreError> {
        let subject = Subject::Warning(id.clone());
        let call = Call::own(now);
        let mut pauses = Pauses::new();
        loop {
            let Some(standing) = self.standing_item(Key::state(&subject)).await? else {
                return Ok(WarningAnswered::Unknown);
            };
            let version = version(&standing);
            let mut warning: Warning = serde_dynamo::from_item(standing)?;
            if warning.ended_at.is_some() {
                return Ok(WarningAnswered::Ended(Box::new(warning)));
            }
            let (action, event) = change(&mut warning);
            let mut transaction = Transaction::new(self, &call)?.replace(item(&warning)?, version)?;
            if let Some(action) = &action {
                transaction = transaction.acted(action)?;
            }
            if let Some(event) = event {
                transaction = transaction.events(&subject, &[event])?;
            }
            match transaction.commit().await? {
                Commit::Done | Commit::Replayed => return Ok(WarningAnswered::Done(Box::new(warning))),
                Commit::Refused { .. } | Commit::Conflict => pauses.pause().await?,
            }
        }
    }
}

/// The item: in the index while it stands, by when it was raised or is raised once more.
fn item(warning: &Warning) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(warning)?;
    match warning.ended_at {
        None => {
            let since = warning.snoozed_until.unwrap_or(warning.raised_at);
            item.extend(open(Kind::Warning, warning.warning_id.as_str().as_bytes(), since));
        }
        Some(at) => {
            let until = at.saturating_add(KEPT).as_seconds();
            item.insert(TTL_ATTRIBUTE.to_owned(), AttributeValue::N(until.to_string()));
        }
    }
    item.extend(Key::state(&Subject::Warning(warning.warning_id.clone())).into_item());
    Ok(item)
}
