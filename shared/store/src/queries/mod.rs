//! The reads. Nothing here changes anything.

pub(crate) mod actions;
pub(crate) mod amounts;
pub(crate) mod find;
pub(crate) mod history;
pub(crate) mod lists;
pub(crate) mod open;
pub(crate) mod open_events;
pub(crate) mod open_place;
pub(crate) mod order;
pub(crate) mod order_times;
mod parts;
pub(crate) mod probes;
pub(crate) mod read;
pub(crate) mod recent;
pub(crate) mod settings;
pub(crate) mod statements;
pub(crate) mod trace;
pub(crate) mod undelivered;
pub(crate) mod usage;
pub(crate) mod waiting;
pub(crate) mod watched;
