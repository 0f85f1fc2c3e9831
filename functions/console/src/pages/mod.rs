//! The pages, a file each.

pub(crate) mod audit;
pub(crate) mod demands;
pub(crate) mod event;
pub(crate) mod events;
pub(crate) mod figures;
pub(crate) mod find;
pub(crate) mod home;
pub(crate) mod instances;
pub(crate) mod jobs;
pub(crate) mod keys;
pub(crate) mod license_requests;
pub(crate) mod listing;
pub(crate) mod money;
pub(crate) mod months;
pub(crate) mod orders;
pub(crate) mod people;
pub(crate) mod personal;
pub(crate) mod probes;
pub(crate) mod product_settings;
pub(crate) mod sessions;
pub(crate) mod statement;
pub(crate) mod stopped;
pub(crate) mod supervision;
pub(crate) mod tenants;
pub(crate) mod thing;
pub(crate) mod warnings;
