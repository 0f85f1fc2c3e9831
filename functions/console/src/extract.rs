//! Reads queries and forms. What does not have the expected form is told by the name of its field.

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use http::request::Parts;
use koogallery::Text;
use serde::de::DeserializeOwned;

use crate::stop::Stop;
use crate::texts::Acts;

/// The longest form that is read, in bytes: an app info with all its texts.
const LONGEST: usize = 32 << 10;

/// A form that was posted.
pub(crate) struct FormOf<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for FormOf<T> {
    type Rejection = Stop;

    async fn from_request(request: Request, _: &S) -> Result<Self, Stop> {
        let body = axum::body::to_bytes(request.into_body(), LONGEST).await;
        let body = body.map_err(|_| Stop::Invalid(Acts::BadField, Some(format!("> {LONGEST} bytes"))))?;
        read(&body).map(Self)
    }
}

/// The query of a page. What a list does not know is ignored, so old links go on to work.
pub(crate) struct QueryOf<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for QueryOf<T> {
    type Rejection = Stop;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Stop> {
        read(parts.uri.query().unwrap_or_default().as_bytes()).map(Self)
    }
}

/// A part of the path. What is no id is of nothing that there is.
pub(crate) struct PathOf<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for PathOf<T> {
    type Rejection = Stop;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Stop> {
        let path = Path::<T>::from_request_parts(parts, state).await;
        path.map(|Path(part)| Self(part)).map_err(|_| Stop::NotFound)
    }
}

fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, Stop> {
    serde_urlencoded::from_bytes(text).map_err(|error| Stop::Invalid(Acts::BadField, Some(error.to_string())))
}

/// The reason that an action needs.
pub(crate) fn reason(given: &str) -> Result<Text<255>, Stop> {
    Text::try_from(given.trim().to_owned()).map_err(|_| Stop::Invalid(Acts::NeedsReason, None))
}

/// A field that may be left blank.
pub(crate) fn given(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}
