//! What kind of fault kept a call from its answer. Each kind has a metric of its own, because each asks for another repair.

use koogallery_store::StoreError;

use crate::function::AnswerError;
use crate::vault::VaultError;

/// A fault of this deployment, not of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The table failed, refused or throttled.
    Store,
    /// The secret cannot be read or used, or KMS does not unwrap the data key.
    Secrets,
    /// The deadline passed before the answer was there.
    Deadline,
    /// A tenant has more users or departments than the table keeps.
    DirectoryFull,
    /// Something else, such as a configuration that does not fit the call.
    Other,
}

impl Fault {
    /// The fault behind an error of a function.
    pub(crate) const fn of(error: &AnswerError) -> Self {
        match error {
            AnswerError::Store(StoreError::TooLarge { .. }) => Self::DirectoryFull,
            // Asked for a data key, the store asks the vault, and that is KMS.
            AnswerError::Store(StoreError::DataKey(_))
            | AnswerError::Vault(VaultError::Kms { .. } | VaultError::NoKey)
            | AnswerError::Secrets(_) => Self::Secrets,
            AnswerError::Store(_) | AnswerError::Vault(VaultError::Store(_)) => Self::Store,
            AnswerError::Vault(VaultError::Seal(_) | VaultError::NoDataKey(_))
            | AnswerError::AppInfo(_)
            | AnswerError::V1(_)
            | AnswerError::NoRandomness
            | AnswerError::NoRsaKey
            | AnswerError::RsaKey(_) => Self::Other,
        }
    }
}
