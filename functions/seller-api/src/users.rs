//! The users of a tenant's application (joint-operations kit), as KooGallery last described them.
//!
//! They are personal data: the table holds them sealed, they are opened here, and each request is logged.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use koogallery::{AppId, InstanceId, Role, TenantId, UserName};
use koogallery_store::{ApplicationUsers, StandingUser, World};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::SellerApi;
use crate::extract::{PathOf, QueryOf};
use crate::journal::Shown;
use crate::page::{Limit, next, place, within_limits};
use crate::paths::TenantPath;
use crate::problem::Problem;

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
#[schema(as = User, examples(json!({
    "userName": "user-1", "name": "…", "orgCode": "o-2", "role": "user", "enabled": true, "revoked": false,
})))]
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
    /// The members that are kept, but are too long for an answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left_out: Vec<&'static str>,
}

/// The longest text of a user that is shown, in bytes. KooGallery limits those that it names to 64 characters.
const LONGEST_TEXT: usize = 4096;
/// The most bytes of other members, as JSON.
const MOST_OTHER: usize = 64 << 10;

impl UserView {
    /// Without what no answer has room for.
    fn within_limits(mut self) -> Self {
        let texts = [
            ("position", &mut self.position),
            ("employeeCode", &mut self.employee_code),
            ("employeeType", &mut self.employee_type),
            ("mobile", &mut self.mobile),
            ("email", &mut self.email),
        ];
        for (name, text) in texts {
            if text.take_if(|text| text.len() > LONGEST_TEXT).is_some() {
                self.left_out.push(name);
            }
        }
        if serde_json::to_vec(&self.other).is_ok_and(|json| json.len() > MOST_OTHER) {
            self.other.clear();
            self.left_out.push("other");
        }
        self
    }
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
            left_out: Vec::new(),
        }
        .within_limits()
    }
}

/// A page of users.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({ "users": [{
    "userName": "user-1", "name": "…", "orgCode": "o-2", "role": "user", "enabled": true, "revoked": false,
}], "next": "dXNlci0x" })))]
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
pub(crate) async fn list(
    State(api): State<Arc<SellerApi>>,
    PathOf(TenantPath { tenant_id }): PathOf<TenantPath>,
    QueryOf(query): QueryOf<UsersQuery>,
) -> Result<(Extension<Shown>, Json<Box<RawValue>>), Problem> {
    let UsersQuery { instance_id, app_id, cursor: from, limit } = query;
    let after: Option<UserName> = place(from.as_deref())?;
    let of = ApplicationUsers { tenant_id, instance_id, app_id };
    let (api, of, after) = (&api, &of, after.as_ref());
    let page = within_limits(limit, |Limit(limit)| async move {
        let users = api.store().users(World::Real, of, after, limit, &api.vault).await?;
        let next = next(&users, limit, |last| last.user.user_name.as_str());
        Ok(UserList { users: users.into_iter().map(UserView::from).collect(), next })
    });
    Ok((Extension(Shown("users")), page.await?))
}

/// The user that a path names.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path)]
pub(crate) struct UserPath {
    /// The tenant's id.
    #[param(value_type = String, min_length = 1, max_length = 64, pattern = "[^\\s]")]
    pub(crate) tenant_id: TenantId,
    /// The login name.
    #[param(value_type = String, min_length = 1, max_length = 64, pattern = "[^\\s]")]
    pub(crate) user_name: UserName,
}

/// The application of the user.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UserQuery {
    /// The instance that the user uses.
    #[param(value_type = String, min_length = 1, max_length = 64, pattern = "[^\\s]")]
    pub(crate) instance_id: InstanceId,
    /// The application that the user uses.
    #[param(value_type = String, min_length = 1, max_length = 64, pattern = "[^\\s]")]
    pub(crate) app_id: AppId,
}

/// One user: personal data. Each request is logged.
#[utoipa::path(get, path = "/v1/tenants/{tenantId}/users/{userName}", tag = "tenants", operation_id = "getUser",
    params(UserPath, UserQuery),
    responses(
        (status = 200, description = "The user", body = UserView),
        (status = 404, description = "No such user"),
    ))]
pub(crate) async fn get(
    State(api): State<Arc<SellerApi>>,
    PathOf(UserPath { tenant_id, user_name }): PathOf<UserPath>,
    QueryOf(UserQuery { instance_id, app_id }): QueryOf<UserQuery>,
) -> Result<(Extension<Shown>, Json<UserView>), Problem> {
    let of = ApplicationUsers { tenant_id, instance_id, app_id };
    let user = api.store().user(World::Real, &of, &user_name, &api.vault).await?;
    let user = user.ok_or_else(|| Problem::unknown("user"))?;
    Ok((Extension(Shown("a user")), Json(user.into())))
}
