//! What an identity service may do instead of answering as it should, so that it can be seen what becomes of a login then.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::response::Response;
use http::StatusCode;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use koogallery::TenantId;

use super::answers;

/// What the seller's server asks by itself, without a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// A code or a refresh token is redeemed.
    Token,
    /// Who a token belongs to.
    Userinfo,
    /// A ticket of CAS is validated.
    Validation,
}

/// What goes wrong, until it is told otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The right answer comes so late.
    Slow(Duration),
    /// A page for a browser comes instead.
    Html,
    /// It sends the caller elsewhere.
    Redirect(String),
    /// The right answer, with blanks behind it up to so many bytes.
    Long(usize),
    /// The answer breaks off in the middle.
    HalfAnswer,
    /// Such a status, with an `error` and its description.
    Refuses(u16, String, String),
    /// A user of another enterprise than the one whose domain was asked.
    OfTenant(TenantId),
    /// CAS: this failure code.
    CasFailure(String),
    /// CAS: XML with a document type and an entity that names a file.
    Doctype,
}

/// A document that has the reader's own file in it where the reader looks for it.
const DOCTYPE: &str = "<?xml version=\"1.0\"?>\n<!DOCTYPE r [<!ENTITY user SYSTEM \"file:///etc/passwd\">]>\n\
    <cas:serviceResponse xmlns:cas=\"http://www.yale.edu/tp/cas\"><cas:authenticationSuccess><cas:user>&user;</cas:user>\
    </cas:authenticationSuccess></cas:serviceResponse>";

impl Fault {
    /// The enterprise to tell instead of the right one.
    pub(super) const fn tenant(&self) -> Option<&TenantId> {
        if let Self::OfTenant(tenant) = self { Some(tenant) } else { None }
    }

    /// What comes instead of the right answer.
    pub(super) async fn spoil(self, right: Response) -> Response {
        match self {
            Self::Slow(time) => {
                tokio::time::sleep(time).await;
                right
            }
            Self::Html => {
                answers::page(StatusCode::OK, "<!doctype html><title>502</title><p>a gateway's page</p>".into())
            }
            Self::Redirect(to) => answers::redirect(&to, &[]),
            Self::Long(length) => resized(right, |body| body.resize(body.len().max(length), b' ')).await,
            Self::HalfAnswer => resized(right, |body| body.truncate(body.len() / 2)).await,
            Self::Refuses(status, error, description) => {
                answers::refused(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST), &error, &description)
            }
            Self::Doctype => answers::xml(DOCTYPE.to_owned()),
            // What was told already is wrong enough.
            Self::OfTenant(_) | Self::CasFailure(_) => right,
        }
    }
}

async fn resized(response: Response, change: impl FnOnce(&mut Vec<u8>)) -> Response {
    let (mut parts, body) = response.into_parts();
    let mut body = to_bytes(body, usize::MAX).await.unwrap_or_default().to_vec();
    change(&mut body);
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
    Response::from_parts(parts, Body::from(body))
}
