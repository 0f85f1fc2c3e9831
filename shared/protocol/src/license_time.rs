//! `effectiveTime` and `expireTime` of getLicenseAsync: the beginning and the end of a license's validity.

use std::fmt;

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};

use crate::calendar::CalendarForm;
use crate::expire_time::ExpireTime;
use crate::text::scalar;

/// A point in UTC. It is written as in KooGallery's sample, `2023-10-27 10:30:15 z`. It is read in that form, with `Z` or without a
/// suffix, with `T` between date and time, with milliseconds, and in the digits of an [`ExpireTime`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LicenseTime(ExpireTime);

/// The text is not a UTC time in any of the forms.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("effectiveTime and expireTime must be UTC times like 2023-10-27 10:30:15 z")]
pub struct LicenseTimeError;

impl LicenseTime {
    /// The largest length on the wire, in characters.
    const MAX: usize = 32;
}

impl From<ExpireTime> for LicenseTime {
    fn from(time: ExpireTime) -> Self {
        Self(time)
    }
}

impl From<LicenseTime> for ExpireTime {
    fn from(time: LicenseTime) -> Self {
        time.0
    }
}

impl std::str::FromStr for LicenseTime {
    type Err = LicenseTimeError;
    fn from_str(text: &str) -> Result<Self, LicenseTimeError> {
        if text.len() > Self::MAX {
            return Err(LicenseTimeError);
        }
        let text = text.trim();
        let time = text.strip_suffix(['z', 'Z']).unwrap_or(text).trim_end();
        if time.bytes().all(|byte| byte.is_ascii_digit()) {
            return time.parse().map(Self).map_err(|_| LicenseTimeError);
        }
        let spaced = time.replacen(['T', 't'], " ", 1);
        let at = CalendarForm::SPACED_SECOND.read(&spaced).or_else(|| CalendarForm::SPACED_MILLISECOND.read(&spaced));
        at.and_then(ExpireTime::from_timestamp).map(Self).ok_or(LicenseTimeError)
    }
}

impl TryFrom<String> for LicenseTime {
    type Error = LicenseTimeError;
    fn try_from(text: String) -> Result<Self, LicenseTimeError> {
        text.parse()
    }
}

impl fmt::Display for LicenseTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = CalendarForm::SPACED_SECOND.write(self.0.timestamp()).ok_or(fmt::Error)?;
        write!(f, "{written} z")
    }
}

impl Serialize for LicenseTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LicenseTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        scalar(deserializer, "a time")?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::timestamp::Timestamp;

    #[test]
    fn every_form_is_the_same_time() {
        for text in [
            "2023-10-27 10:30:15 z",
            "2023-10-27 10:30:15 Z",
            "2023-10-27 10:30:15z",
            "2023-10-27 10:30:15",
            " 2023-10-27T10:30:15Z ",
            "2023-10-27T10:30:15.000Z",
            "20231027103015",
            "20231027103015000",
            "20231027103015z",
        ] {
            let time: LicenseTime = text.parse().unwrap();
            assert_eq!(ExpireTime::from(time).timestamp().as_millis(), 1_698_402_615_000, "{text}");
            assert_eq!(time.to_string(), "2023-10-27 10:30:15 z");
        }
        assert_eq!(
            ExpireTime::from("2023-10-27 10:30:15.250 z".parse::<LicenseTime>().unwrap()).to_string(),
            "20231027103015250"
        );
    }

    #[test]
    fn what_is_no_utc_time_is_refused() {
        for text in [
            "",
            "z",
            "2023-10-27",
            "2023-10-27 10:30",
            "2023-10-27 10:30:15 +08:00",
            "2023-10-27 10:30:15.1 z",
            "2023-13-27 10:30:15 z",
            "2023-10-27 24:30:15 z",
            "2023/10/27 10:30:15 z",
            "27-10-2023 10:30:15 z",
            "2023-10-27 10:30:15                    z",
            "实实实-实 10:30:15",
        ] {
            assert_eq!(text.parse::<LicenseTime>(), Err(LicenseTimeError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn written_and_read_again_is_the_same(seconds in 0i64..253_402_300_799) {
            let time = LicenseTime(ExpireTime::from_timestamp(Timestamp::from_millis(seconds * 1000)).unwrap());
            prop_assert_eq!(time.to_string().parse::<LicenseTime>(), Ok(time));
        }

        #[test]
        fn never_panics(text in "\\PC{0,24}|[0-9Tz:. -]{8,24}") {
            let _ = text.parse::<LicenseTime>();
        }
    }
}
