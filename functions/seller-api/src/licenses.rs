//! License 2.0 codes, through KooGallery's open APIs: activation, and the heartbeat of use.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use koogallery_open_api::{LicenseCode, LicenseInfo, SentTime, UtcTime};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::SellerApi;
use crate::extract::{OptionalBody, PathOf, optional_text};
use crate::open_api::{deadline, failed};
use crate::problem::{Kind, Problem};

/// Which license a path is about.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct LicensePath {
    /// The authorization code.
    #[param(value_type = String, min_length = 1, max_length = 64, pattern = "[^\\s]", example = "ABCDE-FGHIJ-KLMNO")]
    code: LicenseCode,
}

/// A license as KooGallery holds it, as far as it told; times as it wrote them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LicenseState, examples(json!({
    "status": "ALIVE", "activateTime": "20251201000000", "expireTime": "20261201000000",
})))]
pub(crate) struct LicenseView {
    /// `ALIVE`, `EXPIRED` or `RELEASED`.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    /// Since when it is in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    activate_time: Option<String>,
    /// When its period ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    expire_time: Option<String>,
    /// The product.
    #[serde(skip_serializing_if = "Option::is_none")]
    product_id: Option<String>,
    /// The order that bought it.
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<String>,
    /// How much was bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<String>,
}

impl From<LicenseInfo> for LicenseView {
    fn from(info: LicenseInfo) -> Self {
        let time = |time: SentTime| time.as_str().to_owned();
        Self {
            status: info.status.map(|status| status.as_str().to_owned()),
            activate_time: info.activate_time.map(time),
            expire_time: info.expire_time.map(time),
            product_id: info.product_id.map(|id| id.to_string()),
            order_id: info.order_id.map(|id| id.to_string()),
            amount: info.amount,
        }
    }
}

/// From when on a license is in use.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Activation, examples(json!({ "realEffectTime": "20251201T000000Z" })))]
pub(crate) struct ActivationBody {
    /// UTC; now where there is none.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = String, pattern = "^[0-9]{8}T[0-9]{6}Z$")]
    real_effect_time: Option<UtcTime>,
}

fn some<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<UtcTime>, D::Error> {
    UtcTime::deserialize(deserializer).map(Some)
}

/// Activates a license.
///
/// It is sent to KooGallery once. Where the answer is lost (504), ask with a heartbeat whether it is in use.
#[utoipa::path(post, path = "/v1/licenses/{code}/activate", tag = "licenses", operation_id = "activateLicense",
    params(LicensePath), request_body = Option<ActivationBody>,
    responses(
        (status = 200, description = "It is in use", body = LicenseView),
        (status = 409, description = "KooGallery refused: the code is wrong, used, expired, or another seller's"),
        (status = 502, description = "KooGallery's open API did not serve the request"),
        (status = 504, description = "Nobody knows whether KooGallery did it"),
    ))]
pub(crate) async fn activate(
    State(api): State<Arc<SellerApi>>,
    PathOf(LicensePath { code }): PathOf<LicensePath>,
    OptionalBody(body): OptionalBody<ActivationBody>,
) -> Result<Json<LicenseView>, Problem> {
    let client = api.open_api.client(&*api.secrets().fresh().await?).await?;
    let info = client.activate_license(&code, body.real_effect_time, deadline()).await;
    Ok(Json(info.map_err(|error| failed(error, Kind::RefusedState))?.into()))
}

/// What a heartbeat tells.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Heartbeat, examples(json!({ "heartbeatInfo": "version 1.4" })))]
pub(crate) struct HeartbeatBody {
    /// Passed on as it is.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String)]
    heartbeat_info: Option<String>,
}

/// Says that a license is in use, at each end user's first use of the day, and hears its state.
#[utoipa::path(post, path = "/v1/licenses/{code}/heartbeat", tag = "licenses", operation_id = "licenseHeartbeat",
    params(LicensePath), request_body = Option<HeartbeatBody>,
    responses(
        (status = 200, description = "Its state", body = LicenseView),
        (status = 409, description = "KooGallery refused: the code is wrong, expired, or another seller's"),
        (status = 502, description = "KooGallery's open API did not serve the request"),
        (status = 504, description = "KooGallery did not answer in time"),
    ))]
pub(crate) async fn heartbeat(
    State(api): State<Arc<SellerApi>>,
    PathOf(LicensePath { code }): PathOf<LicensePath>,
    OptionalBody(body): OptionalBody<HeartbeatBody>,
) -> Result<Json<LicenseView>, Problem> {
    let client = api.open_api.client(&*api.secrets().fresh().await?).await?;
    let info = client.license_heartbeat(&code, body.heartbeat_info.as_deref(), deadline()).await;
    Ok(Json(info.map_err(|error| failed(error, Kind::RefusedState))?.into()))
}
