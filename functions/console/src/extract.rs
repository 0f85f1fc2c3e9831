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

/// The reason that an action needs. One that nobody can see is none.
pub(crate) fn reason(given: &str) -> Result<Text<255>, Stop> {
    let refused = || Stop::Invalid(Acts::NeedsReason, None);
    let shown = given.trim_matches(is_invisible);
    if shown.is_empty() {
        return Err(refused());
    }
    Text::try_from(shown.to_owned()).map_err(|_| refused())
}

/// Whether a character takes no place on a page, or only an empty one: Unicode's default ignorable characters, and blanks.
fn is_invisible(one: char) -> bool {
    one.is_whitespace()
        || one.is_control()
        || matches!(one, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}')
        || matches!(one, '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(one, '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}')
        || matches!(one, '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{e0000}'..='\u{e0fff}')
}

/// A field that may be left blank.
pub(crate) fn given(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_that_nobody_can_see_is_none() {
        for none in ["", "  ", "\u{200b}", "\u{feff}\u{a0}\u{2060}", "\u{3164}", "\u{2800}\u{200d}"] {
            assert!(reason(none).is_err(), "{none:?}");
        }
        assert_eq!(reason(" \u{200b}买家来电\u{200b} ").unwrap().as_str(), "买家来电");
        assert!(reason(&"x".repeat(256)).is_err());
    }
}
