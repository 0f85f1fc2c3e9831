//! The algorithms that sign ID tokens.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

/// An algorithm, by JOSE's name for it (RFC 7518).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, EnumString, IntoStaticStr, VariantArray,
)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256. Spring Security accepts only this one unless it is told otherwise.
    #[default]
    #[serde(rename = "RS256")]
    #[strum(serialize = "RS256")]
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    #[strum(serialize = "ES256")]
    Es256,
}

impl Algorithm {
    /// Both.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// JOSE's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The algorithm with this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        name.parse().ok()
    }
}
