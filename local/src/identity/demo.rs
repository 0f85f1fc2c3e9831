//! Enterprises for a first login: two of them, with one application of the seller's. Everybody knows their passwords and secrets.

use serde_json::json;

use super::tenants::{Callback, Tenant};

/// The seller's application there.
pub const DEMO_APP: &str = "demo-app";

/// Two enterprises whose logins lead to these addresses.
///
/// `admin` and `user` log in at the first one; of `user` only the login name is told. `admin` of the second one has another password, and
/// `both` has the same at both, so that KooGallery's own pages ask for the enterprise.
pub fn demo(callback: &Callback, cas_callback: &Callback) -> Result<Vec<Tenant>, serde_json::Error> {
    let application = |tenant: &str, refresh_tokens: &str| {
        json!({ "appId": DEMO_APP, "name": "Demo application", "clientId": format!("{tenant}-client"),
            "clientSecret": format!("{tenant}-client-secret"), "callback": callback.as_str(),
            "casCallback": cas_callback.as_str(), "refreshTokens": refresh_tokens })
    };
    let user = |name: &str, password: &str, role: &str, tells: &str| {
        json!({ "userName": name, "password": password, "name": format!("Demo {name}"), "role": role,
            "organizationCode": "o-1", "email": format!("{name}@example.com"), "mobile": "00000000000", "tells": tells })
    };
    serde_json::from_value(json!([
        { "tenantId": "demo-tenant-1", "tenantCode": "demo1", "name": "Demo Enterprise 1 示例企业",
          "applications": [application("demo-tenant-1", "renewed")],
          "users": [user("admin", "admin-1", "admin", "all"), user("user", "user-1", "user", "userName"),
                    user("both", "both", "user", "sample")] },
        { "tenantId": "demo-tenant-2", "tenantCode": "demo2", "name": "Demo Enterprise 2",
          "applications": [application("demo-tenant-2", "none")],
          "users": [user("admin", "admin-2", "admin", "all"), user("both", "both", "user", "all")] }
    ]))
}
