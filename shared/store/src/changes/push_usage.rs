//! What became of hours that were pushed, and what a person says of one.

use koogallery::Timestamp;
use uuid::Uuid;

use crate::model::usage::hour::{HourId, HourState, UsageHour};
use crate::table::change::Change;
use crate::table::client::{Store, StoreError};
use crate::table::condition::Condition;
use crate::table::index::Kind;
use crate::table::key::Key;
use crate::table::schema::{NEXT_TRY_AT, OPEN, OPEN_SINCE};
use crate::table::usage_items::{ATTEMPTS, ENDED_AT, LAST_ANSWER, METERING_SN, STATE, parked};

/// How much of an answer is kept, in characters.
const MAX_ANSWER: usize = 300;

/// How a person's word about an hour ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HourChanged {
    /// It is done.
    Done,
    /// There is no such hour.
    Unknown,
    /// It is in a state in which that makes no sense.
    State(HourState),
}

impl Store {
    /// Records that KooGallery has an hour. False if another run recorded something before.
    pub async fn usage_done(&self, hour: &UsageHour, answer: &str, at: Timestamp) -> Result<bool, StoreError> {
        let change = Change::new().set(STATE, HourState::Done).set(ENDED_AT, at).set(LAST_ANSWER, short(answer));
        let change = change.remove_all([OPEN, OPEN_SINCE, NEXT_TRY_AT]);
        self.update_in_turn(of_push(change, hour).of(Key::usage_hour(&hour.id))).await
    }

    /// Records that an hour was pushed and KooGallery did not take it, or it is not known whether it did. The same is pushed again
    /// at `next`.
    pub async fn usage_tried(&self, hour: &UsageHour, answer: &str, next: Timestamp) -> Result<bool, StoreError> {
        let attempts = u64::from(hour.attempts.saturating_add(1));
        let change = Change::new().set(STATE, HourState::Pushing).set(ATTEMPTS, attempts);
        let change = change.set(LAST_ANSWER, short(answer)).set(NEXT_TRY_AT, next);
        self.update_in_turn(of_push(change, hour).of(Key::usage_hour(&hour.id))).await
    }

    /// Parks an hour that KooGallery refuses.
    pub async fn usage_refused(&self, hour: &UsageHour, answer: &str, at: Timestamp) -> Result<bool, StoreError> {
        let attempts = u64::from(hour.attempts.saturating_add(1));
        let change =
            Change::new().set(STATE, HourState::Parked).set(ATTEMPTS, attempts).set(LAST_ANSWER, short(answer));
        self.update_in_turn(of_push(parked(change, &hour.id, at), hour).of(Key::usage_hour(&hour.id))).await
    }

    /// Parks an hour for a person, who has seen in Seller Console that KooGallery does not count it.
    pub async fn park_usage(&self, id: &HourId, reason: &str, at: Timestamp) -> Result<HourChanged, StoreError> {
        let states = [HourState::Closed, HourState::Pushing, HourState::Done];
        let change = Change::new().set(STATE, HourState::Parked).set(LAST_ANSWER, short(reason));
        let change = parked(change, id, at).only_if(Condition::Exists(METERING_SN));
        self.change_hour(id, change, states).await
    }

    /// Lets a parked hour be pushed again: the same as before, or under a new serial number. KooGallery counts the first of two
    /// records of the same time alone, so that nothing is charged twice.
    pub async fn resend_usage(&self, id: &HourId, new_serial: bool) -> Result<HourChanged, StoreError> {
        let Some(hour) = self.usage_hour(id).await? else { return Ok(HourChanged::Unknown) };
        let value = Kind::Usage.value(id.instance_id.as_str().as_bytes());
        let mut change = Change::new()
            .set(STATE, HourState::Closed)
            .set(ATTEMPTS, 0)
            .set(OPEN, value)
            .set(OPEN_SINCE, hour.due_at())
            .remove_all([NEXT_TRY_AT, ENDED_AT])
            // What was never given a span cannot be pushed.
            .only_if(Condition::Exists(METERING_SN));
        if new_serial {
            change = change.set(METERING_SN, Uuid::new_v4().simple().to_string());
        }
        self.change_hour(id, change, [HourState::Parked]).await
    }

    async fn change_hour<const N: usize>(
        &self,
        id: &HourId,
        change: Change,
        from: [HourState; N],
    ) -> Result<HourChanged, StoreError> {
        let any = from.map(|state| Condition::Is(STATE, state.into())).into();
        let key = Key::usage_hour(id);
        if self.update_in_turn(change.only_if(Condition::Any(any)).of(key)).await? {
            return Ok(HourChanged::Done);
        }
        Ok(self.usage_hour(id).await?.map_or(HourChanged::Unknown, |hour| HourChanged::State(hour.state)))
    }
}

/// Only while the hour is still to be pushed, under this serial number.
fn of_push(change: Change, hour: &UsageHour) -> Change {
    let sn = hour.charge.as_ref().map_or("", |charge| charge.metering_sn.as_str());
    let states = [HourState::Closed, HourState::Pushing].map(|state| Condition::Is(STATE, state.into()));
    change.only_if(Condition::Any(states.into())).only_if(Condition::Is(METERING_SN, sn.into()))
}

fn short(text: &str) -> String {
    text.chars().take(MAX_ANSWER).collect()
}
