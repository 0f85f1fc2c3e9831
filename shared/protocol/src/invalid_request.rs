//! Why a genuine call is not what its callback must be.

use crate::text::TextError;

/// A verified call that does not hold what its callback must hold: answered with `000002`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidRequest(String);

impl InvalidRequest {
    pub(crate) fn of(problem: impl Into<String>) -> Self {
        Self(problem.into())
    }

    pub(crate) fn missing(field: &str) -> Self {
        Self(format!("missing field `{field}`"))
    }
}

impl From<TextError> for InvalidRequest {
    fn from(error: TextError) -> Self {
        Self(error.to_string())
    }
}

impl From<serde_json::Error> for InvalidRequest {
    fn from(error: serde_json::Error) -> Self {
        let text = error.to_string();
        // Line and column mean nothing to someone who reads a reply.
        let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
        // What came may be personal data, and this goes into logs: only what should have come is told.
        Self(text.rsplit_once(", expected ").map_or(text.to_owned(), |(_, what)| format!("expected {what}")))
    }
}
