//! A tenant's application, as a login needs it: where its users log in, and with which credentials a code is redeemed. All of it
//! comes from the table, nothing from a request.

use koogallery::{AppId, ClientId, InstanceId, TenantCode, TenantId};
use koogallery_store::{BoundTenant, Sealed, StandingApplication, Store, StoreError, World};
use serde::{Deserialize, Serialize};

/// A bound tenant with its application.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct TenantApplication {
    pub(crate) world: World,
    pub(crate) tenant_id: TenantId,
    pub(crate) tenant_code: TenantCode,
    pub(crate) app_id: AppId,
    /// Where its users log in, as KooGallery told it.
    pub(crate) domain: String,
    pub(crate) client_id: ClientId,
    #[serde(with = "sealed_as_text")]
    pub(crate) client_secret: Sealed,
    /// The place for which the secret is sealed.
    pub(crate) client_secret_place: String,
    /// The instances whose users may log in; none in KooGallery's console test.
    pub(crate) instances: Vec<InstanceId>,
}

/// Finds a tenant's application. A buyer's tenant comes first, one of KooGallery's debug calls second: the console tests the login with
/// accounts of a debug tenant.
pub(crate) async fn find(
    store: &Store,
    tenant: &TenantId,
    app: &AppId,
) -> Result<Option<TenantApplication>, StoreError> {
    let (real, test) =
        tokio::try_join!(in_world(store, World::Real, tenant, app), in_world(store, World::Test, tenant, app))?;
    Ok(real.or(test))
}

async fn in_world(
    store: &Store,
    world: World,
    id: &TenantId,
    app: &AppId,
) -> Result<Option<TenantApplication>, StoreError> {
    let (tenants, applications) = tokio::try_join!(store.tenants(world, id), store.applications(world, id, app))?;
    let bound =
        |application: &StandingApplication| tenants.iter().find(|tenant| tenant.instance_id == application.instance_id);
    let known: Vec<(&BoundTenant, StandingApplication)> =
        applications.into_iter().filter_map(|application| Some((bound(&application)?, application))).collect();
    let instances = known.iter().filter_map(|(_, application)| application.instance_id.clone()).collect();
    let newest = known.into_iter().next();
    Ok(newest.map(|(tenant, application)| TenantApplication {
        world,
        tenant_id: id.clone(),
        tenant_code: tenant.tenant.tenant_code.clone(),
        app_id: app.clone(),
        domain: tenant.tenant.details.domain_name.to_string(),
        client_secret_place: application.client_secret_place(world),
        client_id: application.client_id,
        client_secret: application.client_secret,
        instances,
    }))
}

/// A flow is kept as JSON, which has no bytes.
mod sealed_as_text {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD_NO_PAD;
    use koogallery_store::Sealed;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(sealed: &Sealed, serializer: S) -> Result<S::Ok, S::Error> {
        STANDARD_NO_PAD.encode(sealed.as_bytes()).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Sealed, D::Error> {
        let bytes = STANDARD_NO_PAD.decode(String::deserialize(deserializer)?);
        bytes.map(Sealed::from_bytes).map_err(|_| D::Error::custom("it is no base64"))
    }
}
