//! What is to be done when: the order in which a host begins its work, and how much of it goes on side by side.
//!
//! A subject whose application does not answer holds a place until the time-out. So what failed last gets few of the places, and
//! however many subjects fail, the others find one. What is due first begins first, so that nobody waits for ever.

use std::collections::{BTreeMap, BTreeSet};

use koogallery::Timestamp;
use koogallery_store::{Subject, WakeUp};

/// So many are worked on side by side.
const PLACES: usize = 32;
/// At most so many of them failed when they were tried last.
const PLACES_OF_FAILED: usize = 8;

/// When work is due. The earlier comes first; of those due at the same time, the one whose oldest event has waited longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    at: Timestamp,
    since: Timestamp,
}

/// What waits for its time, and what is worked on.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    /// When each is due, and whether its last try failed.
    due: BTreeMap<WakeUp, (Due, bool)>,
    /// The same in the order of their turns: first those that may have any place, then those whose last try failed.
    queues: [BTreeSet<(Due, WakeUp)>; 2],
    /// What is worked on, and whether its last try failed.
    working: BTreeMap<WakeUp, bool>,
    /// What takes turns with it.
    busy: BTreeSet<(Lane, Subject)>,
}

/// Of the work of one kind for one subject, one is done at a time, as the table's stream has it on AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Lane {
    Deliver,
    Learn,
}

fn lane(work: &WakeUp) -> (Lane, Subject) {
    match work {
        WakeUp::Deliver(subject) => (Lane::Deliver, subject.clone()),
        WakeUp::Learn(subject, _) => (Lane::Learn, subject.clone()),
    }
}

impl Agenda {
    /// Plans work for a time, or for the time that it has if that is earlier. `since` is when its oldest event came; `failed` says
    /// that its last try is known to have failed.
    pub(crate) fn plan(&mut self, work: WakeUp, at: Timestamp, since: Timestamp, failed: bool) {
        let (mut due, mut failed) = (Due { at, since }, failed || self.working.get(&work) == Some(&true));
        if let Some((planned, had_failed)) = self.remove(&work) {
            due = Due { at: due.at.min(planned.at), since: due.since.min(planned.since) };
            failed |= had_failed;
        }
        self.queues[usize::from(failed)].insert((due, work.clone()));
        self.due.insert(work, (due, failed));
    }

    fn remove(&mut self, work: &WakeUp) -> Option<(Due, bool)> {
        let (due, failed) = self.due.remove(work)?;
        self.queues[usize::from(failed)].remove(&(due, work.clone()));
        Some((due, failed))
    }

    /// Takes what is to begin now: whatever is due and finds a place.
    pub(crate) fn begin(&mut self, now: Timestamp) -> Vec<WakeUp> {
        let free = PLACES.saturating_sub(self.working.len());
        let of_failed = PLACES_OF_FAILED.saturating_sub(self.working.values().filter(|failed| **failed).count());
        let (mut ready, mut busy): (Vec<(Due, WakeUp)>, _) = (Vec::new(), self.busy.clone());
        for (queue, places) in self.queues.iter().zip([free, of_failed.min(free)]) {
            let due = queue.iter().take_while(|(due, _)| due.at <= now);
            ready.extend(due.filter(|(_, work)| busy.insert(lane(work))).take(places).cloned());
        }
        ready.sort_unstable();
        ready.truncate(free);
        for (_, work) in &ready {
            let failed = self.remove(work).is_some_and(|(_, failed)| failed);
            self.busy.insert(lane(work));
            self.working.insert(work.clone(), failed);
        }
        ready.into_iter().map(|(_, work)| work).collect()
    }

    /// Work is done for now: when it is to go on, if it is, and whether it failed.
    pub(crate) fn end(&mut self, work: &WakeUp, next: Option<Timestamp>, failed: bool, now: Timestamp) {
        self.working.remove(work);
        self.busy.remove(&lane(work));
        // What woke it while it was worked on comes first.
        let woken = self.remove(work).map(|(due, _)| due);
        let next = next.map(|at| Due { at, since: now });
        if let Some(due) = woken.into_iter().chain(next).min() {
            self.plan(work.clone(), due.at, due.since, failed);
        }
    }

    /// When the next is to be done.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.queues.iter().filter_map(|queue| Some(queue.first()?.0.at)).min()
    }

    /// When the next becomes due after this time.
    pub(crate) fn next_after(&self, now: Timestamp) -> Option<Timestamp> {
        let later = |queue: &BTreeSet<(Due, WakeUp)>| queue.iter().find(|(due, _)| due.at > now).map(|(due, _)| due.at);
        self.queues.iter().filter_map(later).min()
    }

    /// Whether nothing is worked on, and nothing is due.
    pub(crate) fn is_idle(&self, now: Timestamp) -> bool {
        self.working.is_empty() && self.next_due().is_none_or(|due| due > now)
    }

    /// Whether something is still to be delivered, and not only learnt.
    pub(crate) fn is_delivering(&self) -> bool {
        self.due.keys().chain(self.working.keys()).any(|work| matches!(work, WakeUp::Deliver(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deliver(name: &str) -> WakeUp {
        WakeUp::Deliver(Subject::Instance(name.parse().unwrap()))
    }

    fn second(second: i64) -> Timestamp {
        Timestamp::from_millis(1_764_000_000_000 + second * 1000)
    }

    #[test]
    fn the_first_due_begins_first_and_of_those_the_one_that_waited_longest() {
        let mut agenda = Agenda::default();
        agenda.plan(deliver("a"), second(3), second(0), false);
        agenda.plan(deliver("b"), second(2), second(1), false);
        agenda.plan(deliver("c"), second(2), second(0), true);
        agenda.plan(deliver("d"), second(9), second(0), false);
        agenda.plan(deliver("a"), second(4), second(5), false);
        assert_eq!((agenda.next_due(), agenda.next_after(second(2))), (Some(second(2)), Some(second(3))));
        assert_eq!(agenda.begin(second(4)), [deliver("c"), deliver("b"), deliver("a")]);
        assert_eq!(agenda.begin(second(4)), []);
        assert!(!agenda.is_idle(second(4)));
        for name in ["a", "b", "c"] {
            agenda.end(&deliver(name), None, false, second(4));
        }
        assert!(agenda.is_idle(second(4)) && !agenda.is_idle(second(9)));
    }

    #[test]
    fn what_failed_takes_a_quarter_of_the_places_however_much_it_is() {
        let mut agenda = Agenda::default();
        let silent = |number: usize| deliver(&format!("silent-{number:03}"));
        for number in 0..200 {
            agenda.plan(silent(number), second(0), second(0), true);
        }
        assert_eq!(agenda.begin(second(1)), (0..8).map(silent).collect::<Vec<_>>());
        // Whoever comes later finds a place at once.
        for number in 0..40 {
            agenda.plan(deliver(&format!("good-{number:02}")), second(1), second(1), false);
        }
        let good: Vec<_> = (0..24).map(|number| deliver(&format!("good-{number:02}"))).collect();
        assert_eq!(agenda.begin(second(1)), good);
        // A place that a failing one leaves goes to the first due of all.
        agenda.end(&silent(0), Some(second(9)), true, second(1));
        assert_eq!(agenda.begin(second(1)), [silent(8)]);
        agenda.end(&good[0], None, false, second(1));
        assert_eq!(agenda.begin(second(1)), [deliver("good-24")]);
        // One that is well again counts as the others.
        agenda.end(&silent(1), Some(second(1)), false, second(1));
        assert_eq!(agenda.begin(second(1)), [silent(9)]);
    }

    #[test]
    fn a_subject_has_one_at_a_time_and_what_wakes_it_meanwhile_is_kept() {
        let mut agenda = Agenda::default();
        let learn = |id: u128| {
            let subject = Subject::Instance("a".parse().unwrap());
            WakeUp::Learn(subject, uuid::Uuid::from_u128(id))
        };
        for work in [deliver("a"), learn(1), learn(2)] {
            agenda.plan(work, second(1), second(1), false);
        }
        assert_eq!(agenda.begin(second(1)), [deliver("a"), learn(1)]);
        agenda.plan(deliver("a"), second(1), second(1), false);
        assert_eq!(agenda.begin(second(1)), []);
        agenda.end(&learn(1), None, false, second(1));
        assert_eq!(agenda.begin(second(1)), [learn(2)]);
        agenda.end(&deliver("a"), Some(second(5)), true, second(1));
        assert_eq!(agenda.begin(second(1)), [deliver("a")], "it was woken while it was worked on");
        agenda.end(&deliver("a"), Some(second(5)), true, second(1));
        agenda.end(&learn(2), None, false, second(1));
        assert!(agenda.is_delivering() && agenda.is_idle(second(4)));
    }
}
