//! Working days. Bills and payments move to the next working day; China's holidays and the weekends that are worked instead
//! are announced each year, so they are data that can be replaced.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::day::{Day, DayError};

/// The working days of some years. In other years, each Monday to Friday is one: [`Calendar::knows`] says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    years: BTreeSet<i32>,
    holidays: BTreeSet<Day>,
    workdays: BTreeSet<Day>,
}

/// Why a calendar cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CalendarError {
    /// It is not the JSON of a calendar.
    #[error("a calendar is JSON with the members source and years: {0}")]
    Json(#[source] serde_json::Error),
    /// A day cannot be read.
    #[error("{text:?} in the calendar of {year} is neither yyyy-MM-dd nor yyyy-MM-dd/yyyy-MM-dd")]
    Day {
        /// The year.
        year: i32,
        /// What is there.
        text: String,
        /// Why not.
        #[source]
        source: DayError,
    },
    /// A day stands in another year than its own, or a range is too long or backward.
    #[error("{text:?} does not belong into the calendar of {year}")]
    Range {
        /// The year.
        year: i32,
        /// What is there.
        text: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[allow(dead_code)] // says to a reader where the days are from
    source: String,
    years: BTreeMap<i32, Year>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Year {
    holidays: Vec<String>,
    workdays: Vec<String>,
}

impl Calendar {
    /// China's, of the years that this program knows: 2025 and 2026.
    pub fn china() -> Result<Self, CalendarError> {
        Self::from_json(include_str!("../data/calendar.json"))
    }

    /// One in which each Monday to Friday is a working day, in all years.
    #[must_use]
    pub fn of_weekdays() -> Self {
        Self { years: BTreeSet::new(), holidays: BTreeSet::new(), workdays: BTreeSet::new() }
    }

    /// Reads a calendar: `{"source": "…", "years": {"2025": {"holidays": ["2025-10-01/2025-10-08"], "workdays": ["2025-10-11"]}}}`.
    /// `workdays` are weekends that are worked.
    pub fn from_json(json: &str) -> Result<Self, CalendarError> {
        let file: File = serde_json::from_str(json).map_err(CalendarError::Json)?;
        let mut calendar = Self::of_weekdays();
        for (year, days) in file.years {
            calendar.years.insert(year);
            calendar.holidays.extend(all(year, days.holidays)?);
            calendar.workdays.extend(all(year, days.workdays)?);
        }
        Ok(calendar)
    }

    /// Whether it knows the holidays of a year. If not, only weekends are free.
    #[must_use]
    pub fn knows(&self, year: i32) -> bool {
        self.years.contains(&year)
    }

    /// Whether it is a working day.
    #[must_use]
    pub fn is_working_day(&self, day: Day) -> bool {
        self.workdays.contains(&day) || !day.is_weekend() && !self.holidays.contains(&day)
    }

    /// This day, or the first working day after it.
    #[must_use]
    pub fn working_day_from(&self, day: Day) -> Day {
        let mut at = day;
        while !self.is_working_day(at) {
            let next = at.plus_days(1);
            if next == at {
                break; // the last day of all
            }
            at = next;
        }
        at
    }

    /// The working day so many working days after a day.
    #[must_use]
    pub fn plus_working_days(&self, day: Day, count: u32) -> Day {
        (0..count).fold(day, |day, _| self.working_day_from(day.plus_days(1)))
    }
}

fn all(year: i32, texts: Vec<String>) -> Result<Vec<Day>, CalendarError> {
    let mut days = Vec::new();
    for text in texts {
        let (first, last) = text.split_once('/').unwrap_or((&text, &text));
        let read =
            |part: &str| Day::read(part).map_err(|source| CalendarError::Day { year, text: text.clone(), source });
        let (first, last) = (read(first)?, read(last)?);
        if first > last || first.year() != year || last.year() != year {
            return Err(CalendarError::Range { year, text });
        }
        let mut day = first;
        while day <= last {
            days.push(day);
            day = day.plus_days(1);
        }
    }
    Ok(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn holidays_and_worked_weekends_of_china_count() {
        let china = Calendar::china().unwrap();
        for (text, working) in [
            ("2025-01-26", true),
            ("2025-01-28", false),
            ("2025-02-04", false),
            ("2025-02-05", true),
            ("2025-10-08", false),
            ("2025-10-11", true),
            ("2026-01-02", false),
            ("2026-01-04", true),
            ("2026-02-23", false),
            ("2026-02-24", true),
            ("2026-02-28", true),
            ("2026-09-20", true),
            ("2026-10-03", false),
            ("2026-11-28", false),
        ] {
            assert_eq!(china.is_working_day(day(text)), working, "{text}");
        }
        // The bill of September comes on the third of October, or when the holidays are over.
        assert_eq!(china.working_day_from(day("2026-10-03")), day("2026-10-08"));
        assert_eq!(china.plus_working_days(day("2026-10-08"), 3), day("2026-10-12"));
        assert!(china.knows(2026) && !china.knows(2027));
        assert!(china.is_working_day(day("2027-01-01")), "only weekends are free in a year that nobody knows");
    }

    #[test]
    fn each_worked_weekend_is_a_weekend_and_each_holiday_is_of_its_year() {
        let china = Calendar::china().unwrap();
        assert!(china.workdays.iter().all(|day| day.is_weekend()));
        assert!(china.workdays.is_disjoint(&china.holidays));
        assert_eq!(china.holidays.iter().filter(|day| day.year() == 2025).count(), 28);
        assert_eq!(china.holidays.iter().filter(|day| day.year() == 2026).count(), 33);
    }

    #[test]
    fn another_calendar_takes_its_place_and_a_wrong_one_says_why() {
        let own = r#"{"source":"ours","years":{"2027":{"holidays":["2027-01-01"],"workdays":["2027-01-03"]}}}"#;
        let own = Calendar::from_json(own).unwrap();
        assert_eq!(own.working_day_from(day("2027-01-01")), day("2027-01-03"));
        let error = |days: &str| {
            let json = format!(r#"{{"source":"","years":{{"2027":{{"holidays":["{days}"],"workdays":[]}}}}}}"#);
            Calendar::from_json(&json).unwrap_err().to_string()
        };
        assert!(error("soon").contains("\"soon\" in the calendar of 2027"));
        assert!(error("2026-01-01").contains("does not belong"));
        assert!(error("2027-02-02/2027-01-01").contains("does not belong"));
    }
}
