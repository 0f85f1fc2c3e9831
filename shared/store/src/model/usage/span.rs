//! Under which beginning and end an hour is pushed. KooGallery counts the first of two records of an instance with the same span
//! alone, and refuses one that begins before the purchase or ends after the release.

use koogallery::Timestamp;

/// The life of an instance, as far as it limits a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// The purchase.
    pub(crate) bought: Timestamp,
    /// The release, if there was one.
    pub(crate) released: Option<Timestamp>,
}

/// The span of an hour; `slot` is 0 for the plain hour, and another number for each further one with the same beginning: each begins a
/// second later. None if no such span is left. The times are whole seconds.
pub(crate) fn span(begin: Timestamp, end: Timestamp, limits: Limits, slot: u32) -> Option<(Timestamp, Timestamp)> {
    let begin = up(begin.max(limits.bought)).as_millis() + i64::from(slot) * 1000;
    let end = down(limits.released.map_or(end, |released| end.min(released)));
    // What was bought and released in the same second has a span of no length.
    let least = if slot == 0 { end.as_millis().min(begin) } else { begin };
    (least <= end.as_millis()).then_some((Timestamp::from_millis(least), end))
}

fn down(at: Timestamp) -> Timestamp {
    Timestamp::from_millis(at.as_seconds() * 1000)
}

fn up(at: Timestamp) -> Timestamp {
    down(Timestamp::from_millis(at.as_millis() + 999))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn spanned(bought: i64, released: Option<i64>, slot: u32) -> Option<(i64, i64)> {
        let at = |millis| Timestamp::from_millis(1_764_000_000_000 + millis);
        let limits = Limits { bought: at(bought), released: released.map(at) };
        let of = |time: Timestamp| time.as_millis() - 1_764_000_000_000;
        span(at(0), at(HOUR), limits, slot).map(|(begin, end)| (of(begin), of(end)))
    }

    #[test]
    fn a_span_is_in_the_hour_and_in_the_life() {
        assert_eq!(spanned(-5, None, 0), Some((0, HOUR)));
        assert_eq!(spanned(1, None, 0), Some((1000, HOUR)));
        assert_eq!(spanned(-5, Some(90_500), 0), Some((0, 90_000)));
        assert_eq!(spanned(90_100, Some(90_500), 0), Some((90_000, 90_000)));
        assert_eq!(spanned(-5, Some(HOUR + 1), 0), Some((0, HOUR)));
    }

    #[test]
    fn further_ones_begin_later_as_long_as_there_is_room() {
        assert_eq!(spanned(-5, None, 1), Some((1000, HOUR)));
        assert_eq!(spanned(-5, None, 3600), Some((HOUR, HOUR)));
        assert_eq!(spanned(-5, None, 3601), None);
        assert_eq!(spanned(-5, Some(500), 1), None);
    }
}
