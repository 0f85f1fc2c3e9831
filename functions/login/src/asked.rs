//! A request, read whole: its headers, and its parameters from the query or from the form.

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, StatusCode};
use koogallery_runtime::SourceAddress;

use crate::pages::Reason;
use crate::parameters::Parameters;
use crate::stop::{Page, Stop};

/// The longest form, in bytes.
const LONGEST_FORM: usize = 32 << 10;

/// A request.
pub(crate) struct Asked {
    pub(crate) headers: HeaderMap,
    pub(crate) parameters: Parameters,
    pub(crate) is_post: bool,
    /// Where it came from, if that is known.
    pub(crate) from: Option<SourceAddress>,
}

/// Why a request cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unreadable {
    pub(crate) status: StatusCode,
    pub(crate) because: &'static str,
}

impl IntoResponse for Unreadable {
    /// For a browser. What asks by itself gets JSON.
    fn into_response(self) -> Response {
        let mut response = Stop::from(Page::new(Reason::InvalidRequest).because(self.because)).into_response();
        *response.status_mut() = self.status;
        response
    }
}

impl<S: Sync> FromRequest<S> for Asked {
    type Rejection = Unreadable;

    async fn from_request(request: Request, _: &S) -> Result<Self, Unreadable> {
        let (parts, body) = request.into_parts();
        let is_post = parts.method == Method::POST;
        let bad = |because| Unreadable { status: StatusCode::BAD_REQUEST, because };
        let parameters = if is_post {
            let is_form = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_none_or(|of| {
                of.split(';')
                    .next()
                    .unwrap_or_default()
                    .trim()
                    .eq_ignore_ascii_case("application/x-www-form-urlencoded")
            });
            let body = to_bytes(body, LONGEST_FORM)
                .await
                .map_err(|_| Unreadable { status: StatusCode::PAYLOAD_TOO_LARGE, because: "the form is too long" })?;
            if !is_form && !body.is_empty() {
                return Err(bad("the body is no form"));
            }
            Parameters::of(std::str::from_utf8(&body).map_err(|_| bad("the form is not UTF-8"))?)
        } else {
            Parameters::of(parts.uri.query().unwrap_or_default())
        };
        let from = parts.extensions.get::<SourceAddress>().copied();
        Ok(Self { headers: parts.headers, parameters, is_post, from })
    }
}
