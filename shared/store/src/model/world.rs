//! Real data and debug data.

use koogallery::TestFlag;
use serde::{Deserialize, Serialize};

/// Debug calls have data of their own, under the same keys with a prefix. They never touch a buyer's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum World {
    /// The data of buyers.
    Real,
    /// The data of KooGallery's debug calls (`testFlag` 1).
    Test,
}

impl From<TestFlag> for World {
    fn from(flag: TestFlag) -> Self {
        match flag {
            TestFlag::Real => Self::Real,
            TestFlag::Debug => Self::Test,
        }
    }
}
