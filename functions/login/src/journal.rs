//! Around each request: the deadline, the page where one is shown, the headers that every answer has, and the line of the log.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use http::HeaderValue;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use koogallery_runtime::{Language, LoginRecord, RequestId};

use crate::Login;
use crate::enter::FormTo;
use crate::pages::{content_security_policy, reason_page};
use crate::registry::SettingsKept;
use crate::stop::{Failure, Page, Stop, Told};

/// How long a request may take: two questions to a tenant's login, and the store's.
const DEADLINE: Duration = Duration::from_secs(12);

/// Answers within the deadline, and writes the log line.
pub(crate) async fn record(State(login): State<Arc<Login>>, request: Request, next: Next) -> Response {
    let (start, at, language) = (Instant::now(), login.now(), Language::of(request.headers()));
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let route = route.strip_prefix(crate::PATH).unwrap_or(route).to_owned();
    let request_id = request.extensions().get::<RequestId>().map(ToString::to_string);
    let method = request.method().to_string();
    let answered = tokio::time::timeout(DEADLINE, next.run(request)).await;
    let mut response = answered.unwrap_or_else(|_| Stop::from(Failure::Deadline).into_response());
    if let Some(page) = response.extensions_mut().remove::<Page>() {
        let html = reason_page(page.reason, language, page.client.as_deref(), page.again.as_deref()).into_string();
        let (mut parts, _) = response.into_parts();
        let shown = Html(html).into_response();
        parts.headers.extend(shown.headers().clone());
        response = Response::from_parts(parts, shown.into_body());
    }
    // The application may send the browser on to another address of its own.
    let form_to = match response.extensions().get::<FormTo>() {
        None => "'none'",
        Some(FormTo(uri)) if uri.starts_with("http://") => "'self' http: https:",
        Some(FormTo(_)) => "'self' https:",
    };
    let settings_kept = response.extensions_mut().remove::<SettingsKept>().map(|SettingsKept(why)| why);
    let told = response.extensions_mut().remove::<Told>().unwrap_or_default();
    let status = response.status().as_u16();
    let headers = response.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    if let Ok(policy) = HeaderValue::from_str(&content_security_policy(form_to)) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    if !login.issuer.is_local() {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    let Told { outcome, reason, subjects } = told;
    let duration = start.elapsed();
    login.log.login(&LoginRecord {
        at,
        request_id,
        method,
        route,
        status,
        subjects,
        outcome,
        reason,
        settings_kept,
        duration,
    });
    response
}
