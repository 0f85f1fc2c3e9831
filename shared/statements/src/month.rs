//! A month of a bill (账期), such as 2025-12.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::plain::half_width;

/// A month, `yyyy-MM`, of the years 1970 to 2199.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Month {
    year: i32,
    month: u8,
}

/// The text is not a month.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a month is yyyy-MM, such as 2025-12")]
pub struct MonthError;

impl Month {
    /// A month of a year. None if there is no such month, or the year is not between 1970 and 2199.
    #[must_use]
    pub fn new(year: i32, month: u8) -> Option<Self> {
        ((1970..2200).contains(&year) && (1..=12).contains(&month)).then_some(Self { year, month })
    }

    /// The month of what has the same years and months, such as a day.
    pub(crate) fn of(year: i32, month: u8) -> Self {
        Self { year, month }
    }

    /// The year.
    #[must_use]
    pub fn year(self) -> i32 {
        self.year
    }

    /// The month of the year, from 1.
    #[must_use]
    pub fn month(self) -> u8 {
        self.month
    }

    /// The month after it. The last one has none after it.
    #[must_use]
    pub fn next(self) -> Self {
        let next = if self.month == 12 { Self::new(self.year + 1, 1) } else { Self::new(self.year, self.month + 1) };
        next.unwrap_or(self)
    }

    /// Reads a month as exports write it: `2025-12`, `2025/12`, `202512`, `2025年12月`, or a day of it.
    pub fn read(text: &str) -> Result<Self, MonthError> {
        let text: String = text.trim().chars().map(half_width).collect();
        let mut parts = text.split(|letter: char| !letter.is_ascii_digit()).filter(|part| !part.is_empty());
        let (first, second) = (parts.next().ok_or(MonthError)?, parts.next());
        let (year, month) = match (first.len(), second) {
            (4, Some(month)) if month.len() <= 2 => (first, month),
            (6 | 8, _) => first.split_at(4),
            _ => return Err(MonthError),
        };
        let (year, month) = (year.parse().map_err(|_| MonthError)?, month[..month.len().min(2)].parse());
        if text.chars().any(|letter| letter.is_alphabetic() && !"年月日TZ".contains(letter)) {
            return Err(MonthError);
        }
        Self::new(year, month.map_err(|_| MonthError)?).ok_or(MonthError)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Month {
    type Err = MonthError;

    fn from_str(text: &str) -> Result<Self, MonthError> {
        Self::read(text)
    }
}

impl TryFrom<String> for Month {
    type Error = MonthError;

    fn try_from(text: String) -> Result<Self, MonthError> {
        Self::read(&text)
    }
}

impl From<Month> for String {
    fn from(month: Month) -> Self {
        month.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_as_exports_write_it() {
        for text in ["2025-12", "202512", "2025/12", "2025年12月", "2025-12-31", "20251231", "２０２５－１２"]
        {
            assert_eq!(Month::read(text).map(|month| month.to_string()).as_deref(), Ok("2025-12"), "{text}");
        }
        assert_eq!(Month::read("2025-1").map(|month| month.to_string()).as_deref(), Ok("2025-01"));
        for text in ["", "12", "2025-13", "2025", "Dec 2025", "1969-12", "20251"] {
            assert_eq!(Month::read(text), Err(MonthError), "{text}");
        }
        assert_eq!(Month::read("2025-12").map(Month::next), Month::read("2026-01"));
    }
}
