//! Buyers' state, and that of debug calls.

use koogallery::TestFlag;

/// Debug calls live in a world of their own under the same keys with a prefix: they never meet a buyer's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum World {
    /// Buyers' instances.
    Real,
    /// KooGallery's debug calls (`testFlag` 1).
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
