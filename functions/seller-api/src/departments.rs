//! The departments of a tenant (joint-operations kit), as KooGallery last described them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use koogallery::{InstanceId, OrgCode};
use koogallery_store::{StandingDepartment, TenantDepartments, World};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use crate::SellerApi;
use crate::extract::{PathOf, QueryOf};
use crate::page::{Limit, next, place, within_limits};
use crate::paths::TenantPath;
use crate::problem::Problem;

/// Which departments to list, and which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DepartmentsQuery {
    /// The instance that knows them; absent if the seller only asked for credentials.
    #[param(value_type = Option<String>, min_length = 1, max_length = 64, pattern = "[^\\s]")]
    instance_id: Option<InstanceId>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// The most members that the page may have.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
}

/// A department of a tenant.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Department)]
struct DepartmentView {
    /// Its code.
    org_code: String,
    /// Its name.
    org_name: String,
    /// The code of the department above it; absent at the root.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_code: Option<String>,
}

impl From<StandingDepartment> for DepartmentView {
    fn from(StandingDepartment { org_code, department }: StandingDepartment) -> Self {
        Self {
            org_code: org_code.to_string(),
            org_name: department.org_name.to_string(),
            parent_code: department.parent_code.map(|code| code.to_string()),
        }
    }
}

/// A page of departments.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({ "departments": [{ "orgCode": "o-2", "orgName": "Research", "parentCode": "o-1" }] })))]
pub(crate) struct DepartmentList {
    /// The departments, in the order of their codes.
    departments: Vec<DepartmentView>,
    /// The `cursor` of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// The departments of a tenant.
#[utoipa::path(get, path = "/v1/tenants/{tenantId}/departments", tag = "tenants", operation_id = "listDepartments",
    params(TenantPath, DepartmentsQuery),
    responses((status = 200, description = "A page of departments", body = DepartmentList)))]
pub(crate) async fn list(
    State(api): State<Arc<SellerApi>>,
    PathOf(TenantPath { tenant_id }): PathOf<TenantPath>,
    QueryOf(query): QueryOf<DepartmentsQuery>,
) -> Result<Json<Box<RawValue>>, Problem> {
    let DepartmentsQuery { instance_id, cursor: from, limit } = query;
    let after: Option<OrgCode> = place(from.as_deref())?;
    let of = TenantDepartments { tenant_id, instance_id };
    let (api, of, after) = (&api, &of, after.as_ref());
    within_limits(limit, |Limit(limit)| async move {
        let departments = api.store().departments(World::Real, of, after, limit, &api.vault).await?;
        let next = next(&departments, limit, |last| last.org_code.as_str());
        Ok(DepartmentList { departments: departments.into_iter().map(DepartmentView::from).collect(), next })
    })
    .await
}
