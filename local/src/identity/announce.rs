//! What KooGallery tells the seller before anybody can log in: that an instance was bought, the enterprise that it is bound to, the
//! enterprise's application with its client secret, its departments, and who may use it.

use std::collections::BTreeSet;

use getrandom::SysRng;
use koogallery::{
    Callback, ClientSecret, ClientSecretError, Dialect, InstanceId, InterfaceType, OaepHashes, ResultCode,
    RsaPublicKey, SyncTime, Timestamp,
};
use serde_json::{Map, Value, json};

use super::tenants::{Application, Tenant, User};
use crate::marketplace::{CallError, Marketplace, SignedCall};

/// One call, with its body.
#[derive(Debug, Clone, PartialEq)]
pub struct Announcement {
    /// Which.
    pub callback: Callback,
    /// What it says.
    pub body: Map<String, Value>,
}

/// How a call was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announced {
    /// The call.
    pub callback: Callback,
    /// The enterprise that it is about, if it names one.
    pub tenant: String,
    /// The seller's answer.
    pub result_code: ResultCode,
}

/// Why something was not told.
#[derive(Debug, thiserror::Error)]
pub enum AnnounceError {
    /// The client secret cannot be encrypted.
    #[error("the client secret of {app_id} cannot be encrypted: {source}")]
    Secret {
        /// Of which application.
        app_id: String,
        /// Why.
        source: ClientSecretError,
    },
    /// The time is none that a sync can have.
    #[error("the clock says no time that a sync can have")]
    Clock,
    /// No answer.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The answer is none of the protocol.
    #[error("{activity} was not answered as KooGallery's protocol wants it: {problem}")]
    Answer {
        /// Which call.
        activity: &'static str,
        /// Why.
        problem: String,
    },
}

impl Announcement {
    fn of(callback: Callback, body: Value) -> Self {
        let Value::Object(mut body) = body else { unreachable!("each body is an object") };
        if !callback.is_kit() {
            body.insert("activity".to_owned(), callback.activity().into());
        }
        Self { callback, body }
    }

    /// Signs it with the callback's own key, and sends it.
    async fn send(
        self,
        marketplace: &Marketplace,
        at: Timestamp,
    ) -> Result<(Announced, Option<InstanceId>), AnnounceError> {
        let Self { callback, body } = self;
        let tenant = body.get("tenantId").and_then(Value::as_str).unwrap_or_default().to_owned();
        let key_of = if callback.is_kit() { InterfaceType::Kit } else { InterfaceType::Basic };
        let dialect = if callback.is_kit() { Dialect::KitV2 } else { Dialect::BasicV2 };
        let call = SignedCall::of(marketplace.key(key_of)?, callback, dialect, body, at);
        let reply = marketplace.send(&call).await?.reply();
        let activity = callback.activity();
        let reply = reply.map_err(|problem| AnnounceError::Answer { activity, problem })?;
        Ok((Announced { callback, tenant, result_code: reply.result_code }, reply.instance_id))
    }
}

/// Sends them, one after the other, to a production address. `progress` hears of each answer.
pub async fn announce(
    marketplace: &Marketplace,
    calls: Vec<Announcement>,
    clock: fn() -> Timestamp,
    progress: impl Fn(&Announced),
) -> Result<(), AnnounceError> {
    let mut instance: Option<InstanceId> = None;
    for mut call in calls {
        // The seller names the instance, in its answer to the purchase.
        if let (Some(id), true) = (&instance, call.callback.is_kit()) {
            call.body.insert("instanceId".to_owned(), json!(id));
        }
        let (announced, named) = call.send(marketplace, clock()).await?;
        if announced.callback == Callback::NewInstance {
            instance = named;
        }
        progress(&announced);
    }
    Ok(())
}

/// All that is told of an enterprise whose logins are at `domain`, in KooGallery's order. The same ids come each time, so that a second
/// start of the service changes nothing. Without a public key the applications are left out.
pub fn announcements(
    tenant: &Tenant,
    domain: &str,
    public_key: Option<&RsaPublicKey>,
    at: Timestamp,
) -> Result<Vec<Announcement>, AnnounceError> {
    let mut calls = Vec::new();
    for application in &tenant.applications {
        let of = Of::bought(tenant, application);
        let buy = json!({ "orderId": of.order, "orderLineId": format!("{}-000001", of.order), "businessId": of.instance,
            "testFlag": 0 });
        calls.push(Announcement::of(Callback::NewInstance, buy));
        calls.extend(synced(tenant, application, domain, public_key, at, &of)?);
        let mut grant = of.common(tenant, application, at)?;
        grant["userList"] = tenant.users.iter().map(listed).collect();
        calls.push(Announcement::of(Callback::AuthSync, grant));
    }
    Ok(calls)
}

/// What Seller Console tells once a credential was applied for: debug calls about an enterprise of its test accounts, without an
/// instance, an order and users.
pub fn debug_announcements(
    tenant: &Tenant,
    domain: &str,
    public_key: Option<&RsaPublicKey>,
    at: Timestamp,
) -> Result<Vec<Announcement>, AnnounceError> {
    let of = Of { instance: String::new(), order: String::new(), test_flag: 1 };
    let mut calls = Vec::new();
    for application in &tenant.applications {
        calls.extend(synced(tenant, application, domain, public_key, at, &of)?);
    }
    Ok(calls)
}

/// What the calls are about.
struct Of {
    instance: String,
    order: String,
    test_flag: u8,
}

impl Of {
    /// The instance that the enterprise bought, and its order. Both are at most 64 characters long at KooGallery.
    fn bought(tenant: &Tenant, application: &Application) -> Self {
        let of: String = format!("{}-{}", tenant.tenant_id, application.app_id).chars().take(50).collect();
        Self { instance: format!("b-{of}"), order: format!("CS-{of}"), test_flag: 0 }
    }

    /// What all calls but tenantSync have.
    fn common(&self, tenant: &Tenant, application: &Application, at: Timestamp) -> Result<Value, AnnounceError> {
        let time = SyncTime::from_timestamp(at).ok_or(AnnounceError::Clock)?;
        Ok(json!({ "instanceId": self.instance, "tenantId": tenant.tenant_id, "appId": application.app_id, "flag": 1,
            "currentSyncTime": time, "testFlag": self.test_flag }))
    }
}

/// The enterprise, its application and its departments.
fn synced(
    tenant: &Tenant,
    application: &Application,
    domain: &str,
    public_key: Option<&RsaPublicKey>,
    at: Timestamp,
    of: &Of,
) -> Result<Vec<Announcement>, AnnounceError> {
    let bind = json!({ "instanceId": of.instance, "orderId": of.order, "tenantId": tenant.tenant_id,
        "tenantCode": tenant.tenant_code, "name": tenant.name, "domainName": domain, "flag": 1, "testFlag": of.test_flag });
    let mut calls = vec![Announcement::of(Callback::TenantSync, bind)];
    if let Some(key) = public_key {
        let mut sync = of.common(tenant, application, at)?;
        sync["clientId"] = json!(application.client_id);
        sync["clientSecret"] = encrypted(application, key)?.into();
        sync["name"] = application.name.as_str().into();
        calls.push(Announcement::of(Callback::ApplicationSync, sync));
    }
    let codes: BTreeSet<&str> = tenant.users.iter().map(|user| user.organization_code.as_str()).collect();
    let departments = codes.into_iter().map(|code| json!({ "orgCode": code, "orgName": code, "parentCode": "" }));
    let mut sync = of.common(tenant, application, at)?;
    sync["orgInfoList"] = departments.collect();
    calls.push(Announcement::of(Callback::AllOrgSync, sync));
    Ok(calls)
}

fn encrypted(application: &Application, key: &RsaPublicKey) -> Result<String, AnnounceError> {
    let secret = ClientSecret::from(application.client_secret.reveal().to_owned());
    let encrypted = key.encrypt(&mut SysRng, OaepHashes::Sha256, &secret);
    encrypted.map_err(|source| AnnounceError::Secret { app_id: application.app_id.to_string(), source })
}

fn listed(user: &User) -> Value {
    let mut listed = json!({ "userName": user.user_name, "name": user.name, "orgCode": user.organization_code, "role": user.role,
        "enable": "true" });
    for (name, value) in [("email", &user.email), ("mobile", &user.mobile)] {
        if let Some(value) = value {
            listed[name] = value.as_str().into();
        }
    }
    listed
}
