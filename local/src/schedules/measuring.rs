//! Measures what is still to be done: the same figures as the sweeps write as metrics on AWS.

use std::sync::Arc;
use std::time::{Duration, Instant};

use deliver_events::look;
use koogallery_store::{LeaseOf, StoreError};
use learn_order::Learner;

use crate::notes::trouble;
use crate::schedules::counted::Counted;
use crate::schedules::sharing::Sharing;

/// How often they are measured.
const PAUSE: Duration = Duration::from_mins(1);
/// The host that measured them last does so again, unless it has not done so for so long.
const LEASE: Duration = Duration::from_secs(100);

/// Measures the figures.
#[derive(Debug)]
pub(crate) struct Measuring {
    learner: Arc<Learner>,
    sharing: Option<Sharing>,
    counted: Arc<Counted>,
}

impl Measuring {
    /// For one host.
    pub(crate) fn new(learner: Arc<Learner>, sharing: Option<&Sharing>, counted: Arc<Counted>) -> Self {
        let sharing = sharing.map(|sharing| Sharing::by(sharing.leases().clone().of_length(LEASE)));
        Self { learner, sharing, counted }
    }

    /// Measures them, unless another host does.
    pub(crate) async fn measure(&self) -> Result<(), StoreError> {
        if let Some(sharing) = &self.sharing
            && !sharing.leads(LeaseOf::Figures).await?
        {
            return Ok(());
        }
        let (now, until) = (self.learner.now(), Instant::now() + PAUSE / 2);
        let (swept, _) = look(self.learner.store(), now, until).await?;
        let stalled = self.learner.stalled(until).await?;
        self.counted.measured(&swept, &stalled);
        Ok(())
    }

    /// Measures them again and again, for the first time after a pause: a start is busy enough.
    pub(crate) async fn run(&self) -> ! {
        let mut next = tokio::time::interval_at(tokio::time::Instant::now() + PAUSE, PAUSE);
        loop {
            next.tick().await;
            if let Err(error) = self.measure().await {
                trouble("what is still to be done cannot be measured just now", error);
            }
        }
    }
}
