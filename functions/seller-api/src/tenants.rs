//! Tenants of the joint-operations kit, as KooGallery last described them.

use std::fmt::Display;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use koogallery_store::{BoundTenant, World};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::SellerApi;
use crate::extract::{PathOf, QueryOf};
use crate::filter::{contains, fitting};
use crate::page::Limit;
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
        return Err(Problem::unknown("tenant"));
    }
    let bindings = bindings.into_iter().map(Binding::from).collect();
    Ok(Json(TenantView { tenant_id: tenant_id.to_string(), bindings }))
}

/// Which tenants to list, and which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TenantsQuery {
    /// Only tenants with this text in the id of the tenant, the instance or the order.
    text: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// The most members that the page may have.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
}

/// A tenant that an instance is bound to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ListedTenant)]
#[allow(clippy::struct_field_names)] // the API's names
struct ListedTenant {
    /// The tenant.
    tenant_id: String,
    /// The instance; absent if the seller only asked for credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    instance_id: Option<String>,
    /// The order that bought the instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<String>,
}

/// A page of tenants.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({ "tenants": [{
    "tenantId": "68cbc86abc2018ab880d92f36422fa0e", "instanceId": "03pf80c2b8", "orderId": "CS2509071201OKVI2",
}] })))]
pub(crate) struct TenantList {
    /// The tenants, each once for every instance that it is bound to.
    tenants: Vec<ListedTenant>,
    /// The `cursor` of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Tenants that instances are bound to. Names and domains are personal data: `GET /v1/tenants/{tenantId}` shows them.
#[utoipa::path(get, path = "/v1/tenants", tag = "tenants", operation_id = "listTenants", params(TenantsQuery),
    responses((status = 200, description = "A page of tenants", body = TenantList)))]
pub(crate) async fn list(
    State(api): State<Arc<SellerApi>>,
    QueryOf(TenantsQuery { text, cursor: from, limit }): QueryOf<TenantsQuery>,
) -> Result<Json<TenantList>, Problem> {
    let fits = |bound: &BoundTenant| {
        let ids: [Option<&dyn Display>; 3] = [
            Some(&bound.tenant_id),
            bound.instance_id.as_ref().map(|id| id as _),
            bound.order_id.as_ref().map(|id| id as _),
        ];
        contains(text.as_deref(), &ids)
    };
    let page = fitting(from.as_deref(), limit, |from, limit| api.store().bound_tenants(from, limit), fits).await?;
    let tenants = page.members.into_iter().map(|bound| ListedTenant {
        tenant_id: bound.tenant_id.to_string(),
        instance_id: bound.instance_id.map(|id| id.to_string()),
        order_id: bound.order_id.map(|id| id.to_string()),
    });
    Ok(Json(TenantList { tenants: tenants.collect(), next: page.next }))
}
