//! What a schedule does every few minutes on AWS, in a host: reporting use, watching for deadlines, and telling people.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use koogallery_runtime::Turn;
use koogallery_store::{LeaseOf, StoreError};
use notify::Notifier;
use report_usage::Reporter;
use tokio::sync::Mutex;
use watch::Watcher;

use crate::notes::trouble;
use crate::schedules::sharing::{Sharing, give_back};

/// So long after it took its lease, a host begins nothing further. One that runs longer does no harm where another host begins: what
/// both do is done once.
const SLICE: Duration = Duration::from_mins(1);

/// A job that a schedule runs.
pub(crate) trait Timed: Debug + Send {
    /// What a host takes before it runs.
    const LEASE: LeaseOf;
    /// What did not happen if a run fails.
    const TROUBLE: &str;
    /// How often it runs.
    const PAUSE: Duration = Duration::from_mins(5);

    /// Does what is due. Nothing begins after `until`.
    fn run(&self, until: Instant) -> impl Future<Output = Result<(), StoreError>> + Send;
}

impl Timed for Reporter {
    const LEASE: LeaseOf = LeaseOf::Usage;
    const TROUBLE: &str = "use is not reported just now";

    async fn run(&self, until: Instant) -> Result<(), StoreError> {
        Self::run(self, until).await.map(drop)
    }
}

impl Timed for Watcher {
    const LEASE: LeaseOf = LeaseOf::Watch;
    const TROUBLE: &str = "deadlines are not watched just now";

    async fn run(&self, until: Instant) -> Result<(), StoreError> {
        Self::run(self, until).await.map(drop)
    }
}

impl Timed for Notifier {
    const LEASE: LeaseOf = LeaseOf::Notify;
    const TROUBLE: &str = "people are not told just now what waits";
    const PAUSE: Duration = Duration::from_mins(1);

    async fn run(&self, _: Instant) -> Result<(), StoreError> {
        Self::run(self).await.map(drop)
    }
}

/// What runs a job: once at a time, and on one host at a time.
#[derive(Debug)]
pub(crate) struct EveryFewMinutes<Job> {
    job: Mutex<Job>,
    sharing: Option<Sharing>,
}

impl<Job: Timed> EveryFewMinutes<Job> {
    /// Runs nothing yet.
    pub(crate) fn new(job: Job, sharing: Option<&Sharing>) -> Self {
        let sharing = sharing.map(|sharing| Sharing::by(sharing.leases().clone().of_length(SLICE)));
        Self { job: Mutex::new(job), sharing }
    }

    /// Does what is due, unless another host does. Nothing begins after `until`.
    pub(crate) async fn once(&self, until: Instant) -> Result<(), StoreError> {
        let job = self.job.lock().await;
        let Some(sharing) = &self.sharing else {
            return job.run(until).await;
        };
        let Turn::Mine(held) = sharing.leases().take(Job::LEASE).await? else { return Ok(()) };
        let done = job.run(until.min(Instant::now() + SLICE)).await;
        give_back(&held).await;
        done
    }

    /// Runs again and again, for the first time after a pause: a start is busy enough. It may end between any two steps.
    pub(crate) async fn run(&self) -> ! {
        let mut next = tokio::time::interval_at(tokio::time::Instant::now() + Job::PAUSE, Job::PAUSE);
        loop {
            next.tick().await;
            if let Err(error) = self.once(Instant::now() + Job::PAUSE).await {
                trouble(Job::TROUBLE, error);
            }
        }
    }
}
