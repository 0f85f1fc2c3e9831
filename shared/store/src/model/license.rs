//! A license code (授权码) of License 2.0. KooGallery makes it; its life follows the rules of [`Lifecycle`].

use koogallery::LicenseCode;
use serde::{Deserialize, Serialize};

use crate::model::lifecycle::Lifecycle;

/// One license code, in its current state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct License {
    /// The code.
    pub license: LicenseCode,
    /// Its life.
    #[serde(flatten)]
    pub life: Lifecycle,
}
