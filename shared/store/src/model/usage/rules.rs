//! Which records can be counted, and in which hour.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use koogallery::{InstanceId, Timestamp};

use crate::model::instance::Instance;
use crate::model::usage::hour::HourId;
use crate::model::usage::period::{Cycle, Period};
use crate::model::usage::record::{UsageRefusal, UsageSent};

/// KooGallery does not count older use.
const OLDEST: Duration = Duration::from_hours(21 * 24);
/// An hour that began longer ago is not made any more: it has to reach KooGallery in time as well.
const OLDEST_HOUR: Duration = Duration::from_hours(20 * 24);
/// The longest use of one record.
const LONGEST: Duration = Duration::from_hours(24);
/// How far the application's clock may be from ours.
const AHEAD: Duration = Duration::from_mins(2);
/// So many hours are tried from the current one on. More are closed only where a clock is wrong by hours.
const HOURS_AHEAD: usize = 4;
/// So many parts the last hour of a released instance may have.
const MOST_PARTS: u32 = 60;

/// Why a record cannot be counted, whichever hour is open.
pub(crate) fn refusal(
    sent: &UsageSent,
    instances: &HashMap<InstanceId, Instance>,
    now: Timestamp,
) -> Option<UsageRefusal> {
    let Some(instance) = instances.get(&sent.instance_id) else { return Some(UsageRefusal::NoInstance) };
    if sent.related_package.as_ref().is_some_and(|package| !instances.contains_key(package)) {
        return Some(UsageRefusal::NoPackage);
    }
    if sent.end < sent.begin {
        return Some(UsageRefusal::Backwards);
    }
    if sent.end.since(sent.begin) > LONGEST {
        return Some(UsageRefusal::TooLong);
    }
    if sent.end > now.saturating_add(AHEAD) {
        return Some(UsageRefusal::Future);
    }
    if sent.begin.saturating_add(OLDEST) < now {
        return Some(UsageRefusal::TooOld);
    }
    // Two clocks are never quite the same, and some applications know only whole seconds.
    if sent.end.saturating_add(AHEAD) < instance.life.created_at {
        return Some(UsageRefusal::BeforePurchase);
    }
    let released = instance.life.released_at;
    released.is_some_and(|released| sent.end > released).then_some(UsageRefusal::AfterRelease)
}

/// Where a record of an instance is counted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Booking {
    pub(crate) cycle: Cycle,
    pub(crate) released: Option<Timestamp>,
    pub(crate) now: Timestamp,
}

impl Booking {
    /// The hour for a record, if these are known to be closed: its own; else the one that goes on now; for an instance that is
    /// released, a further part of its own.
    pub(crate) fn hour(self, sent: &UsageSent, closed: &HashSet<HourId>) -> Result<(HourId, Period), UsageRefusal> {
        let id = |period: Period, part| HourId {
            instance_id: sent.instance_id.clone(),
            begin: period.begin,
            related_package: sent.related_package.clone(),
            part,
        };
        let own = self.cycle.around(sent.moment());
        let is_young = |period: Period| period.begin.saturating_add(OLDEST_HOUR) >= self.now;
        if is_young(own) && !closed.contains(&id(own, 0)) {
            return Ok((id(own, 0), own));
        }
        if let Some(released) = self.released {
            if sent.quantity.is_negative() {
                return Err(UsageRefusal::NothingToCome);
            }
            let last = self.cycle.around(Timestamp::from_millis(released.as_millis() - 1));
            let period = if is_young(own) { own } else { last };
            let parts = (0..MOST_PARTS).map(|part| id(period, part));
            let open = parts.into_iter().find(|part| !closed.contains(part)).filter(|_| is_young(period));
            return open.map(|open| (open, period)).ok_or(UsageRefusal::NoSpan);
        }
        let mut period = self.cycle.around(self.now).max(self.cycle.after(own.end));
        if self.cycle.around(self.now) >= own {
            period = self.cycle.around(self.now);
        }
        for _ in 0..HOURS_AHEAD {
            if !closed.contains(&id(period, 0)) {
                return Ok((id(period, 0), period));
            }
            period = self.cycle.after(period.end);
        }
        Err(UsageRefusal::NoSpan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn at(hours: i64, minutes: i64) -> Timestamp {
        Timestamp::from_millis(1_764_000_000_000 + hours * HOUR + minutes * 60_000)
    }

    fn sent(begin: Timestamp, end: Timestamp) -> UsageSent {
        let (id, instance_id) = ("r-1".parse().unwrap(), "i-1".parse().unwrap());
        UsageSent { id, instance_id, related_package: None, begin, end, quantity: "1".parse().unwrap() }
    }

    fn hour(begin: Timestamp, part: u32) -> HourId {
        HourId { instance_id: "i-1".parse().unwrap(), begin, related_package: None, part }
    }

    #[test]
    fn a_record_is_counted_in_its_hour_and_if_that_is_closed_in_the_one_that_goes_on() {
        let booking = Booking { cycle: Cycle::Hourly, released: None, now: at(3, 10) };
        let of = |sent: &UsageSent, closed: &[HourId]| {
            booking.hour(sent, &closed.iter().cloned().collect()).map(|(hour, _)| (hour.begin, hour.part))
        };
        // The end of an hour belongs to it, its beginning to the next.
        assert_eq!(of(&sent(at(1, 0), at(2, 0)), &[]), Ok((at(1, 0), 0)));
        assert_eq!(of(&sent(at(2, 0), at(2, 0)), &[]), Ok((at(2, 0), 0)));
        assert_eq!(of(&sent(at(0, 50), at(1, 10)), &[]), Ok((at(1, 0), 0)));
        assert_eq!(of(&sent(at(1, 0), at(2, 0)), &[hour(at(1, 0), 0)]), Ok((at(3, 0), 0)));
        let closed = [hour(at(1, 0), 0), hour(at(3, 0), 0)];
        assert_eq!(of(&sent(at(1, 0), at(2, 0)), &closed), Ok((at(4, 0), 0)));
        // What is older than an hour that KooGallery takes is counted now.
        assert_eq!(of(&sent(at(-20 * 24, 0), at(-20 * 24, 5)), &[]), Ok((at(3, 0), 0)));
    }

    #[test]
    fn what_a_released_instance_used_is_counted_in_a_further_part() {
        let booking = Booking { cycle: Cycle::Hourly, released: Some(at(2, 30)), now: at(9, 0) };
        let of = |sent: &UsageSent, closed: &[HourId]| {
            booking.hour(sent, &closed.iter().cloned().collect()).map(|(hour, _)| (hour.begin, hour.part))
        };
        let (late, closed) = (sent(at(2, 0), at(2, 30)), [hour(at(2, 0), 0), hour(at(2, 0), 1)]);
        assert_eq!(of(&late, &[]), Ok((at(2, 0), 0)));
        assert_eq!(of(&late, &closed), Ok((at(2, 0), 2)));
        let back = UsageSent { quantity: "-1".parse().unwrap(), ..late };
        assert_eq!(of(&back, &closed), Err(UsageRefusal::NothingToCome));
        assert_eq!(of(&back, &[]), Ok((at(2, 0), 0)));
    }
}
