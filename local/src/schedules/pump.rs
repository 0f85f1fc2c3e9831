//! What follows events in a host: the same [`Courier`] and [`Learner`] as on AWS, woken by the host's own writes.
//!
//! [`Pump`] keeps what queues keep on AWS: who is to be tried when, one try at a time for each subject, subjects side
//! by side. It keeps nothing else: what is undelivered or unlearnt stands in the table, and is driven first after a start.
//!
//! Where other hosts work over the same table ([`Sharing`]), it works on a subject under a lease, and asks the index often: for what
//! another host left, or has too much to do for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use deliver_events::{Courier, look, stalled};
use koogallery::Timestamp;
use koogallery_runtime::{Held, Turn};
use koogallery_store::{Kind, LeaseOf, Open, StoreError, WakeUp};
use learn_order::{Learner, Learnt};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinSet};

use crate::notes::trouble;
use crate::schedules::Runs;
use crate::schedules::agenda::Agenda;
use crate::schedules::sharing::{Sharing, give_back};

/// How often the index is asked for what nothing drives, where no other host works over the table.
const SWEEP: Duration = Duration::from_mins(5);
/// One subject is worked on for so long before the others have their turn.
const TURN: Duration = Duration::from_mins(1);
/// The same under a lease: so that another host, to which a call came for the subject, need not wait for long.
const SHARED_TURN: Duration = Duration::from_secs(5);
/// A host that stops waits for so long for the turns that it has begun under a lease. Other hosts wait longer for what it does not end.
const LAST_TURNS: Duration = Duration::from_secs(5);

/// What was worked on, and what is left of it.
type Finished = (WakeUp, Result<Rest, StoreError>);

/// What is left of some work.
#[derive(Debug, Clone, Copy, Default)]
struct Rest {
    /// When there is more to do.
    next: Option<Timestamp>,
    /// Whether the last try failed.
    failed: bool,
}

/// What happens next.
enum Next {
    Heard(WakeUp),
    Asked(Request),
    Finished(Result<Finished, JoinError>),
    Sweep,
    Due,
}

/// Somebody wants all that is due to be done.
#[derive(Debug)]
pub(crate) struct Request {
    /// Nothing begins after this time.
    pub(crate) until: Instant,
    /// Hears when nothing is due any more, or when all has ended that began before that time; and whether the index could be asked.
    pub(crate) done: oneshot::Sender<Result<(), StoreError>>,
}

/// Drives whatever events are still to be followed by.
#[derive(Debug)]
pub struct Pump {
    /// None where nothing says where to deliver to.
    courier: Option<Arc<Courier>>,
    learner: Arc<Learner>,
    sharing: Option<Sharing>,
    heard: UnboundedReceiver<WakeUp>,
    agenda: Agenda,
    requests: Vec<Request>,
    tasks: JoinSet<Finished>,
}

impl Pump {
    /// Begins with all that the index says is open. `heard` began before, so that nothing falls between it and the index.
    pub async fn start(
        courier: Option<Arc<Courier>>,
        learner: Arc<Learner>,
        heard: UnboundedReceiver<WakeUp>,
        sharing: Option<Sharing>,
    ) -> Result<Self, StoreError> {
        let (agenda, requests, tasks) = (Agenda::default(), Vec::new(), JoinSet::new());
        let mut pump = Self { courier, learner, sharing, heard, agenda, requests, tasks };
        if pump.sharing.is_some() {
            pump.take_late(Duration::ZERO).await?;
        } else {
            pump.take_all().await?;
        }
        Ok(pump)
    }

    /// Wakes all that is open, by the index.
    async fn take_all(&mut self) -> Result<(), StoreError> {
        let now = self.learner.now();
        let mut open = Vec::new();
        if let Some(courier) = &self.courier {
            let undelivered = courier.store().open(Kind::Undelivered).await?;
            open.extend(undelivered.into_iter().map(|open| (WakeUp::Deliver(open.subject.clone()), open)));
        }
        let unlearnt = self.learner.store().open(Kind::Unlearnt).await?;
        open.extend(unlearnt.into_iter().filter_map(|open| Some((to_learn(&open)?, open))));
        for (work, open) in open {
            let due = open.next_try_at.unwrap_or(open.since);
            self.agenda.plan(work, due.min(now), open.since, open.next_try_at.is_some());
        }
        Ok(())
    }

    /// Wakes what the index says should have been done so long ago. What waits for its time is for whoever tried it last.
    async fn take_late(&mut self, grace: Duration) -> Result<(), StoreError> {
        let until = Instant::now() + SWEEP;
        if let Some(courier) = &self.courier {
            for late in stalled(courier.store(), courier.now(), grace, until).await? {
                self.agenda.plan(WakeUp::Deliver(late.subject), late.due, late.due, late.failed);
            }
        }
        for late in self.learner.stalled_for(grace, until).await? {
            let due = late.next_try_at.unwrap_or(late.since);
            if let Some(work) = to_learn(&late) {
                self.agenda.plan(work, due, late.since, late.next_try_at.is_some());
            }
        }
        Ok(())
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

    /// Wakes what the index says nothing drives, unless another host does that.
    pub async fn sweep(&mut self) -> Result<(), StoreError> {
        if let Some(sharing) = self.sharing.clone() {
            return if sharing.leads(LeaseOf::Sweep).await? { self.take_late(sharing.grace()).await } else { Ok(()) };
        }
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
            self.agenda.plan(work, now, now, false);
        }
    }

    /// Begins with everything whose time has come and that is not being worked on.
    pub fn begin(&mut self) {
        let longest = if self.sharing.is_some() { SHARED_TURN } else { TURN };
        let until = self.requests.iter().map(|request| request.until).max();
        let until = (Instant::now() + longest).min(until.unwrap_or_else(|| Instant::now() + longest));
        for work in self.agenda.begin(self.learner.now()) {
            let (courier, learner) = (self.courier.clone(), Arc::clone(&self.learner));
            let sharing = self.sharing.clone();
            self.tasks.spawn(async move {
                let rest = done(courier.as_deref(), &learner, sharing.as_ref(), &work, until).await;
                (work, rest)
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
        let Ok((work, rest)) = finished else { return };
        let now = self.learner.now();
        if let Err(error) = &rest {
            let (WakeUp::Deliver(subject) | WakeUp::Learn(subject, _)) = &work;
            trouble(format_args!("the work on {subject} breaks off, and will go on"), error);
        }
        // A store that fails says nothing of the subject.
        let shortest = now.saturating_add(self.learner.pauses().shortest());
        let Rest { next, failed } = rest.unwrap_or(Rest { next: Some(shortest), failed: false });
        self.agenda.end(&work, next, failed, now);
    }

    /// When the next is to be tried.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        self.agenda.next_due()
    }

    /// Whether something is still to be delivered, and not only learnt.
    #[must_use]
    pub fn is_delivering(&self) -> bool {
        self.agenda.is_delivering()
    }

    /// Delivers and learns until told to stop.
    pub(crate) async fn run(
        mut self,
        mut stop: oneshot::Receiver<()>,
        mut requests: UnboundedReceiver<Request>,
        runs: Runs,
    ) {
        let period = self.sharing.as_ref().map_or(SWEEP, Sharing::sweep);
        let mut sweep = tokio::time::interval_at(tokio::time::Instant::now() + period, period);
        // After a pause of the whole host, one sweep is enough.
        sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            // What has ended may have woken more, and told so before its end: a request is not answered over it.
            self.hear();
            if !self.is_over() && (runs == Runs::Always || !self.requests.is_empty()) {
                self.begin();
            }
            self.answer_requests();
            let pause = self.pause();
            let next = tokio::select! {
                _ = &mut stop => break,
                Some(wake_up) = self.heard.recv() => Next::Heard(wake_up),
                Some(request) = requests.recv() => Next::Asked(request),
                Some(finished) = self.tasks.join_next() => Next::Finished(finished),
                _ = sweep.tick(), if runs == Runs::Always => Next::Sweep,
                () = tokio::time::sleep(pause) => Next::Due,
            };
            match next {
                Next::Heard(wake_up) => {
                    self.take_in(wake_up);
                }
                Next::Asked(request) => match self.take_late(Duration::ZERO).await {
                    Ok(()) => self.requests.push(request),
                    // Whoever asked may be gone.
                    Err(error) => drop(request.done.send(Err(error))),
                },
                Next::Finished(finished) => self.finish(finished),
                Next::Sweep => {
                    if let Err(error) = self.sweep().await {
                        trouble("the index of what is open cannot be asked just now", error);
                    }
                }
                Next::Due => {}
            }
        }
        if self.sharing.is_some() {
            let ended = async { while self.finish_one().await {} };
            drop(tokio::time::timeout(LAST_TURNS, ended).await);
        }
    }

    /// Whether somebody waits for the end, and nothing may begin any more.
    fn is_over(&self) -> bool {
        let until = self.requests.iter().map(|request| request.until).max();
        until.is_some_and(|until| Instant::now() >= until)
    }

    fn answer_requests(&mut self) {
        if self.agenda.is_idle(self.learner.now()) || (self.is_over() && self.tasks.is_empty()) {
            for request in self.requests.drain(..) {
                // Whoever asked may be gone.
                drop(request.done.send(Ok(())));
            }
        }
    }

    /// How long nothing becomes due, if nothing is heard and nothing ends. What is due and waits for its turn or a free place
    /// begins when something ends.
    fn pause(&self) -> Duration {
        let now = self.learner.now();
        let pause = self.agenda.next_after(now).map_or(SWEEP, |next| next.since(now));
        let until = self.requests.iter().map(|request| request.until).max();
        until.map_or(pause, |until| pause.min(until.saturating_duration_since(Instant::now())))
    }
}

fn to_learn(open: &Open) -> Option<WakeUp> {
    Some(WakeUp::Learn(open.subject.clone(), open.event_id()?))
}

/// Does what is to be done now: under a lease, where other hosts may do it.
async fn done(
    courier: Option<&Courier>,
    learner: &Learner,
    sharing: Option<&Sharing>,
    work: &WakeUp,
    until: Instant,
) -> Result<Rest, StoreError> {
    // Without an order query, nothing is asked: learning is one write, which may come twice.
    let needs_lease = matches!(work, WakeUp::Deliver(_)) || learner.can_ask();
    let Some(sharing) = sharing.filter(|_| needs_lease) else {
        return done_alone(courier, learner, work, None, until).await;
    };
    let of = match work {
        WakeUp::Deliver(subject) => LeaseOf::Delivery(subject.clone()),
        WakeUp::Learn(subject, event) => LeaseOf::Learning(subject.clone(), *event),
    };
    match sharing.leases().take(of).await? {
        Turn::Mine(held) => {
            let rest = done_alone(courier, learner, work, Some(&held), until).await;
            give_back(&held).await;
            rest
        }
        // The other host may not see what came to this one.
        Turn::Others(again) => Ok(Rest { next: Some(again), failed: false }),
    }
}

async fn done_alone(
    courier: Option<&Courier>,
    learner: &Learner,
    work: &WakeUp,
    held: Option<&Held>,
    until: Instant,
) -> Result<Rest, StoreError> {
    match (work, courier) {
        (WakeUp::Deliver(subject), Some(courier)) => {
            let left = courier.deliver_under(subject, until, held).await?;
            let next = match held {
                None => left.next,
                // A pause that another host began is for that host, or for the sweep.
                Some(_) => left.next.filter(|next| next.is_zero() || left.begun.contains(next)),
            };
            Ok(Rest { next: next.map(|pause| courier.now().saturating_add(pause)), failed: left.failed })
        }
        (WakeUp::Deliver(_), None) => Ok(Rest::default()),
        (WakeUp::Learn(subject, event), _) => Ok(match learner.learn_under(subject, *event, held).await? {
            Learnt::Done => Rest::default(),
            // Here as well.
            Learnt::Waits(_) if held.is_some() => Rest::default(),
            Learnt::Again(at) | Learnt::Waits(at) => Rest { next: Some(at), failed: true },
        }),
    }
}
