//! Tenants of the joint-operations kit, as KooGallery last described them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use koogallery_store::{BoundTenant, World};
use serde::Serialize;
use utoipa::ToSchema;

use crate::SellerApi;
use crate::extract::PathOf;
use crate::paths::TenantPath;
use crate::problem::Problem;

/// A tenant, as its instances know it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Tenant, examples(json!({ "tenantId": "t-1", "bindings": [{
    "instanceId": "03pf80c2b8", "tenantCode": "example", "name": "Example",
    "domainName": "https://example.com",
}] })))]
pub(crate) struct TenantView {
    /// Its id.
    tenant_id: String,
    /// The tenant as each instance knows it.
    bindings: Vec<Binding>,
}

/// A tenant as one instance knows it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Binding {
    /// The instance; absent if the seller only asked for credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    instance_id: Option<String>,
    /// The order that bought the instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<String>,
    /// The tenant's code in login addresses.
    tenant_code: String,
    /// Its name.
    name: String,
    /// The domain where its users log in.
    domain_name: String,
}

impl From<BoundTenant> for Binding {
    fn from(bound: BoundTenant) -> Self {
        Self {
            instance_id: bound.instance_id.map(|id| id.to_string()),
            order_id: bound.order_id.map(|id| id.to_string()),
            tenant_code: bound.tenant.tenant_code.to_string(),
            name: bound.tenant.details.name.to_string(),
            domain_name: bound.tenant.details.domain_name.to_string(),
        }
    }
}

/// A tenant, as its instances know it.
#[utoipa::path(get, path = "/v1/tenants/{tenantId}", tag = "tenants", operation_id = "getTenant", params(TenantPath),
    responses(
        (status = 200, description = "The tenant", body = TenantView),
        (status = 404, description = "No such tenant"),
    ))]
pub(crate) async fn get(
    State(api): State<Arc<SellerApi>>,
    PathOf(TenantPath { tenant_id }): PathOf<TenantPath>,
) -> Result<Json<TenantView>, Problem> {
    let bindings = api.store().tenants(World::Real, &tenant_id).await?;
    if bindings.is_empty() {
        return Err(Problem::unknown("enterprise"));
    }
    let bindings = bindings.into_iter().map(Binding::from).collect();
    Ok(Json(TenantView { tenant_id: tenant_id.to_string(), bindings }))
}
