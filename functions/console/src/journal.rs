//! Around each request: the deadline, the page of what does not go on, the headers that every answer has, and the line of the log.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use http::HeaderValue;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use koogallery_runtime::{ConsoleRecord, RequestId};

use crate::Console;
use crate::pages::stopped;
use crate::routes::page_of;
use crate::stop::{Failure, Reason, Shown, Stop};
use crate::view::{Operator, View, language, zone};

/// How long a request may take: a step of a job, or two questions to the identity provider.
const DEADLINE: Duration = Duration::from_secs(20);

/// No script at all: every page works without, and nothing that comes from outside could be one.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; \
                      frame-ancestors 'none'; base-uri 'none'";

/// Answers within the deadline, and writes the log line. Paths are named by their pattern: they may contain a license code.
pub(crate) async fn record(State(console): State<Arc<Console>>, mut request: Request, next: Next) -> Response {
    let (start, at) = (Instant::now(), console.now());
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let route = route.strip_prefix(crate::PATH).filter(|route| route.starts_with('/')).unwrap_or(route).to_owned();
    let request_id = request.extensions().get::<RequestId>().map(ToString::to_string);
    let method = request.method().to_string();
    let here = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let here = page_of(request.method(), here);
    let view = View {
        language: language(request.headers()),
        zone: zone(request.headers()),
        now: at,
        operator: None,
        base: Arc::clone(&console.base),
        here,
    };
    request.extensions_mut().insert(view.clone());
    let answered = tokio::time::timeout(DEADLINE, next.run(request)).await;
    let mut response = answered.unwrap_or_else(|_| Stop::from(Failure::Deadline).into_response());
    let operator = response.extensions_mut().remove::<Operator>();
    if let Some(shown) = response.extensions_mut().remove::<Shown>() {
        let view = View { operator: operator.clone(), ..view };
        let html = stopped::page(&view, &shown, request_id.as_deref()).into_string();
        let (mut parts, _) = response.into_parts();
        let page = Html(html).into_response();
        parts.headers.extend(page.headers().clone());
        response = Response::from_parts(parts, page.into_body());
    }
    harden(&mut response, console.url.is_local());
    console.log.console(&ConsoleRecord {
        at,
        request_id,
        method,
        route,
        status: response.status().as_u16(),
        by: operator.map(|operator| operator.by.as_str().to_owned()),
        reason: response.extensions().get::<Reason>().map(|Reason(reason)| reason.clone()),
        duration: start.elapsed(),
    });
    response
}

fn harden(response: &mut Response, is_local: bool) {
    let headers = response.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    // With `no-referrer`, browsers send forms with `Origin: null`.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    headers.insert("permissions-policy", HeaderValue::from_static("interest-cohort=()"));
    headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("text/plain; charset=utf-8"));
    if !is_local {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
}
