//! The hour that is pushed is over: whoever closes and takes it has a clock that is ahead.

use std::time::Duration;

use koogallery::Timestamp;
use koogallery_runtime::now;

/// An hour, the time that it stays open for late records, and a minute.
const AHEAD: Duration = Duration::from_mins(63);

/// The time when each hour that takes records now is to be pushed.
pub(super) fn later() -> Timestamp {
    now().saturating_add(AHEAD)
}
