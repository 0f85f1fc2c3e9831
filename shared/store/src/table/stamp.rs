//! Decides which of two syncs of the same thing is newer.

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::Timestamp;
use serde::{Deserialize, Serialize};

use crate::table::key::Item;

/// The order of syncs: by their time; of two with the same time, by the time when they were signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Stamp(Timestamp, Timestamp, u8);

impl Stamp {
    /// Before any sync.
    pub(crate) const NEVER: Self = Self(Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MIN), 0);

    /// The stamp of a sync of one thing out of many.
    pub(crate) const fn of_one(time: Timestamp, signed_at: Timestamp) -> Self {
        Self(time, signed_at, 1)
    }

    /// The stamp of a sync of all things. If everything else is equal, a sync of one thing is newer.
    pub(crate) const fn of_all(time: Timestamp, signed_at: Timestamp) -> Self {
        Self(time, signed_at, 0)
    }

    /// The time of the sync.
    pub(crate) const fn time(self) -> Timestamp {
        self.0
    }

    /// The stamp under these names in an item; [`Self::NEVER`] if there is none.
    pub(crate) fn of_item(item: &Item, [time, signed_at]: [&str; 2]) -> Self {
        let read = |name| item.get(name)?.as_n().ok()?.parse().ok().map(Timestamp::from_millis);
        read(time).zip(read(signed_at)).map_or(Self::NEVER, |(time, signed_at)| Self::of_one(time, signed_at))
    }

    /// Writes it there. [`Self::NEVER`] writes nothing.
    pub(crate) fn write(self, item: &mut Item, [time, signed_at]: [&str; 2]) {
        if self == Self::NEVER {
            return;
        }
        item.insert(time.to_owned(), number(self.0.as_millis()));
        item.insert(signed_at.to_owned(), number(self.1.as_millis()));
    }
}

fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
