//! The hours in which people do not want to hear of what can wait.

use std::fmt;
use std::str::FromStr;

use koogallery::Timestamp;
use koogallery_waiting::Zone;

/// From one minute of the day to another one, perhaps over midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QuietHours {
    from: u16,
    to: u16,
}

/// The text is not quiet hours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not quiet hours: give two different times, such as 22:00-08:00")]
pub struct QuietError(String);

impl FromStr for QuietHours {
    type Err = QuietError;

    fn from_str(text: &str) -> Result<Self, QuietError> {
        let hours = || {
            let (from, to) = text.split_once('-')?;
            let (from, to) = (minute(from)?, minute(to)?);
            (from != to).then_some(Self { from, to })
        };
        hours().ok_or_else(|| QuietError(text.to_owned()))
    }
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let two = |digits: &str| (digits.len() == 2).then(|| digits.parse::<u16>().ok()).flatten();
    let (hour, minute) = (two(hour)?, two(minute)?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

impl fmt::Display for QuietHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}-{:02}:{:02}", self.from / 60, self.from % 60, self.to / 60, self.to % 60)
    }
}

impl QuietHours {
    /// Whether a time is in them.
    pub(crate) fn contains(self, at: Timestamp, zone: Zone) -> bool {
        let Some(minute) = zone.minute(at) else { return false };
        if self.from < self.to {
            (self.from..self.to).contains(&minute)
        } else {
            minute >= self.from || minute < self.to
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_go_over_midnight_in_the_zone_of_the_reader() {
        let at = |text: &str| koogallery::CalendarForm::SECOND.read(text).unwrap();
        let (china, utc) = (Zone::default(), Zone::parse("+00:00").unwrap());
        let night: QuietHours = "22:00-08:00".parse().unwrap();
        for (time, in_china, in_utc) in [
            ("20261126135959", false, false),
            ("20261126140000", true, false),
            ("20261126235959", true, true),
            ("20261127000000", false, true),
            ("20261127075959", false, true),
        ] {
            assert_eq!((night.contains(at(time), china), night.contains(at(time), utc)), (in_china, in_utc), "{time}");
        }
        let noon: QuietHours = "12:00 - 13:30".parse().unwrap();
        assert!(noon.contains(at("20261126132959"), utc) && !noon.contains(at("20261126133000"), utc));
        assert_eq!(noon.to_string(), "12:00-13:30");
        for bad in ["", "22:00", "22-08", "24:00-08:00", "8:00-9:00", "08:00-08:00", "22:60-08:00"] {
            assert!(bad.parse::<QuietHours>().is_err(), "{bad}");
        }
    }
}
