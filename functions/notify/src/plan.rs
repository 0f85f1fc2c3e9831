//! What a destination is to be told now. Pure: it reads neither table nor clock.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use koogallery::Timestamp;
use koogallery_store::{Notice, Notices};
use koogallery_waiting::{Kind, Looked, Waiting};

use crate::settings::Settings;

/// No destination gets two messages in this time. It is longer than a message takes, and far within the limits of all robots.
pub const PACE: Duration = Duration::from_secs(45);

/// What still waits is told again after so long; and with any message, if it is nearly so long.
const AGAIN: Duration = Duration::from_hours(24);
const NEARLY_AGAIN: Duration = Duration::from_hours(20);
/// The first pause after a failed try; it doubles with each one.
const FIRST_PAUSE: Duration = Duration::from_mins(1);
const LONGEST_PAUSE: Duration = Duration::from_hours(1);
/// The longest pause while something urgent waits.
const URGENT_PAUSE: Duration = Duration::from_mins(5);
/// A robot that was asked too often takes nothing for ten minutes, and one that is asked meanwhile for longer.
const TOO_FAST_PAUSE: Duration = Duration::from_mins(11);
/// So much of what was said is kept.
const SAID: usize = 160;

/// Why something is in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mark {
    /// Money or the trade is lost within hours.
    Urgent,
    /// It is new.
    New,
    /// It was told a day ago.
    Again,
    /// It does not wait any more.
    Over,
}

/// A part of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) mark: Mark,
    pub(crate) kind: Kind,
    pub(crate) said: String,
    pub(crate) deadline: Option<Timestamp>,
    /// The path of its page in the console; none of what is over.
    pub(crate) path: Option<String>,
}

/// What is to be told, and the record of it once it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Telling {
    pub(crate) entries: Vec<Entry>,
    pub(crate) told: BTreeMap<String, Notice>,
}

/// What a destination is to be told now; none if nothing, or not yet.
pub(crate) fn plan(settings: &Settings, notices: &Notices, looked: &Looked, now: Timestamp) -> Option<Telling> {
    let wanted = || looked.waiting.iter().filter(|waiting| !settings.without.contains(&waiting.matter.kind()));
    let is_ripe = |waiting: &Waiting| now.since(waiting.since) >= waiting.matter.patience();
    let is_new = |waiting: &&Waiting| is_ripe(waiting) && !notices.told.contains_key(&waiting.matter.id());
    let has_urgent = wanted().filter(is_new).any(|waiting| waiting.is_urgent(now));
    if next_try(notices, has_urgent).is_some_and(|at| at > now) {
        return None;
    }
    let is_quiet = settings.quiet.is_some_and(|quiet| quiet.contains(now, settings.zone));
    let is_soon = notices.told_at.is_some_and(|at| at.saturating_add(settings.digest) > now);
    let only_urgent = is_quiet || (is_soon && !has_urgent);
    let (mut entries, mut told) = (Vec::new(), notices.told.clone());
    let mut tell = |waiting: &Waiting, mark| {
        let said = waiting.matter.say(settings.language);
        let (kind, id) = (waiting.matter.kind(), waiting.matter.id());
        let notice = Notice { kind: kind.to_string(), said: said.chars().take(SAID).collect(), at: now };
        told.insert(id, notice);
        let (deadline, path) = (waiting.deadline, Some(waiting.matter.path_for_all()));
        entries.push(Entry { mark, kind, said, deadline, path });
    };
    for waiting in wanted().filter(is_new) {
        match waiting.is_urgent(now) {
            true => tell(waiting, Mark::Urgent),
            false if !only_urgent => tell(waiting, Mark::New),
            false => {}
        }
    }
    if !only_urgent {
        let stands_since = |waiting: &&Waiting| {
            notices.told.get(&waiting.matter.id()).map_or(Duration::ZERO, |notice| now.since(notice.at))
        };
        let over = over(settings, notices, looked, now);
        let is_due = !over.entries.is_empty() || wanted().any(|waiting| stands_since(&waiting) >= AGAIN);
        for waiting in wanted().filter(|waiting| stands_since(waiting) >= NEARLY_AGAIN) {
            if is_due || wanted().any(|new| is_new(&new)) {
                tell(waiting, Mark::Again);
            }
        }
        for id in over.gone {
            told.remove(&id);
        }
        entries.extend(over.entries);
    }
    entries.sort_by_key(|entry| entry.mark);
    (!entries.is_empty()).then_some(Telling { entries, told })
}

/// What does not wait any more, and what is to be forgotten of it.
#[derive(Debug, Default)]
struct Over {
    entries: Vec<Entry>,
    gone: Vec<String>,
}

fn over(settings: &Settings, notices: &Notices, looked: &Looked, now: Timestamp) -> Over {
    let waits: BTreeSet<String> = looked.waiting.iter().map(|waiting| waiting.matter.id()).collect();
    let mut over = Over::default();
    for (id, notice) in notices.told.iter().filter(|(id, _)| !waits.contains(*id)) {
        let kind = notice.kind.parse::<Kind>().ok().filter(|kind| !settings.without.contains(kind));
        match kind {
            // There is more than was looked at: it may be among that. After a day it is told as if it were new.
            Some(kind) if !looked.is_whole_of(kind) && now.since(notice.at) < AGAIN => continue,
            Some(kind) if !looked.is_whole_of(kind) => {}
            // A late event that is parked is told as parked.
            Some(Kind::EventLate) if waits.contains(&id.replacen("event-late/", "event-parked/", 1)) => {}
            Some(kind) => {
                let said = notice.said.clone();
                over.entries.push(Entry { mark: Mark::Over, kind, said, deadline: None, path: None });
            }
            // The kind was switched off meanwhile.
            None => {}
        }
        over.gone.push(id.clone());
    }
    over
}

/// When the next message may be tried, at the earliest.
fn next_try(notices: &Notices, has_urgent: bool) -> Option<Timestamp> {
    let doubled = FIRST_PAUSE * 2_u32.saturating_pow(notices.failures.saturating_sub(1).min(6));
    let pause = match notices.failures {
        0 => PACE,
        _ if notices.too_fast => doubled.clamp(TOO_FAST_PAUSE, LONGEST_PAUSE),
        _ if has_urgent => doubled.min(URGENT_PAUSE),
        _ => doubled.min(LONGEST_PAUSE),
    };
    notices.tried_at.map(|at| at.saturating_add(pause))
}

/// The record while something is tried: as if it failed.
pub(crate) fn begun(notices: &Notices, now: Timestamp) -> Notices {
    Notices {
        tried_at: Some(now),
        failures: notices.failures.saturating_add(1),
        failing_since: notices.failing_since.or(Some(now)),
        too_fast: false,
        ..notices.clone()
    }
}

impl Telling {
    /// The record when the destination has taken it.
    pub(crate) fn done(self, begun: Notices, now: Timestamp) -> Notices {
        Notices { told: self.told, told_at: Some(now), failures: 0, failing_since: None, too_fast: false, ..begun }
    }
}

#[cfg(test)]
mod tests {
    use koogallery::Text;
    use koogallery_waiting::Matter;
    use proptest::prelude::*;

    use super::*;
    use crate::settings::{Robot, To};

    const MINUTE: Duration = Duration::from_mins(1);
    const HOUR: Duration = Duration::from_hours(1);

    fn settings(quiet: Option<&str>) -> Settings {
        Settings {
            name: Text::try_from("on-call".to_owned()).unwrap(),
            to: To::Robot(Robot::Feishu),
            language: koogallery_runtime::Language::English,
            zone: koogallery_waiting::Zone::default(),
            quiet: quiet.map(|quiet| quiet.parse().unwrap()),
            digest: MINUTE * 10,
            without: BTreeSet::new(),
        }
    }

    fn start() -> Timestamp {
        koogallery::CalendarForm::SECOND.read("20261126040000").unwrap() // noon in Beijing
    }

    fn job(number: u128, since: Timestamp) -> Waiting {
        let matter = Matter::KeyOld { key: number.to_string() };
        Waiting { matter, since, deadline: None }
    }

    fn refund(instance: &str, since: Timestamp) -> Waiting {
        let matter = Matter::ProvisioningWaits { instance: instance.parse().unwrap() };
        Waiting { matter, since, deadline: Some(since.saturating_add(HOUR * 3)) }
    }

    /// What happens at a minute, and the marks of what was told.
    struct Played {
        settings: Settings,
        notices: Notices,
        now: Timestamp,
    }

    impl Played {
        fn new(settings: Settings) -> Self {
            Self { notices: Notices::new(settings.name.clone()), settings, now: start() }
        }

        fn after(&mut self, time: Duration, waiting: &[Waiting]) -> Vec<Mark> {
            self.now = self.now.saturating_add(time);
            let looked = Looked::whole(waiting.to_vec());
            let Some(telling) = plan(&self.settings, &self.notices, &looked, self.now) else { return Vec::new() };
            let marks = telling.entries.iter().map(|entry| entry.mark).collect();
            let begun = begun(&self.notices, self.now);
            self.notices = telling.done(begun, self.now);
            marks
        }

        fn fails(&mut self, time: Duration, waiting: &[Waiting]) -> bool {
            self.now = self.now.saturating_add(time);
            let looked = Looked::whole(waiting.to_vec());
            let telling = plan(&self.settings, &self.notices, &looked, self.now);
            if telling.is_some() {
                self.notices = begun(&self.notices, self.now);
            }
            telling.is_some()
        }
    }

    #[test]
    fn the_first_goes_at_once_and_the_next_ones_together() {
        let mut played = Played::new(settings(None));
        let all: Vec<Waiting> = (0..4).map(|number| job(number, start())).collect();
        assert_eq!(played.after(MINUTE, &all[..1]), [Mark::New]);
        for _ in 0..9 {
            assert_eq!(played.after(MINUTE, &all[..3]), []);
        }
        assert_eq!(played.after(MINUTE, &all), [Mark::New; 3]);
        assert_eq!(played.after(HOUR, &all), []);
        assert_eq!(played.after(HOUR, &all[2..]), [Mark::Over; 2]);
        // The one that was told first is due after a day, and the others go with it.
        assert_eq!(played.after(HOUR * 24, &all[2..]), [Mark::Again; 2]);
        assert_eq!(played.after(HOUR * 2, &[]), [Mark::Over; 2]);
        assert!(played.notices.told.is_empty());
    }

    #[test]
    fn at_night_only_what_is_urgent_is_told_and_the_rest_in_the_morning() {
        let mut played = Played::new(settings(Some("22:00-08:00")));
        let evening = start().saturating_add(HOUR * 10);
        let (quiet, urgent) = (job(1, evening), refund("i-1", evening));
        assert_eq!(played.after(HOUR * 10, std::slice::from_ref(&quiet)), []);
        assert_eq!(played.after(MINUTE, &[quiet.clone(), urgent.clone()]), [], "it is left to itself for half an hour");
        assert_eq!(played.after(MINUTE * 30, &[quiet.clone(), urgent.clone()]), [Mark::Urgent]);
        assert_eq!(played.after(HOUR * 5, std::slice::from_ref(&quiet)), []);
        let hours = played.now.since(start()).as_secs() / 3600;
        assert_eq!(hours, 15, "it is three at night");
        assert_eq!(played.after(HOUR * 5, &[quiet]), [Mark::New, Mark::Over]);
    }

    #[test]
    fn pauses_grow_and_stay_short_while_money_is_at_stake() {
        let mut played = Played::new(settings(None));
        let quiet = [job(1, start())];
        let tries = |played: &mut Played, waiting: &[Waiting], minutes| {
            (0..minutes).filter(|_| played.fails(MINUTE, waiting)).count()
        };
        assert_eq!(tries(&mut played, &quiet, 6 * 60), 6 + 5);
        let urgent = [refund("i-1", played.now.saturating_sub(MINUTE * 30))];
        let count = tries(&mut played, &urgent, 60);
        assert!((11..=13).contains(&count), "{count}");
        played.notices.too_fast = true;
        assert_eq!(tries(&mut played, &urgent, 10), 0);
        assert!(!played.after(HOUR, &urgent).is_empty(), "it is never lost");
        assert_eq!((played.notices.failures, played.notices.failing_since), (0, None));
    }

    #[test]
    fn what_is_switched_off_or_not_looked_at_is_not_told_as_over() {
        let mut played = Played::new(settings(None));
        let keys = [job(1, start())];
        assert_eq!(played.after(MINUTE, &keys), [Mark::New]);
        played.settings.without.insert(Kind::KeyOld);
        assert_eq!(played.after(HOUR, &keys), []);
        assert_eq!(played.after(HOUR, &[]), []);
    }

    proptest! {
        /// However tries fail and break off, each thing is told that waits long enough, and never more often than allowed.
        #[test]
        fn each_is_told_and_never_too_often(
            steps in prop::collection::vec((0_u64..180, 0_usize..6, prop::bool::ANY, prop::bool::ANY), 1..200)
        ) {
            let mut played = Played::new(settings(Some("23:00-07:00")));
            let (mut tried, mut heard) = (Vec::new(), BTreeSet::new());
            let mut waits: BTreeSet<u128> = BTreeSet::new();
            let listed = |waits: &BTreeSet<u128>| waits.iter().map(|n| job(*n, start())).collect::<Vec<_>>();
            for (seconds, number, comes, works) in steps {
                if comes { waits.insert(number as u128) } else { waits.remove(&(number as u128)) };
                played.now = played.now.saturating_add(Duration::from_secs(seconds));
                let looked = Looked::whole(listed(&waits));
                if let Some(telling) = plan(&played.settings, &played.notices, &looked, played.now) {
                    tried.push(played.now);
                    let begun = begun(&played.notices, played.now);
                    played.notices = if works { telling.done(begun, played.now) } else { begun };
                }
            }
            prop_assert!(tried.windows(2).all(|two| two[1].since(two[0]) >= PACE));
            // From now on it works: within two days all that waits is told.
            for _ in 0..96 {
                let all = listed(&waits);
                played.after(HOUR / 2, &all);
                heard.extend(played.notices.told.keys().cloned());
            }
            for waiting in listed(&waits) {
                prop_assert!(heard.contains(&waiting.matter.id()));
            }
            prop_assert_eq!(played.notices.told.len(), waits.len());
        }
    }
}
