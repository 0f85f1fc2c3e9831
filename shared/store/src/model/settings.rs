//! What a seller sets for products: a document in versions, of which none ever changes. What a document says is JSON that this crate does
//! not read.

use koogallery::{Text, Timestamp};
use serde::{Deserialize, Serialize};

/// A version of the settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptSettings {
    /// Its number, from 1.
    pub version: u64,
    /// What it says. JSON.
    pub document: String,
    /// Who wrote it.
    pub by: Text<128>,
    /// Why.
    pub reason: Text<255>,
    /// When.
    pub at: Timestamp,
}

/// A version without what it says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SettingsVersion {
    /// Its number, from 1.
    pub version: u64,
    /// Who wrote it.
    pub by: Text<128>,
    /// Why.
    pub reason: Text<255>,
    /// When.
    pub at: Timestamp,
}
