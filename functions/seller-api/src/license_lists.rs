//! Lists about licenses: the codes that callbacks named, and the requests for licenses that wait for your application.

use std::fmt::Display;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use koogallery::{ProductId, Timestamp};
use koogallery_store::{License, LicenseRequest, LicenseRequestId, Status};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::SellerApi;
use crate::extract::QueryOf;
use crate::filter::{changed_at, contains, ends_before, fitting, is, is_since};
use crate::instances::{FreezeWord, StatusWord};
use crate::page::Limit;
use crate::problem::Problem;
use crate::time::Time;

/// Which license codes to list, and which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LicensesQuery {
    /// Only codes in this status. None is `provisioning`.
    #[param(inline)]
    status: Option<StatusWord>,
    /// Only codes of this product.
    #[param(value_type = Option<String>, min_length = 1, max_length = 64, pattern = "[^\\s]")]
    product_id: Option<ProductId>,
    /// Only codes about which there was an event since then.
    #[param(value_type = Option<String>, format = DateTime)]
    changed_since: Option<Time>,
    /// Only codes whose paid period ends before then, or ended before then.
    #[param(value_type = Option<String>, format = DateTime)]
    expiring_before: Option<Time>,
    /// Only codes with this text in the code or in the id of the product.
    text: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// The most members that the page may have.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
}

/// A license code, without its orders.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ListedLicense {
    /// The code.
    license: String,
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
    /// When there was the last event about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    changed_at: Option<String>,
    /// The end of the paid period, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    expire_time: Option<String>,
}

/// A page of license codes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({ "licenses": [{
    "license": "ABCDE-FGHIJ-KLMNO", "status": "active", "createdAt": "2025-12-01T00:00:00.000Z",
    "expireTime": "2026-12-01T16:00:00.000Z",
}] })))]
pub(crate) struct LicenseList {
    /// The codes.
    licenses: Vec<ListedLicense>,
    /// The `cursor` of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// License codes that callbacks named. The oldest come first, in 16 parts one after the other.
#[utoipa::path(get, path = "/v1/licenses", tag = "licenses", operation_id = "listLicenses", params(LicensesQuery),
    responses((status = 200, description = "A page of license codes", body = LicenseList)))]
pub(crate) async fn codes(
    State(api): State<Arc<SellerApi>>,
    QueryOf(query): QueryOf<LicensesQuery>,
) -> Result<Json<LicenseList>, Problem> {
    let LicensesQuery { status, product_id, changed_since, expiring_before, text, cursor: from, limit } = query;
    let status = status.map(Status::from);
    let fits = |License { license, life }: &License| {
        let code = license.reveal();
        let ids: [Option<&dyn Display>; 2] = [Some(&code), life.product_id.as_ref().map(|id| id as _)];
        is(status.as_ref(), Some(&life.status))
            && is(product_id.as_ref(), life.product_id.as_ref())
            && is_since(changed_since, changed_at(life.last_event))
            && ends_before(expiring_before, life.expire_time)
            && contains(text.as_deref(), &ids)
    };
    let page = fitting(from.as_deref(), limit, |from, limit| api.store().licenses(from, limit), fits).await?;
    let licenses = page.members.into_iter().map(|License { license, life }| ListedLicense {
        license: license.reveal().to_owned(),
        status: life.status.into(),
        freeze_cause: life.freeze_cause.map(FreezeWord::from),
        product_id: life.product_id.as_ref().map(ToString::to_string),
        created_at: life.created_at.to_rfc_3339(),
        changed_at: changed_at(life.last_event).map(Timestamp::to_rfc_3339),
        expire_time: life.expire_time.map(|time| time.timestamp().to_rfc_3339()),
    });
    Ok(Json(LicenseList { licenses: licenses.collect(), next: page.next }))
}

/// Which requests for licenses to list, and which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RequestsQuery {
    /// Only requests with this text in the id of the instance, the request, the order or the product.
    text: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// The most members that the page may have.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
}

/// A request for a license that nobody handed in yet.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OpenRequest {
    /// Online License: the instance that the license is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    instance_id: Option<String>,
    /// Online License: the id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
    /// License 1.0: the order that the license is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<String>,
    /// License 1.0: the product, if the call named it.
    #[serde(skip_serializing_if = "Option::is_none")]
    product_id: Option<String>,
    /// When KooGallery asked first.
    #[schema(format = DateTime)]
    requested_at: String,
    /// From when the license is valid, if the call says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    effective_time: Option<String>,
    /// Until when the license is valid, if the call says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    expire_time: Option<String>,
}

impl From<LicenseRequest> for OpenRequest {
    fn from(request: LicenseRequest) -> Self {
        let time = |time: koogallery::ExpireTime| time.timestamp().to_rfc_3339();
        let open = Self {
            requested_at: request.requested_at.to_rfc_3339(),
            effective_time: request.effective_time.map(time),
            expire_time: request.expire_time.map(time),
            ..Self::default()
        };
        match request.id {
            LicenseRequestId::Device { instance_id, event_id, .. } => {
                Self { instance_id: Some(instance_id.to_string()), event_id: Some(event_id.to_string()), ..open }
            }
            LicenseRequestId::Purchase { order_id, product_id } => {
                let product_id = product_id.map(|product| product.to_string());
                Self { order_id: Some(order_id.to_string()), product_id, ..open }
            }
        }
    }
}

impl OpenRequest {
    fn has(&self, text: Option<&str>) -> bool {
        let ids = [&self.instance_id, &self.event_id, &self.order_id, &self.product_id];
        let ids: [Option<&dyn Display>; 4] = ids.map(|id| id.as_ref().map(|id| id as _));
        contains(text, &ids)
    }
}

/// A page of requests for licenses.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({ "licenseRequests": [{
    "instanceId": "03pf80c2b8", "eventId": "e-1", "requestedAt": "2025-12-01T00:00:00.000Z",
    "effectiveTime": "2025-12-01T00:00:00.000Z", "expireTime": "2026-12-01T16:00:00.000Z",
}] })))]
#[serde(rename_all = "camelCase")]
pub(crate) struct OpenRequestList {
    /// The requests.
    license_requests: Vec<OpenRequest>,
    /// The `cursor` of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Requests for licenses that wait: make the license and hand it in. The event `license.requested` names the device.
#[utoipa::path(get, path = "/v1/license-requests", tag = "licenses", operation_id = "listLicenseRequests",
    params(RequestsQuery),
    responses((status = 200, description = "A page of open requests", body = OpenRequestList)))]
pub(crate) async fn requests(
    State(api): State<Arc<SellerApi>>,
    QueryOf(RequestsQuery { text, cursor: from, limit }): QueryOf<RequestsQuery>,
) -> Result<Json<OpenRequestList>, Problem> {
    let fits = |request: &LicenseRequest| OpenRequest::from(request.clone()).has(text.as_deref());
    let page =
        fitting(from.as_deref(), limit, |from, limit| api.store().open_license_requests(from, limit), fits).await?;
    let license_requests = page.members.into_iter().map(OpenRequest::from).collect();
    Ok(Json(OpenRequestList { license_requests, next: page.next }))
}
