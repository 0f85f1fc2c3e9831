//! Times in requests and answers: RFC 3339, in answers always in UTC.

use koogallery::{ExpireTime, Timestamp};
use koogallery_open_api::UtcTime;
use serde::de::{Deserialize, Deserializer, Error as _};
use serde::{Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A point in time. It is read from RFC 3339 with any offset, or from the forms of KooGallery's own interfaces
/// (`yyyyMMddHHmmss`, `yyyyMMddHHmmssSSS`, `yyyyMMdd'T'HHmmss'Z'`), which are in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time(ExpireTime);

/// The text is no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("give a time like 2026-12-31T16:00:00Z")]
pub(crate) struct TimeError;

impl Time {
    /// The point in time.
    pub(crate) const fn timestamp(self) -> Timestamp {
        self.0.timestamp()
    }

    /// With 17 digits, as the callbacks write it.
    pub(crate) fn to_digits(self) -> String {
        self.0.to_string()
    }

    /// The second that it is in, as the open APIs take it.
    pub(crate) fn second(self) -> Option<UtcTime> {
        UtcTime::from_timestamp(self.timestamp())
    }
}

impl From<ExpireTime> for Time {
    fn from(time: ExpireTime) -> Self {
        Self(time)
    }
}

impl std::str::FromStr for Time {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        if let Ok(time) = text.parse::<ExpireTime>() {
            return Ok(Self(time));
        }
        let timestamp = if let Ok(time) = text.parse::<UtcTime>() {
            time.timestamp()
        } else {
            let time = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| TimeError)?;
            Timestamp::from_millis(time.unix_timestamp() * 1000 + i64::from(time.millisecond()))
        };
        ExpireTime::from_timestamp(timestamp).map(Self).ok_or(TimeError)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.timestamp().to_rfc_3339())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_means_the_same_time_and_is_written_in_one() {
        for text in [
            "2026-12-31T16:00:00Z",
            "2026-12-31T16:00:00.000Z",
            "2027-01-01T00:00:00+08:00",
            "20261231160000",
            "20261231160000000",
            "20261231T160000Z",
        ] {
            let time: Time = text.parse().unwrap();
            assert_eq!(serde_json::to_string(&time).unwrap(), "\"2026-12-31T16:00:00.000Z\"", "{text}");
            assert_eq!(time.to_digits(), "20261231160000000");
            assert_eq!(time.second().unwrap().to_string(), "20261231T160000Z");
        }
        for bad in ["", "now", "2026-12-31", "2026-12-31T16:00:00", "2026-13-31T16:00:00Z"] {
            assert_eq!(bad.parse::<Time>(), Err(TimeError), "{bad}");
        }
    }
}
