//! `currentSyncTime`: says which of two syncs of the same thing is newer.

use std::fmt;
use std::time::Duration;

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};

use crate::calendar::CalendarForm;
use crate::expire_time::ExpireTime;
use crate::text::optional;
use crate::timestamp::Timestamp;

/// How far a clock in UTC+8 is ahead of UTC.
const AHEAD: Duration = Duration::from_hours(8);

/// A point in time that is written in UTC+8, to the millisecond: 17 digits (`yyyyMMddHHmmssSSS`), or 14 to 16 if the milliseconds are
/// left out or not filled up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SyncTime(Timestamp);

/// The text is not a time of 14 to 17 digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("currentSyncTime must be a time in UTC+8 like 20261231160000000")]
pub struct SyncTimeError;

impl SyncTime {
    /// The same point in time as a [`Timestamp`].
    #[must_use]
    pub const fn timestamp(self) -> Timestamp {
        self.0
    }

    /// Makes one from a point in time. Returns `None` if 17 digits cannot write it.
    #[must_use]
    pub fn from_timestamp(timestamp: Timestamp) -> Option<Self> {
        timestamp.saturating_add(AHEAD).is_in_calendar().then_some(Self(timestamp))
    }
}

impl std::str::FromStr for SyncTime {
    type Err = SyncTimeError;
    fn from_str(text: &str) -> Result<Self, SyncTimeError> {
        let shown = ExpireTime::of_digits(text.trim()).map_err(|_| SyncTimeError)?.timestamp();
        Ok(Self(shown.saturating_sub(AHEAD)))
    }
}

impl fmt::Display for SyncTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&CalendarForm::MILLISECOND.write(self.0.saturating_add(AHEAD)).ok_or(fmt::Error)?)
    }
}

impl Serialize for SyncTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl SyncTime {
    /// Reads a field that is not always sent: absent, `null` and blank all mean "not given". Use with
    /// `#[serde(default)]`.
    pub(crate) fn read_optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        optional(deserializer)?.map(|text| text.parse().map_err(D::Error::custom)).transpose()
    }
}

impl<'de> Deserialize<'de> for SyncTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read_optional(deserializer)?.ok_or_else(|| D::Error::custom(SyncTimeError))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_both_forms_as_eight_hours_ahead_of_utc() {
        let time: SyncTime = "20251124174912345".parse().unwrap();
        // 2025-11-24T09:49:12.345Z
        assert_eq!(time.timestamp().as_millis(), 1_763_977_752_345);
        assert_eq!(time.to_string(), "20251124174912345");
        assert_eq!("20251124174912".parse::<SyncTime>().unwrap().timestamp().as_millis(), 1_763_977_752_000);
        assert_eq!(serde_json::from_str::<SyncTime>("20251124174912345").unwrap(), time);
        for bad in ["", "tomorrow", "20251324174912345", "1763977752345"] {
            assert!(bad.parse::<SyncTime>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn written_and_read_again_is_the_same(millis in 0i64..253_402_200_000_000) {
            let time = SyncTime::from_timestamp(Timestamp::from_millis(millis)).unwrap();
            prop_assert_eq!(time.to_string().parse::<SyncTime>().unwrap(), time);
        }

        #[test]
        fn never_panics(text in "\\PC{0,20}|[0-9]{13,18}") {
            if let Ok(time) = text.parse::<SyncTime>() {
                let _ = time.to_string();
            }
        }
    }
}
