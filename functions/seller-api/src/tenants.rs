//! The joint-operations kit: tenants, their applications, users and departments, as KooGallery last sent them.
//!
//! Users are personal data, and client secrets are secrets. The table holds both sealed; they are opened here, and the log
//! records each request. A client secret has a route of its own; no other route shows it.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use koogallery::{AppId, InstanceId, OrgCode, Role, TenantId, UserName};
use koogallery_store::{
    ApplicationUsers, BoundTenant, StandingApplication, StandingDepartment, StandingUser, TenantDepartments, World,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::SellerApi;
use crate::extract::{PathOf, QueryOf};
use crate::journal::Shown;
use crate::page::{Limit, cursor, place};
use crate::problem::{Kind, Problem};

/// The tenant that a path names.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path)]
pub(crate) struct TenantPath {
    /// The tenant's id.
    #[param(value_type = String, min_length = 1, max_length = 64, pattern = "[^\\s]", example = "68cbc86abc2018ab880d92f36422fa0e")]
    pub(crate) tenant_id: TenantId,
}

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

/// The application that a path names.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path)]
pub(crate) struct ApplicationPath {
    /// The tenant's id.
    #[param(value_type = String, min_length = 1, max_length = 64, pattern = "[^\\s]")]
    tenant_id: TenantId,
    /// The application's id.
    #[param(value_type = String, min_length = 1, max_length = 64, pattern = "[^\\s]")]
    app_id: AppId,
}

/// A tenant's application.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Application)]
pub(crate) struct ApplicationView {
    /// The tenant.
    tenant_id: String,
    /// The application's id.
    app_id: String,
    /// The instance; absent if the seller only asked for credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    instance_id: Option<String>,
    /// The OAuth client id.
    client_id: String,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

/// Which instance's credentials.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ApplicationQuery {
    /// The instance that the application is bound to. Without it, the instance whose credentials came last.
    #[param(value_type = Option<String>, min_length = 1, max_length = 64, pattern = "[^\\s]")]
    instance_id: Option<InstanceId>,
}

async fn application_of(
    api: &SellerApi,
    path: &ApplicationPath,
    query: &ApplicationQuery,
) -> Result<StandingApplication, Problem> {
    let ApplicationPath { tenant_id, app_id } = path;
    let application = api.store().application(World::Real, tenant_id, app_id, query.instance_id.as_ref()).await?;
    application.ok_or_else(|| Problem::unknown("application"))
}

/// A tenant's application, without its secret.
#[utoipa::path(get, path = "/v1/tenants/{tenantId}/applications/{appId}", tag = "tenants",
    operation_id = "getApplication", params(ApplicationPath, ApplicationQuery),
    responses(
        (status = 200, description = "The application", body = ApplicationView),
        (status = 404, description = "No such application"),
    ))]
pub(crate) async fn application(
    State(api): State<Arc<SellerApi>>,
    PathOf(path): PathOf<ApplicationPath>,
    QueryOf(query): QueryOf<ApplicationQuery>,
) -> Result<Json<ApplicationView>, Problem> {
    let application = application_of(&api, &path, &query).await?;
    Ok(Json(ApplicationView {
        tenant_id: application.tenant_id.to_string(),
        app_id: application.app_id.to_string(),
        instance_id: application.instance_id.map(|id| id.to_string()),
        client_id: application.client_id.to_string(),
        name: application.name,
    }))
}

/// An application's OAuth credentials.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Credentials {
    /// The OAuth client id.
    client_id: String,
    /// The OAuth client secret.
    client_secret: String,
}

/// Shows an application's client secret. Each request is logged.
#[utoipa::path(post, path = "/v1/tenants/{tenantId}/applications/{appId}/client-secret", tag = "tenants",
    operation_id = "tellClientSecret", params(ApplicationPath, ApplicationQuery),
    responses(
        (status = 200, description = "The credentials", body = Credentials),
        (status = 404, description = "No such application"),
    ))]
pub(crate) async fn client_secret(
    State(api): State<Arc<SellerApi>>,
    PathOf(path): PathOf<ApplicationPath>,
    QueryOf(query): QueryOf<ApplicationQuery>,
) -> Result<(Extension<Shown>, Json<Credentials>), Problem> {
    let application = application_of(&api, &path, &query).await?;
    let place = application.client_secret_place(World::Real);
    let opened = api.vault.open(api.store(), &place, &application.client_secret).await?;
    let client_secret = String::from_utf8(opened).map_err(|_| {
        Problem::new(Kind::Internal, "the client secret is not a text").because("the client secret is not a text")
    })?;
    let credentials = Credentials { client_id: application.client_id.to_string(), client_secret };
    Ok((Extension(Shown("client secret")), Json(credentials)))
}

/// Which users to list, and which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UsersQuery {
    /// The instance that they use.
    #[param(value_type = String, min_length = 1, max_length = 64, pattern = "[^\\s]")]
    instance_id: InstanceId,
    /// The application that they use.
    #[param(value_type = String, min_length = 1, max_length = 64, pattern = "[^\\s]")]
    app_id: AppId,
    /// `next` of the page before.
    cursor: Option<String>,
    /// The most members that the page may have.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
}

/// What a user may do.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum RoleWord {
    /// The user may use the application.
    User,
    /// The user may administer it.
    Admin,
}

/// A user of an application.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = User)]
pub(crate) struct UserView {
    /// The login name.
    user_name: String,
    /// The user's own name.
    name: String,
    /// The code of the user's department.
    org_code: String,
    /// What the user may do.
    role: RoleWord,
    /// Whether the user may log in.
    enabled: bool,
    /// Whether access to the application was revoked.
    revoked: bool,
    /// The user's position.
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<String>,
    /// The employee code.
    #[serde(skip_serializing_if = "Option::is_none")]
    employee_code: Option<String>,
    /// The employee type.
    #[serde(skip_serializing_if = "Option::is_none")]
    employee_type: Option<String>,
    /// The telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    mobile: Option<String>,
    /// The e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// Other members that KooGallery sent.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    other: Map<String, Value>,
}

impl From<StandingUser> for UserView {
    fn from(StandingUser { user, revoked }: StandingUser) -> Self {
        Self {
            user_name: user.user_name.as_str().to_owned(),
            name: user.name.as_str().to_owned(),
            org_code: user.org_code.to_string(),
            role: match user.role {
                Role::User => RoleWord::User,
                Role::Admin => RoleWord::Admin,
            },
            enabled: user.enable,
            revoked,
            position: user.position,
            employee_code: user.employee_code,
            employee_type: user.employee_type,
            mobile: user.mobile,
            email: user.email,
            other: user.other,
        }
    }
}

/// A page of users.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserList {
    /// The users, in the order of their login names.
    users: Vec<UserView>,
    /// The `cursor` of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// The users of an application: personal data. Each request is logged.
#[utoipa::path(get, path = "/v1/tenants/{tenantId}/users", tag = "tenants", operation_id = "listUsers",
    params(TenantPath, UsersQuery),
    responses((status = 200, description = "A page of users", body = UserList)))]
pub(crate) async fn users(
    State(api): State<Arc<SellerApi>>,
    PathOf(TenantPath { tenant_id }): PathOf<TenantPath>,
    QueryOf(query): QueryOf<UsersQuery>,
) -> Result<(Extension<Shown>, Json<UserList>), Problem> {
    let UsersQuery { instance_id, app_id, cursor: from, limit: Limit(limit) } = query;
    let after: Option<UserName> = place(from.as_deref())?;
    let key = api.vault.current(api.store()).await?;
    let of = ApplicationUsers { tenant_id, instance_id, app_id };
    let users = api.store().users(World::Real, &of, after.as_ref(), limit, &key).await?;
    let next = users.last().filter(|_| users.len() == limit).map(|last| cursor(last.user.user_name.as_str()));
    let users = users.into_iter().map(UserView::from).collect();
    Ok((Extension(Shown("users")), Json(UserList { users, next })))
}

/// The user that a path names.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path)]
pub(crate) struct UserPath {
    /// The tenant's id.
    #[param(value_type = String, min_length = 1, max_length = 64, pattern = "[^\\s]")]
    tenant_id: TenantId,
    /// The login name.
    #[param(value_type = String, min_length = 1, max_length = 64, pattern = "[^\\s]")]
    user_name: UserName,
}

/// The application of the user.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UserQuery {
    /// The instance that the user uses.
    #[param(value_type = String, min_length = 1, max_length = 64, pattern = "[^\\s]")]
    instance_id: InstanceId,
    /// The application that the user uses.
    #[param(value_type = String, min_length = 1, max_length = 64, pattern = "[^\\s]")]
    app_id: AppId,
}

/// One user: personal data. Each request is logged.
#[utoipa::path(get, path = "/v1/tenants/{tenantId}/users/{userName}", tag = "tenants", operation_id = "getUser",
    params(UserPath, UserQuery),
    responses(
        (status = 200, description = "The user", body = UserView),
        (status = 404, description = "No such user"),
    ))]
pub(crate) async fn user(
    State(api): State<Arc<SellerApi>>,
    PathOf(UserPath { tenant_id, user_name }): PathOf<UserPath>,
    QueryOf(UserQuery { instance_id, app_id }): QueryOf<UserQuery>,
) -> Result<(Extension<Shown>, Json<UserView>), Problem> {
    let key = api.vault.current(api.store()).await?;
    let of = ApplicationUsers { tenant_id, instance_id, app_id };
    let user = api.store().user(World::Real, &of, &user_name, &key).await?;
    let user = user.ok_or_else(|| Problem::unknown("user"))?;
    Ok((Extension(Shown("a user")), Json(user.into())))
}

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
pub(crate) async fn departments(
    State(api): State<Arc<SellerApi>>,
    PathOf(TenantPath { tenant_id }): PathOf<TenantPath>,
    QueryOf(query): QueryOf<DepartmentsQuery>,
) -> Result<Json<DepartmentList>, Problem> {
    let DepartmentsQuery { instance_id, cursor: from, limit: Limit(limit) } = query;
    let after: Option<OrgCode> = place(from.as_deref())?;
    let key = api.vault.current(api.store()).await?;
    let of = TenantDepartments { tenant_id, instance_id };
    let departments = api.store().departments(World::Real, &of, after.as_ref(), limit, &key).await?;
    let next = departments.last().filter(|_| departments.len() == limit).map(|last| cursor(last.org_code.as_str()));
    Ok(Json(DepartmentList { departments: departments.into_iter().map(DepartmentView::from).collect(), next }))
}
