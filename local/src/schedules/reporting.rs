//! Reporting use in a host, as the schedule does on AWS.

use std::time::{Duration, Instant};

use koogallery_runtime::Turn;
use koogallery_store::{LeaseOf, StoreError};
use report_usage::Reporter;
use tokio::sync::Mutex;

use crate::notes::trouble;
use crate::schedules::sharing::{Sharing, give_back};

/// How often hours that are over are closed and pushed.
const PAUSE: Duration = Duration::from_mins(5);
/// So long after it took its lease, a host begins no further push. One that runs longer does no harm where another host begins: both
/// push the same records, and KooGallery counts each once.
const SLICE: Duration = Duration::from_mins(1);

/// What reports.
#[derive(Debug)]
pub(crate) struct Reporting {
    /// One run at a time.
    reporter: Mutex<Reporter>,
    sharing: Option<Sharing>,
}

impl Reporting {
    /// Reports nothing yet.
    pub(crate) fn new(reporter: Reporter, sharing: Option<&Sharing>) -> Self {
        let sharing = sharing.map(|sharing| Sharing::by(sharing.leases().clone().of_length(SLICE)));
        Self { reporter: Mutex::new(reporter), sharing }
    }

    /// Closes and pushes what is due, unless another host does. No push begins after `until`.
    pub(crate) async fn report(&self, until: Instant) -> Result<(), StoreError> {
        let reporter = self.reporter.lock().await;
        let Some(sharing) = &self.sharing else {
            return reporter.run(until).await.map(drop);
        };
        let Turn::Mine(held) = sharing.leases().take(LeaseOf::Usage).await? else { return Ok(()) };
        let done = reporter.run(until.min(Instant::now() + SLICE)).await;
        give_back(&held).await;
        done.map(drop)
    }

    /// Reports again and again, for the first time after a pause: a start is busy enough. It may end between any two steps.
    pub(crate) async fn run(&self) -> ! {
        let mut next = tokio::time::interval_at(tokio::time::Instant::now() + PAUSE, PAUSE);
        loop {
            next.tick().await;
            if let Err(error) = self.report(Instant::now() + PAUSE).await {
                trouble("use is not reported just now", error);
            }
        }
    }
}
