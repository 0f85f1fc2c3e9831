//! The time when a call was signed, from its `timestamp` parameter.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A point in time: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

/// The text is neither 13 digits (milliseconds) nor 10 digits (seconds).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("timestamp must be a UNIX time of 13 digits (milliseconds) or 10 digits (seconds)")]
pub struct TimestampError;

impl Timestamp {
    /// From milliseconds since the epoch.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down: the unit of a DynamoDB TTL.
    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Reads the `timestamp` parameter. The samples and the Chinese guide send milliseconds, the international guide sends seconds; the
    /// length says which (topics 0070649476, 0070649098).
    pub fn parse(text: &str) -> Result<Self, TimestampError> {
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(TimestampError);
        }
        let number: i64 = text.parse().map_err(|_| TimestampError)?;
        match text.len() {
            13 => Ok(Self(number)),
            10 => Ok(Self(number * 1000)),
            _ => Err(TimestampError),
        }
    }

    /// Whether `self` and `other` are at most `window` apart, whichever is earlier.
    #[must_use]
    pub fn is_within(self, window: Duration, other: Self) -> bool {
        u128::from(self.0.abs_diff(other.0)) <= window.as_millis()
    }

    /// The time `duration` earlier, or the earliest possible time.
    #[must_use]
    pub fn saturating_sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// The time `duration` later, or the latest possible time.
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long it is after `earlier`; zero if it is not after it.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0).try_into().unwrap_or_default())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_milliseconds_and_seconds() {
        assert_eq!(Timestamp::parse("1764000000123"), Ok(Timestamp(1_764_000_000_123)));
        assert_eq!(Timestamp::parse("1764000000"), Ok(Timestamp(1_764_000_000_000)));
        for bad in ["", "176400000012", "17640000001234", "-764000000123", "+764000000", "1764000000a23", "１７６４"]
        {
            assert_eq!(Timestamp::parse(bad), Err(TimestampError), "{bad}");
        }
    }

    #[test]
    fn the_window_includes_its_edge_both_ways() {
        let now = Timestamp(1_764_000_000_000);
        let window = Duration::from_mins(1);
        assert!(Timestamp(now.0 - 60_000).is_within(window, now));
        assert!(Timestamp(now.0 + 60_000).is_within(window, now));
        assert!(!Timestamp(now.0 - 60_001).is_within(window, now));
        assert!(!Timestamp(now.0 + 60_001).is_within(window, now));
    }
}
