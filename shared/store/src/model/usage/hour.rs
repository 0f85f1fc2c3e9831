//! An hour of an instance (or a day, where the product is billed by the day): from its first record until KooGallery has it.

use koogallery::{InstanceId, Timestamp};
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use crate::model::usage::period::{Cycle, GRACE};
use crate::model::usage::quantity::Quantity;

/// Which hour of which instance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HourId {
    /// The pay-per-use instance.
    pub instance_id: InstanceId,
    /// The beginning of the hour.
    pub begin: Timestamp,
    /// Use of a package is added up apart.
    pub related_package: Option<InstanceId>,
    /// 0; more for what came after the last hour of a released instance was closed.
    pub part: u32,
}

impl HourId {
    /// Whether only one hour of its instance can have this beginning and end, so that its span needs no further mark.
    pub(crate) const fn is_plain(&self) -> bool {
        self.related_package.is_none() && self.part == 0
    }
}

/// Where an hour is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "camelCase")]
#[strum(serialize_all = "camelCase")]
pub enum HourState {
    /// It takes records.
    Open,
    /// Its amount and its serial number are fixed, and it was not pushed yet.
    Closed,
    /// It was pushed, and it is not known that KooGallery has it.
    Pushing,
    /// KooGallery has it, or there was nothing to push.
    Done,
    /// A person has to look at it.
    Parked,
}

impl HourState {
    /// Its word in the table and in the seller API.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// What was fixed when an hour was closed: what is pushed, the same each time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// How much: above 0, at most [`Quantity::MOST`].
    pub quantity: Quantity,
    /// The serial number.
    pub metering_sn: String,
    /// The beginning that is told.
    pub begin: Timestamp,
    /// The end that is told.
    pub end: Timestamp,
}

/// An hour of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageHour {
    /// Which.
    pub id: HourId,
    /// Its end.
    pub end: Timestamp,
    /// How its product is billed.
    pub cycle: Cycle,
    /// Where it is on its way.
    pub state: HourState,
    /// The sum of what was counted in it.
    pub amount: Quantity,
    /// How many records that were.
    pub records: u64,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// What is pushed; none while it is open, and where there is nothing to push.
    pub charge: Option<Charge>,
    /// What went on into the next hour: what was taken back beyond this one, or what is more than one push takes.
    pub carried: Quantity,
    /// How often it was pushed without success.
    pub attempts: u32,
    /// KooGallery's last answer, or why it is parked.
    pub last_answer: Option<String>,
    /// When it is pushed again.
    pub next_try_at: Option<Timestamp>,
    /// When KooGallery had it, or when it was parked.
    pub ended_at: Option<Timestamp>,
}

impl UsageHour {
    /// From when on it is to be closed and pushed.
    #[must_use]
    pub fn due_at(&self) -> Timestamp {
        self.end.saturating_add(GRACE)
    }

    /// Whether it is still to be closed or pushed.
    #[must_use]
    pub const fn is_left(&self) -> bool {
        matches!(self.state, HourState::Open | HourState::Closed | HourState::Pushing)
    }

    /// What is pushed, if it has still to be.
    #[must_use]
    pub fn to_push(&self) -> Option<&Charge> {
        self.charge.as_ref().filter(|_| matches!(self.state, HourState::Closed | HourState::Pushing))
    }
}
