//! Says that the API answers, and which version runs: for load balancers, and for whoever has just deployed. It asks neither the
//! store nor the secret, so that anybody may call it.

use axum::Json;
use axum::response::IntoResponse;
use http::header::CACHE_CONTROL;
use koogallery_runtime::{COMMIT, VERSION};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::NO_STORE;

/// What runs here.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({ "status": "ok", "version": "0.1.0", "commit": "19feacb80eee" })))]
pub(crate) struct Health {
    /// Always `ok`: an API that does not run cannot say so.
    status: &'static str,
    /// The project's version.
    version: &'static str,
    /// The commit that it was built from; none if that is not known.
    commit: Option<&'static str>,
}

/// Says that the API answers, and which version runs.
#[utoipa::path(get, path = "/healthz", tag = "description", operation_id = "getHealth",
    responses((status = 200, description = "The API answers", body = Health)))]
pub async fn get() -> impl IntoResponse {
    // What an older version said is of no use.
    ([(CACHE_CONTROL, NO_STORE)], Json(Health { status: "ok", version: VERSION, commit: COMMIT }))
}
