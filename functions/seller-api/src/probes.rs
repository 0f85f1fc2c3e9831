//! Probes: the last debug call of each callback. KooGallery repeats them twice a day, and hides a product whose probes fail for five
//! days.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use koogallery::ResultCode;
use koogallery_store::Probe;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::SellerApi;
use crate::extract::QueryOf;
use crate::problem::Problem;

/// Which probes to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProbesQuery {
    /// Only those that KooGallery counts as failed: any answer but `000000`.
    #[serde(default)]
    #[param(default = false)]
    failed: bool,
}

/// The last debug call of a callback, and its answer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Probe)]
struct ProbeView {
    /// The callback, such as `newInstance`.
    callback: String,
    /// The answer.
    #[schema(value_type = String)]
    result_code: ResultCode,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// When it came.
    #[schema(format = DateTime)]
    at: String,
    /// Since when each of them failed; absent if the last one did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    fails_since: Option<String>,
    /// What names it in the logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

impl From<Probe> for ProbeView {
    fn from(Probe { call, at, fails_since }: Probe) -> Self {
        let (callback, result_code, reason) = (call.callback, call.result_code, call.reason);
        let fails_since = fails_since.map(koogallery::Timestamp::to_rfc_3339);
        Self { callback, result_code, reason, at: at.to_rfc_3339(), fails_since, request_id: call.request_id }
    }
}

/// The last debug calls of the last 30 days.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({ "probes": [
    { "callback": "newInstance", "resultCode": "000000", "at": "2025-12-01T01:00:00.000Z", "requestId": "8f2c" },
] })))]
pub(crate) struct ProbeList {
    /// One for each callback that got a debug call, by name.
    probes: Vec<ProbeView>,
}

/// The last debug call of each callback, such as KooGallery's probes, and what it was answered.
///
/// KooGallery sends them twice a day. If those of a callback fail for five days, it hides the product.
#[utoipa::path(get, path = "/v1/probes", tag = "trace", operation_id = "listProbes", params(ProbesQuery),
    responses((status = 200, description = "The last debug call of each callback", body = ProbeList)))]
pub(crate) async fn list(
    State(api): State<Arc<SellerApi>>,
    QueryOf(ProbesQuery { failed }): QueryOf<ProbesQuery>,
) -> Result<Json<ProbeList>, Problem> {
    let probes = api.store().probes().await?.into_iter();
    let wanted = probes.filter(|probe| !failed || probe.call.result_code != ResultCode::Success);
    Ok(Json(ProbeList { probes: wanted.map(ProbeView::from).collect() }))
}
