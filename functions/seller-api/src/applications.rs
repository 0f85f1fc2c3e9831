//! A tenant's applications (joint-operations kit) and their OAuth credentials, as KooGallery last described them.
//!
//! The table holds a client secret sealed; it is opened here. It has a route of its own; no other route shows it, and each request
//! is logged.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use koogallery::{AppId, InstanceId, TenantId};
use koogallery_store::{StandingApplication, World};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::SellerApi;
use crate::extract::{PathOf, QueryOf};
use crate::journal::Shown;
use crate::problem::{Kind, Problem};

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
#[schema(as = Application, examples(json!({
    "tenantId": "t-1", "appId": "a-1", "instanceId": "03pf80c2b8", "clientId": "client-1", "name": "Example",
})))]
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

async fn standing(
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
pub(crate) async fn get(
    State(api): State<Arc<SellerApi>>,
    PathOf(path): PathOf<ApplicationPath>,
    QueryOf(query): QueryOf<ApplicationQuery>,
) -> Result<Json<ApplicationView>, Problem> {
    let application = standing(&api, &path, &query).await?;
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
#[schema(examples(json!({ "clientId": "client-1", "clientSecret": "a client secret" })))]
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
    let application = standing(&api, &path, &query).await?;
    let place = application.client_secret_place(World::Real);
    let opened = api.vault.open(api.store(), &place, &application.client_secret).await?;
    let client_secret = String::from_utf8(opened).map_err(|_| {
        Problem::new(Kind::Internal, "the client secret is not a text").because("the client secret is not a text")
    })?;
    let credentials = Credentials { client_id: application.client_id.to_string(), client_secret };
    Ok((Extension(Shown("client secret")), Json(credentials)))
}
