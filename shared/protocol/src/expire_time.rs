//! `expireTime`: when an instance's paid period ends.

use std::fmt;

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

use crate::text::scalar;
use crate::timestamp::Timestamp;

/// A point in UTC, to the millisecond. Written with 17 digits (`yyyyMMddHHmmssSSS`) as KooGallery's sample does; read
/// with 17 or 14 (`yyyyMMddHHmmss`, as its table says).
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

    /// From a point in time; `None` past the year 9999, which 17 digits cannot write.
    #[must_use]
    pub fn from_timestamp(timestamp: Timestamp) -> Option<Self> {
        let first = OffsetDateTime::from_unix_timestamp(timestamp.as_seconds()).ok()?;
        (0..=9999).contains(&first.year()).then_some(Self(timestamp))
    }
}

impl std::str::FromStr for ExpireTime {
    type Err = ExpireTimeError;
    fn from_str(text: &str) -> Result<Self, ExpireTimeError> {
        if matches!(text.len(), 14 | 17) { Self::of_digits(text) } else { Err(ExpireTimeError) }
    }
}

impl ExpireTime {
    /// Reads 14 to 17 digits, since the guide's own examples of a `timeStamp` do not fill the milliseconds up: one digit or
    /// two after the seconds are so many milliseconds, as Java reads them.
    pub(crate) fn of_digits(text: &str) -> Result<Self, ExpireTimeError> {
        if !(14..=17).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ExpireTimeError);
        }
        // At most four digits each, so a number always fits.
        let digits =
            |from: usize, to: usize| text[from..to].bytes().fold(0u16, |n, digit| n * 10 + u16::from(digit - b'0'));
        let small = |from: usize| u8::try_from(digits(from, from + 2)).map_err(|_| ExpireTimeError);
        let millisecond = digits(14, text.len());
        let month = Month::try_from(small(4)?).map_err(|_| ExpireTimeError)?;
        let date = Date::from_calendar_date(i32::from(digits(0, 4)), month, small(6)?).map_err(|_| ExpireTimeError)?;
        let time = Time::from_hms_milli(small(8)?, small(10)?, small(12)?, millisecond).map_err(|_| ExpireTimeError)?;
        let at = PrimitiveDateTime::new(date, time).assume_utc();
        Ok(Self(Timestamp::from_millis(at.unix_timestamp() * 1000 + i64::from(millisecond))))
    }
}

impl fmt::Display for ExpireTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = OffsetDateTime::from_unix_timestamp(self.0.as_seconds()).map_err(|_| fmt::Error)?;
        let millisecond = self.0.as_millis().rem_euclid(1000);
        write!(
            f,
            "{:04}{:02}{:02}{:02}{:02}{:02}{millisecond:03}",
            at.year(),
            u8::from(at.month()),
            at.day(),
            at.hour(),
            at.minute(),
            at.second()
        )
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
