//! Erasing personal data in a host, as the schedule does on AWS.

use std::time::{Duration, Instant};

use erase_personal_data::Eraser;
use koogallery_runtime::{Held, Turn};
use koogallery_store::{LeaseOf, Open, StoreError};
use tokio::sync::Mutex;

use crate::notes::trouble;
use crate::schedules::sharing::{Sharing, give_back};

/// How often the index is asked for what is due.
const PAUSE: Duration = Duration::from_hours(1);
/// So long after it made sure of its lease, a host does so again before the next erasure. One that takes longer does no harm where
/// another host begins: each step of an erasure may be done twice.
const SLICE: Duration = Duration::from_secs(5);

/// What erases.
#[derive(Debug)]
pub(crate) struct Erasing {
    /// One run at a time.
    eraser: Mutex<Eraser>,
    sharing: Option<Sharing>,
}

impl Erasing {
    /// Erases nothing yet.
    pub(crate) fn new(eraser: Eraser, sharing: Option<Sharing>) -> Self {
        Self { eraser: Mutex::new(eraser), sharing }
    }

    /// Whether something is due.
    pub(crate) async fn is_due(&self) -> Result<bool, StoreError> {
        Ok(!self.eraser.lock().await.due().await?.is_empty())
    }

    /// Erases what is due, unless another host does. None begins after `until`.
    pub(crate) async fn erase(&self, until: Instant) -> Result<(), StoreError> {
        let eraser = self.eraser.lock().await;
        let due = eraser.due().await?;
        let Some(sharing) = self.sharing.as_ref().filter(|_| !due.is_empty()) else {
            return self.work_off(&eraser, due, None, until).await;
        };
        let Turn::Mine(held) = sharing.leases().take(LeaseOf::Erasure).await? else { return Ok(()) };
        let done = self.work_off(&eraser, due, Some(&held), until).await;
        give_back(&held).await;
        done
    }

    async fn work_off(
        &self,
        eraser: &Eraser,
        mut due: Vec<Open>,
        held: Option<&Held>,
        until: Instant,
    ) -> Result<(), StoreError> {
        loop {
            let end = if held.is_some() { until.min(Instant::now() + SLICE) } else { until };
            let run = eraser.erase(due, end).await;
            // What failed is tried with the next run.
            let is_done = run.due == 0 || run.erased == 0;
            if is_done || Instant::now() >= until {
                return Ok(());
            }
            if let Some(held) = held
                && !held.secure(SLICE).await?
            {
                return Ok(());
            }
            due = eraser.due().await?;
        }
    }

    /// Erases now if something `is_due`, and then again and again. It may end between any two steps: what breaks off begins again.
    pub(crate) async fn run(&self, is_due: bool) -> ! {
        let first = Instant::now() + if is_due { Duration::ZERO } else { PAUSE };
        let mut next = tokio::time::interval_at(first.into(), PAUSE);
        loop {
            next.tick().await;
            if let Err(error) = self.erase(Instant::now() + PAUSE).await {
                trouble("personal data is not erased just now", error);
            }
        }
    }
}
