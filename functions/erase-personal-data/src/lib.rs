//! erase-personal-data: erases the personal data of an instance or a license code, a configured time after its release.
//!
//! A schedule wakes it once a day. The table's index says what is due. The store makes each erasure ([`koogallery_store::Store::erase`]); one that
//! stops in the middle stays due. [`Eraser`] knows no Lambda: the local host runs the same.

mod record;
mod retention;

use std::sync::Arc;
use std::time::{Duration, Instant};

use koogallery::Timestamp;
use koogallery_runtime::{CloudWatch, ConfigError, Environment, Job, StartError, serve_job};
use koogallery_store::{Erased, Gone, Open, StoreError, Subject};
use serde::de::IgnoredAny;

pub use record::{FUNCTION, erased_line};
pub use retention::Retention;

/// How long one erasure may take. None begins with less time left.
const LONGEST_ERASURE: Duration = Duration::from_secs(90);

/// Where records go. They say what an erasure was about, never what was erased.
pub trait Journal: Send + Sync {
    /// One erasure is done, or failed for this reason.
    fn erased(&self, of: &Subject, gone: &Result<Gone, StoreError>);

    /// A run is over.
    fn ran(&self, run: &Run);
}

/// The result of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// When it ended.
    pub at: Timestamp,
    /// How many it erased.
    pub erased: usize,
    /// How many it could not erase.
    pub failed: usize,
    /// How many are still due: these, and those for which there was no time.
    pub due: usize,
    /// For how long the oldest of them has been due.
    pub overdue: Duration,
}

/// Erases what is due.
#[derive(Debug)]
pub struct Eraser {
    job: Job<dyn Journal>,
    retention: Retention,
}

impl Eraser {
    /// Reads how long personal data is kept.
    pub fn of(environment: &Environment, job: Job<dyn Journal>) -> Result<Self, ConfigError> {
        Ok(Self { job, retention: Retention::of(environment)? })
    }

    /// What has to be erased now, oldest first.
    pub async fn due(&self) -> Result<Vec<Open>, StoreError> {
        let mut due = self.job.store.to_erase(self.retention.released_by(self.job.now())).await?;
        due.sort_by_key(|open| open.since);
        Ok(due)
    }

    /// Erases what is due, one after the other. After the first, none begins after `until`. One that fails does not stop the
    /// others.
    pub async fn erase(&self, due: Vec<Open>, until: Instant) -> Run {
        let (mut erased, mut failed, mut left) = (0, 0, Vec::new());
        for (place, open) in due.into_iter().enumerate() {
            if place > 0 && Instant::now() >= until {
                left.push(open.since);
                continue;
            }
            let (of, at) = (open.subject, self.job.now());
            match self.job.store.erase(&of, self.retention.released_by(at), at).await {
                Ok(Erased::Done(gone)) => {
                    erased += 1;
                    self.job.journal.erased(&of, &Ok(gone));
                }
                // The index is a moment behind the table.
                Ok(Erased::Before | Erased::NotDue | Erased::Unknown) => {}
                Err(error) => {
                    failed += 1;
                    left.push(open.since);
                    self.job.journal.erased(&of, &Err(error));
                }
            }
        }
        let at = self.job.now();
        let overdue = left.iter().map(|released_at| self.retention.overdue(*released_at, at)).max();
        let run = Run { at, erased, failed, due: left.len(), overdue: overdue.unwrap_or_default() };
        self.job.journal.ran(&run);
        run
    }
}

/// Erases on Lambda until the sandbox ends.
pub async fn lambda() -> Result<(), StartError> {
    let environment = Environment::of_lambda();
    let journal: Arc<dyn Journal> = Arc::new(CloudWatch::of(&environment));
    let eraser = &Eraser::of(&environment, Job::of(&environment, journal)?)?;
    serve_job(LONGEST_ERASURE, async |_: IgnoredAny, until| {
        let run = eraser.erase(eraser.due().await?, until).await;
        Ok(run.erased)
    })
    .await
}
