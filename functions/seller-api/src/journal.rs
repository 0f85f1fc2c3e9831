//! Writes one log line for each request: its route, its result, and what it was about. Never a token, a body, a user's name or
//! other personal data.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{FromRequestParts, MatchedPath, RawPathParams, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use koogallery::LicenseCode;
use koogallery_runtime::{ApiRecord, RequestId};

use crate::SellerApi;
use crate::access::{Allowed, RefusedFrom};
use crate::problem::{Kind, Problem, Reason};

/// How long a request may take. The function's own time-out is longer.
pub(crate) const DEADLINE: Duration = Duration::from_secs(25);

/// For the log: which personal data or secret an answer shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown(pub(crate) &'static str);

/// Answers within the deadline, and writes the log line.
pub(crate) async fn record(
    State((api, deadline)): State<(Arc<SellerApi>, Duration)>,
    request: Request,
    next: Next,
) -> Response {
    let (start, at) = (Instant::now(), api.now());
    let (mut parts, body) = request.into_parts();
    let matched = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    // The prefix under which the API is mounted is not part of a route.
    let route = matched
        .find("/v1/")
        .or_else(|| matched.find("/healthz"))
        .or_else(|| matched.find("/internal/"))
        .map_or("", |from| &matched[from..])
        .to_owned();
    let request_id = parts.extensions.get::<RequestId>().map(ToString::to_string);
    let method = parts.method.to_string();
    let subjects = match RawPathParams::from_request_parts(&mut parts, &()).await {
        Ok(parameters) => parameters.iter().filter_map(|(name, value)| subject(name, value)).collect(),
        Err(_) => Vec::new(),
    };
    let answered = tokio::time::timeout(deadline, next.run(Request::from_parts(parts, body))).await;
    let response = answered.unwrap_or_else(|_| {
        let detail = "no answer in time: try again; the function's log says more";
        Problem::new(Kind::Unavailable, detail).because("the deadline passed").into_response()
    });
    let extensions = response.extensions();
    let allowed = extensions.get::<Allowed>();
    api.log().api(&ApiRecord {
        at,
        request_id,
        application: allowed.and_then(|allowed| allowed.name.clone()),
        refused_from: extensions.get::<RefusedFrom>().map(|RefusedFrom(from)| *from),
        method,
        route,
        status: response.status().as_u16(),
        subjects: if allowed.is_some() { subjects } else { Vec::new() },
        shown: extensions.get::<Shown>().map(|shown| shown.0),
        reason: extensions.get::<Reason>().map(|reason| reason.0.clone()),
        duration: start.elapsed(),
    });
    response
}

/// A path parameter as the log shows it: of a license code only the end, of a user nothing.
fn subject(name: &str, value: &str) -> Option<(&'static str, String)> {
    let name = match name {
        "id" => "instanceId",
        "orderId" => "orderId",
        "tenantId" => "tenantId",
        "appId" => "appId",
        "eventId" => "eventId",
        "warningId" => "warningId",
        "demandId" => "demandId",
        "code" => return Some(("license", value.parse::<LicenseCode>().ok()?.to_string())),
        _ => return None,
    };
    Some((name, value.to_owned()))
}
