//! The model: facts, rules, events. It is pure: nothing here knows the table.

pub(crate) mod about;
pub(crate) mod action;
pub(crate) mod bought;
pub(crate) mod changed;
pub(crate) mod delivery;
pub(crate) mod event;
pub(crate) mod event_type;
pub(crate) mod failed_call;
pub(crate) mod instance;
pub(crate) mod kept_app_info;
pub(crate) mod kept_call;
pub(crate) mod learning;
pub(crate) mod lease;
pub(crate) mod license;
pub(crate) mod license_request;
pub(crate) mod license_rules;
pub(crate) mod lifecycle;
pub(crate) mod login;
pub(crate) mod orders;
pub(crate) mod sealed;
pub(crate) mod statement;
pub(crate) mod subject;
pub(crate) mod usage;
pub(crate) mod warning;
pub(crate) mod warning_id;
pub(crate) mod world;
