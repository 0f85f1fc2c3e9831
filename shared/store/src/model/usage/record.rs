//! Records of use, as the application sends them.

use std::fmt;
use std::str::FromStr;

use koogallery::{InstanceId, Text, TextError, Timestamp};

use crate::model::usage::quantity::Quantity;

/// The application's own id of a record, 1 to 64 characters: unique for its instance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(String);

impl RecordId {
    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for RecordId {
    type Error = TextError;
    fn try_from(text: String) -> Result<Self, TextError> {
        Text::<64>::try_from(text).map(|text| Self(text.as_str().to_owned()))
    }
}

impl FromStr for RecordId {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        text.to_owned().try_into()
    }
}

/// What an instance used, as the application counted it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageSent {
    /// The application's id of it. A record that is sent again has the same.
    pub id: RecordId,
    /// The pay-per-use instance.
    pub instance_id: InstanceId,
    /// The instance of the package that it belongs to.
    pub related_package: Option<InstanceId>,
    /// The beginning of the use.
    pub begin: Timestamp,
    /// The end of the use; the same as the beginning for use at a moment.
    pub end: Timestamp,
    /// How much. A negative amount takes back what was counted too much.
    pub quantity: Quantity,
}

impl UsageSent {
    /// The moment that decides in which hour it is counted: the last one of the use.
    pub(crate) fn moment(&self) -> Timestamp {
        let last = Timestamp::from_millis(self.end.as_millis() - 1);
        last.max(self.begin)
    }
}

/// A record that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageTaken {
    /// What was sent.
    pub sent: UsageSent,
    /// The beginning of the hour in which it is counted.
    pub counted_in: Timestamp,
    /// When it came.
    pub taken_at: Timestamp,
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is counted in the hour that begins then.
    Counted(Timestamp),
    /// It came before, and was counted then.
    Known,
    /// Another record with this id of the instance came before. This one is not counted.
    Conflict,
    /// It cannot be counted.
    Refused(UsageRefusal),
}

/// Why a record cannot be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UsageRefusal {
    /// No such instance.
    #[error("there is no such instance")]
    NoInstance,
    /// No such package.
    #[error("relatedPackage: there is no such instance")]
    NoPackage,
    /// The use is before the purchase.
    #[error("it ends before the instance was bought: KooGallery would refuse it")]
    BeforePurchase,
    /// The use is after the release.
    #[error("it ends after the instance was released: KooGallery charges nothing after that")]
    AfterRelease,
    /// It began too long ago.
    #[error("it began more than 21 days ago: KooGallery does not count it any more")]
    TooOld,
    /// It ends in the future.
    #[error("it ends in the future: send it when its time is over, and check the clock of the application")]
    Future,
    /// The end is before the beginning.
    #[error("its end is before its beginning")]
    Backwards,
    /// It lasts longer than a day, or longer than an hour where the product is billed by the hour.
    #[error("it lasts longer than a day: KooGallery bills by the hour or by the day, so send a record for each")]
    TooLong,
    /// The instance is released and its hours are charged, so nothing is to come from which it could be taken.
    #[error("the instance is released and what it used is charged: nothing is to come from which this could be taken")]
    NothingToCome,
    /// The instance is released, and so much came late that no span of time is left for another record of it.
    #[error("the instance is released, and no span of time is left under which KooGallery would count this")]
    NoSpan,
}

impl UsageRefusal {
    /// Whether this did not always speak against the record, so that it may have been counted before.
    pub(crate) const fn came_with_time(self) -> bool {
        matches!(self, Self::AfterRelease | Self::TooOld | Self::NothingToCome | Self::NoSpan)
    }
}
