//! What people were told of what waits: each destination, such as a robot, has its own record, so one that fails holds up no other.

use std::collections::BTreeMap;

use koogallery::{Text, Timestamp};
use serde::{Deserialize, Serialize};

/// What one destination was told, and how sending there goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notices {
    /// The destination's name.
    pub destination: Text<64>,
    /// What it was told that still waits, by the names of these things.
    #[serde(default)]
    pub told: BTreeMap<String, Notice>,
    /// When a message was taken last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_at: Option<Timestamp>,
    /// When the last try began. A try counts as failed until it is known to have succeeded, so one that breaks off is repeated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tried_at: Option<Timestamp>,
    /// How many tries failed since the last success.
    #[serde(default)]
    pub failures: u32,
    /// Since when they fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
    /// Whether the destination said that messages come too fast.
    #[serde(default)]
    pub too_fast: bool,
    /// Counts the writes.
    #[serde(default)]
    pub version: u64,
}

/// One thing that it was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// The kind of thing.
    pub kind: String,
    /// What was said of it, so that its end can be told as well. No personal data.
    pub said: String,
    /// When.
    pub at: Timestamp,
}

impl Notices {
    /// Of a destination that was told nothing yet.
    #[must_use]
    pub const fn new(destination: Text<64>) -> Self {
        Self {
            destination,
            told: BTreeMap::new(),
            told_at: None,
            tried_at: None,
            failures: 0,
            failing_since: None,
            too_fast: false,
            version: 0,
        }
    }
}
