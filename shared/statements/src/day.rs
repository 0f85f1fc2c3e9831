//! A day of Beijing, where KooGallery counts: bills, due dates and working days have no hour.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::{Date, Duration, OffsetDateTime, UtcOffset, Weekday};

use crate::month::Month;
use crate::plain::half_width;

/// A day, `yyyy-MM-dd`, of the years 1970 to 2199.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(Date);

/// The text is not a day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a day is yyyy-MM-dd, such as 2025-12-31")]
pub struct DayError;

/// Beijing is 8 hours ahead of UTC, all year.
const AHEAD: i8 = 8;

/// The day 0 of spreadsheets. They believe that 1900 was a leap year, so this is right from March 1900 on.
const SPREADSHEET_EPOCH: Date = time::macros::date!(1899 - 12 - 30);
/// How much later the other epoch of spreadsheets is, in days: they call it 1904.
const LATER_EPOCH: i64 = 1462;

impl Day {
    /// A day of a month of a year. None if there is no such day.
    #[must_use]
    pub fn new(year: i32, month: u8, day: u8) -> Option<Self> {
        Month::new(year, month)?;
        let month = time::Month::try_from(month).ok()?;
        Date::from_calendar_date(year, month, day).ok().map(Self)
    }

    /// The day in Beijing of a time, in milliseconds since 1970-01-01T00:00:00Z. None outside the years.
    #[must_use]
    pub fn in_beijing(millis: i64) -> Option<Self> {
        let at = OffsetDateTime::from_unix_timestamp(millis.div_euclid(1000)).ok()?;
        Self::within(at.to_offset(UtcOffset::from_hms(AHEAD, 0, 0).ok()?).date())
    }

    fn within(date: Date) -> Option<Self> {
        Month::new(date.year(), u8::from(date.month())).map(|_| Self(date))
    }

    /// The day with a number in a spreadsheet: days since the epoch, with a fraction for the time of day.
    pub(crate) fn of_spreadsheet(number: f64, epoch_is_1904: bool) -> Option<Self> {
        if !(0.0..200_000.0).contains(&number) {
            return None;
        }
        #[allow(clippy::cast_possible_truncation)] // it is in the range
        let days = number.floor() as i64 + if epoch_is_1904 { LATER_EPOCH } else { 0 };
        Self::within(SPREADSHEET_EPOCH.checked_add(Duration::days(days))?)
    }

    /// The day of a month, or the month's last day if it has fewer.
    #[must_use]
    pub fn in_month(month: Month, day: u8) -> Self {
        let name = time::Month::try_from(month.month()).unwrap_or(time::Month::December);
        let day = day.clamp(1, name.length(month.year()));
        Self(Date::from_calendar_date(month.year(), name, day).unwrap_or(SPREADSHEET_EPOCH))
    }

    /// Its month.
    #[must_use]
    pub fn month(self) -> Month {
        Month::of(self.0.year(), u8::from(self.0.month()))
    }

    /// Its year.
    #[must_use]
    pub fn year(self) -> i32 {
        self.0.year()
    }

    /// The day so many days later, or earlier if negative. Stays at the last or first day of the years.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        self.0.checked_add(Duration::days(days)).and_then(Self::within).unwrap_or(self)
    }

    /// Whether it is a Saturday or a Sunday.
    #[must_use]
    pub fn is_weekend(self) -> bool {
        matches!(self.0.weekday(), Weekday::Saturday | Weekday::Sunday)
    }

    /// Reads a day as exports write it: `2025-12-31`, `2025/12/31`, `20251231`, `2025年12月31日`, each also with a time after it.
    /// A time with `Z` is UTC, and the day that of Beijing; other times are Beijing's.
    pub fn read(text: &str) -> Result<Self, DayError> {
        let text: String = text.trim().chars().map(half_width).collect();
        if text.len() > 40 || text.chars().any(|letter| letter.is_alphabetic() && !"年月日时分秒TZUC".contains(letter))
        {
            return Err(DayError);
        }
        let parts = text.split(|letter: char| !letter.is_ascii_digit()).filter(|part| !part.is_empty());
        let parts: Vec<&str> = parts.collect();
        let number = |text: &str| text.parse::<u16>().map_err(|_| DayError);
        let small = |text: &str| text.parse::<u8>().map_err(|_| DayError);
        let (day, time) = match *parts.first().ok_or(DayError)? {
            digits if matches!(digits.len(), 8 | 14 | 17) => {
                let day = (number(&digits[..4])?, small(&digits[4..6])?, small(&digits[6..8])?);
                let compact = digits.len() > 8;
                let hour =
                    if compact { Some(&digits[8..10]) } else { parts.get(1).map(|time| &time[..time.len().min(2)]) };
                (day, hour)
            }
            year if year.len() == 4 && parts.len() >= 3 => {
                ((number(year)?, small(parts[1])?, small(parts[2])?), parts.get(3).copied())
            }
            _ => return Err(DayError),
        };
        let read = Self::new(i32::from(day.0), day.1, day.2).ok_or(DayError)?;
        let hour = time.map_or(Ok(0), small)?;
        let is_utc = text.ends_with('Z') || text.ends_with("UTC");
        // From 16:00 in UTC on, it is the next day in Beijing.
        Ok(if is_utc && hour >= 24 - AHEAD.unsigned_abs() { read.plus_days(1) } else { read })
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), u8::from(self.0.month()), self.0.day())
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Day {
    type Err = DayError;

    fn from_str(text: &str) -> Result<Self, DayError> {
        Self::read(text)
    }
}

impl TryFrom<String> for Day {
    type Error = DayError;

    fn try_from(text: String) -> Result<Self, DayError> {
        Self::read(&text)
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_as_exports_write_it() {
        for text in [
            "2025-12-31",
            "2025/12/31",
            "20251231",
            "2025年12月31日",
            "2025-12-31 23:59:59",
            "20251231235959",
            "2025-12-31T15:59:59Z",
            "2025-12-30T16:00:00Z",
            "20251230T160000Z",
            "2025-12-31 10:00:00 (UTC+08:00)",
        ] {
            assert_eq!(Day::read(text).map(|day| day.to_string()).as_deref(), Ok("2025-12-31"), "{text}");
        }
        for text in ["", "2025-02-29", "soon", "31.12.2025", "2025-12", "1", "20251301"] {
            assert_eq!(Day::read(text), Err(DayError), "{text}");
        }
    }

    #[test]
    fn numbers_and_times_are_days_of_beijing() {
        let day = |text: &str| Some(Day::read(text).unwrap());
        assert_eq!(Day::of_spreadsheet(46022.75, false), day("2025-12-31"));
        assert_eq!(Day::of_spreadsheet(44560.0, true), day("2025-12-31"));
        assert_eq!(Day::of_spreadsheet(-1.0, false), None);
        assert_eq!(Day::of_spreadsheet(f64::NAN, false), None);
        assert_eq!(Day::in_beijing(1_767_196_799_999), day("2025-12-31"));
        assert_eq!(Day::in_beijing(1_767_196_800_000), day("2026-01-01"));
        assert_eq!(Day::in_beijing(i64::MAX), None);
    }
}
