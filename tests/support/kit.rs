//! The joint-operations kit: its calls as bodies, signed in either dialect, and what stands after them.

use std::time::Duration;

use getrandom::SysRng;
use koogallery::{
    AccessKeys, Callback, ClientSecret, InterfaceType, OaepHashes, Request, RsaPublicKey, SyncTime, Timestamp, User,
    UserName, Verified, canonical_form, route, verify,
};
use koogallery_local::keys::LOCAL_KEY;
use koogallery_local::marketplace::{SignedCall, new_nonce};
use koogallery_runtime::{Environment, Vault, now};
use koogallery_store::{ApplicationUsers, Call, Changed, StandingUser, StoreError, TenantDepartments, World};
use serde_json::{Value, json};

use crate::api::TOKEN;
use crate::bodies::{ID, with};
use crate::{KEYS, Seller};

/// The tenant's partition.
pub const TENANT: &str = "TENANT#t-1";
/// The seller's RSA key, as PEM.
pub const RSA_PRIVATE_KEY: &str = include_str!("../../shared/protocol/tests/rsa_pkcs8.pem");
/// What the seller registered in KooGallery of it.
pub const RSA_PUBLIC_KEY: &str = include_str!("../../shared/protocol/tests/rsa_public.txt");

/// How a kit call is written and signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// V1.0.
    V1,
    /// V2.0.
    V2,
}

/// Both.
pub const DIALECTS: [Dialect; 2] = [Dialect::V1, Dialect::V2];

/// One call: which, and its body as V2.0 has it.
pub type Said = (Callback, Value);

/// A time that a sync was made, as it is written: seconds after a moment that is long past.
#[must_use]
pub fn time(seconds: i64) -> String {
    SyncTime::from_timestamp(Timestamp::from_millis((1_763_977_752 + seconds) * 1000)).unwrap().to_string()
}

fn ids() -> Value {
    json!({ "instanceId": ID, "tenantId": "t-1", "appId": "a-1", "testFlag": 0 })
}

/// tenantSync.
#[must_use]
pub fn tenant(flag: u8) -> Said {
    let body = json!({ "instanceId": ID, "orderId": "CS1", "tenantId": "t-1", "tenantCode": "example", "name": "Example Ltd",
        "domainName": "https://example.com", "flag": flag, "testFlag": 0 });
    (Callback::TenantSync, body)
}

/// applicationSync, its secret encrypted.
#[must_use]
pub fn application(flag: u8, secret: &str, at: i64) -> Said {
    let mut body = with(with(ids(), "flag", flag), "currentSyncTime", time(at));
    body["clientId"] = "client-1".into();
    body["clientSecret"] = encrypted(secret).into();
    (Callback::ApplicationSync, body)
}

/// A secret as KooGallery encrypts it.
#[must_use]
pub fn encrypted(secret: &str) -> String {
    let key: RsaPublicKey = RSA_PUBLIC_KEY.parse().unwrap();
    key.encrypt(&mut SysRng, OaepHashes::Sha256, &ClientSecret::from(secret.to_owned())).unwrap()
}

/// A user by number.
#[must_use]
pub fn user(number: usize) -> Value {
    json!({ "userName": format!("user-{number:05}"), "name": format!("Person {number}"), "orgCode": format!("o-{}", number % 50),
        "role": "user", "enable": "true", "mobile": format!("000{number:08}"), "email": format!("person-{number}@example.com") })
}

/// authSync.
#[must_use]
pub fn auth(flag: u8, users: impl IntoIterator<Item = Value>, at: i64) -> Said {
    let mut body = with(with(ids(), "flag", flag), "currentSyncTime", time(at));
    body["userList"] = users.into_iter().collect();
    (Callback::AuthSync, body)
}

/// singleOrgSync.
#[must_use]
pub fn department(flag: u8, code: &str, name: &str, at: i64) -> Said {
    let mut body = with(with(ids(), "flag", flag), "currentSyncTime", time(at));
    (body["orgCode"], body["orgName"], body["parentCode"]) = (code.into(), name.into(), "".into());
    (Callback::SingleOrgSync, body)
}

/// allOrgSync of codes and names.
#[must_use]
pub fn departments<'a>(all: impl IntoIterator<Item = (String, &'a str)>, at: i64) -> Said {
    let mut body = with(ids(), "currentSyncTime", time(at));
    let listed = |(code, name)| json!({ "orgCode": code, "orgName": name, "parentCode": "" });
    body["orgInfoList"] = all.into_iter().map(listed).collect();
    (Callback::AllOrgSync, body)
}

/// One of each, in the order that KooGallery sends them.
#[must_use]
pub fn one_of_each() -> Vec<Said> {
    vec![
        tenant(1),
        application(1, "s3cret", 1),
        department(1, "o-1", "Sales", 1),
        departments([("o-2".to_owned(), "Research")], 2),
        auth(1, [user(1)], 1),
    ]
}

/// The same as a debug call.
#[must_use]
pub fn debug((callback, body): Said) -> Said {
    (callback, with(body, "testFlag", "1"))
}

/// Signs a call now with any key.
#[must_use]
pub fn signed_with(key: &str, dialect: Dialect, said: &Said) -> SignedCall {
    signed_at(key, dialect, said, now())
}

/// Signs a call with any key, as if at any time.
#[must_use]
pub fn signed_at(key: &str, dialect: Dialect, (callback, body): &Said, at: Timestamp) -> SignedCall {
    let keys = koogallery::AccessKeys::from_json(&json!({ "kit": [key] }).to_string()).unwrap();
    let key = keys.current(InterfaceType::Kit).unwrap();
    match dialect {
        Dialect::V2 => {
            let body = canonical_form(body.to_string().as_bytes()).unwrap();
            SignedCall::kit(key, *callback, body, at, &new_nonce())
        }
        Dialect::V1 => {
            let mut members = body.as_object().unwrap().clone();
            for (name, v1) in [("userList", "userList"), ("orgInfoList", "orgInfo")] {
                if let Some(list) = members.remove(name) {
                    members.insert(v1.to_owned(), list.to_string().into());
                }
            }
            SignedCall::kit_v1(key, *callback, members, at).unwrap()
        }
    }
}

/// Who has the data keys in the clear, where no keeper of another's is configured.
#[must_use]
pub fn vault() -> Vault {
    Vault::of(&Environment::default().with("KOOGALLERY_LOCAL_KEY", LOCAL_KEY)).unwrap()
}

impl Seller {
    /// With the RSA key.
    pub async fn of_kit() -> Self {
        Self::with(|environment| {
            environment.with("KOOGALLERY_RSA_PRIVATE_KEY", RSA_PRIVATE_KEY).with("KOOGALLERY_API_TOKEN", TOKEN)
        })
        .await
    }

    /// Signs and sends a kit call in V2.0; the code of the answer.
    pub async fn sync(&self, said: &Said) -> &'static str {
        self.sync_in(Dialect::V2, said).await
    }

    /// Signs and sends a kit call; the code of the answer.
    pub async fn sync_in(&self, dialect: Dialect, said: &Said) -> &'static str {
        self.send(&signed_with("kit-key", dialect, said)).await.result_code.as_str()
    }

    /// Syncs each in turn and expects `000000`.
    pub async fn sync_all(&self, said: impl IntoIterator<Item = Said>) {
        for said in said {
            let code = self.sync(&said).await;
            assert_eq!(code, "000000", "{:?} {:?}", said.0, self.records().pop().and_then(|record| record.reason));
        }
    }

    /// All users, in the order of their names.
    pub async fn users(&self) -> Vec<StandingUser> {
        self.host.store().users(World::Real, &users_of(), None, usize::MAX, &vault()).await.unwrap()
    }

    /// One user.
    pub async fn user(&self, name: &str) -> Option<StandingUser> {
        let name: UserName = name.parse().unwrap();
        self.host.store().user(World::Real, &users_of(), &name, &vault()).await.unwrap()
    }

    /// All departments, code and name, in the order of their codes.
    pub async fn departments(&self) -> Vec<(String, String)> {
        let of = TenantDepartments { tenant_id: "t-1".parse().unwrap(), instance_id: Some(ID.parse().unwrap()) };
        let all = self.host.store().departments(World::Real, &of, None, usize::MAX, &vault()).await.unwrap();
        all.into_iter().map(|known| (known.org_code.to_string(), known.department.org_name.to_string())).collect()
    }
}

/// The directory that the calls are about.
#[must_use]
pub fn users_of() -> ApplicationUsers {
    ApplicationUsers {
        tenant_id: "t-1".parse().unwrap(),
        instance_id: ID.parse().unwrap(),
        app_id: "a-1".parse().unwrap(),
    }
}

/// A user as it is told.
#[must_use]
pub fn told(user: &Value) -> User {
    serde_json::from_value(user.clone()).unwrap()
}

/// The call as it arrives at a time, if it verifies then.
fn verified<R: Request>(call: &SignedCall, at: Timestamp) -> Option<Verified<R>> {
    let mut request = http::Request::post(format!("/{}", call.path));
    for (name, value) in &call.headers {
        request = request.header(name, value);
    }
    let request = request.body(call.body.clone()).unwrap();
    let keys = AccessKeys::from_json(KEYS).unwrap();
    Some(verify(&request, route(&request).unwrap(), &keys, at, WINDOW).ok()?.parse().unwrap())
}

const WINDOW: Duration = Duration::from_mins(1);

fn arriving<R: Request>(verified: &Verified<R>, at: Timestamp) -> Call {
    Call::new(verified, at, WINDOW)
}

/// What becomes of a call that arrives at a time, however long it takes; none where it does not verify.
pub async fn arrives(
    seller: &Seller,
    callback: Callback,
    call: &SignedCall,
    at: Timestamp,
) -> Option<Result<Changed, StoreError>> {
    let (store, keys) = (seller.host.store(), vault());
    Some(match callback {
        Callback::TenantSync => {
            let verified = verified(call, at)?;
            store.sync_tenant(&arriving(&verified, at), verified.request()).await
        }
        Callback::ApplicationSync => {
            let verified = verified(call, at)?;
            let secret = "s3cret".to_owned().into();
            store.sync_application(&arriving(&verified, at), verified.request(), Some(&secret), &keys).await
        }
        Callback::AuthSync => {
            let verified = verified(call, at)?;
            store.sync_users(&arriving(&verified, at), verified.request(), &keys).await
        }
        Callback::SingleOrgSync => {
            let verified = verified(call, at)?;
            store.sync_department(&arriving(&verified, at), verified.request(), &keys).await
        }
        _ => {
            let verified = verified(call, at)?;
            store.replace_departments(&arriving(&verified, at), verified.request(), &keys).await
        }
    })
}
