//! What a seller's developer runs: the local host, the marketplace that calls it, and one call at a time.
//!
//! The host runs the same functions as Lambda, over the real AWS SDK. The marketplace calls it, or any other address, as
//! KooGallery does.

pub mod api;
pub mod call;
pub mod check_store;
pub mod checks;
mod chinese;
pub mod cli;
mod commands;
pub mod conform;
pub mod database;
mod day;
pub mod doctor;
mod door;
pub mod events;
pub mod findings;
pub mod functions;
pub mod host;
mod http1_client;
pub mod http_server;
pub mod identity;
pub mod import;
pub mod keygen;
pub mod keys;
pub mod listen;
pub mod log;
mod loopback;
pub mod marketplace;
pub mod metrics;
mod notes;
pub mod open_api;
pub mod orders;
mod probes;
pub mod promote;
mod ready;
pub mod schedules;
pub mod settings;
pub mod shadow;
pub mod simulate;
pub mod statements;
pub mod telemetry;
pub mod timeline;
pub mod usage;
pub mod v1_reply;
mod work;
