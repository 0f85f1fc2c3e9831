//! The figures of what is still to be done: the same as the sweeps write as metrics on AWS.

use std::sync::Arc;
use std::time::{Duration, Instant};

use deliver_events::{Swept, look};
use koogallery_store::{LeaseOf, StoreError};
use learn_order::Learner;
use tokio::sync::watch;

use crate::schedules::counted::Counted;
use crate::schedules::sharing::Sharing;
use crate::schedules::trouble;

/// How often they are measured.
const PAUSE: Duration = Duration::from_mins(1);
/// The host that measured them last does so again, unless it has not done so for so long.
const LEASE: Duration = Duration::from_secs(100);

/// What is still to be done, as it was measured last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// Events to deliver, parked events, instances to provision.
    pub swept: Swept,
    /// For how long the oldest event has waited to learn its order, of those for which that is late.
    pub unlearnt_age: Duration,
}

/// Measures the figures.
#[derive(Debug)]
pub(crate) struct Measuring {
    learner: Arc<Learner>,
    sharing: Option<Sharing>,
    counted: Arc<Counted>,
    latest: watch::Sender<Option<Figures>>,
}

impl Measuring {
    /// Has measured nothing yet.
    pub(crate) fn new(learner: Arc<Learner>, sharing: Option<&Sharing>, counted: Arc<Counted>) -> Self {
        let sharing = sharing.map(|sharing| Sharing::by(sharing.leases().clone().of_length(LEASE)));
        Self { learner, sharing, counted, latest: watch::Sender::new(None) }
    }

    /// The latest figures; none as long as nothing is measured, and where another host measures them.
    pub(crate) fn latest(&self) -> watch::Receiver<Option<Figures>> {
        self.latest.subscribe()
    }

    /// Measures them, unless another host does.
    pub(crate) async fn measure(&self) -> Result<(), StoreError> {
        if let Some(sharing) = &self.sharing
            && !sharing.leads(LeaseOf::Figures).await?
        {
            self.latest.send_replace(None);
            return Ok(());
        }
        let (now, until) = (self.learner.now(), Instant::now() + PAUSE / 2);
        let (swept, _) = look(self.learner.store(), now, until).await?;
        let stalled = self.learner.stalled(until).await?;
        let unlearnt_age = stalled.iter().map(|open| now.since(open.since)).max().unwrap_or_default();
        self.counted.measured(&swept, &stalled);
        self.latest.send_replace(Some(Figures { swept, unlearnt_age }));
        Ok(())
    }

    /// Measures them again and again, for the first time after a pause: a start is busy enough.
    pub(crate) async fn run(&self) -> ! {
        let mut next = tokio::time::interval_at(tokio::time::Instant::now() + PAUSE, PAUSE);
        loop {
            next.tick().await;
            if let Err(error) = self.measure().await {
                self.latest.send_replace(None);
                trouble("what is still to be done cannot be measured just now", &error);
            }
        }
    }
}
