//! One step of a job: the next few events, each delivered once more with its own record of who wanted it.

use koogallery::Timestamp;
use koogallery_store::{Action, Actor, EventRecord, JobOf, OpenEvents, OpenPlace, ResendJob, Store, Via};
use uuid::Uuid;

use crate::Console;
use crate::acts::event::told;
use crate::stop::{Failure, Stop};

/// So many events a step looks at. It takes less than a second, so a page answers soon.
const STEP: usize = 25;

/// Does the next step. If another browser was faster, its progress counts.
pub(crate) async fn step(console: &Console, mut job: ResendJob) -> Result<ResendJob, Stop> {
    let (events, next) = next(&console.store, &job).await?;
    let actor = Actor { by: job.by.clone(), via: Via::Console, reason: Some(job.reason.clone()) };
    let now = console.now();
    let wanted: Vec<&EventRecord> = events.iter().filter(|record| is_wanted(&job, record)).collect();
    let resends = wanted.iter().map(|record| async {
        let action = Action::new(&actor, Action::EVENT_RESENT, record.subject.clone().into(), now);
        console.store.resend_by(record, &told(action, record)).await
    });
    futures_util::future::try_join_all(resends).await?;
    job.seen += u64::try_from(events.len()).unwrap_or_default();
    job.resent += u64::try_from(wanted.len()).unwrap_or_default();
    let left = ResendJob::MOST_NAMED.saturating_sub(job.events.len());
    job.events.extend(wanted.iter().take(left).map(|record| record.event.event_id));
    job.ended_at = next.is_none().then_some(now);
    job.place = next;
    if !console.store.advance_job(&job).await? {
        return console.store.job(job.id).await?.ok_or(Stop::NotFound);
    }
    Ok(job)
}

/// The next events, and where the step after that begins; none at the end.
async fn next(store: &Store, job: &ResendJob) -> Result<(Vec<EventRecord>, Option<String>), Stop> {
    let which = match &job.of {
        JobOf::Subject { subject } => {
            let after = job.place.as_deref().map(str::parse).transpose().map_err(|_| Failure::Content)?;
            let (events, last) = store.history(subject, after.or_else(|| first_of(job.since)), STEP).await?;
            return Ok((events, last.map(|last| last.to_string())));
        }
        JobOf::Parked => OpenEvents::Parked,
        JobOf::Undelivered => OpenEvents::Undelivered,
    };
    let from: Option<OpenPlace> = job.place.as_deref().map(str::parse).transpose().map_err(|_| Failure::Content)?;
    let page = store.open_events(which, from.unwrap_or_default(), STEP).await?;
    Ok((page.events, page.next.map(|place| place.to_string())))
}

/// An id before those of all events that happened then or later: an event's id begins with the time of its making.
fn first_of(since: Option<Timestamp>) -> Option<Uuid> {
    let millis = u128::try_from(since?.as_millis()).ok()?;
    Some(Uuid::from_u128(millis << 80))
}

fn is_wanted(job: &ResendJob, record: &EventRecord) -> bool {
    let at = record.event.occurred_at;
    at <= job.began_at
        && job.since.is_none_or(|since| at >= since)
        && job.until.is_none_or(|until| at < until)
        && job.event_type.is_none_or(|kind| kind == record.event.event_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_a_time_is_before_those_of_its_events() {
        let id: Uuid = "019adb6c-2f00-7c11-8d5e-0123456789ab".parse().unwrap();
        let at = |millis| first_of(Some(Timestamp::from_millis(millis))).unwrap();
        assert!(at(0x019a_db6c_2f00) < id && id < at(0x019a_db6c_2f01));
    }
}
