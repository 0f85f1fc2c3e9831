//! How long an event waits after each try that failed.

use std::time::Duration;

/// Growing pauses, one after each failed try. After the last one the event is parked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pauses(Vec<Duration>);

/// SQS hides a message for 12 hours at most, counted from its receipt.
const LONGEST: Duration = Duration::from_hours(11);

impl Default for Pauses {
    /// Fifteen tries over more than three days: a receiver that is down from Friday to Monday misses nothing.
    fn default() -> Self {
        let minute = Duration::from_mins;
        let growing = [Duration::from_secs(5), Duration::from_secs(30), minute(2), minute(10), minute(30)];
        let hours = [1, 3, 6].map(Duration::from_hours);
        Self([&growing[..], &hours, &[LONGEST; 6]].concat())
    }
}

impl Pauses {
    /// The pause after the failed try of this number, from 1; none after the last.
    #[must_use]
    pub fn after(&self, attempt: u32) -> Option<Duration> {
        self.0.get(usize::try_from(attempt).ok()?.checked_sub(1)?).copied()
    }

    /// The first: for troubles that are nobody's but ours.
    #[must_use]
    pub fn shortest(&self) -> Duration {
        self.0.first().copied().unwrap_or(LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_grow_for_more_than_three_days_and_each_fits_a_queue() {
        let pauses = Pauses::default();
        assert!(pauses.0.iter().sum::<Duration>() > Duration::from_hours(72));
        assert!(pauses.0.is_sorted());
        assert!(pauses.0.iter().all(|pause| *pause <= LONGEST));
        assert_eq!((pauses.after(1), pauses.after(15)), (Some(Duration::from_secs(5)), None));
    }
}
