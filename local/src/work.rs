//! Does what is due while a request waits: for a host that is stopped between two requests, such as one on FunctionGraph. A timer
//! calls this route.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use http::StatusCode;
use koogallery_runtime::Scope;
use seller_api::{SellerApi, protected};
use serde_json::json;

use crate::notes::trouble;
use crate::schedules::{AtWork, WorkDone};

/// Where the route is.
pub(crate) const PATH: &str = "/internal/work";
/// Nothing begins after this time. What has begun takes up to the time-out of the webhook longer.
const BEGINS: Duration = Duration::from_secs(45);
/// Then the answer is that there is none.
const ANSWERS: Duration = Duration::from_secs(90);

/// `POST /internal/work`, for tokens with the scope `work`.
pub(crate) fn router(api: &Arc<SellerApi>, at_work: AtWork) -> Router {
    let routes = Router::new().route(PATH, post(work)).with_state(at_work);
    protected(api, Scope::Work, ANSWERS, routes)
}

async fn work(State(at_work): State<AtWork>) -> Response {
    match at_work.work_until(Instant::now() + BEGINS).await {
        Ok(WorkDone { delivered, failed, learnt, erased, reported }) => {
            let done = json!({
                "delivered": delivered, "failed": failed, "learnt": learnt, "erased": erased, "reported": reported,
            });
            Json(done).into_response()
        }
        Err(error) => {
            trouble("what is due cannot be done just now", error);
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}
