//! What a run knows of its pushes: whether it goes on, and what is left. What is wrong with all pushes is not tried with each of them.

use std::fmt;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use koogallery::Timestamp;

/// Why a run pushes nothing more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// This deployment cannot call the open APIs.
    NotConfigured(String),
    /// The seller's keys or rights are at fault: a person has to mend that.
    Authority(String),
    /// KooGallery refuses one record after another and takes none: that is not the records' fault.
    RefusesAll(String),
    /// KooGallery cannot take anything now.
    Theirs(String),
}

impl Stop {
    /// Whether a person has to mend it.
    #[must_use]
    pub const fn needs_a_person(&self) -> bool {
        !matches!(self, Self::Theirs(_))
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConfigured(why) => write!(f, "use cannot be reported: {why}"),
            Self::Authority(why) => write!(f, "KooGallery does not accept the keys of this deployment: {why}"),
            Self::RefusesAll(why) => write!(f, "KooGallery refuses each record: {why}"),
            Self::Theirs(why) => write!(f, "KooGallery takes nothing now: {why}"),
        }
    }
}

/// After so many pushes in a row that KooGallery could not take, the rest waits for the next run.
const MOST_FAILURES: usize = 2;
/// After so many refused records, if it took none.
const MOST_REFUSED: usize = 5;

/// Hours that are over and not pushed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Backlog {
    pub(crate) count: usize,
    /// Since when the oldest of them is to be closed.
    pub(crate) oldest: Option<Timestamp>,
}

/// The state of a run's pushes.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    stop: Mutex<Option<Stop>>,
    backlog: Mutex<Backlog>,
    pub(crate) accepted: AtomicUsize,
    pub(crate) failed: AtomicUsize,
    pub(crate) parked: AtomicUsize,
    failures_in_a_row: AtomicUsize,
    refused: AtomicUsize,
}

impl Gate {
    pub(crate) fn stop(&self, stop: Stop) {
        self.stop.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(stop);
    }

    pub(crate) fn stopped(&self) -> Option<Stop> {
        self.stop.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn is_open(&self) -> bool {
        self.stopped().is_none()
    }

    /// Hours that are not pushed in this run, by the times since when they are to be closed.
    pub(crate) fn left(&self, hours: impl IntoIterator<Item = Timestamp>) {
        let mut backlog = self.backlog.lock().unwrap_or_else(PoisonError::into_inner);
        for since in hours {
            backlog.count += 1;
            backlog.oldest = Some(backlog.oldest.map_or(since, |oldest| oldest.min(since)));
        }
    }

    pub(crate) fn backlog(&self) -> Backlog {
        *self.backlog.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn took(&self, records: usize) {
        self.accepted.fetch_add(records, Ordering::Relaxed);
        self.failures_in_a_row.store(0, Ordering::Relaxed);
    }

    /// Whether KooGallery took anything in this run: then what it refuses is at fault itself.
    pub(crate) fn took_some(&self) -> bool {
        self.accepted.load(Ordering::Relaxed) > 0
    }

    pub(crate) fn failed(&self, records: usize, why: String) {
        self.failed.fetch_add(records, Ordering::Relaxed);
        if self.failures_in_a_row.fetch_add(1, Ordering::Relaxed) + 1 >= MOST_FAILURES {
            self.stop(Stop::Theirs(why));
        }
    }

    pub(crate) fn refused(&self, why: String) {
        self.failures_in_a_row.store(0, Ordering::Relaxed);
        if self.refused.fetch_add(1, Ordering::Relaxed) + 1 >= MOST_REFUSED && !self.took_some() {
            self.stop(Stop::RefusesAll(why));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_counted_and_the_oldest_kept() {
        let (gate, at) = (Gate::default(), Timestamp::from_millis);
        assert_eq!(gate.backlog(), Backlog::default());
        gate.left([at(7), at(3)]);
        gate.left([at(5)]);
        assert_eq!(gate.backlog(), Backlog { count: 3, oldest: Some(at(3)) });
    }

    #[test]
    fn a_run_stops_when_it_is_not_the_records() {
        let gate = Gate::default();
        gate.failed(1, "busy".to_owned());
        gate.took(3);
        gate.failed(1, "busy".to_owned());
        assert!(gate.is_open());
        gate.failed(1, "busy".to_owned());
        assert_eq!(gate.stopped(), Some(Stop::Theirs("busy".to_owned())));
        gate.stop(Stop::Authority("key".to_owned()));
        assert_eq!(gate.stopped(), Some(Stop::Theirs("busy".to_owned())), "the first reason is told");

        let (none_taken, some_taken) = (Gate::default(), Gate::default());
        some_taken.took(1);
        for _ in 0..MOST_REFUSED {
            assert!(none_taken.is_open());
            none_taken.refused("no".to_owned());
            some_taken.refused("no".to_owned());
        }
        assert_eq!(none_taken.stopped(), Some(Stop::RefusesAll("no".to_owned())));
        assert!(some_taken.is_open());
    }
}
