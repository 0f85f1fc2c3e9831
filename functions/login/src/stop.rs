//! What a request ends with when it does not go on: a page for the user, an error for the application, or a failure of ours.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::LOCATION;
use koogallery_oidc::{KeyError, SigningKeyError};
use koogallery_runtime::{LoginOutcome, VaultError};
use koogallery_store::StoreError;

use crate::pages::Reason;
use crate::query::with_query;
use crate::upstream::UpstreamError;
use koogallery_oidc::random::NoRandomness;

/// Why a request does not go on.
#[derive(Debug)]
pub(crate) enum Stop {
    /// A page for the user.
    Page(Page),
    /// Back to the application, with an error of OAuth 2.0.
    Back(Back, &'static str, &'static str),
    /// This deployment failed.
    Failed(Failure),
}

/// A page that says why a login does not go on.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) reason: Reason,
    /// Where the user can start again.
    pub(crate) again: Option<String>,
    /// The application's name.
    pub(crate) client: Option<String>,
    /// For the log.
    pub(crate) because: Option<String>,
}

/// Where an application waits.
#[derive(Debug, Clone)]
pub(crate) struct Back {
    pub(crate) redirect_uri: String,
    pub(crate) state: Option<String>,
    pub(crate) issuer: String,
}

/// What of this deployment failed. The user is told only that it failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Keys(#[from] SigningKeyError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Random(#[from] NoRandomness),
    #[error("what a login keeps cannot be read or written")]
    Content,
    #[error("the settings of products cannot be read, and the environment has no such client: {0}")]
    Settings(Arc<str>),
    #[error("no answer in time")]
    Deadline,
}

impl<E: Into<Failure>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// For the log: how a request ended, and what it was about.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told {
    pub(crate) outcome: LoginOutcome,
    pub(crate) reason: Option<String>,
    pub(crate) subjects: Vec<(&'static str, String)>,
}

impl Page {
    pub(crate) const fn new(reason: Reason) -> Self {
        Self { reason, again: None, client: None, because: None }
    }

    pub(crate) fn because(self, because: impl std::fmt::Display) -> Self {
        Self { because: Some(because.to_string()), ..self }
    }

    /// A tenant's login did not do what it should.
    pub(crate) fn of_upstream(error: &UpstreamError) -> Self {
        let reason = if error.is_refusal() { Reason::UpstreamRefused } else { Reason::UpstreamFailed };
        Self::new(reason).because(error)
    }
}

impl From<Page> for Stop {
    fn from(page: Page) -> Self {
        Self::Page(page)
    }
}

impl Back {
    /// The answer that an application waits for.
    pub(crate) fn with(&self, pairs: &[(&str, &str)]) -> String {
        let state = self.state.as_deref().map(|state| ("state", state));
        let pairs: Vec<(&str, &str)> = pairs.iter().copied().chain(state).chain([("iss", &*self.issuer)]).collect();
        with_query(&self.redirect_uri, &pairs)
    }
}

impl IntoResponse for Stop {
    /// A page is only named here: the journal, which knows the user's language, makes it.
    fn into_response(self) -> Response {
        match self {
            Self::Page(page) => {
                let told = Told {
                    outcome: page.reason.outcome(),
                    reason: Some(match &page.because {
                        Some(because) => format!("{}: {because}", page.reason.word()),
                        None => page.reason.word().to_owned(),
                    }),
                    subjects: Vec::new(),
                };
                let mut response = page.reason.status().into_response();
                response.extensions_mut().insert(told);
                response.extensions_mut().insert(page);
                response
            }
            Self::Back(back, error, description) => {
                let told = Told {
                    outcome: LoginOutcome::Refused,
                    reason: Some(format!("{error}: {description}")),
                    subjects: Vec::new(),
                };
                let to = back.with(&[("error", error), ("error_description", description)]);
                let mut response = (StatusCode::FOUND, [(LOCATION, to)]).into_response();
                response.extensions_mut().insert(told);
                response
            }
            Self::Failed(failure) => {
                let told =
                    Told { outcome: LoginOutcome::Failed, reason: Some(failure.to_string()), subjects: Vec::new() };
                let mut response = StatusCode::SERVICE_UNAVAILABLE.into_response();
                response.extensions_mut().insert(told);
                response.extensions_mut().insert(Page::new(Reason::Failed));
                response
            }
        }
    }
}
