//! How long to wait after a failed try.

use std::time::Duration;

/// Growing pauses, one after each failed try. After the last pause there is one more try, and then none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pauses(Vec<Duration>);

impl Default for Pauses {
    /// Fifteen tries over more than three days: an application that is down from Friday to Monday misses nothing.
    fn default() -> Self {
        let minute = Duration::from_mins;
        let growing = [Duration::from_secs(5), Duration::from_secs(30), minute(2), minute(10), minute(30)];
        let hours = [1, 3, 6].map(Duration::from_hours);
        Self([&growing[..], &hours, &[Duration::from_hours(11); 6]].concat())
    }
}

impl Pauses {
    /// The longest pause for something urgent.
    pub const URGENT: Duration = Duration::from_mins(5);

    /// The pause after the failed try with this number, from 1. Returns none after the last try.
    #[must_use]
    pub fn after(&self, attempt: u32) -> Option<Duration> {
        self.0.get(usize::try_from(attempt).ok()?.checked_sub(1)?).copied()
    }

    /// The first pause: for problems of our own.
    #[must_use]
    pub fn shortest(&self) -> Duration {
        self.0.first().copied().unwrap_or(Self::URGENT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_grow_for_more_than_three_days() {
        let pauses = Pauses::default();
        assert!(pauses.0.iter().sum::<Duration>() > Duration::from_hours(72));
        assert!(pauses.0.is_sorted());
        assert_eq!((pauses.after(1), pauses.after(15)), (Some(Duration::from_secs(5)), None));
        assert_eq!(pauses.shortest(), Duration::from_secs(5));
    }
}
