//! Measures how long a call waits for the store.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Adds up the round trips of one call. Its clones add to the same sum.
#[derive(Debug, Clone, Default)]
pub struct StoreClock(Arc<AtomicU64>);

impl StoreClock {
    /// How long the store took so far, to the microsecond.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        Duration::from_micros(self.0.load(Ordering::Relaxed))
    }

    /// Runs one round trip and adds its time, also if the deadline cuts it: that is when the time matters most.
    pub(crate) async fn timed<F: Future>(&self, round_trip: F) -> F::Output {
        let _running = Running { clock: self, since: Instant::now() };
        round_trip.await
    }
}

/// A round trip that is running. It ends when this is dropped.
struct Running<'a> {
    clock: &'a StoreClock,
    since: Instant,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let micros = u64::try_from(self.since.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.clock.0.fetch_add(micros, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_round_trip_that_is_cut_counts() {
        let clock = StoreClock::default();
        let hangs = clock.timed(std::future::pending::<()>());
        assert!(tokio::time::timeout(Duration::from_millis(20), hangs).await.is_err());
        assert!(clock.elapsed() >= Duration::from_millis(20), "{:?}", clock.elapsed());
    }
}
