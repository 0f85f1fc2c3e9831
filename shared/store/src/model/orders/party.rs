//! The parties of a supervised order: a stage waits for one, and a step may name one.

use serde::{Deserialize, Serialize};
use strum::VariantArray;

/// Who has to act.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
    strum::Display,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Party {
    /// The buyer.
    Buyer,
    /// The seller.
    Seller,
    /// KooGallery, or Huawei's operations.
    Koogallery,
}

impl Party {
    /// All of them.
    pub const ALL: &[Self] = Self::VARIANTS;
}
