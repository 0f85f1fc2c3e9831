//! The state of asking KooGallery about the order of an event.

use koogallery::Timestamp;
use serde::{Deserialize, Serialize};

/// The state of asking about the order of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learning {
    /// Since when it has to be asked: since the event happened, or was resent.
    pub since: Timestamp,
    /// When the question is asked again.
    pub next_try_at: Option<Timestamp>,
    /// How often the question was asked.
    pub attempts: u32,
    /// Why the last question failed. It contains no secret and no personal data.
    pub last_problem: Option<String>,
}

/// The part of it that is not a key of the index.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Asked {
    pub(crate) attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_problem: Option<String>,
}
