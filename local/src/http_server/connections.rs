//! The connections that are open. A caller that only holds one must not keep others out: when all places are taken, the one
//! that has waited longest is closed, and what takes too long is closed anyway.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::limits::Limits;

/// What a connection does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// It waits for a request, or for its caller to read the last answer.
    Idle,
    /// Its caller sends the head of a request, or shakes hands.
    Head,
    /// Its caller sends a body.
    Body,
    /// The host answers.
    Answering,
}

/// Why a connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Close {
    /// Its place is needed, or nothing came for too long.
    Idle,
    /// Its caller takes too long to send a request's head.
    Slow,
}

/// The place of one connection.
#[derive(Debug)]
pub(super) struct Place {
    now: Mutex<(Phase, Instant)>,
    close: Mutex<Option<Close>>,
    told: Notify,
}

impl Place {
    fn new() -> Self {
        Self { now: Mutex::new((Phase::Head, Instant::now())), close: Mutex::new(None), told: Notify::new() }
    }

    /// Notes what the connection does from now on.
    pub(super) fn enters(&self, phase: Phase) {
        *lock(&self.now) = (phase, Instant::now());
    }

    /// Notes that bytes came: where nothing was expected, they begin a request.
    pub(super) fn reads(&self) {
        let mut now = lock(&self.now);
        if now.0 == Phase::Idle {
            *now = (Phase::Head, Instant::now());
        }
    }

    /// Whether the host answers just now.
    pub(super) fn is_answering(&self) -> bool {
        lock(&self.now).0 == Phase::Answering
    }

    fn close(&self, why: Close) {
        *lock(&self.close) = Some(why);
        self.told.notify_one();
    }

    /// Waits until the connection is to be closed.
    pub(super) async fn closed(&self) -> Close {
        loop {
            let told = self.told.notified();
            if let Some(why) = *lock(&self.close) {
                return why;
            }
            told.await;
        }
    }
}

/// All places.
#[derive(Debug)]
pub(super) struct Connections {
    limits: Limits,
    open: Mutex<Open>,
    left: Notify,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    places: HashMap<u64, Arc<Place>>,
}

/// A place that is taken until this is dropped.
#[derive(Debug)]
pub(super) struct Taken {
    number: u64,
    pub(super) place: Arc<Place>,
    of: Arc<Connections>,
}

impl Drop for Taken {
    fn drop(&mut self) {
        lock(&self.of.open).places.remove(&self.number);
        self.of.left.notify_waiters();
    }
}

impl Connections {
    pub(super) fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self { limits, open: Mutex::default(), left: Notify::new() })
    }

    /// How many are open.
    pub(super) fn open(&self) -> usize {
        lock(&self.open).places.len()
    }

    /// Takes a place, which may be that of the connection that has waited longest.
    pub(super) async fn take(self: &Arc<Self>) -> Taken {
        loop {
            let left = self.left.notified();
            let pause = {
                let mut open = lock(&self.open);
                if open.places.len() < self.limits.connections {
                    let (number, place) = (open.next, Arc::new(Place::new()));
                    open.next += 1;
                    open.places.insert(number, Arc::clone(&place));
                    return Taken { number, place, of: Arc::clone(self) };
                }
                self.make_room(&open)
            };
            // Another one may leave before that.
            let _ = tokio::time::timeout(pause, left).await;
        }
    }

    /// Closes the connection that has waited longest, unless that is too short. Returns when to look again.
    fn make_room(&self, open: &Open) -> Duration {
        let waiting = open.places.values().filter_map(|place| {
            let (phase, since) = *lock(&place.now);
            let waits = phase != Phase::Answering && lock(&place.close).is_none();
            waits.then(|| (since.elapsed(), place))
        });
        match waiting.max_by_key(|(waited, _)| *waited) {
            Some((waited, place)) if waited >= self.limits.patience => {
                place.close(Close::Idle);
                self.limits.patience
            }
            Some((waited, _)) => self.limits.patience.saturating_sub(waited),
            None => self.limits.patience,
        }
    }

    /// Closes what takes too long, again and again.
    pub(super) async fn watch(&self) {
        let mut pause = tokio::time::interval(Duration::from_secs(1).min(self.limits.head));
        loop {
            pause.tick().await;
            for place in lock(&self.open).places.values() {
                let (phase, since) = *lock(&place.now);
                match phase {
                    Phase::Idle if since.elapsed() > self.limits.idle => place.close(Close::Idle),
                    Phase::Head if since.elapsed() > self.limits.head => place.close(Close::Slow),
                    // A body has its own limit, which its reader keeps, and an answer its deadline.
                    Phase::Idle | Phase::Head | Phase::Body | Phase::Answering => {}
                }
            }
        }
    }

    /// Closes all on which nothing is being answered.
    pub(super) fn close_waiting(&self) {
        for place in lock(&self.open).places.values().filter(|place| !place.is_answering()) {
            place.close(Close::Idle);
        }
    }

    /// Waits until all are gone.
    pub(super) async fn all_gone(&self) {
        loop {
            let left = self.left.notified();
            if self.open() == 0 {
                return;
            }
            left.await;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
