//! Filters of lists. They are applied while a list is read, so one request reads only so far: a page may be short, or even empty,
//! and have a `next`.

use std::fmt::Display;

use koogallery::{ExpireTime, Timestamp};
use koogallery_store::{Page, Place, StoreError};
use uuid::Uuid;

use crate::page::{Limit, cursor, place};
use crate::problem::Problem;
use crate::time::Time;

/// So many times one request reads on.
pub(crate) const MOST_READS: usize = 10;

/// A page of the members that fit, and the cursor of the next one.
pub(crate) struct Fitting<T> {
    /// The members.
    pub(crate) members: Vec<T>,
    /// The next page's cursor; none on the last page.
    pub(crate) next: Option<String>,
}

/// Reads a page of the members that fit, from a cursor on.
pub(crate) async fn fitting<T, F>(
    from: Option<&str>,
    Limit(limit): Limit,
    read: impl Fn(Place, usize) -> F,
    fits: impl Fn(&T) -> bool,
) -> Result<Fitting<T>, Problem>
where
    F: Future<Output = Result<Page<T>, StoreError>>,
{
    let mut members = Vec::with_capacity(limit);
    let mut next = Some(place(from)?.unwrap_or_default());
    for _ in 0..MOST_READS {
        let Some(place) = next.take_if(|_| members.len() < limit) else { break };
        let page = read(place, limit - members.len()).await?;
        members.extend(page.members.into_iter().filter(&fits));
        next = page.next;
    }
    Ok(Fitting { members, next: next.map(|place| cursor(&place.to_string())) })
}

/// Whether a value is the wanted one, if one is wanted.
pub(crate) fn is<T: PartialEq>(wanted: Option<&T>, value: Option<&T>) -> bool {
    wanted.is_none_or(|wanted| value == Some(wanted))
}

/// Whether it was at that time or later, if a time is wanted.
pub(crate) fn is_since(wanted: Option<Time>, at: Option<Timestamp>) -> bool {
    wanted.is_none_or(|wanted| at.is_some_and(|at| at >= wanted.timestamp()))
}

/// Whether it ends before that time, if a time is wanted. What never ends does not.
pub(crate) fn ends_before(wanted: Option<Time>, until: Option<ExpireTime>) -> bool {
    wanted.is_none_or(|wanted| until.is_some_and(|until| until.timestamp() < wanted.timestamp()))
}

/// Whether one of the values contains the wanted text, in any case of letters.
pub(crate) fn contains(wanted: Option<&str>, values: &[Option<&dyn Display>]) -> bool {
    let Some(wanted) = wanted.map(str::to_lowercase) else { return true };
    values.iter().flatten().any(|value| value.to_string().to_lowercase().contains(&wanted))
}

/// When the last event of something was made: its id says so.
pub(crate) fn changed_at(last_event: Option<Uuid>) -> Option<Timestamp> {
    let (seconds, nanoseconds) = last_event?.get_timestamp()?.to_unix();
    let millis = seconds.checked_mul(1000)?.checked_add(u64::from(nanoseconds / 1_000_000))?;
    i64::try_from(millis).ok().map(Timestamp::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_filter_lets_all_pass_if_nothing_is_wanted() {
        assert!(is(None::<&u8>, None) && is(Some(&1), Some(&1)) && !is(Some(&1), Some(&2)) && !is(Some(&1), None));
        let time: Time = "2026-01-01T00:00:00Z".parse().unwrap();
        let (at, before) = (time.timestamp(), Timestamp::from_millis(time.timestamp().as_millis() - 1));
        assert!(is_since(None, None) && is_since(Some(time), Some(at)));
        assert!(!is_since(Some(time), Some(before)) && !is_since(Some(time), None));
        let until = |at| ExpireTime::from_timestamp(at);
        assert!(ends_before(None, None) && ends_before(Some(time), until(before)));
        assert!(!ends_before(Some(time), until(at)) && !ends_before(Some(time), None));
        assert!(contains(None, &[]) && contains(Some("cs1"), &[None, Some(&"XCS12")]) && !contains(Some("a"), &[None]));
    }

    #[test]
    fn an_events_id_says_when_it_was_made() {
        let id = "019adb6c-2f00-7c11-8d5e-0123456789ab".parse().unwrap();
        assert_eq!(changed_at(Some(id)).unwrap().as_millis(), 0x019a_db6c_2f00);
        assert_eq!(changed_at(None), None);
    }
}
