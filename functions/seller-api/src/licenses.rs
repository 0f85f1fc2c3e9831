//! Licenses: the codes of License 2.0, known from callbacks and from KooGallery's open APIs; and the licenses that devices
//! asked for, which your application makes and hands in.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::StatusCode;
use koogallery::{DeviceFingerprint, EventId, InstanceId, LicenseText, ProductId};
use koogallery_open_api::{LicenseFile, LicenseInfo, SentTime};
use koogallery_store::{AppliedOrder, License, LicenseKept, LicenseRequestId, World, license_place};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::SellerApi;
use crate::extract::{Body, OptionalBody, PathOf, optional_text, some, text};
use crate::instances::{BoughtView, FreezeWord, LaterOrder, StatusWord};
use crate::open_api::{deadline, failed};
use crate::paths::{LicensePath, OrderPath};
use crate::problem::{Kind, Problem, Reason};
use crate::time::Time;

/// A license code, as callbacks reported it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = License, examples(json!({
    "status": "active", "createdAt": "2025-12-01T00:00:00.000Z", "expireTime": "2026-12-01T16:00:00.000Z",
    "laterOrders": [],
})))]
pub(crate) struct CodeView {
    /// Its status: never `provisioning`.
    status: StatusWord,
    /// Why it is frozen.
    #[serde(skip_serializing_if = "Option::is_none")]
    freeze_cause: Option<FreezeWord>,
    /// The product.
    #[serde(skip_serializing_if = "Option::is_none")]
    product_id: Option<String>,
    /// When the first callback named it.
    #[schema(format = DateTime)]
    created_at: String,
    /// The end of the paid period, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    expire_time: Option<String>,
    /// What License 1.0's calls say about the purchase: for each member, the value in the last signed order that has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    holds: Option<BoughtView>,
    /// When it was released.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    released_at: Option<String>,
    /// The orders that moved its expiry: the last 200, in the order of signing.
    later_orders: Vec<LaterOrder>,
}

impl CodeView {
    fn of(license: License, orders: Vec<AppliedOrder>) -> Self {
        let life = license.life;
        Self {
            status: life.status.into(),
            freeze_cause: life.freeze_cause.map(FreezeWord::from),
            product_id: life.product_id.as_ref().map(ToString::to_string),
            created_at: life.created_at.to_rfc_3339(),
            expire_time: life.expire_time.map(|time| time.timestamp().to_rfc_3339()),
            holds: life.holds().map(BoughtView::from),
            released_at: life.released_at.map(koogallery::Timestamp::to_rfc_3339),
            later_orders: LaterOrder::of(orders),
        }
    }
}

/// A license code, as callbacks reported it.
///
/// KooGallery calls when a code is renewed, frozen or released. Before that, a heartbeat asks KooGallery itself.
#[utoipa::path(get, path = "/v1/licenses/{code}", tag = "licenses", operation_id = "getLicense", params(LicensePath),
    responses(
        (status = 200, description = "The code", body = CodeView),
        (status = 404, description = "No callback named the code yet"),
    ))]
pub(crate) async fn get(
    State(api): State<Arc<SellerApi>>,
    PathOf(LicensePath { code }): PathOf<LicensePath>,
) -> Result<Json<CodeView>, Problem> {
    let (license, orders) = tokio::join!(api.store().license(&code), api.store().license_orders(&code));
    let license = license?.ok_or_else(|| Problem::unknown("license code in what callbacks reported"))?;
    Ok(Json(CodeView::of(license, orders?)))
}

/// Which license was requested.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path)]
pub(crate) struct RequestPath {
    /// The instance that the license is for.
    #[param(value_type = String, min_length = 1, max_length = 64, pattern = "[^\\s]")]
    id: InstanceId,
    /// `eventId` of the request for it.
    #[param(value_type = String, min_length = 1, max_length = 64, pattern = "[^\\s]")]
    event_id: EventId,
}

/// A license that was made: a text or a file.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = MadeLicense, examples(json!({ "deviceFingerprint": "00:00:5e:00:53:01", "text": "a license" })))]
pub(crate) struct MadeLicense {
    /// `deviceFingerprint` of the request for it, if it had one.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 1024)]
    device_fingerprint: Option<DeviceFingerprint>,
    /// The license as a text. Give either this or `file`.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, min_length = 1)]
    text: Option<String>,
    /// The license as a file's bytes in base64. Give either this or `text`.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, min_length = 4, content_encoding = "base64")]
    file: Option<String>,
}

impl MadeLicense {
    fn file(self) -> Result<LicenseFile, Problem> {
        let invalid = |problem| Problem::new(Kind::Invalid, problem);
        let file = match (self.text, self.file) {
            (Some(text), None) => LicenseFile::Text(text),
            (None, Some(file)) => {
                let bytes = BASE64_STANDARD.decode(file).map_err(|_| invalid("file: give base64, with its padding"))?;
                LicenseFile::File(bytes.into())
            }
            _ => return Err(invalid("give either text or file")),
        };
        match &file {
            LicenseFile::Text(text) if text.is_empty() => Err(invalid("text: it is empty")),
            LicenseFile::File(bytes) if bytes.is_empty() => Err(invalid("file: it is empty")),
            _ => Ok(file),
        }
    }
}

/// Hands in the license that a device asked for.
///
/// It is passed to KooGallery. When KooGallery has it, getLicenseAsync is answered with `000000`. If that fails (502 to 504),
/// hand in the same license again, as often as needed.
#[utoipa::path(put, path = "/v1/instances/{id}/licenses/{eventId}", tag = "licenses", operation_id = "putLicense",
    params(RequestPath), request_body = MadeLicense,
    responses(
        (status = 204, description = "KooGallery has it"),
        (status = 404, description = "Nobody asked for it: the instance, event or device is unknown"),
        (status = 409, description = "KooGallery refused it"),
        (status = 502, description = "KooGallery's open API did not serve the request"),
        (status = 504, description = "It is unknown whether KooGallery has it: hand it in again"),
    ))]
pub(crate) async fn put(
    State(api): State<Arc<SellerApi>>,
    PathOf(RequestPath { id, event_id }): PathOf<RequestPath>,
    Body(mut body): Body<MadeLicense>,
) -> Result<StatusCode, Problem> {
    let device_fingerprint = body.device_fingerprint.take();
    let file = body.file()?;
    let request = LicenseRequestId::Device { instance_id: id, event_id: event_id.clone(), device_fingerprint };
    let client = api.open_api.client(&*api.secrets().fresh().await?).await?;
    let unknown = || Problem::unknown("request for a license by this device");
    api.store().license_request(World::Real, &request).await?.ok_or_else(unknown)?;
    client.upload_license(&event_id, &file, deadline()).await.map_err(|error| failed(error, Kind::RefusedState))?;
    // Recorded last, so that a license that did not arrive is never recorded as handed in.
    let stands = api.store().hand_in_license(World::Real, &request, api.now()).await?;
    if stands { Ok(StatusCode::NO_CONTENT) } else { Err(unknown()) }
}

/// The license that was made for a purchase.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = OrderLicense, examples(json!({ "productId": "00301-666666-0--0", "text": "a license" })))]
pub(crate) struct OrderLicenseBody {
    /// `productId` of the request for it, if it had one.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    product_id: Option<ProductId>,
    /// The license itself.
    #[serde(deserialize_with = "text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 8192)]
    text: LicenseText,
}

/// Hands in the license for a purchase (License 1.0, retired).
///
/// From now on getLicense is answered with `000000` and this text, each time. The text is kept, sealed, and cannot be
/// changed.
#[utoipa::path(put, path = "/v1/orders/{orderId}/license", tag = "licenses", operation_id = "putOrderLicense",
    params(OrderPath), request_body = OrderLicenseBody,
    responses(
        (status = 204, description = "KooGallery gets it when it asks"),
        (status = 404, description = "Nobody asked for it: the order is unknown, or is for another product"),
        (status = 409, description = "Another license was handed in before"),
    ))]
pub(crate) async fn put_of_order(
    State(api): State<Arc<SellerApi>>,
    PathOf(OrderPath { order_id }): PathOf<OrderPath>,
    Body(OrderLicenseBody { product_id, text }): Body<OrderLicenseBody>,
) -> Result<StatusCode, Problem> {
    let (store, place) = (api.store(), license_place(&order_id, product_id.as_ref()));
    let sealed = api.vault.seal(store, &place, text.reveal().as_bytes()).await?;
    match store.keep_license(&order_id, product_id.as_ref(), &sealed, api.now()).await? {
        LicenseKept::Kept => Ok(StatusCode::NO_CONTENT),
        LicenseKept::Standing(standing)
            if api.vault.open(store, &place, &standing).await? == text.reveal().as_bytes() =>
        {
            Ok(StatusCode::NO_CONTENT)
        }
        LicenseKept::Standing(_) => {
            let detail =
                "another license was handed in for this purchase. KooGallery may have it, so it cannot be changed";
            Err(Problem::new(Kind::LicenseStands, detail))
        }
        LicenseKept::Unknown => Err(Problem::unknown("request for a license by this order")),
    }
}

/// A license as KooGallery knows it, with the members that KooGallery sent. KooGallery's guide gives no zone for its times: they
/// are read as UTC. A text that is no time stays as KooGallery wrote it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LicenseState, examples(json!({
    "status": "ALIVE", "activateTime": "2025-12-01T00:00:00.000Z", "expireTime": "2026-12-01T00:00:00.000Z",
})))]
pub(crate) struct LicenseView {
    /// `ALIVE`, `EXPIRED` or `RELEASED`.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    /// When its use began.
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
    /// The quantity that was bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<String>,
}

impl From<LicenseInfo> for LicenseView {
    fn from(info: LicenseInfo) -> Self {
        let time = |time: SentTime| time.in_utc().as_str().to_owned();
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

/// When the use of a license begins.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Activation, examples(json!({ "realEffectTime": "2025-12-01T00:00:00Z" })))]
pub(crate) struct ActivationBody {
    /// The time, to the second; now, if absent.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = String, format = DateTime)]
    real_effect_time: Option<Time>,
}

/// Activates a license.
///
/// It is sent to KooGallery once. If the answer is lost (504), ask by a heartbeat whether the license is in use. The step
/// `activated` of a supervised order is entered by itself; if that fails, the warning `activation-not-entered` says so.
#[utoipa::path(post, path = "/v1/licenses/{code}/activate", tag = "licenses", operation_id = "activateLicense",
    params(LicensePath), request_body = Option<ActivationBody>,
    responses(
        (status = 200, description = "The license is in use", body = LicenseView),
        (status = 409, description = "KooGallery refused: the code is wrong, used, expired, or another seller's"),
        (status = 502, description = "KooGallery's open API did not serve the request"),
        (status = 504, description = "It is unknown whether KooGallery did it"),
    ))]
pub(crate) async fn activate(
    State(api): State<Arc<SellerApi>>,
    PathOf(LicensePath { code }): PathOf<LicensePath>,
    OptionalBody(body): OptionalBody<ActivationBody>,
) -> Result<(Option<Extension<Reason>>, Json<LicenseView>), Problem> {
    let client = api.open_api.client(&*api.secrets().fresh().await?).await?;
    let info = client.activate_license(&code, body.real_effect_time.and_then(Time::second), deadline()).await;
    let info = info.map_err(|error| failed(error, Kind::RefusedState))?;
    // KooGallery did it, and would refuse it once more. So this is no failure: a warning and the log say what to enter by hand.
    let mut reason = None;
    if let Err(error) = api.tell_activation(&code, &info, body.real_effect_time.map(Time::timestamp)).await {
        let warned = api.warn_of_activation(&info).await;
        let unwarned = warned.err().map(|error| format!("; nobody is warned: {error}")).unwrap_or_default();
        reason = Some(Extension(Reason(format!("enter the step `activated` of the order: {error}{unwarned}"))));
    }
    Ok((reason, Json(info.into())))
}

/// What a heartbeat reports.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Heartbeat, examples(json!({ "heartbeatInfo": "version 1.4" })))]
pub(crate) struct HeartbeatBody {
    /// It is passed on without a change.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String)]
    heartbeat_info: Option<String>,
}

/// Reports that a license is in use, at each end user's first use of the day. Returns its state.
#[utoipa::path(post, path = "/v1/licenses/{code}/heartbeat", tag = "licenses", operation_id = "licenseHeartbeat",
    params(LicensePath), request_body = Option<HeartbeatBody>,
    responses(
        (status = 200, description = "The license's state", body = LicenseView),
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
