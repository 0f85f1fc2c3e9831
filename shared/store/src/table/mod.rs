//! How the model is written in DynamoDB: schema, keys, seals, expressions, transactions.

mod alone;
mod app_info;
pub(crate) mod call;
pub(crate) mod call_items;
pub(crate) mod change;
pub(crate) mod client;
pub(crate) mod condition;
pub(crate) mod data_keys;
pub(crate) mod event_items;
pub(crate) mod facts;
pub(crate) mod fence;
pub(crate) mod index;
pub(crate) mod instance_item;
pub(crate) mod key;
pub(crate) mod license_item;
pub(crate) mod listing;
pub(crate) mod living;
pub(crate) mod nonce;
pub(crate) mod outbox_item;
pub(crate) mod query;
pub mod schema;
pub(crate) mod seal;
pub(crate) mod stamp;
pub(crate) mod store_clock;
pub(crate) mod transaction;
pub(crate) mod value;
pub(crate) mod wake_up;
