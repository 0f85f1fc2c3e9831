//! Reads the answer of a tenant's login, within limits.

use http::StatusCode;

/// The longest answer that is read, in bytes.
const LONGEST: usize = 64 << 10;

/// An answer.
pub(super) struct Answered {
    pub(super) status: StatusCode,
    pub(super) body: String,
}

/// Why there is none. The error contains no address: its query may have a ticket.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AnswerError {
    #[error("no answer within 3 s")]
    TimedOut,
    #[error("it cannot be reached: {0}")]
    NotReached(#[source] reqwest::Error),
    #[error("the connection broke: {0}")]
    Broken(#[source] reqwest::Error),
    #[error("it answered with a redirect, HTTP {}, which is not followed", .0.as_u16())]
    Redirect(StatusCode),
    #[error("its answer is longer than {LONGEST} bytes")]
    TooLong,
    #[error("its answer is not UTF-8")]
    Text,
}

impl From<reqwest::Error> for AnswerError {
    fn from(error: reqwest::Error) -> Self {
        let error = error.without_url();
        if error.is_timeout() {
            Self::TimedOut
        } else if error.is_connect() {
            Self::NotReached(error)
        } else {
            Self::Broken(error)
        }
    }
}

/// Sends a request, and reads the whole answer.
pub(super) async fn answered(request: reqwest::RequestBuilder) -> Result<Answered, AnswerError> {
    let mut response = request.send().await?;
    let status = response.status();
    if status.is_redirection() {
        return Err(AnswerError::Redirect(status));
    }
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await? {
        if body.len() + part.len() > LONGEST {
            return Err(AnswerError::TooLong);
        }
        body.extend_from_slice(&part);
    }
    Ok(Answered { status, body: String::from_utf8(body).map_err(|_| AnswerError::Text)? })
}
