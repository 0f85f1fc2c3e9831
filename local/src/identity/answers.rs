//! How answers are written: pages, JSON, XML, and redirects with their cookies. Nothing of them may be kept by anybody.

use axum::body::Body;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, LOCATION, SET_COOKIE};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

/// The cookie that stands for a login.
const COOKIE: &str = "koogallery_identity";

pub(super) fn json(status: StatusCode, json: &Value) -> Response {
    with_body(status, "application/json;charset=UTF-8", json.to_string())
}

/// A failure as OAuth writes it.
pub(super) fn refused(status: StatusCode, error: &str, description: &str) -> Response {
    json(status, &json!({ "error": error, "error_description": description }))
}

pub(super) fn xml(text: String) -> Response {
    with_body(StatusCode::OK, "application/xml;charset=UTF-8", text)
}

pub(super) fn page(status: StatusCode, html: String) -> Response {
    with_body(status, "text/html;charset=UTF-8", html)
}

fn with_body(status: StatusCode, content_type: &'static str, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Sends a browser elsewhere. `cookies` are the values of `Set-Cookie`.
pub(super) fn redirect(to: &str, cookies: &[String]) -> Response {
    let Ok(location) = HeaderValue::from_str(to) else {
        return page(StatusCode::BAD_REQUEST, "<!doctype html><p>This address cannot be gone to.</p>".to_owned());
    };
    let mut response = with_body(StatusCode::FOUND, "text/plain;charset=UTF-8", String::new());
    response.headers_mut().insert(LOCATION, location);
    for cookie in cookies.iter().filter_map(|cookie| HeaderValue::from_str(cookie).ok()) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// A cookie below a path, with a value or, to remove it, without one. Cookies do not know ports, so that one of this machine's other
/// servers sees what has no path of its own.
pub(super) fn cookie(path: &str, value: Option<&str>) -> String {
    let ends = if value.is_none() { "; Max-Age=0" } else { "" };
    format!("{COOKIE}={}; Path={path}; HttpOnly; SameSite=Lax{ends}", value.unwrap_or_default())
}

/// The cookie's value that a browser sends. Where it has several, the one with the longest path comes first.
pub(super) fn session_of(headers: &HeaderMap) -> Option<&str> {
    let sent = headers.get_all(http::header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = sent.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value)
}
