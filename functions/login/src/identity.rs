//! Who logged in, as the application is told.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use koogallery::{AppId, InstanceId, OrgCode, TenantId, User, UserName};
use koogallery_store::{SignedIn, World};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::upstream::Person;

/// The scopes that there are. Any other one is ignored (OpenID Connect Core, section 3.1.2.1).
pub(crate) const SCOPES: [&str; 4] = ["openid", "profile", "email", "phone"];

/// A user who was admitted. Serialised, it has the names of the claims.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) sub: String,
    pub(crate) preferred_username: String,
    pub(crate) tenant_id: TenantId,
    pub(crate) app_id: AppId,
    /// The instance whose user it is; none in KooGallery's console test, which has no instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) instance_id: Option<InstanceId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) role: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) org_code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phone_number: Option<String>,
    /// Whether the tenant is one of KooGallery's debug calls.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    test: bool,
}

/// A subject that stays the same for a user of a tenant: SHA-256 over both and over which world the tenant is of, in base64url.
fn subject(world: World, tenant: &TenantId, user: &str) -> String {
    let world = if world == World::Real { "real" } else { "test" };
    let mut digest = Sha256::new();
    for part in ["koogallery subject", world, tenant.as_str(), user] {
        // Each with its length, so that no two pairs have the same bytes.
        digest.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        digest.update(part);
    }
    URL_SAFE_NO_PAD.encode(digest.finalize())
}

impl Identity {
    /// A user whom authSync granted. Only what authSync told of e-mail and telephone is known to be agreed by the buyer.
    pub(crate) fn granted(world: World, tenant: &TenantId, app: &AppId, instance: &InstanceId, user: &User) -> Self {
        Self {
            sub: subject(world, tenant, user.user_name.as_str()),
            preferred_username: user.user_name.to_string(),
            tenant_id: tenant.clone(),
            app_id: app.clone(),
            instance_id: Some(instance.clone()),
            role: serde_json::to_value(user.role).ok().and_then(|role| role.as_str().map(str::to_owned)),
            org_code: Some(user.org_code.to_string()),
            name: Some(user.name.as_str().to_owned()),
            email: user.email.clone(),
            phone_number: user.mobile.clone(),
            test: world == World::Test,
        }
    }

    /// A test account of KooGallery's console: its tenant has no instance, and no grants.
    pub(crate) fn of_a_test(tenant: &TenantId, app: &AppId, person: &Person, user: &UserName) -> Self {
        Self {
            sub: subject(World::Test, tenant, user.as_str()),
            preferred_username: user.as_str().to_owned(),
            tenant_id: tenant.clone(),
            app_id: app.clone(),
            instance_id: None,
            role: person.role.clone(),
            org_code: person
                .organization_code
                .clone()
                .and_then(|code| OrgCode::try_from(code).ok())
                .map(|code| code.to_string()),
            name: person.name.clone(),
            email: person.email.clone(),
            phone_number: person.mobile.clone(),
            test: true,
        }
    }

    /// What an event tells of the login of a buyer's user.
    pub(crate) fn signed_in(&self) -> Option<SignedIn<'_>> {
        let instance = self.instance_id.as_ref().filter(|_| !self.test)?;
        Some(SignedIn { tenant: &self.tenant_id, instance, app: &self.app_id, name: &self.preferred_username })
    }

    /// The claims that these scopes ask for.
    pub(crate) fn claims(&self, scope: &str) -> Map<String, Value> {
        let asks = |wanted| scope.split(' ').any(|scope| scope == wanted);
        let mut claims = match serde_json::to_value(self) {
            Ok(Value::Object(claims)) => claims,
            _ => Map::new(),
        };
        for (scope, names) in [("profile", &["name"][..]), ("email", &["email"]), ("phone", &["phone_number"])] {
            if !asks(scope) {
                for name in names {
                    claims.remove(*name);
                }
            }
        }
        claims
    }
}
