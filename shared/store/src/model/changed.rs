//! What became of a change that a call asked for, and how KooGallery is told.

use koogallery::{Reply, ResultCode};

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It is applied.
    Applied,
    /// Nothing to change: it was applied before, or something newer stands. For KooGallery a success.
    Unchanged,
    /// There is no such instance. A license code is made known by the first call about it.
    Unknown,
    /// The instance or license was released.
    Released,
    /// The nonce was used before.
    Replayed,
    /// The very same call was answered with this before, and changes nothing any more.
    Repeated(ResultCode),
}

impl Changed {
    /// How KooGallery is told.
    #[must_use]
    pub const fn reply(self) -> Reply {
        match self {
            Self::Applied | Self::Unchanged => Reply::success(),
            Self::Unknown | Self::Released => Reply::of(ResultCode::InstanceNotFound),
            Self::Replayed => Reply::of(ResultCode::AuthenticationFailed),
            Self::Repeated(answered) => Reply::of(answered),
        }
    }
}
