//! What every family needs to make up: orders, ids, times.

use std::time::Duration;

use koogallery::{ExpireTime, TextError};
use koogallery_runtime::now;
use uuid::Uuid;

/// As long as it needs to be.
pub(super) const MONTH: Duration = Duration::from_hours(30 * 24);

/// An id of the simulation's own: short, and new each time, so that it can be played again on the same state.
pub(super) fn fresh(prefix: &str) -> String {
    format!("{prefix}{}", Uuid::new_v4().simple().to_string()[..12].to_uppercase())
}

/// Ids made here are short and not empty.
pub(super) fn made<T>(parsed: Result<T, TextError>) -> T {
    parsed.unwrap_or_else(|error| unreachable!("{error}"))
}

/// So many months from now, as `expireTime` writes it.
pub(super) fn months_ahead(months: u32) -> ExpireTime {
    ExpireTime::from_timestamp(now().after(MONTH * months)).unwrap_or_else(|| unreachable!("some months from now"))
}

/// An order of one line.
pub(super) struct Order {
    pub(super) id: String,
    pub(super) line: String,
}

impl Order {
    pub(super) fn new() -> Self {
        let id = fresh("CS");
        Self { line: format!("{id}-000001"), id }
    }
}
