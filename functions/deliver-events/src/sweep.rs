//! The sweep: wakes subjects that lost their wake-up, and measures what is still to be done.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream;
use koogallery::Timestamp;
use koogallery_runtime::CloudWatch;
use koogallery_store::{EventType, Kind, Open, OpenFound, Status, Store, StoreError, Subject, schema};

use crate::queue::{Queue, warn};

/// An event that should have been tried this long ago, and was not, lost its wake-up.
const GRACE: Duration = Duration::from_mins(15);

/// So many subjects are woken at the same time.
const WAKES: usize = 10;

/// The result of a sweep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swept {
    /// When it was made.
    pub at: Timestamp,
    /// How many subjects lost their wake-up.
    pub driven: usize,
    /// How many events are undelivered.
    pub undelivered: usize,
    /// For how long the oldest of them has been undelivered.
    pub undelivered_age: Duration,
    /// How many events are parked that somebody still needs.
    pub parked: usize,
    /// How many more are parked of something that is released: nobody needs them any more.
    pub parked_of_released: usize,
    /// For how long the oldest instance has waited to be provisioned.
    pub provisioning_age: Duration,
    /// Whether all was counted. If not, there was no time for more: the numbers are the least, the ages are right.
    pub is_whole: bool,
}

/// Looks at what is still to be done, as far as it can until a time. Returns the measures, and the subjects to wake, those first
/// that have waited longest.
pub async fn look(store: &Store, at: Timestamp, until: Instant) -> Result<(Swept, Vec<Subject>), StoreError> {
    let OpenFound { found, is_whole } = store.open_until(Kind::Undelivered, until).await?;
    let undelivered = in_the_outbox(store, found, at, until).await?;
    let parked = store.open_until(Kind::Parked, until).await?;
    let provisioning = store.open_until(Kind::Provisioning, until).await?;
    let parked_of_released = of_released(store, &parked.found, until).await?;
    let stalled = stalled_of(&undelivered, at, GRACE);
    let swept = Swept {
        at,
        driven: stalled.len(),
        undelivered: undelivered.len(),
        undelivered_age: age(&undelivered, at),
        parked: parked.found.len() - parked_of_released,
        parked_of_released,
        provisioning_age: age(&provisioning.found, at),
        is_whole: is_whole && parked.is_whole && provisioning.is_whole,
    };
    Ok((swept, stalled.into_iter().map(|stalled| stalled.subject).collect()))
}

/// A subject that nothing drives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stalled {
    /// When it should have been tried.
    pub due: Timestamp,
    /// The subject.
    pub subject: Subject,
    /// Whether its last try failed.
    pub failed: bool,
}

/// The subjects that should have been tried so long ago, and were not, as far as they can be read until a time; those first that have
/// waited longest. It reads no more of the index than that.
pub async fn stalled(
    store: &Store,
    at: Timestamp,
    grace: Duration,
    until: Instant,
) -> Result<Vec<Stalled>, StoreError> {
    Ok(stalled_of(&store.open_until(Kind::Undelivered, until).await?.found, at, grace))
}

/// Writes the measures, and then wakes the subjects until a time, those first that have waited longest. The next sweep finds the
/// rest. Returns how many were woken.
pub async fn sweep(
    store: &Store,
    queue: &Queue,
    log: &CloudWatch,
    at: Timestamp,
    until: Instant,
) -> Result<usize, StoreError> {
    // A long backlog takes no more than half of the time to count: the other half is for waking.
    let (swept, stalled) = look(store, at, halfway(until)).await?;
    CloudWatch::write(swept.line(log));
    Ok(wake(queue, stalled, until).await)
}

fn halfway(until: Instant) -> Instant {
    let now = Instant::now();
    now + until.saturating_duration_since(now) / 2
}

/// Wakes subjects until a time. A failure is told, and does not keep the others from being woken. Returns how many were woken.
pub async fn wake(queue: &Queue, subjects: Vec<Subject>, until: Instant) -> usize {
    let wakes = stream::iter(subjects).take_while(|_| std::future::ready(Instant::now() < until));
    let wakes = wakes.map(|subject| async move { queue.wake(&subject).await }).buffer_unordered(WAKES);
    let woken = wakes.map(|woken| usize::from(woken.inspect_err(warn).is_ok()));
    woken.fold(0, |sum, one| std::future::ready(sum + one)).await
}

/// How many of these parked events are about something released. The event that tells the release itself does not count: an
/// application that never heard of it still keeps the customer.
async fn of_released(store: &Store, parked: &[Open], until: Instant) -> Result<usize, StoreError> {
    let mut known: BTreeMap<&Subject, bool> = BTreeMap::new();
    let mut count = 0;
    for open in parked {
        if Instant::now() >= until {
            break;
        }
        let is_released = if let Some(is_released) = known.get(&open.subject) {
            *is_released
        } else {
            let status = match &open.subject {
                Subject::Instance(id) => store.instance(id).await?.map(|instance| instance.life.status),
                Subject::License(code) => store.license(code).await?.map(|license| license.life.status),
                Subject::Order(_) | Subject::Tenant(_) | Subject::Warning(_) => None,
            };
            *known.entry(&open.subject).or_insert(status == Some(Status::Released))
        };
        if is_released && let Some(id) = open.event_id() {
            let kept = store.kept_event(&open.subject, id).await?;
            let tells_it = |kind| matches!(kind, EventType::Released | EventType::LicenseReleased);
            count += usize::from(kept.is_some_and(|kept| !tells_it(kept.event.event_type)));
        }
    }
    Ok(count)
}

/// The undelivered events in the outbox. Events that version 0.1.0 left undelivered enter it, which wakes their subjects; those
/// for which there is no time, at the next sweep.
async fn in_the_outbox(
    store: &Store,
    undelivered: Vec<Open>,
    at: Timestamp,
    until: Instant,
) -> Result<Vec<Open>, StoreError> {
    let (old, undelivered): (Vec<Open>, Vec<Open>) =
        undelivered.into_iter().partition(|open| open.sort.starts_with(schema::EVENT));
    for open in old.iter().take_while(|_| Instant::now() < until) {
        if let Some(id) = open.event_id()
            && let Some(event) = store.event(&open.subject, id).await?
        {
            store.resend(&event, at).await?;
        }
    }
    Ok(undelivered)
}

/// The subjects of which nothing was tried in time, and which have no next try; those first that have waited longest.
fn stalled_of(undelivered: &[Open], at: Timestamp, grace: Duration) -> Vec<Stalled> {
    let late = |open: &Open| open.next_try_at.unwrap_or(open.since).saturating_add(grace) < at;
    let waiting: BTreeSet<&Subject> =
        undelivered.iter().filter(|open| open.next_try_at.is_some() && !late(open)).map(|open| &open.subject).collect();
    let mut found: BTreeMap<&Subject, (Timestamp, bool)> = BTreeMap::new();
    for open in undelivered.iter().filter(|open| late(open) && !waiting.contains(&open.subject)) {
        let (due, failed) = (open.next_try_at.unwrap_or(open.since), open.next_try_at.is_some());
        let known = found.entry(&open.subject).or_insert((due, failed));
        *known = (due.min(known.0), failed || known.1);
    }
    let stalled = found.into_iter().map(|(subject, (due, failed))| Stalled { due, subject: subject.clone(), failed });
    let mut stalled: Vec<Stalled> = stalled.collect();
    stalled.sort_unstable();
    stalled
}

fn age(open: &[Open], at: Timestamp) -> Duration {
    open.iter().map(|open| at.since(open.since)).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nothing_drives_is_woken() {
        let minute = |minute: i64| Timestamp::from_millis(1_764_000_000_000 + minute * 60_000);
        let open = |id: &str, since, next: Option<i64>| Open {
            subject: Subject::Instance(id.parse().unwrap()),
            sort: String::new(),
            since: minute(since),
            next_try_at: next.map(minute),
        };
        let all = [
            open("lost", 0, None),
            open("lost", 50, None),
            open("young", 50, None),
            open("paused", 0, Some(70)),
            open("paused", 1, None),
            open("over", 0, Some(30)),
        ];
        let stalled = stalled_of(&all, minute(60), GRACE);
        let found: Vec<_> = stalled.iter().map(|found| (found.subject.to_string(), found.failed)).collect();
        assert_eq!(found, [("INSTANCE#lost".to_owned(), false), ("INSTANCE#over".to_owned(), true)]);
        assert_eq!(age(&all, minute(60)), Duration::from_hours(1));
    }
}
