//! Calls that failed. KooGallery repeats some for hours and none for ever: then only "restart" (重新启动) in Seller Console heals them.

use koogallery::{Callback, ResultCode, Timestamp};
use serde::{Deserialize, Serialize};

use crate::model::subject::Subject;
use crate::model::warning::Cause;
use crate::model::warning_id::WarningId;

/// A call that was not answered well, the last time that it came.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FailedCall {
    /// What it names first.
    pub subject: Subject,
    /// The callback, such as `refreshInstance`.
    pub callback: String,
    /// The last answer.
    pub result_code: ResultCode,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it failed first.
    pub first_at: Timestamp,
    /// When it failed last.
    pub last_at: Timestamp,
    /// How often it failed.
    pub calls: u64,
}

impl FailedCall {
    /// The cause of the warning about it.
    #[must_use]
    pub fn cause(&self) -> Cause {
        if self.callback == Callback::NewInstance.activity() { Cause::PurchaseRefused } else { Cause::CallFailed }
    }

    /// The id of that warning.
    #[must_use]
    pub fn warning_id(&self) -> WarningId {
        WarningId::of(self.cause(), &self.subject.clone().into(), self.first_at)
    }
}

/// Whether an answer means that something of this callback is left undone. Queries leave nothing undone, a change that the seller's
/// own rules refuse is not a failure, and a call that is replayed says nothing of the first one.
pub(crate) fn is_failure(callback: Callback, code: ResultCode) -> bool {
    !matches!(callback, Callback::QueryInstance | Callback::ChangeInstanceCheck)
        && !matches!(code, ResultCode::Success | ResultCode::Processing | ResultCode::AuthenticationFailed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leaves_nothing_undone_is_no_failure() {
        for (callback, code, expected) in [
            (Callback::NewInstance, ResultCode::InternalError, true),
            (Callback::NewInstance, ResultCode::Processing, false),
            (Callback::NewInstance, ResultCode::AuthenticationFailed, false),
            (Callback::ReleaseInstance, ResultCode::InstanceNotFound, true),
            (Callback::QueryInstance, ResultCode::InstanceNotFound, false),
            (Callback::ChangeInstanceCheck, ResultCode::InvalidParameter, false),
        ] {
            assert_eq!(is_failure(callback, code), expected, "{callback:?} {code}");
        }
    }
}
