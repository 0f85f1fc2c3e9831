//! Billing cycles: the hours, and for products billed by the day the days, in which use is added up.

use std::collections::HashMap;
use std::time::Duration;

use koogallery::{ProductId, Timestamp};

const HOUR: i64 = 60 * 60 * 1000;
const DAY: i64 = 24 * HOUR;
/// A day begins at midnight in Beijing, eight hours before midnight in UTC.
const BEIJING: i64 = 8 * HOUR;

/// How often a product is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cycle {
    /// By the hour.
    Hourly,
    /// By the day of Beijing.
    Daily,
}

/// From its beginning to its end, which does not belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    /// The beginning.
    pub begin: Timestamp,
    /// The end.
    pub end: Timestamp,
}

impl Cycle {
    /// The period that a moment is in.
    #[must_use]
    pub fn around(self, at: Timestamp) -> Period {
        let (length, zone) = match self {
            Self::Hourly => (HOUR, 0),
            Self::Daily => (DAY, BEIJING),
        };
        let begin = (at.as_millis() + zone).div_euclid(length) * length - zone;
        Period { begin: Timestamp::from_millis(begin), end: Timestamp::from_millis(begin + length) }
    }

    /// The period after one that ends then.
    pub(crate) fn after(self, end: Timestamp) -> Period {
        self.around(end)
    }
}

/// So long after its end a period stays open for records that were on their way. KooGallery collects 15 minutes after an hour.
pub const GRACE: Duration = Duration::from_mins(2);

/// How products are billed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycles {
    named: HashMap<ProductId, Cycle>,
    others: Cycle,
}

impl Default for Cycles {
    /// All by the hour.
    fn default() -> Self {
        Self::of_each(HashMap::new(), Cycle::Hourly)
    }
}

impl Cycles {
    /// These products are billed by the day, all others by the hour.
    #[must_use]
    pub fn daily(products: impl IntoIterator<Item = ProductId>) -> Self {
        Self::default().but(products.into_iter().map(|product| (product, Cycle::Daily)))
    }

    /// These products are billed so, all others like `others`.
    #[must_use]
    pub const fn of_each(named: HashMap<ProductId, Cycle>, others: Cycle) -> Self {
        Self { named, others }
    }

    /// The same, but for these products.
    #[must_use]
    pub fn but(mut self, products: impl IntoIterator<Item = (ProductId, Cycle)>) -> Self {
        self.named.extend(products);
        self
    }

    /// How a product is billed.
    #[must_use]
    pub fn of(&self, product: Option<&ProductId>) -> Cycle {
        product.and_then(|product| self.named.get(product)).copied().unwrap_or(self.others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(cycle: Cycle, at: i64) -> [String; 2] {
        let Period { begin, end } = cycle.around(Timestamp::from_millis(at));
        [begin.to_rfc_3339(), end.to_rfc_3339()]
    }

    #[test]
    fn hours_are_those_of_utc_and_days_those_of_beijing() {
        // 2025-11-24T16:00:00Z, midnight in Beijing.
        let midnight = 1_764_000_000_000;
        assert_eq!(told(Cycle::Hourly, midnight), ["2025-11-24T16:00:00.000Z", "2025-11-24T17:00:00.000Z"]);
        assert_eq!(told(Cycle::Hourly, midnight - 1), ["2025-11-24T15:00:00.000Z", "2025-11-24T16:00:00.000Z"]);
        assert_eq!(told(Cycle::Daily, midnight), ["2025-11-24T16:00:00.000Z", "2025-11-25T16:00:00.000Z"]);
        assert_eq!(told(Cycle::Daily, midnight - 1), ["2025-11-23T16:00:00.000Z", "2025-11-24T16:00:00.000Z"]);
        assert_eq!(told(Cycle::Hourly, -1), ["1969-12-31T23:00:00.000Z", "1970-01-01T00:00:00.000Z"]);
    }
}
