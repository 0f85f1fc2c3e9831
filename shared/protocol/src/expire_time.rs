//! `expireTime`: when an instance's paid period ends.

use std::fmt;

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};

use crate::calendar::CalendarForm;
use crate::text::scalar;
use crate::timestamp::Timestamp;

/// A point in UTC, to the millisecond. It is written with 17 digits (`yyyyMMddHHmmssSSS`), as in KooGallery's sample, and read with 17
/// or 14 (`yyyyMMddHHmmss`, as its table says).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExpireTime(Timestamp);

/// The text is not a UTC time of 14 or 17 digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expireTime must be a UTC time like 20261231160000 or 20261231160000000")]
pub struct ExpireTimeError;

impl ExpireTime {
    /// The same point in time as a [`Timestamp`].
    #[must_use]
    pub const fn timestamp(self) -> Timestamp {
        self.0
    }

    /// Makes one from a point in time. Returns `None` after the year 9999, which 17 digits cannot write.
    #[must_use]
    pub fn from_timestamp(timestamp: Timestamp) -> Option<Self> {
        timestamp.is_in_calendar().then_some(Self(timestamp))
    }
}

impl std::str::FromStr for ExpireTime {
    type Err = ExpireTimeError;
    fn from_str(text: &str) -> Result<Self, ExpireTimeError> {
        if matches!(text.len(), 14 | 17) { Self::of_digits(text) } else { Err(ExpireTimeError) }
    }
}

impl ExpireTime {
    /// Reads 14 to 17 digits, because the guide's own examples of a `timeStamp` do not fill up the milliseconds. One or two digits
    /// after the seconds are that number of milliseconds, as Java reads them.
    pub(crate) fn of_digits(text: &str) -> Result<Self, ExpireTimeError> {
        if !(14..=17).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ExpireTimeError);
        }
        let (seconds, rest) = text.split_at(14);
        let at = CalendarForm::SECOND.read(seconds).ok_or(ExpireTimeError)?;
        let milliseconds = if rest.is_empty() { 0 } else { rest.parse().map_err(|_| ExpireTimeError)? };
        Ok(Self(Timestamp::from_millis(at.as_millis() + milliseconds)))
    }
}

impl fmt::Display for ExpireTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&CalendarForm::MILLISECOND.write(self.0).ok_or(fmt::Error)?)
    }
}

impl Serialize for ExpireTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ExpireTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        scalar(deserializer, "expireTime")?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_every_form() {
        let long: ExpireTime = "20261231160000000".parse().unwrap();
        assert_eq!("20261231160000".parse(), Ok(long));
        assert_eq!(long.timestamp().as_millis(), 1_798_732_800_000);
        assert_eq!(long.to_string(), "20261231160000000");
        for (short, millisecond) in [("202612311600005", 5), ("2026123116000045", 45), ("20261231160000000", 0)] {
            let time = ExpireTime::of_digits(short).unwrap();
            assert_eq!(time.timestamp().as_millis(), 1_798_732_800_000 + millisecond, "{short}");
        }
    }

    #[test]
    fn refuses_what_is_no_time() {
        for bad in [
            "",
            "2026123116000",
            "20261331160000",
            "20260229000000",
            "20261231240000",
            "2026123116000000x",
            "2026123116000000",
            "202612311600000000",
            "时时时时xx",
        ] {
            assert!(bad.parse::<ExpireTime>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn written_and_read_again_is_the_same(millis in 0i64..253_402_300_799_999) {
            let time = ExpireTime::from_timestamp(Timestamp::from_millis(millis)).unwrap();
            prop_assert_eq!(time.to_string().parse::<ExpireTime>().unwrap(), time);
        }

        #[test]
        fn never_panics(text in "\\PC{0,20}|[0-9]{13,18}") {
            let _ = text.parse::<ExpireTime>();
        }
    }
}
