//! How far it is with asking KooGallery about an event's order.

use koogallery::Timestamp;
use serde::{Deserialize, Serialize};

/// How far it is with asking about an event's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learning {
    /// Since when it is to be asked: since the event happened, or was resent.
    pub since: Timestamp,
    /// When it is asked again.
    pub next_try_at: Option<Timestamp>,
    /// How often it was asked.
    pub attempts: u32,
    /// Why it was not learnt the last time: no secret and no personal data stands in it.
    pub last_problem: Option<String>,
}

/// The part of it that is no key of the index.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Asked {
    pub(crate) attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_problem: Option<String>,
}
