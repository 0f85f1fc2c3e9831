//! What a request ends with when it does not go on. The page is made by [`crate::journal`], which knows the reader.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use koogallery_oidc::SigningKeyError;
use koogallery_oidc::random::NoRandomness;
use koogallery_orders::OrdersError;
use koogallery_runtime::{SecretError, VaultError};
use koogallery_store::StoreError;

use crate::access::Role;
use crate::entry::provider::ProviderError;
use crate::texts::{Acts, Entry};

/// Why a request does not go on.
#[derive(Debug)]
pub(crate) enum Stop {
    /// There is no such page, or no such thing.
    NotFound,
    /// The reader's role may not do it.
    Role(Role),
    /// A part of the request is not right.
    Invalid(Acts, Option<String>),
    /// It is right, and not possible in this state.
    Conflict(Acts, Option<String>),
    /// Another site sent it.
    CrossSite,
    /// It came by another host name, so it may be another site's.
    WrongHost(String),
    /// Nobody is signed in, and why not.
    Entry(Entry, Entry, Option<String>),
    /// This deployment failed.
    Failed(Failure),
}

/// What of this deployment failed. The reader is told only that it failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Keys(#[from] SigningKeyError),
    #[error(transparent)]
    Random(#[from] NoRandomness),
    #[error(transparent)]
    Secrets(#[from] SecretError),
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error(transparent)]
    Orders(#[from] OrdersError),
    #[error("what the console keeps cannot be read or written")]
    Content,
    #[error("no answer in time")]
    Deadline,
    #[error("nobody is signed in")]
    NoOperator,
}

impl<E: Into<Failure>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// What is to be shown, for the journal.
#[derive(Debug, Clone)]
pub(crate) enum Shown {
    NotFound,
    Role(Role),
    Invalid(Acts, Option<String>),
    Conflict(Acts, Option<String>),
    CrossSite,
    WrongHost(String),
    Entry(Entry, Entry, Option<String>),
    Failed,
}

/// For the log: why a request did not go on.
#[derive(Debug, Clone)]
pub(crate) struct Reason(pub(crate) String);

impl IntoResponse for Stop {
    fn into_response(self) -> Response {
        let (status, shown, reason) = match self {
            Self::NotFound => (StatusCode::NOT_FOUND, Shown::NotFound, None),
            Self::Role(role) => (StatusCode::FORBIDDEN, Shown::Role(role), Some("the role may not do it".to_owned())),
            Self::Invalid(what, more) => (StatusCode::BAD_REQUEST, Shown::Invalid(what, more), None),
            Self::Conflict(what, more) => (StatusCode::CONFLICT, Shown::Conflict(what, more), None),
            Self::CrossSite => {
                (StatusCode::FORBIDDEN, Shown::CrossSite, Some("another site sent the request".to_owned()))
            }
            Self::WrongHost(at) => {
                (StatusCode::MISDIRECTED_REQUEST, Shown::WrongHost(at), Some("another host".to_owned()))
            }
            Self::Entry(title, help, more) => {
                let status = match title {
                    Entry::NotListed => StatusCode::FORBIDDEN,
                    Entry::ProviderFailed => StatusCode::BAD_GATEWAY,
                    Entry::SignedOut => StatusCode::OK,
                    Entry::SignIn | Entry::NeedLink => StatusCode::UNAUTHORIZED,
                    _ => StatusCode::BAD_REQUEST,
                };
                (status, Shown::Entry(title, help, more), Some(format!("{title:?}")))
            }
            Self::Failed(failure) => {
                let status = StatusCode::SERVICE_UNAVAILABLE;
                match &failure {
                    Failure::Provider(_) => (
                        StatusCode::BAD_GATEWAY,
                        Shown::Entry(Entry::ProviderFailed, Entry::ProviderFailedHelp, None),
                        Some(failure.to_string()),
                    ),
                    _ => (status, Shown::Failed, Some(failure.to_string())),
                }
            }
        };
        let mut response = status.into_response();
        response.extensions_mut().insert(shown);
        if let Some(reason) = reason {
            response.extensions_mut().insert(Reason(reason));
        }
        response
    }
}
