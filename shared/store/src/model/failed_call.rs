//! Calls that failed. KooGallery repeats some for hours and none for ever: then only "restart" (重新启动) in Seller Console heals them.

use koogallery::{Callback, ResultCode, Timestamp};
use serde::{Deserialize, Serialize};

use crate::model::subject::Subject;

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

/// Whether an answer means that something of this callback is left undone. Queries leave nothing undone, and a change that the
/// seller's own rules refuse is not a failure.
pub(crate) fn is_failure(callback: Callback, code: ResultCode) -> bool {
    !matches!(callback, Callback::QueryInstance | Callback::ChangeInstanceCheck)
        && !matches!(code, ResultCode::Success | ResultCode::Processing)
}
