//! Days and months as KooGallery counts them: in Beijing, which is eight hours ahead of UTC and has no summer time.

use std::time::Duration;

use koogallery::Timestamp;
use time::{Date, OffsetDateTime, UtcOffset};

pub(crate) const DAY: Duration = Duration::from_hours(24);
const AHEAD: Duration = Duration::from_hours(8);

/// The beginning of the day in Beijing.
pub(crate) fn day_of(at: Timestamp) -> Timestamp {
    let day = i64::try_from(DAY.as_millis()).unwrap_or(i64::MAX);
    let local = at.saturating_add(AHEAD).as_millis();
    Timestamp::from_millis(local.div_euclid(day) * day).saturating_sub(AHEAD)
}

/// The beginning of the month in Beijing. A time outside the calendar begins its own month.
pub(crate) fn month_of(at: Timestamp) -> Timestamp {
    let first = || {
        let offset = UtcOffset::from_hms(8, 0, 0).ok()?;
        let local = OffsetDateTime::from_unix_timestamp(at.as_seconds()).ok()?.to_offset(offset);
        let first = Date::from_calendar_date(local.year(), local.month(), 1).ok()?;
        Some(first.midnight().assume_offset(offset).unix_timestamp())
    };
    first().map_or(at, |seconds| Timestamp::from_millis(seconds * 1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        koogallery::CalendarForm::SECOND.read(text).unwrap()
    }

    #[test]
    fn a_day_and_a_month_begin_in_beijing() {
        for (time, day, month) in [
            ("20261130155959", "20261129160000", "20261031160000"),
            ("20261130160000", "20261130160000", "20261130160000"),
            ("20261231170000", "20261231160000", "20261231160000"),
            ("20280229120000", "20280228160000", "20280131160000"),
        ] {
            assert_eq!((day_of(at(time)), month_of(at(time))), (at(day), at(month)), "{time}");
        }
    }
}
