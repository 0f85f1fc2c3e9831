//! How long personal data is kept after a release.

use std::time::Duration;

use koogallery::Timestamp;
use koogallery_runtime::{ConfigError, Environment, InvalidValue};

const NAME: &str = "KOOGALLERY_PERSONAL_DATA_DAYS";
const DEFAULT_DAYS: u64 = 30;
/// The longest time: ten years. To keep data longer means not to erase it.
const MOST_DAYS: u64 = 3650;

/// The time between a release and the erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention(Duration);

impl Retention {
    /// Reads `KOOGALLERY_PERSONAL_DATA_DAYS`, 30 by default. With 0, the next run erases personal data.
    pub fn of(environment: &Environment) -> Result<Self, ConfigError> {
        let days = environment.get(NAME).map_or(Ok(DEFAULT_DAYS), |days| days.trim().parse());
        match days {
            Ok(days @ 0..=MOST_DAYS) => Ok(Self(Duration::from_hours(days * 24))),
            _ => Err(ConfigError::invalid(NAME, InvalidValue::OutOfRange { unit: "days", least: 0, most: MOST_DAYS })),
        }
    }

    /// Whatever was released by the returned time is due at `at`.
    #[must_use]
    pub fn released_by(self, at: Timestamp) -> Timestamp {
        at.saturating_sub(self.0)
    }

    /// For how long something that was released then has been due at this time.
    #[must_use]
    pub fn overdue(self, released_at: Timestamp, at: Timestamp) -> Duration {
        self.released_by(at).since(released_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(days: &str) -> Result<Retention, ConfigError> {
        Retention::of(&Environment::default().with(NAME, days))
    }

    const DAY: i64 = 24 * 60 * 60 * 1000;

    #[test]
    fn a_day_is_kept_to_the_millisecond() {
        let day = |days: i64, millis: i64| Timestamp::from_millis(1_764_000_000_000 + days * DAY + millis);
        for (days, kept) in [("0", 0), ("1", 1), (" 30 ", 30), ("", 30), ("3650", 3650)] {
            let retention = of(days).unwrap();
            assert!(retention.released_by(day(kept, -1)) < day(0, 0), "{days}: a moment too early");
            assert_eq!(retention.released_by(day(kept, 0)), day(0, 0), "{days}");
            assert_eq!(retention.overdue(day(0, 0), day(kept, -1)), Duration::ZERO, "{days}");
            assert_eq!(retention.overdue(day(0, 0), day(kept + 4, 0)), Duration::from_hours(96), "{days}");
        }
    }

    #[test]
    fn a_mistake_names_its_variable() {
        for bad in ["-1", "3651", "30d", "1.5", "never"] {
            let error = of(bad).unwrap_err().to_string();
            assert!(error.contains(NAME) && error.contains("from 0 to 3650"), "{error}");
        }
    }
}
