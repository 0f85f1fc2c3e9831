//! Reads the parts of a request into their types. A part that does not fit makes a problem.

use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _};

use crate::problem::{Kind, Problem};

/// The longest body, in bytes: 1,000 usage records or a license file fit well.
pub(crate) const MAX_BODY: usize = 4 << 20;

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let is_json = is_json(request.headers());
        let bytes = bytes(request, state).await?;
        if !is_json {
            return Err(Problem::new(Kind::MediaType, "send the header `Content-Type: application/json`"));
        }
        read(&bytes).map(Self)
    }
}

/// A JSON body that may be absent or null.
pub(crate) struct OptionalBody<T>(pub(crate) T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for OptionalBody<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let is_json = is_json(request.headers());
        let bytes = bytes(request, state).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        if !is_json {
            return Err(Problem::new(Kind::MediaType, "send the header `Content-Type: application/json`, or no body"));
        }
        read::<Option<T>>(&bytes).map(|body| Self(body.unwrap_or_default()))
    }
}

async fn bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state).await.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            Problem::new(Kind::TooLarge, format!("send at most {MAX_BODY} bytes; split what can be split"))
        } else {
            Problem::new(Kind::Invalid, "the body is incomplete: send it again")
        }
    })
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| Problem::new(Kind::Invalid, format!("the body: {error}")))
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

/// The path's parameters.
pub(crate) struct PathOf<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for PathOf<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(parameters)) => Ok(Self(parameters)),
            Err(rejection) => Err(Problem::new(Kind::Invalid, format!("the path: {}", rejection.body_text()))),
        }
    }
}

/// The query's parameters.
pub(crate) struct QueryOf<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for QueryOf<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(parameters)) => Ok(Self(parameters)),
            Err(rejection) => Err(Problem::new(Kind::Invalid, format!("the query: {}", rejection.body_text()))),
        }
    }
}

/// Reads a member that must be a text, if its type also takes a number.
pub(crate) fn text<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<String, Error: std::fmt::Display>,
{
    T::try_from(String::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// The same for a member that may be absent, but not null. Use with `#[serde(default)]`.
pub(crate) fn optional_text<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<String, Error: std::fmt::Display>,
{
    text(deserializer).map(Some)
}
