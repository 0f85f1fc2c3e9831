//! Packages: how much the buyer paid beforehand, and how much of it is used.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use koogallery::Timestamp;
use koogallery_store::PackageUse;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::SellerApi;
use crate::extract::{Body, PathOf};
use crate::metering::Amount;
use crate::paths::InstancePath;
use crate::problem::{Kind, Problem};

/// How much a package has.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PackageQuota, examples(json!({ "quota": 1000 })))]
pub(crate) struct QuotaBody {
    /// How much can be used of it, with at most 8 digits before the point and 4 after it.
    quota: Amount,
}

/// What was used of a package.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PackageUse, examples(json!({
    "used": 12.5, "quota": 1000, "by": [{ "instanceId": "03pf80c2b8", "used": 12.5 }],
})))]
pub(crate) struct PackageView {
    /// What was used of it.
    used: Amount,
    /// How much it has, if you told.
    #[serde(skip_serializing_if = "Option::is_none")]
    quota: Option<Amount>,
    /// The part of each pay-per-use instance.
    by: Vec<UserView>,
    /// When it was used up. The event `usage.package_exhausted` told it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    exhausted_at: Option<String>,
}

/// What an instance used of a package.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PackageUser)]
struct UserView {
    /// The pay-per-use instance.
    instance_id: String,
    /// What it used.
    used: Amount,
}

/// What was used of a package.
#[utoipa::path(get, path = "/v1/instances/{id}/package", tag = "usage", operation_id = "getPackageUse", params(InstancePath),
    responses(
        (status = 200, description = "What was used of it", body = PackageView),
        (status = 404, description = "No such instance, or nothing is known of it as a package"),
    ))]
pub(crate) async fn get(
    State(api): State<Arc<SellerApi>>,
    PathOf(InstancePath { id }): PathOf<InstancePath>,
) -> Result<Json<PackageView>, Problem> {
    let package = api.store().package_use(&id).await?;
    let PackageUse { used, by, quota, exhausted_at, .. } = package.ok_or_else(|| Problem::unknown("package"))?;
    let by = by.into_iter().map(|(id, used)| UserView { instance_id: id.to_string(), used: used.into() });
    Ok(Json(PackageView {
        used: used.into(),
        quota: quota.map(Amount::from),
        by: by.collect(),
        exhausted_at: exhausted_at.map(Timestamp::to_rfc_3339),
    }))
}

/// Says how much a package has. When so much is used, the event `usage.package_exhausted` comes, once for each quota.
///
/// A package that ends when it is used up needs it: then you have to stop the service until another one is bought.
#[utoipa::path(put, path = "/v1/instances/{id}/package", tag = "usage", operation_id = "putPackageQuota", params(InstancePath),
    request_body = QuotaBody,
    responses(
        (status = 204, description = "It is kept"),
        (status = 404, description = "No such instance, or it was released"),
        (status = 422, description = "The quota is not such an amount, or not above 0"),
    ))]
pub(crate) async fn put(
    State(api): State<Arc<SellerApi>>,
    PathOf(InstancePath { id }): PathOf<InstancePath>,
    Body(body): Body<QuotaBody>,
) -> Result<StatusCode, Problem> {
    let quota = body.quota.quantity().ok().filter(|quota| quota.ten_thousandths() > 0);
    let quota = quota.ok_or_else(|| {
        let detail = "quota: give an amount above 0, with at most 8 digits before the point and 4 after it";
        Problem::new(Kind::Unusable, detail)
    })?;
    if api.store().set_quota(&id, quota, api.now()).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::unknown("instance"))
    }
}
