//! What follows events in the local host: the same [`Courier`] and [`Learner`] as on AWS, woken by the host's own writes.
//!
//! [`Pump`] keeps what queues keep on AWS: who is to be tried when, one try at a time for each subject, subjects side
//! by side. It keeps nothing else: what is undelivered or unlearnt stands in the table, and is driven first after a start.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use deliver_events::{Courier, look};
use koogallery::Timestamp;
use koogallery_store::{Kind, Open, StoreError, WakeUp};
use learn_order::{Learner, Learnt};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinSet};

/// How often the index is asked for what nothing drives.
const SWEEP: Duration = Duration::from_mins(5);
/// So many subjects are tried side by side.
const WORKERS: usize = 32;
/// One subject is worked on for so long before the others have their turn.
const TURN: Duration = Duration::from_mins(1);

/// Tells what the writes of one host mean to whoever delivers and learns in the same process.
#[derive(Debug, Clone, Default)]
pub struct WakeUps(Arc<Mutex<Vec<UnboundedSender<WakeUp>>>>);

impl WakeUps {
    /// Hears all wake-ups from now on. For what came before, ask the index.
    #[must_use]
    pub fn hear(&self) -> UnboundedReceiver<WakeUp> {
        let (sender, receiver) = unbounded_channel();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        receiver
    }

    /// Tells everybody who hears.
    pub(crate) fn tell(&self, wake_up: &WakeUp) {
        let mut hearing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hearing.retain(|sender| sender.send(wake_up.clone()).is_ok());
    }
}

/// Whether one has to wait while the other is worked on.
fn take_turns(one: &WakeUp, other: &WakeUp) -> bool {
    match (one, other) {
        (WakeUp::Deliver(one), WakeUp::Deliver(other)) | (WakeUp::Learn(one, _), WakeUp::Learn(other, _)) => {
            one == other
        }
        (WakeUp::Deliver(_), WakeUp::Learn(..)) | (WakeUp::Learn(..), WakeUp::Deliver(_)) => false,
    }
}

/// What was worked on, and when there is more.
type Finished = (WakeUp, Result<Option<Timestamp>, StoreError>);

/// What happens next.
enum Next {
    Heard(WakeUp),
    Finished(Result<Finished, JoinError>),
    Sweep,
    Due,
}

/// Drives whatever events are still to be followed by.
#[derive(Debug)]
pub struct Pump {
    /// None where nothing says where to deliver to.
    courier: Option<Arc<Courier>>,
    learner: Arc<Learner>,
    heard: UnboundedReceiver<WakeUp>,
    due: BTreeMap<WakeUp, Timestamp>,
    working: BTreeSet<WakeUp>,
    tasks: JoinSet<Finished>,
}

impl Pump {
    /// Begins with all that the index says is open. `heard` began before, so that nothing falls between it and the index.
    pub async fn start(
        courier: Option<Arc<Courier>>,
        learner: Arc<Learner>,
        heard: UnboundedReceiver<WakeUp>,
    ) -> Result<Self, StoreError> {
        let (due, working, tasks) = (BTreeMap::new(), BTreeSet::new(), JoinSet::new());
        let mut pump = Self { courier, learner, heard, due, working, tasks };
        let open = pump.open().await?;
        pump.wake(open);
        Ok(pump)
    }

    /// All that is open, by the index.
    async fn open(&self) -> Result<BTreeSet<WakeUp>, StoreError> {
        let mut work = BTreeSet::new();
        if let Some(courier) = &self.courier {
            let open = courier.store().open(Kind::Undelivered).await?;
            work.extend(open.iter().map(|open| WakeUp::Deliver(open.subject.clone())));
        }
        work.extend(self.learner.store().open(Kind::Unlearnt).await?.iter().filter_map(to_learn));
        Ok(work)
    }

    /// Takes in what was heard since the last time. Returns how much that was.
    pub fn hear(&mut self) -> usize {
        let mut heard = 0;
        while let Ok(wake_up) = self.heard.try_recv() {
            heard += usize::from(self.take_in(wake_up));
        }
        heard
    }

    /// Takes in one wake-up. Returns false if nobody can do it.
    fn take_in(&mut self, wake_up: WakeUp) -> bool {
        let can = self.courier.is_some() || matches!(wake_up, WakeUp::Learn(..));
        if can {
            self.wake([wake_up]);
        }
        can
    }

    /// Wakes what the index says nothing drives.
    pub async fn sweep(&mut self) -> Result<(), StoreError> {
        if let Some(courier) = &self.courier {
            let (_, stalled) = look(courier.store(), courier.now(), Instant::now() + SWEEP).await?;
            self.wake(stalled.into_iter().map(WakeUp::Deliver));
        }
        let stalled = self.learner.stalled(Instant::now() + SWEEP).await?;
        self.wake(stalled.iter().filter_map(to_learn));
        Ok(())
    }

    fn wake(&mut self, work: impl IntoIterator<Item = WakeUp>) {
        let now = self.learner.now();
        for work in work {
            self.wake_at(work, now);
        }
    }

    fn wake_at(&mut self, work: WakeUp, at: Timestamp) {
        let due = self.due.entry(work).or_insert(at);
        *due = at.min(*due);
    }

    /// Begins with everything whose time has come and that is not being worked on.
    pub fn begin(&mut self) {
        let (now, free) = (self.learner.now(), WORKERS.saturating_sub(self.tasks.len()));
        let mut ready: Vec<WakeUp> = Vec::new();
        for (work, _) in self.due.iter().filter(|(_, due)| **due <= now) {
            // One at a time for each subject, the oldest event first, as the table's stream has it on AWS.
            let is_free = |other: &WakeUp| !take_turns(work, other);
            if ready.len() < free && self.working.iter().chain(&ready).all(is_free) {
                ready.push(work.clone());
            }
        }
        for work in ready {
            self.due.remove(&work);
            self.working.insert(work.clone());
            let (courier, learner) = (self.courier.clone(), Arc::clone(&self.learner));
            self.tasks.spawn(async move {
                let left = done(courier.as_deref(), &learner, &work).await;
                (work, left)
            });
        }
    }

    /// Waits until one of those begun is done for now; false where none is begun.
    pub async fn finish_one(&mut self) -> bool {
        let Some(finished) = self.tasks.join_next().await else { return false };
        self.finish(finished);
        true
    }

    fn finish(&mut self, finished: Result<Finished, JoinError>) {
        let Ok((work, left)) = finished else { return };
        self.working.remove(&work);
        let shortest = self.learner.now().saturating_add(self.learner.pauses().shortest());
        if let Some(next) = left.unwrap_or(Some(shortest)) {
            // What woke it while it was worked on comes first.
            self.wake_at(work, next);
        }
    }

    /// When the next is to be tried.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        self.due.values().min().copied()
    }

    /// Whether something is still to be delivered, and not only learnt.
    #[must_use]
    pub fn is_delivering(&self) -> bool {
        self.due.keys().chain(&self.working).any(|work| matches!(work, WakeUp::Deliver(_)))
    }

    /// Delivers and learns until told to stop. `trouble` hears why the index cannot be asked.
    pub async fn run(mut self, mut stop: oneshot::Receiver<()>, trouble: impl Fn(&StoreError)) {
        let mut sweep = tokio::time::interval(SWEEP);
        loop {
            self.begin();
            let pause = self.pause();
            let next = tokio::select! {
                _ = &mut stop => return,
                Some(wake_up) = self.heard.recv() => Next::Heard(wake_up),
                Some(finished) = self.tasks.join_next() => Next::Finished(finished),
                _ = sweep.tick() => Next::Sweep,
                () = tokio::time::sleep(pause) => Next::Due,
            };
            match next {
                Next::Heard(wake_up) => {
                    self.take_in(wake_up);
                    self.hear();
                }
                Next::Finished(finished) => self.finish(finished),
                Next::Sweep => {
                    if let Err(error) = self.sweep().await {
                        trouble(&error);
                    }
                }
                Next::Due => {}
            }
        }
    }

    /// How long nothing becomes due, if nothing is heard and nothing ends. What is due and waits for its turn or a free place
    /// begins when something ends.
    fn pause(&self) -> Duration {
        let now = self.learner.now();
        let next = self.due.values().filter(|due| **due > now).min();
        next.map_or(SWEEP, |next| next.since(now))
    }
}

fn to_learn(open: &Open) -> Option<WakeUp> {
    Some(WakeUp::Learn(open.subject.clone(), open.event_id()?))
}

/// Does what is to be done now; when there is more.
async fn done(courier: Option<&Courier>, learner: &Learner, work: &WakeUp) -> Result<Option<Timestamp>, StoreError> {
    match (work, courier) {
        (WakeUp::Deliver(subject), Some(courier)) => {
            let left = courier.deliver(subject, Instant::now() + TURN).await?;
            Ok(left.next.map(|pause| courier.now().saturating_add(pause)))
        }
        (WakeUp::Deliver(_), None) => Ok(None),
        (WakeUp::Learn(subject, event), _) => Ok(match learner.learn(subject, *event).await? {
            Learnt::Done => None,
            Learnt::Again(at) | Learnt::Waits(at) => Some(at),
        }),
    }
}
