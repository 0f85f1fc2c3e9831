//! Problem documents (RFC 9457): the answer to a request that fails. Each has a kind that never changes its meaning.

use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use koogallery_open_api::Said;
use koogallery_runtime::{PageAddressError, SecretError, VaultError};
use koogallery_settings::Mistake;
use koogallery_store::StoreError;
use serde::Serialize;
use utoipa::ToSchema;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $status:ident, $slug:literal, $title:literal;)+) => {
        /// The kinds of problems.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Kind {
            $($(#[$doc])* $name,)+
        }

        impl Kind {
            pub(crate) const ALL: &[Self] = &[$(Self::$name,)+];

            pub(crate) const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)+ }
            }

            pub(crate) const fn uri(self) -> &'static str {
                match self { $(Self::$name => concat!("/problems/", $slug),)+ }
            }

            pub(crate) const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }
        }
    };
}

kinds! {
    /// A part of the request does not have the form that the route needs.
    Invalid = BAD_REQUEST, "invalid-request", "The request does not have the expected form";
    /// The token is missing or wrong.
    Unauthorized = UNAUTHORIZED, "unauthorized", "A valid bearer token is needed";
    /// The token is right, and may not do this.
    Scope = FORBIDDEN, "scope-missing", "The token may not do this";
    /// Too many wrong tokens came from the same address.
    Guesses = TOO_MANY_REQUESTS, "too-many-wrong-tokens", "Too many wrong tokens came from this address";
    /// There is no such route.
    NoRoute = NOT_FOUND, "no-such-route", "There is no such route";
    /// The thing that the path names does not exist.
    Unknown = NOT_FOUND, "not-found", "There is no such thing";
    /// The route does not have this method.
    Method = METHOD_NOT_ALLOWED, "method-not-allowed", "The route does not take this method";
    /// It is not released, so its data is still needed.
    NotReleased = CONFLICT, "not-released", "It is not released";
    /// The instance was released.
    Released = CONFLICT, "released", "The instance was released";
    /// The event is not parked.
    NotParked = CONFLICT, "not-parked", "The event is not parked";
    /// The instance has an app info already.
    Provisioned = CONFLICT, "already-provisioned", "The instance has an app info already";
    /// Another license was handed in before.
    LicenseStands = CONFLICT, "license-stands", "Another license was handed in before";
    /// Another record of use came before under the same id.
    RecordStands = CONFLICT, "record-stands", "Another record came before under the same id";
    /// The hour of use is in a state in which that makes no sense.
    HourState = CONFLICT, "hour-state", "The hour is in another state";
    /// The order is supervised by another flow.
    SupervisionStands = CONFLICT, "supervision-stands", "The order is supervised by another flow";
    /// The step does not follow where the order stands.
    StepRefused = CONFLICT, "step-refused", "The step does not follow";
    /// The warning does not stand any more.
    WarningEnded = CONFLICT, "warning-ended", "The warning has ended";
    /// The demand cannot be changed so.
    DemandRefused = CONFLICT, "demand-refused", "The demand cannot be changed so";
    /// The statement has other rows or sums.
    StatementStands = CONFLICT, "statement-stands", "The statement has other rows or sums";
    /// Somebody wrote another version of the settings meanwhile.
    SettingsOutdated = CONFLICT, "settings-outdated", "Somebody wrote another version of the settings";
    /// KooGallery refused because of the state of the thing that the request is about.
    RefusedState = CONFLICT, "refused-by-koogallery", "KooGallery refused";
    /// The body is too long.
    TooLarge = PAYLOAD_TOO_LARGE, "body-too-large", "The body is too long";
    /// The body is not JSON.
    MediaType = UNSUPPORTED_MEDIA_TYPE, "not-json", "The body must be JSON";
    /// The value has the right form, but cannot be used for this instance.
    Unusable = UNPROCESSABLE_ENTITY, "unusable-value", "The value cannot be used";
    /// The document of settings has mistakes.
    SettingsRefused = UNPROCESSABLE_ENTITY, "settings-refused", "The settings have mistakes";
    /// KooGallery refused the values in the request.
    RefusedValue = UNPROCESSABLE_ENTITY, "value-refused-by-koogallery", "KooGallery refused the values";
    /// A fault of this deployment.
    Internal = INTERNAL_SERVER_ERROR, "internal-error", "An internal fault";
    /// KooGallery's answer cannot be read, or KooGallery does not know this seller.
    BadGateway = BAD_GATEWAY, "koogallery-failed", "KooGallery's open API did not serve the request";
    /// The store or the secrets cannot be reached now.
    Unavailable = SERVICE_UNAVAILABLE, "unavailable", "The request cannot be served now";
    /// This deployment has no AK and SK.
    NotConfigured = SERVICE_UNAVAILABLE, "open-api-not-configured", "KooGallery's open APIs are not configured";
    /// KooGallery cannot be reached, or is busy.
    KooGalleryUnavailable = SERVICE_UNAVAILABLE, "koogallery-unavailable", "KooGallery cannot do it now";
    /// It is unknown whether KooGallery did it.
    NoAnswer = GATEWAY_TIMEOUT, "no-answer-from-koogallery", "KooGallery did not answer in time";
}

/// A problem document (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Problem, examples(json!({
    "type": "/problems/released", "title": "The instance was released", "status": 409,
    "detail": "the instance was released for good: it takes no more changes",
})))]
pub(crate) struct Document {
    /// The kind of problem; it stays the same in all versions.
    #[serde(rename = "type")]
    #[schema(format = "uri-reference")]
    kind: &'static str,
    /// The kind in words.
    title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What is wrong with this request, and what to do about it.
    detail: String,
    /// KooGallery's own code, if KooGallery refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    koogallery_code: Option<String>,
    /// KooGallery's own message, if KooGallery refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    koogallery_message: Option<String>,
    /// The records of use that cannot be counted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    records: Vec<RecordProblem>,
    /// The mistakes of a document of settings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    mistakes: Vec<MistakeView>,
}

/// A mistake in a document of settings.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = SettingsMistake)]
pub(crate) struct MistakeView {
    /// Where it is: a JSON pointer (RFC 6901); the empty one is the whole document.
    place: String,
    /// What is wrong, and what to do.
    problem: String,
}

impl MistakeView {
    pub(crate) fn at(place: &str, problem: &str) -> Self {
        Self { place: place.to_owned(), problem: problem.to_owned() }
    }
}

impl From<Mistake> for MistakeView {
    fn from(Mistake { place, problem }: Mistake) -> Self {
        Self { place, problem }
    }
}

/// Why a record of use cannot be counted.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RecordProblem {
    /// Its place in the request, from 0.
    pub(crate) place: usize,
    /// Its id.
    pub(crate) id: String,
    /// Its instance.
    pub(crate) instance_id: String,
    /// Why, and what to do about it.
    pub(crate) detail: String,
}

/// A problem: the answer to the caller, and the reason for the log.
#[derive(Debug)]
pub(crate) struct Problem {
    kind: Kind,
    detail: String,
    said: Option<Box<Said>>,
    reason: Option<String>,
    try_after: Option<Duration>,
    /// What is wrong one by one. Few problems have it, and an error is small.
    each: Box<Each>,
}

/// What is wrong one by one.
#[derive(Debug, Default)]
struct Each {
    records: Vec<RecordProblem>,
    mistakes: Vec<MistakeView>,
}

/// Nobody keeps a copy of an answer.
pub(crate) const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// For the log: why a request failed.
#[derive(Debug, Clone)]
pub(crate) struct Reason(pub(crate) String);

impl Problem {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), said: None, reason: None, try_after: None, each: Box::default() }
    }

    /// Adds KooGallery's own code and message.
    pub(crate) fn said(self, said: Said) -> Self {
        Self { said: Some(Box::new(said)), ..self }
    }

    /// Adds the records of use that cannot be counted.
    pub(crate) fn naming(self, records: Vec<RecordProblem>) -> Self {
        Self { each: Box::new(Each { records, ..Each::default() }), ..self }
    }

    /// The mistakes of a document of settings. The detail has them as well, a line for each.
    pub(crate) fn settings(mistakes: Vec<MistakeView>) -> Self {
        let line = |mistake: &MistakeView| {
            let place = if mistake.place.is_empty() { "the document" } else { &mistake.place };
            format!("{place}: {}", mistake.problem)
        };
        let detail = mistakes.iter().map(line).collect::<Vec<_>>().join("\n");
        let each = Box::new(Each { mistakes, ..Each::default() });
        Self { each, ..Self::new(Kind::SettingsRefused, detail) }
    }

    /// Adds the reason for the log.
    pub(crate) fn because(self, reason: impl std::fmt::Display) -> Self {
        Self { reason: Some(reason.to_string()), ..self }
    }

    pub(crate) fn unknown(what: &str) -> Self {
        Self::new(Kind::Unknown, format!("there is no such {what}: check the ids in the path"))
    }

    pub(crate) fn too_many_guesses(try_after: Duration) -> Self {
        let detail = "too many wrong tokens came from this address: correct the token, then wait as `Retry-After` says";
        Self { try_after: Some(try_after), ..Self::new(Kind::Guesses, detail) }
    }

    pub(crate) fn released() -> Self {
        Self::new(Kind::Released, "the instance was released for good: it takes no more changes")
    }

    /// A problem that passes by itself.
    fn unavailable(reason: impl std::fmt::Display) -> Self {
        Self::new(Kind::Unavailable, "try again in a moment; the function's log says what failed").because(reason)
    }

    /// A problem that stays until somebody repairs it.
    fn broken(what: &str, reason: impl std::fmt::Display) -> Self {
        let detail = format!("{what}. Another try does not help: the function's log says what to repair");
        Self::new(Kind::Internal, detail).because(reason)
    }

    fn sealed(reason: impl std::fmt::Display) -> Self {
        Self::broken("a sealed value cannot be opened", reason)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict | StoreError::Throttled(_) | StoreError::Unavailable(_) | StoreError::Stopped(_) => {
                Self::unavailable(error)
            }
            StoreError::Refused(_) => Self::broken("the store refuses this deployment", error),
            StoreError::Incomplete(_) | StoreError::Unwritable(_) => {
                Self::broken("the request to the store has a fault", error)
            }
            StoreError::Unreadable(_) => Self::broken("an item in the store cannot be read", error),
            StoreError::TooLarge { .. } => Self::broken("the store cannot take so much data", error),
            StoreError::Seal(_) => Self::sealed(error),
            StoreError::DataKey(error) => match error.downcast::<VaultError>() {
                Ok(error) => error.into(),
                Err(error) => Self::sealed(error),
            },
        }
    }
}

impl From<SecretError> for Problem {
    fn from(error: SecretError) -> Self {
        match error {
            SecretError::Unavailable { .. } | SecretError::File { .. } => Self::unavailable(error),
            SecretError::NoValue { .. }
            | SecretError::Empty(_)
            | SecretError::NoAccessKeys(_)
            | SecretError::Malformed(_)
            | SecretError::Keys { .. } => Self::broken("the deployment's secret cannot be used", error),
        }
    }
}

impl From<PageAddressError> for Problem {
    fn from(error: PageAddressError) -> Self {
        match error {
            PageAddressError::Store(error) => error.into(),
            PageAddressError::NoRandomness => Self::unavailable(error),
        }
    }
}

impl From<VaultError> for Problem {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Kms { .. } | VaultError::NoKey => Self::unavailable(error),
            VaultError::Store(error) => error.into(),
            VaultError::Seal(_) | VaultError::NoDataKey(_) => Self::sealed(error),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { kind, detail, said, reason, try_after, each } = self;
        let Each { records, mistakes } = *each;
        let (koogallery_code, koogallery_message) = said.map(|said| (said.code, said.message)).unzip();
        let text = |text: Option<String>| text.filter(|text| !text.is_empty());
        let document = Document {
            kind: kind.uri(),
            title: kind.title(),
            status: kind.status().as_u16(),
            detail,
            koogallery_code: text(koogallery_code),
            koogallery_message: text(koogallery_message),
            records,
            mistakes,
        };
        let mut response = (kind.status(), Json(document)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, NO_STORE);
        if let Some(wait) = try_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(wait.as_secs() + 1));
        }
        match kind {
            Kind::Unauthorized => drop(headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
            Kind::Unavailable | Kind::KooGalleryUnavailable => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("2"));
            }
            Kind::Invalid
            | Kind::Scope
            | Kind::Guesses
            | Kind::NoRoute
            | Kind::Unknown
            | Kind::Method
            | Kind::NotReleased
            | Kind::Released
            | Kind::NotParked
            | Kind::Provisioned
            | Kind::LicenseStands
            | Kind::RecordStands
            | Kind::HourState
            | Kind::SupervisionStands
            | Kind::StepRefused
            | Kind::WarningEnded
            | Kind::DemandRefused
            | Kind::StatementStands
            | Kind::SettingsOutdated
            | Kind::SettingsRefused
            | Kind::RefusedState
            | Kind::TooLarge
            | Kind::MediaType
            | Kind::Unusable
            | Kind::RefusedValue
            | Kind::Internal
            | Kind::BadGateway
            | Kind::NotConfigured
            | Kind::NoAnswer => {}
        }
        if let Some(reason) = reason {
            response.extensions_mut().insert(Reason(reason));
        }
        response
    }
}
