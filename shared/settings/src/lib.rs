//! What a seller sets for each product and SKU: one JSON document. Here is what it may say, and how it is read and checked as a whole.
//!
//! This crate does no I/O and knows no clock. The store keeps documents, the runtime reads the current one, and functions ask it by
//! product: see docs/settings.md. The types that a document shares with environment variables are here as well.

mod algorithm;
mod app_info;
mod buyer_pages;
mod change_rule;
mod client_reader;
mod difference;
mod document;
mod format;
mod json;
mod mistake;
mod nearest;
mod oidc_client;
mod pages_reader;
mod place;
mod reader;
mod safe_address;
mod secret_word;
mod section;

pub use algorithm::Algorithm;
pub use app_info::{AppInfoTemplate, AppInfoTemplateError};
pub use buyer_pages::{BuyerPages, InBoth, PageAddress, PagesSetting, Support, WhenReady};
pub use change_rule::{ChangeRule, ChangeRuleError, Move};
pub use difference::{Difference, differences};
pub use document::{LARGEST, SettingsDocument};
pub use format::FORMAT;
pub use json::Json;
pub use mistake::{Mistake, Mistakes, Refused};
pub use nearest::nearest;
pub use oidc_client::{AuthMethod, ClientProblem, Hashes, IdentityProtocol, OidcClient};
pub use place::Place;
pub use safe_address::{is_this_machine, keeps_a_secret};
pub use section::{Feature, Mode, Section, Sku, Supervised, WebhookSettings};
