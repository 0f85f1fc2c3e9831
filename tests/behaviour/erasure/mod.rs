//! What is personal goes a configured time after its instance's release: all of it, nobody else's, whatever interrupts,
//! and nothing brings it back.

#![allow(clippy::unwrap_used)]

mod everything;
mod interruptions;
mod shared;
mod sold;
mod triggers;
mod world;

use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);
