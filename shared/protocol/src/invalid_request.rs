//! Why a genuine call does not have what its callback needs.

use crate::text::TextError;

/// A verified call does not have what its callback needs. The answer is `000002`.
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
        // Line and column do not help somebody who reads a reply.
        let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
        // The received value may be personal data, and this text goes into logs: it only says what was expected.
        Self(text.rsplit_once(", expected ").map_or(text.to_owned(), |(_, what)| format!("expected {what}")))
    }
}
