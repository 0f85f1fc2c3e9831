//! The sweep: wakes subjects that lost their wake-up, and measures what is still to be done.

use std::collections::BTreeSet;
use std::time::Duration;

use koogallery::Timestamp;
use koogallery_store::{Kind, Open, Store, StoreError, Subject, schema};

/// An event that should have been tried this long ago, and was not, lost its wake-up.
const GRACE: Duration = Duration::from_mins(15);

/// The result of a sweep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swept {
    /// When it was made.
    pub at: Timestamp,
    /// How many subjects were woken.
    pub driven: usize,
    /// How many events are undelivered.
    pub undelivered: usize,
    /// For how long the oldest of them has been undelivered.
    pub undelivered_age: Duration,
    /// How many events are parked.
    pub parked: usize,
    /// For how long the oldest instance has waited to be provisioned.
    pub provisioning_age: Duration,
}

/// Looks at everything that is still to be done. Returns the measures, and the subjects to wake.
pub async fn look(store: &Store, at: Timestamp) -> Result<(Swept, BTreeSet<Subject>), StoreError> {
    let undelivered = open_by_now(store, at).await?;
    let (parked, provisioning) = (store.open(Kind::Parked).await?, store.open(Kind::Provisioning).await?);
    let stalled = stalled(&undelivered, at);
    let swept = Swept {
        at,
        driven: stalled.len(),
        undelivered: undelivered.len(),
        undelivered_age: age(&undelivered, at),
        parked: parked.len(),
        provisioning_age: age(&provisioning, at),
    };
    Ok((swept, stalled))
}

/// The undelivered events. Events that version 0.1.0 left undelivered enter the outbox first, which wakes their subjects.
async fn open_by_now(store: &Store, at: Timestamp) -> Result<Vec<Open>, StoreError> {
    let (old, undelivered): (Vec<Open>, Vec<Open>) =
        store.open(Kind::Undelivered).await?.into_iter().partition(|open| open.sort.starts_with(schema::EVENT));
    for open in &old {
        if let Some(id) = open.event_id()
            && let Some(event) = store.event(&open.subject, id).await?
        {
            store.resend(&event, at).await?;
        }
    }
    Ok(undelivered)
}

/// The subjects of which nothing was tried in time, and which have no next try.
fn stalled(undelivered: &[Open], at: Timestamp) -> BTreeSet<Subject> {
    let late = |open: &Open| open.next_try_at.unwrap_or(open.since).saturating_add(GRACE) < at;
    let mut stalled: BTreeSet<Subject> =
        undelivered.iter().filter(|open| late(open)).map(|open| open.subject.clone()).collect();
    for waiting in undelivered.iter().filter(|open| open.next_try_at.is_some() && !late(open)) {
        stalled.remove(&waiting.subject);
    }
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
        let stalled = stalled(&all, minute(60));
        assert_eq!(stalled.iter().map(ToString::to_string).collect::<Vec<_>>(), ["INSTANCE#lost", "INSTANCE#over"]);
        assert_eq!(age(&all, minute(60)), Duration::from_hours(1));
    }
}
