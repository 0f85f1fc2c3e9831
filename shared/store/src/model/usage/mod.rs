//! Metering: what pay-per-use instances use, hour by hour. Pure rules: they know neither the table nor a clock.
//!
//! A record of use is counted in one hour of its instance. The hour is closed once, with the amount and the serial number under
//! which it is pushed, and neither changes after that. So whatever is repeated, each unit is charged once.

pub(crate) mod hour;
pub(crate) mod package;
pub(crate) mod period;
pub(crate) mod quantity;
pub(crate) mod record;
pub(crate) mod rules;
pub(crate) mod settle;
pub(crate) mod span;
