//! What is to be told of an instance, from its expiry: a renewal that is due, the end of its retention.

use std::time::Duration;

use koogallery::Timestamp;
use koogallery_store::{Cause, FreezeCause, Instance, Raise, Status};

use crate::month::DAY;

/// So many days before the expiry, each once.
const BEFORE: [u32; 3] = [30, 7, 1];
/// So long before the end of the retention.
const BEFORE_RELEASE: Duration = Duration::from_hours(3 * 24);

/// What is to be raised of an instance at this time; none if there is nothing to say.
pub(crate) fn raise_of(instance: &Instance, retention: Duration, now: Timestamp) -> Option<Raise> {
    let expiry = instance.life.expire_time?.timestamp();
    match (instance.life.status, instance.life.freeze_cause) {
        (Status::Active | Status::Provisioning, _) if now < expiry => renewal(instance, expiry, now),
        (Status::Frozen, Some(FreezeCause::Expired)) => {
            let end = expiry.saturating_add(retention);
            let at = end.saturating_sub(BEFORE_RELEASE);
            (at <= now).then_some(Raise { cause: Cause::RetentionEnds, since: at, at, due_at: Some(end) })
        }
        _ => None,
    }
}

fn renewal(instance: &Instance, expiry: Timestamp, now: Timestamp) -> Option<Raise> {
    let days = BEFORE.into_iter().filter(|days| *days < 30 || !is_for_a_month_at_most(instance));
    let times = days.map(|days| expiry.saturating_sub(DAY * days)).filter(|at| *at > instance.life.created_at);
    let since = times.filter(|at| *at <= now).max()?;
    Some(Raise { cause: Cause::RenewalDue, since, at: since, due_at: Some(expiry) })
}

/// Then the first warning would come with each renewal.
fn is_for_a_month_at_most(instance: &Instance) -> bool {
    instance.life.bought.as_ref().is_some_and(|bought| {
        let (unit, number) = (bought.period_type.as_deref(), bought.period_number.unwrap_or(1));
        matches!((unit, number), (Some("month"), 0..=1) | (Some("day"), 0..=31))
    })
}
