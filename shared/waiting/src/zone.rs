//! Times as the reader writes them, in the zone that the reader chose. Zones are distances from UTC: China has one without summer
//! time, and a table of the world's zones would be the largest part of the function.

use std::fmt::Write as _;
use std::time::Duration;

use koogallery::Timestamp;
use koogallery_runtime::Language;
use time::{OffsetDateTime, UtcOffset};

/// A zone: its distance from UTC in minutes, to the east.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone(i16);

impl Default for Zone {
    /// China's.
    fn default() -> Self {
        Self(8 * 60)
    }
}

/// The distances that are in use besides whole hours, in minutes.
const BETWEEN: [i16; 9] = [-570, -210, 210, 270, 330, 345, 390, 570, 630];

impl Zone {
    /// All that can be chosen, from west to east.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut all: Vec<i16> = (-12..=14).map(|hours: i16| hours * 60).chain(BETWEEN).collect();
        all.sort_unstable();
        all.into_iter().map(Self).collect()
    }

    /// Reads one, such as `+08:00`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::all().into_iter().find(|zone| zone.name() == text)
    }

    /// Its name, such as `+08:00`.
    #[must_use]
    pub fn name(self) -> String {
        let sign = if self.0 < 0 { '-' } else { '+' };
        format!("{sign}{:02}:{:02}", self.0.unsigned_abs() / 60, self.0.unsigned_abs() % 60)
    }

    fn at(self, at: Timestamp) -> Option<OffsetDateTime> {
        let offset = UtcOffset::from_whole_seconds(i32::from(self.0) * 60).ok()?;
        OffsetDateTime::from_unix_timestamp(at.as_seconds()).ok()?.checked_to_offset(offset)
    }

    /// The minute of the day, from 0 to 1439. A time outside the calendar has none.
    #[must_use]
    pub fn minute(self, at: Timestamp) -> Option<u16> {
        self.at(at).map(|local| u16::from(local.hour()) * 60 + u16::from(local.minute()))
    }

    /// A time to the second.
    #[must_use]
    pub fn write(self, language: Language, at: Timestamp) -> String {
        let Some(local) = self.at(at) else { return at.to_string() };
        let clock = format!("{:02}:{:02}:{:02}", local.hour(), local.minute(), local.second());
        let (year, month, day) = (local.year(), u8::from(local.month()), local.day());
        match language {
            Language::Chinese => format!("{year}年{month}月{day}日 {clock}"),
            Language::English => {
                let month = &local.month().to_string()[..3];
                format!("{day} {month} {year}, {clock}")
            }
        }
    }

    /// The day of a time, as a form's field has it: `2026-01-31`.
    #[must_use]
    pub fn day(self, at: Timestamp) -> String {
        self.at(at).map_or_else(String::new, |local| local.date().to_string())
    }

    /// A minute of this zone, as a form's field has it: `2026-01-31T09:30`.
    #[must_use]
    pub fn time(self, text: &str) -> Option<Timestamp> {
        let (day, clock) = text.split_once('T')?;
        let mut parts = clock.splitn(3, ':').map(|part| part.parse::<u8>().ok());
        let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next().unwrap_or(Some(0))?);
        let time = time::Time::from_hms(hour, minute, second).ok()?;
        let (hour, minute, second) = time.as_hms();
        let seconds = u64::from(hour) * 3600 + u64::from(minute) * 60 + u64::from(second);
        Some(self.begin(day)?.saturating_add(Duration::from_secs(seconds)))
    }

    /// When a day of this zone begins.
    #[must_use]
    pub fn begin(self, day: &str) -> Option<Timestamp> {
        let mut parts = day.splitn(3, '-').map(|part| part.parse::<u16>().ok());
        let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
        let month = time::Month::try_from(u8::try_from(month).ok()?).ok()?;
        let date = time::Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()?;
        let seconds = date.midnight().assume_utc().unix_timestamp() - i64::from(self.0) * 60;
        Some(Timestamp::from_millis(seconds * 1000))
    }
}

/// A length of time, to its two largest units.
#[must_use]
pub fn length(language: Language, length: Duration) -> String {
    let minutes = length.as_secs() / 60;
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    let parts = match language {
        Language::Chinese => [(days, "天"), (hours, "小时"), (minutes, "分钟")],
        Language::English => [(days, " d"), (hours, " h"), (minutes, " min")],
    };
    let first = parts.iter().position(|(number, _)| *number > 0).unwrap_or(2);
    let mut text = String::new();
    for (number, unit) in
        parts.iter().skip(first).take(2).filter(|(number, unit)| *number > 0 || unit.contains(['m', '分']))
    {
        let gap = if text.is_empty() || language == Language::Chinese { "" } else { " " };
        let _ = write!(text, "{gap}{number}{unit}");
    }
    text
}

/// A whole number with its thousands apart.
#[must_use]
pub fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_the_readers_zone() {
        let at = Timestamp::from_millis(1_764_000_000_000); // 2025-11-24T16:00:00Z
        assert_eq!(Zone::default().write(Language::Chinese, at), "2025年11月25日 00:00:00");
        assert_eq!(Zone::parse("-03:30").unwrap().write(Language::English, at), "24 Nov 2025, 12:30:00");
        assert_eq!(Zone::default().day(at), "2025-11-25");
        assert_eq!(Zone::default().begin("2025-11-25"), Some(at));
        let morning = at.saturating_add(Duration::from_mins(570));
        assert_eq!(Zone::default().time("2025-11-25T09:30"), Some(morning));
        assert_eq!(Zone::default().time("2025-11-25T09:30:00"), Some(morning));
        for bad in
            ["", "2025-11-25", "2025-11-25T", "2025-11-25T24:00", "2025-11-25T09", "2025-11-25T09:30:x", "T09:30"]
        {
            assert_eq!(Zone::default().time(bad), None, "{bad}");
        }
        for bad in ["", "2025", "2025-13-01", "2025-02-30", "a-b-c", "2025-11-25T00"] {
            assert_eq!(Zone::default().begin(bad), None, "{bad}");
        }
    }

    #[test]
    fn each_zone_is_read_by_its_name() {
        for zone in Zone::all() {
            assert_eq!(Zone::parse(&zone.name()), Some(zone));
        }
        assert_eq!((Zone::parse("+08:01"), Zone::parse("x")), (None, None));
    }

    #[test]
    fn lengths_and_numbers_are_short() {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        assert_eq!(length(Language::English, minutes(3 * 1440 + 61)), "3 d 1 h");
        assert_eq!(length(Language::English, minutes(125)), "2 h 5 min");
        assert_eq!(length(Language::Chinese, minutes(125)), "2小时5分钟");
        assert_eq!(length(Language::English, minutes(0)), "0 min");
        assert_eq!((number(7), number(1234), number(1_234_567)), ("7".into(), "1,234".into(), "1,234,567".into()));
    }
}
