//! The answers of the stand-in, API by API.

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Method, Request, StatusCode};
use koogallery::{EventId, ExpireTime, LicenseCode, OrderId};
use koogallery_open_api::{LicenseFile, LicenseInfo, LicenseStatus, LicenseUsage, UtcTime};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Held, played, usage};

/// The largest body that is read, in bytes: 1,000 usage records fit easily.
const MAX_BODY: usize = 4 << 20;

/// An answer's HTTP status and JSON.
type Answer = (StatusCode, Value);

pub(super) async fn answer(State(held): State<Arc<Held>>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let told = match to_bytes(body, MAX_BODY).await {
        Ok(body) => route(&held, &Request::from_parts(parts, body)),
        Err(_) => Some((StatusCode::PAYLOAD_TOO_LARGE, json!({"error_msg": "the body is too long or incomplete"}))),
    };
    let Some((status, json)) = told else { return lost() };
    let mut response = Response::new(Body::from(json.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    response
}

/// An answer that breaks off before anything of it is read.
fn lost() -> Response {
    let broken = futures_util::stream::iter([Err::<Bytes, _>(std::io::Error::other("the answer is lost"))]);
    Response::new(Body::from_stream(broken))
}

/// The answer to a request; none where it is lost.
fn route(held: &Held, request: &Request<Bytes>) -> Option<Answer> {
    if let Some(path) = request.uri().path().strip_prefix("/played") {
        return Some(played::answer(held, request, path));
    }
    if !held.verifies(request) {
        // KooGallery's guide does not say. Huawei Cloud's API gateway, which is before its APIs, answers this.
        let message = "Incorrect IAM authentication information: verify aksk signature fail";
        return Some((StatusCode::UNAUTHORIZED, json!({"error_code": "APIGW.0301", "error_msg": message})));
    }
    let path = request.uri().path().strip_prefix("/api/mkp-openapi-public/global/").unwrap_or_default();
    let event = path.strip_prefix("v1/market-event/").and_then(|path| path.strip_suffix("/file"));
    Some(match (request.method(), path, event) {
        (&Method::GET, "v1/order/query", _) => order_query(held, request),
        (&Method::POST, "v1/license/activate", _) => activate(held, request),
        (&Method::POST, "v1/license/heartbeat", _) => heartbeat(held, request),
        (&Method::POST, "v2/license/software-usage-info", _) => software_usage(held, request),
        (&Method::POST, "v1/isv/usage-data", _) => return usage::answer(held, request),
        (&Method::POST, _, Some(event)) => license_file(held, request, event),
        _ => (StatusCode::NOT_FOUND, json!({"error_msg": "no such API"})),
    })
}

/// The guide lists these codes for usage, and none for orders. So they are used for both.
fn result(code: &str, message: &str) -> Answer {
    (StatusCode::OK, json!({"resultCode": code, "resultMsg": message}))
}

fn order_query(held: &Held, request: &Request<Bytes>) -> Answer {
    let order = parameter(request, "orderId").and_then(|id| id.parse::<OrderId>().ok());
    let Some(mut order) = order.and_then(|id| held.state().orders.get(&id).cloned()) else {
        return result("MKT.0100", "no such order");
    };
    if let Some(wanted) = parameter(request, "orderLineId") {
        order.order_lines.retain(|line| line.order_line_id.as_str() == wanted);
        if order.order_lines.is_empty() {
            return result("MKT.0100", "no such order line");
        }
    }
    held.state().told_orders.insert(order.order_id.clone());
    (StatusCode::OK, json!({"resultCode": "MKT.0000", "resultMsg": "success", "orderInfo": order}))
}

/// The guide lists the license errors (wrong, used, expired, not the seller's) and, beside them, the codes. They are matched in
/// that order.
const WRONG_LICENSE: &str = "92020001";
const USED_LICENSE: &str = "92020002";
const EXPIRED_LICENSE: &str = "92020003";

fn license_error(code: &str) -> Answer {
    let message = match code {
        USED_LICENSE => "the license is used",
        EXPIRED_LICENSE => "the license is expired",
        _ => "the license is wrong",
    };
    (StatusCode::OK, json!({"error_code": code, "error_msg": message}))
}

fn license_success(data: Value) -> Answer {
    (StatusCode::OK, json!({"error_code": "92020000", "error_msg": "success", "data": data}))
}

fn activate(held: &Held, request: &Request<Bytes>) -> Answer {
    #[derive(Deserialize)]
    struct Activation {
        license: LicenseCode,
        real_effect_time: Option<ExpireTime>,
    }
    let Ok(activation) = serde_json::from_slice::<Activation>(request.body()) else {
        return license_error(WRONG_LICENSE);
    };
    let start = activation.real_effect_time.map_or_else(held.clock, ExpireTime::timestamp);
    let mut state = held.state();
    let license = state.licenses.iter_mut().find(|(code, _)| *code == activation.license);
    let info = match license {
        None => return license_error(WRONG_LICENSE),
        Some((_, LicenseInfo { activate_time: Some(_), .. })) => return license_error(USED_LICENSE),
        Some((_, LicenseInfo { status: Some(status), .. })) if *status != LicenseStatus::Alive => {
            return license_error(EXPIRED_LICENSE);
        }
        Some((_, info)) => info,
    };
    info.status = Some(LicenseStatus::Alive);
    info.activate_time = UtcTime::from_timestamp(start).map(|time| time.to_digits().into());
    license_success(json!({"license_code_info": json!(info).to_string()}))
}

fn heartbeat(held: &Held, request: &Request<Bytes>) -> Answer {
    #[derive(Deserialize)]
    struct Heartbeat {
        license: LicenseCode,
    }
    let beat = serde_json::from_slice::<Heartbeat>(request.body()).ok();
    let state = held.state();
    let license = beat.and_then(|beat| state.licenses.iter().find(|(code, _)| *code == beat.license));
    let Some((code, info)) = license else { return license_error(WRONG_LICENSE) };
    let mut data = json!(info);
    data["license_code"] = json!(code);
    license_success(data)
}

fn software_usage(held: &Held, request: &Request<Bytes>) -> Answer {
    #[derive(Deserialize)]
    struct Usage {
        usage_info: Vec<LicenseUsage>,
    }
    let mut state = held.state();
    match serde_json::from_slice::<Usage>(request.body()) {
        Ok(Usage { usage_info })
            if (1..=100).contains(&usage_info.len())
                && usage_info.iter().all(|usage| state.licenses.iter().any(|(code, _)| *code == usage.license)) =>
        {
            state.license_usage.extend(usage_info);
            license_success(Value::Null)
        }
        _ => license_error(WRONG_LICENSE),
    }
}

/// The guide does not show this answer. It is like a success of the License APIs.
fn license_file(held: &Held, request: &Request<Bytes>, event: &str) -> Answer {
    let event = decoded(event).and_then(|event| event.parse::<EventId>().ok());
    let is_text = request.headers().get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/"));
    let body = request.body().clone();
    let file = if is_text {
        String::from_utf8(body.into()).ok().map(LicenseFile::Text)
    } else {
        Some(LicenseFile::File(body))
    };
    let (Some(event), Some(file)) = (event, file) else {
        return (StatusCode::BAD_REQUEST, json!({"error_msg": "the event's id or the text is malformed"}));
    };
    held.state().license_files.push((event, file));
    license_success(Value::Null)
}

/// A parameter of the query.
fn parameter(request: &Request<Bytes>, name: &str) -> Option<String> {
    let mut pairs = request.uri().query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(known, _)| *known == name).and_then(|(_, value)| decoded(value))
}

fn decoded(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(Cow::into_owned)
}
