//! Calendar times in UTC, in every form in which KooGallery and this project write them. A type with such a time, such as
//! [`crate::ExpireTime`], says which forms it accepts.

use time::format_description::StaticFormatDescription;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

use crate::timestamp::Timestamp;

/// How a time is written.
#[derive(Debug, Clone, Copy)]
pub struct CalendarForm(StaticFormatDescription);

impl CalendarForm {
    /// `yyyyMMddHHmmss`.
    pub const SECOND: Self = Self(format_description!("[year][month][day][hour][minute][second]"));

    /// `yyyyMMddHHmmssSSS`.
    pub const MILLISECOND: Self =
        Self(format_description!("[year][month][day][hour][minute][second][subsecond digits:3]"));

    /// `yyyyMMdd'T'HHmmss'Z'`: the short form of ISO 8601.
    pub const BASIC_ISO_8601: Self = Self(format_description!("[year][month][day]T[hour][minute][second]Z"));

    /// `yyyy-MM-dd HH:mm:ss`.
    pub const SPACED_SECOND: Self = Self(format_description!("[year]-[month]-[day] [hour]:[minute]:[second]"));

    /// `yyyy-MM-dd HH:mm:ss.SSS`.
    pub const SPACED_MILLISECOND: Self =
        Self(format_description!("[year]-[month]-[day] [hour]:[minute]:[second].[subsecond digits:3]"));

    /// `yyyy-MM-dd'T'HH:mm:ss.SSS'Z'`.
    pub const RFC_3339: Self =
        Self(format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z"));

    /// Reads a text in exactly this form. Returns none if it has another form, or if the time does not exist.
    #[must_use]
    pub fn read(self, text: &str) -> Option<Timestamp> {
        // The library also accepts a year with a sign.
        if !text.starts_with(|first: char| first.is_ascii_digit()) {
            return None;
        }
        let at = PrimitiveDateTime::parse(text, self.0).ok()?.assume_utc();
        Some(Timestamp::from_millis(at.unix_timestamp() * 1000 + i64::from(at.millisecond())))
    }

    /// Writes a time. Returns none outside the years 0 to 9999, for which no form has digits.
    #[must_use]
    pub fn write(self, at: Timestamp) -> Option<String> {
        calendar(at)?.format(self.0).ok()
    }
}

impl Timestamp {
    /// Whether the forms can write it: the years 0 to 9999.
    pub(crate) fn is_in_calendar(self) -> bool {
        calendar(self).is_some()
    }

    /// The form of RFC 3339, such as `2025-12-01T00:00:00.042Z`. Years beyond 9999 are written as 9999.
    #[must_use]
    pub fn to_rfc_3339(self) -> String {
        CalendarForm::RFC_3339.write(self).unwrap_or_else(|| "9999-12-31T23:59:59.999Z".to_owned())
    }
}

fn calendar(at: Timestamp) -> Option<OffsetDateTime> {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.as_millis()) * 1_000_000).ok()?;
    (0..=9999).contains(&at.year()).then_some(at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FORMS: [(CalendarForm, &str); 6] = [
        (CalendarForm::SECOND, "20251201000907"),
        (CalendarForm::MILLISECOND, "20251201000907042"),
        (CalendarForm::BASIC_ISO_8601, "20251201T000907Z"),
        (CalendarForm::SPACED_SECOND, "2025-12-01 00:09:07"),
        (CalendarForm::SPACED_MILLISECOND, "2025-12-01 00:09:07.042"),
        (CalendarForm::RFC_3339, "2025-12-01T00:09:07.042Z"),
    ];

    #[test]
    fn each_form_is_written_and_read_by_itself_alone() {
        let at = Timestamp::from_millis(1_764_547_747_042);
        for (form, written) in FORMS {
            assert_eq!(form.write(at).as_deref(), Some(written));
            assert!(form.read(written).is_some_and(|read| read.as_seconds() == at.as_seconds()), "{written}");
            let readers = FORMS.iter().filter(|(form, _)| form.read(written).is_some());
            assert_eq!(readers.count(), 1, "{written}");
            for near in [format!("{written} "), format!(" {written}"), format!("+{written}"), format!("-{written}")] {
                assert_eq!(form.read(&near), None, "{near}");
            }
        }
    }

    #[test]
    fn what_no_calendar_has_is_no_time() {
        for bad in ["20261331160000", "20260229000000", "20261231240000", "20261231236000", "20261231235960", "时时T"]
        {
            assert_eq!(CalendarForm::SECOND.read(bad), None, "{bad}");
        }
        let (first, last) = (-62_167_219_200_000, 253_402_300_799_999);
        for (at, written) in [(first, "00000101000000000"), (last, "99991231235959999")] {
            assert_eq!(CalendarForm::MILLISECOND.write(Timestamp::from_millis(at)).as_deref(), Some(written));
            assert_eq!(CalendarForm::MILLISECOND.read(written), Some(Timestamp::from_millis(at)));
        }
        for beyond in [i64::MIN, first - 1, last + 1, i64::MAX] {
            assert_eq!(CalendarForm::MILLISECOND.write(Timestamp::from_millis(beyond)), None, "{beyond}");
        }
        assert_eq!(Timestamp::from_millis(i64::MAX).to_rfc_3339(), "9999-12-31T23:59:59.999Z");
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,24}|[0-9TZ:. -]{8,24}") {
            for (form, _) in FORMS {
                let _ = form.read(&text);
            }
        }
    }
}
