//! What a host does by itself, beside answering calls: it delivers events, learns orders, erases personal data, reports
//! use, warns of deadlines, tells people what waits, and measures what is still to be done. On AWS, queues and schedules do that.
//!
//! Several hosts may work over one table: see [`Sharing`].

mod agenda;
mod counted;
mod erasing;
mod measuring;
mod pump;
mod rotating;
mod sharing;
mod timed;
mod wake_ups;

use std::sync::Arc;
use std::time::{Duration, Instant};

use deliver_events::Courier;
use erase_personal_data::Eraser;
use koogallery_runtime::{ConfigError, Environment, Job, LeaseTerms, Leases, now};
use koogallery_store::{Store, StoreError};
use learn_order::Learner;
use notify::Notifier;
use report_usage::Reporter;
use rotate_signing_keys::Rotator;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use watch::Watcher;

pub use counted::WorkDone;
pub use pump::Pump;
pub use sharing::Sharing;
pub use wake_ups::WakeUps;

use crate::log::EventJournal;
use crate::schedules::counted::Counted;
use crate::schedules::erasing::Erasing;
use crate::schedules::measuring::Measuring;
use crate::schedules::pump::Request;
use crate::schedules::timed::EveryFewMinutes;

/// How many hosts can reach the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hosts {
    /// Only this process reaches it: it needs no lease.
    One,
    /// Others may work over it.
    Several,
}

/// When a host does what it does by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Runs {
    /// As soon as it is due.
    #[default]
    Always,
    /// Only while somebody waits for it ([`AtWork::work_until`]): for a host that is stopped between two requests.
    WhenAsked,
}

/// Why the schedules do not start.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// What is undelivered cannot be read.
    #[error("events cannot be delivered: {0}")]
    Delivery(#[source] StoreError),
    /// What is personal and due cannot be found.
    #[error("personal data cannot be erased: {0}")]
    Erasure(#[source] StoreError),
}

/// Why not all that is due could be done.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// What is due cannot be read, or not be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The host stops.
    #[error("the host stops")]
    Stopping,
}

/// A host's schedules, which run until they are stopped.
#[derive(Debug)]
pub struct Schedules {
    at_work: AtWork,
    delivers: bool,
    running: Vec<(oneshot::Sender<()>, JoinHandle<()>)>,
}

/// What a route asks for work. Its clones ask the same host.
#[derive(Debug, Clone)]
pub struct AtWork {
    counted: Arc<Counted>,
    erasing: Arc<Erasing>,
    measuring: Arc<Measuring>,
    reporting: Arc<EveryFewMinutes<Reporter>>,
    rotator: Arc<Rotator>,
    watching: Arc<EveryFewMinutes<Watcher>>,
    /// None where nobody is to be told.
    notifying: Option<Arc<EveryFewMinutes<Notifier>>>,
    /// None where nothing is delivered or learnt.
    requests: Option<mpsc::UnboundedSender<Request>>,
}

impl Schedules {
    /// Starts them. What the store's writes wake has to be heard by `wake_ups`.
    pub async fn start(
        environment: &Environment,
        store: &Store,
        wake_ups: &WakeUps,
        journal: Arc<dyn EventJournal>,
        hosts: Hosts,
        runs: Runs,
    ) -> Result<Self, ScheduleError> {
        let counted = Arc::new(Counted::new(journal));
        let courier = Courier::of(environment, Job::new(store.clone(), Arc::new(now), Arc::clone(&counted) as _))?;
        let courier = courier.map(Arc::new);
        let learner = Learner::of(environment, Job::new(store.clone(), Arc::new(now), Arc::clone(&counted) as _))?;
        let learner = Arc::new(learner);
        let longest = courier.as_ref().map_or(Duration::ZERO, |courier| courier.longest_send());
        let terms = LeaseTerms::of(environment, longest)?;
        let sharing = (hosts == Hosts::Several).then(|| Sharing::by(Leases::new(store.clone(), Arc::new(now), terms)));

        let eraser = Eraser::of(environment, Job::new(store.clone(), Arc::new(now), Arc::clone(&counted) as _))?;
        let erasing = Arc::new(Erasing::new(eraser, sharing.clone()));
        let rotator = Rotator::of(environment, Job::new(store.clone(), Arc::new(now), Arc::clone(&counted) as _))?;
        let is_due = erasing.is_due().await.map_err(ScheduleError::Erasure)?;
        let measuring = Arc::new(Measuring::new(Arc::clone(&learner), sharing.as_ref(), Arc::clone(&counted)));
        let reporter = Reporter::of(environment, Job::new(store.clone(), Arc::new(now), Arc::clone(&counted) as _))?;
        let reporting = Arc::new(EveryFewMinutes::new(reporter, sharing.as_ref()));
        let watcher = Watcher::of(environment, Job::new(store.clone(), Arc::new(now), Arc::clone(&counted) as _))?;
        let watching = Arc::new(EveryFewMinutes::new(watcher, sharing.as_ref()));
        let notifier = Notifier::of(environment, Job::new(store.clone(), Arc::new(now), Arc::clone(&counted) as _))?;
        let notifying = notifier.map(|notifier| Arc::new(EveryFewMinutes::new(notifier, sharing.as_ref())));
        let delivers = courier.is_some();
        let (mut running, mut requests) = (Vec::new(), None);
        if delivers || learner.can_ask() {
            let pump = Pump::start(courier, learner, wake_ups.hear(), sharing);
            let pump = pump.await.map_err(ScheduleError::Delivery)?;
            let (sender, receiver) = mpsc::unbounded_channel();
            requests = Some(sender);
            running.push(until_stopped(|stopped| pump.run(stopped, receiver, runs)));
        }
        let rotator = Arc::new(rotator);
        let at_work = AtWork { counted, erasing, measuring, reporting, rotator, watching, notifying, requests };
        if runs == Runs::Always {
            let this = at_work.clone();
            running.push(until_stopped(async move |stopped| {
                tokio::select! {
                    _ = stopped => {}
                    never = this.erasing.run(is_due) => never,
                    never = this.measuring.run() => never,
                    never = rotating::run(&this.rotator) => never,
                    never = this.reporting.run() => never,
                    never = this.watching.run() => never,
                    never = told(this.notifying.as_deref()) => never,
                }
            }));
        }
        Ok(Self { at_work, delivers, running })
    }

    /// Whether events are delivered.
    #[must_use]
    pub const fn delivers(&self) -> bool {
        self.delivers
    }

    /// What a route asks for work.
    #[must_use]
    pub const fn at_work(&self) -> &AtWork {
        &self.at_work
    }

    /// Stops them. What breaks off begins again with the next start, or on another host.
    pub async fn stop(self) {
        let (stops, ends): (Vec<_>, Vec<_>) = self.running.into_iter().unzip();
        drop(stops);
        for end in ends {
            drop(end.await);
        }
    }
}

impl AtWork {
    /// Does all that is due: delivers, learns, erases and reports what is due now, also what another host left, and measures the figures.
    /// For a host that runs only while it answers a request. Nothing begins after `until`; what has begun is waited for, which takes
    /// up to the webhook's time-out longer.
    pub async fn work_until(&self, until: Instant) -> Result<WorkDone, WorkError> {
        let before = self.counted.done();
        if let Some(requests) = &self.requests {
            let (done, answer) = oneshot::channel();
            requests.send(Request { until, done }).map_err(|_| WorkError::Stopping)?;
            answer.await.map_err(|_| WorkError::Stopping)??;
        }
        if Instant::now() < until {
            self.erasing.erase(until).await?;
        }
        self.rotator.rotate().await;
        if Instant::now() < until {
            self.reporting.once(until).await?;
        }
        if Instant::now() < until {
            self.watching.once(until).await?;
        }
        if let Some(notifying) = self.notifying.as_ref().filter(|_| Instant::now() < until) {
            notifying.once(until).await?;
        }
        self.measuring.measure().await?;
        Ok(self.done().since(before))
    }

    /// How much this host has done since its start.
    #[must_use]
    pub fn done(&self) -> WorkDone {
        self.counted.done()
    }
}

/// Tells people again and again, if there is somebody to be told.
async fn told(notifying: Option<&EveryFewMinutes<Notifier>>) -> ! {
    match notifying {
        Some(notifying) => notifying.run().await,
        None => std::future::pending().await,
    }
}

fn until_stopped<Runs: Future<Output = ()> + Send + 'static>(
    run: impl FnOnce(oneshot::Receiver<()>) -> Runs,
) -> (oneshot::Sender<()>, JoinHandle<()>) {
    let (stop, stopped) = oneshot::channel();
    (stop, tokio::spawn(run(stopped)))
}
