//! Times on the wire. The open APIs write them in two forms, both in whole seconds of UTC.

use std::fmt;

use koogallery::{CalendarForm, ExpireTime, Timestamp};
use serde::de::{Deserialize, Deserializer, Error as _};
use serde::{Serialize, Serializer};

/// A second in UTC, written `yyyyMMdd'T'HHmmss'Z'`: usage records, and `X-Sdk-Date` of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcTime(ExpireTime);

/// The text is not a time of that form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("give a UTC time like 20261231T160000Z")]
pub struct UtcTimeError;

impl UtcTime {
    /// The second of a point in time. Returns none after the year 9999.
    #[must_use]
    pub fn from_timestamp(at: Timestamp) -> Option<Self> {
        let millis = at.as_seconds().checked_mul(1000)?;
        ExpireTime::from_timestamp(Timestamp::from_millis(millis)).map(Self)
    }

    /// Its first millisecond.
    #[must_use]
    pub const fn timestamp(self) -> Timestamp {
        self.0.timestamp()
    }

    /// The form `yyyyMMddHHmmss`, which the License APIs use.
    #[must_use]
    pub fn to_digits(self) -> String {
        self.write(CalendarForm::SECOND)
    }

    fn write(self, form: CalendarForm) -> String {
        form.write(self.timestamp()).unwrap_or_else(|| unreachable!("an ExpireTime has a year of four digits"))
    }
}

impl fmt::Display for UtcTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.write(CalendarForm::BASIC_ISO_8601))
    }
}

impl std::str::FromStr for UtcTime {
    type Err = UtcTimeError;
    fn from_str(text: &str) -> Result<Self, UtcTimeError> {
        CalendarForm::BASIC_ISO_8601.read(text).and_then(Self::from_timestamp).ok_or(UtcTimeError)
    }
}

impl Serialize for UtcTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UtcTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn is_written_in_both_forms() {
        let time = UtcTime::from_timestamp(Timestamp::from_millis(1_573_789_015_999)).unwrap();
        assert_eq!(time.to_string(), "20191115T033655Z");
        assert_eq!(time.to_digits(), "20191115033655");
    }

    #[test]
    fn other_forms_are_refused() {
        for bad in ["", "20191115033655", "20191115T033655", "2019-11-15T03:36:55Z", "20191315T033655Z", "时时T时时Z"]
        {
            assert_eq!(bad.parse::<UtcTime>(), Err(UtcTimeError), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn written_and_read_again_is_the_same(seconds in 0i64..253_402_300_799) {
            let time = UtcTime::from_timestamp(Timestamp::from_millis(seconds * 1000)).unwrap();
            prop_assert_eq!(time.to_string().parse::<UtcTime>(), Ok(time));
        }
    }
}
