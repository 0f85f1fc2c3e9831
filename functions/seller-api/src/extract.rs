//! Reads the parts of a request into their types. A part that does not fit makes a problem.

use axum::extract::path::ErrorKind;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _};
use serde_json::error::Category;

use crate::explain::{explain, place};
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
    let no_json = |error: &serde_json::Error| Problem::new(Kind::Invalid, format!("the body is not JSON: {error}"));
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let body = serde_path_to_error::deserialize(&mut json).map_err(|error| match error.inner().classify() {
        Category::Data => {
            Problem::new(Kind::Invalid, explain("member", &place(error.path()), &error.inner().to_string()))
        }
        Category::Io | Category::Syntax | Category::Eof => no_json(error.inner()),
    })?;
    json.end().map_err(|error| no_json(&error))?;
    Ok(body)
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
        let pairs = Path::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        let Path(pairs) =
            pairs.map_err(|rejection| Problem::new(Kind::Invalid, format!("the path: {}", unreadable(rejection))))?;
        let written = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
        parameters(written.as_bytes())
            .map(Self)
            .map_err(|problem| Problem::new(Kind::Invalid, format!("the path: {problem}")))
    }
}

/// Why a path's parameters are no texts.
fn unreadable(rejection: PathRejection) -> String {
    let kind = match rejection {
        PathRejection::FailedToDeserializePathParams(failed) => Some(failed.into_kind()),
        _ => None,
    };
    match kind {
        Some(ErrorKind::InvalidUtf8InPathParam { key }) => format!("{key}: write it in UTF-8, percent-encoded"),
        _ => "it does not have the form of this route".to_owned(),
    }
}

/// Reads parameters, and says which one cannot be read, and why.
fn parameters<T: DeserializeOwned>(written: &[u8]) -> Result<T, String> {
    let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(written));
    serde_path_to_error::deserialize(pairs)
        .map_err(|error| explain("parameter", &place(error.path()), &error.inner().to_string()))
}

/// The query's parameters.
pub(crate) struct QueryOf<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for QueryOf<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let written = parts.uri.query().unwrap_or_default();
        parameters(written.as_bytes())
            .map(Self)
            .map_err(|problem| Problem::new(Kind::Invalid, format!("the query: {problem}")))
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

/// Reads a member that may be absent, but not null. Use with `#[serde(default)]`.
pub(crate) fn some<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}
/// A count in a body: 0 to 2,147,483,647, which is what the description's `int32` means.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "i32")]
pub(crate) struct Count(pub(crate) u32);

impl TryFrom<i32> for Count {
    type Error = std::num::TryFromIntError;
    fn try_from(count: i32) -> Result<Self, Self::Error> {
        count.try_into().map(Self)
    }
}
