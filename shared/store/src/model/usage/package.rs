//! Packages: use that the buyer paid beforehand.

use koogallery::{InstanceId, Timestamp};

use crate::model::usage::quantity::Quantity;

/// What is known of a package's use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PackageUse {
    /// What was used of it.
    pub used: Quantity,
    /// The part of each pay-per-use instance.
    pub by: Vec<(InstanceId, Quantity)>,
    /// How much it has, if the application told.
    pub quota: Option<Quantity>,
    /// When a record of it came last.
    pub counted_at: Option<Timestamp>,
    /// When it was told to be used up.
    pub exhausted_at: Option<Timestamp>,
}

impl PackageUse {
    /// Whether it is used up, and that was not told yet.
    #[must_use]
    pub fn is_newly_exhausted(&self) -> bool {
        self.exhausted_at.is_none() && self.quota.is_some_and(|quota| self.used >= quota)
    }
}

/// What is known of a pay-per-use instance's use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsageTotal {
    /// What was pushed of it, or will be: the sum of all closed hours.
    pub amount: Quantity,
    /// The end of the last closed hour.
    pub through: Timestamp,
}
