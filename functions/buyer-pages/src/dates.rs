//! Times as a buyer reads them: in Beijing's time for Chinese readers, in UTC for the others. The zone is named, because KooGallery's own
//! pages leave it out.

use koogallery::Timestamp;
use koogallery_runtime::Language;
use time::{OffsetDateTime, UtcOffset};

/// A time. None if no calendar has it.
pub(crate) fn written(language: Language, at: Timestamp) -> Option<String> {
    let utc = OffsetDateTime::from_unix_timestamp(at.as_seconds()).ok()?;
    let (offset, zone) = match language {
        Language::Chinese => (UtcOffset::from_hms(8, 0, 0).ok()?, "北京时间"),
        Language::English => (UtcOffset::UTC, "UTC"),
    };
    let local = utc.checked_to_offset(offset)?;
    let (year, month, day) = (local.year(), local.month(), local.day());
    let clock = format!("{:02}:{:02}", local.hour(), local.minute());
    Some(match language {
        Language::Chinese => format!("{year}年{}月{day}日 {clock}（{zone}）", u8::from(month)),
        Language::English => format!("{day} {month} {year}, {clock} ({zone})"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zone_is_named() {
        let at = Timestamp::from_millis(1_798_732_800_000); // 2026-12-31T16:00:00Z
        assert_eq!(written(Language::Chinese, at).unwrap(), "2027年1月1日 00:00（北京时间）");
        assert_eq!(written(Language::English, at).unwrap(), "31 December 2026, 16:00 (UTC)");
        assert_eq!(written(Language::English, Timestamp::from_millis(i64::MAX)), None);
    }
}
