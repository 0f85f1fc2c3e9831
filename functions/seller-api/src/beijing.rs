//! Months as KooGallery counts them: in Beijing, which is eight hours ahead of UTC and has no summer time.

use std::time::Duration;

use koogallery::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use time::{Date, Month, OffsetDateTime, UtcOffset};

const AHEAD: Duration = Duration::from_hours(8);

/// A month in Beijing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BeijingMonth {
    /// Its first day.
    first: Date,
}

/// The text is no month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("give a month like 2026-11, from 2000-01 to 9998-12")]
pub(crate) struct MonthError;

impl BeijingMonth {
    /// The month of a time.
    pub(crate) fn of(at: Timestamp) -> Option<Self> {
        Some(Self { first: local(at)?.date().replace_day(1).ok()? })
    }

    /// When it begins.
    pub(crate) fn begin(self) -> Timestamp {
        Timestamp::from_millis(self.first.midnight().assume_utc().unix_timestamp() * 1000).saturating_sub(AHEAD)
    }

    /// When it ends: the beginning of the next one.
    pub(crate) fn end(self) -> Timestamp {
        Self { first: later(self.first, 1).unwrap_or(self.first) }.begin()
    }
}

/// The same time of the day so many months later in Beijing: on the last day of a month that is shorter. None outside the calendar.
pub(crate) fn months_later(at: Timestamp, months: u32) -> Option<Timestamp> {
    let from = local(at)?;
    let date = later(from.date(), months)?;
    let begin = date.midnight().assume_utc().unix_timestamp() - from.date().midnight().assume_utc().unix_timestamp();
    Some(Timestamp::from_millis(at.as_millis().saturating_add(begin.saturating_mul(1000))))
}

fn local(at: Timestamp) -> Option<OffsetDateTime> {
    let offset = UtcOffset::from_hms(8, 0, 0).ok()?;
    OffsetDateTime::from_unix_timestamp(at.as_seconds()).ok()?.checked_to_offset(offset)
}

fn later(date: Date, months: u32) -> Option<Date> {
    let from = u32::from(u8::from(date.month())) - 1;
    let sum = from.checked_add(months)?;
    let year = date.year().checked_add(i32::try_from(sum / 12).ok()?)?;
    let month = Month::try_from(u8::try_from(sum % 12 + 1).ok()?).ok()?;
    Date::from_calendar_date(year, month, date.day().min(month.length(year))).ok()
}

impl std::str::FromStr for BeijingMonth {
    type Err = MonthError;
    fn from_str(text: &str) -> Result<Self, MonthError> {
        let (year, month) =
            text.split_once('-').filter(|(year, month)| (year.len(), month.len()) == (4, 2)).ok_or(MonthError)?;
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !(digits(year) && digits(month)) {
            return Err(MonthError);
        }
        let year = year.parse().ok().filter(|year| (2000..9999).contains(year)).ok_or(MonthError)?;
        let month = month.parse::<u8>().ok().and_then(|month| Month::try_from(month).ok()).ok_or(MonthError)?;
        Date::from_calendar_date(year, month, 1).map(|first| Self { first }).map_err(|_| MonthError)
    }
}

impl std::fmt::Display for BeijingMonth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}", self.first.year(), u8::from(self.first.month()))
    }
}

impl<'de> Deserialize<'de> for BeijingMonth {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse::<crate::time::Time>().unwrap().timestamp()
    }

    #[test]
    fn a_month_begins_and_ends_in_beijing() {
        let month: BeijingMonth = "2026-12".parse().unwrap();
        assert_eq!((month.begin(), month.end()), (at("2026-11-30T16:00:00Z"), at("2026-12-31T16:00:00Z")));
        assert_eq!(BeijingMonth::of(at("2026-11-30T16:00:00Z")), Some(month));
        assert_eq!(BeijingMonth::of(at("2026-11-30T15:59:59Z")).unwrap().to_string(), "2026-11");
        for bad in ["", "2026", "2026-1", "2026-13", "26-01", "+026-01", "2026-1x", "2026-01-01", "1999-12", "9999-01"]
        {
            assert_eq!(bad.parse::<BeijingMonth>(), Err(MonthError), "{bad}");
        }
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        for (from, months, to) in [
            ("2026-01-01T00:00:00Z", 1, "2026-02-01T00:00:00Z"),
            // 31 January in Beijing.
            ("2026-01-30T16:00:00Z", 1, "2026-02-27T16:00:00Z"),
            ("2028-02-28T20:00:00Z", 12, "2029-02-27T20:00:00Z"),
            ("2026-12-31T16:00:00Z", 24, "2028-12-31T16:00:00Z"),
        ] {
            assert_eq!(months_later(at(from), months), Some(at(to)), "{from}");
        }
        assert_eq!(months_later(at("2026-01-01T00:00:00Z"), u32::MAX), None);
    }
}
