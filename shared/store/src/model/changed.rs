//! The result of a change that a call asks for, and the reply for it.

use koogallery::{Reply, ResultCode};

/// The result of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It is applied.
    Applied,
    /// There is nothing to change: it was applied before, or something newer counts. KooGallery gets a success.
    Unchanged,
    /// The instance does not exist. This never happens to a license code: the first call about it creates it.
    Unknown,
    /// The instance or license was released.
    Released,
    /// The nonce was used before.
    Replayed,
    /// The same call was answered with this code before. Nothing changes.
    Repeated(ResultCode),
}

impl Changed {
    /// The reply to KooGallery.
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
