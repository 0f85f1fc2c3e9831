//! Behaviour seen from outside, a module for each topic: HTTP in; replies, the table and webhooks out.
//!
//! Apart stand what .ci/run treats apart: `template` asks no store, `kit_large` measures, `lambda` runs real binaries.

mod alarms;
mod at_rest;
mod broken_answers;
mod callers;
mod check_store;
mod commands;
mod conformance;
mod console;
mod cost;
mod data_file;
mod data_keys;
mod debug_calls;
mod delivery;
mod doctor;
mod embedded;
mod erasure;
mod events;
mod fault_points;
mod faults;
mod hosts;
mod identity;
mod instance;
mod keys;
mod kit;
mod kit_told;
mod license;
mod login;
mod metering;
mod mistakes;
mod model;
mod moving_in;
mod orders;
mod own_lines;
mod permissions;
mod repeats;
mod requests;
mod rotation;
mod saas_v1;
mod seller_api;
mod simulate;
mod simulate_judges;
mod start;
mod trace;
mod verification;
