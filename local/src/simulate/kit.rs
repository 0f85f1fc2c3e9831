//! The joint-operations kit: an enterprise binds the product, its departments and users come and go.

use getrandom::SysRng;
use koogallery::{Callback, ClientSecret, OaepHashes, ResultCode};
use koogallery_runtime::now;
use koogallery_store::EventType;
use serde_json::{Map, Value, json};

use super::basic;
use super::made::fresh;
use super::play::{Expected, Play};
use super::seller_api::Subject;
use crate::call::Version;
use crate::marketplace::{CallError, Zone, time_stamp};

pub(super) async fn life_of_a_joint_product(play: &mut Play<'_>, version: Version) -> Result<(), CallError> {
    let Some(id) = basic::bought(play, "a buyer pays for a joint product").await? else { return Ok(()) };
    let (tenant, app) = (fresh("t-"), fresh("a-"));
    let of_tenant = Subject::Tenant(tenant.clone());
    let body = |more: Value| {
        let mut body = json!({ "instanceId": id.as_str(), "tenantId": tenant, "testFlag": 0 });
        if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
            body.extend(more);
        }
        stamped(body)
    };
    let success = Expected::success;

    let enterprise = json!({ "orderId": fresh("CS"), "tenantCode": "simulated", "name": "Simulated enterprise",
        "domainName": "https://simulated.example.com", "flag": 1 });
    let bound = body(enterprise.clone());
    play.ask_kit(version, Callback::TenantSync, "bound to an enterprise", &bound, success()).await?;
    play.tells(&of_tenant, EventType::TenantAdded);
    play.ask_kit(version, Callback::TenantSync, "bound again", &body(enterprise.clone()), success()).await?;

    // Only who knows the registered key can encrypt a client secret.
    let secret = ClientSecret::from("simulated client secret".to_owned());
    let encrypted = play.rsa_public_key.as_ref().map(|key| key.encrypt(&mut SysRng, OaepHashes::Sha256, &secret));
    if let Some(Ok(secret)) = encrypted {
        let mut credentials =
            json!({ "appId": app, "clientId": "simulated-client", "clientSecret": secret, "flag": 1 });
        let credentials_sent = body(credentials.clone());
        play.ask_kit(version, Callback::ApplicationSync, "its credentials", &credentials_sent, success()).await?;
        play.tells(&of_tenant, EventType::ApplicationAdded);
        credentials["clientSecret"] = "bm90IGEgc2VjcmV0".into();
        let wrong = Expected::codes([ResultCode::MobileNumber]);
        let tried = "credentials that do not decrypt";
        play.ask_kit(version, Callback::ApplicationSync, tried, &body(credentials), wrong).await?;
    }

    let departments = json!([{ "orgCode": "o1", "orgName": "Headquarters", "name": "Headquarters", "parentCode": "" },
        { "orgCode": "o2", "orgName": "Research", "name": "Research", "parentCode": "o1" }]);
    let departments = match version {
        Version::V2 => json!({ "orgInfoList": departments }),
        Version::V1 => json!({ "orgInfo": departments.to_string() }),
    };
    play.ask_kit(version, Callback::AllOrgSync, "its departments", &body(departments), success()).await?;
    play.tells(&of_tenant, EventType::DepartmentsReplaced);
    let department = json!({ "orgCode": "o3", "orgName": "Sales", "parentCode": "o1", "flag": 1 });
    play.ask_kit(version, Callback::SingleOrgSync, "one department more", &body(department), success()).await?;
    play.tells(&of_tenant, EventType::DepartmentsChanged);

    let users = |names: &[&str], department: &str, flag: u8| {
        let user = |name: &&str| {
            let (role, enable) = ("user", "true");
            json!({ "userName": name, "name": name, "orgCode": department, "role": role, "enable": enable })
        };
        let users: Vec<Value> = names.iter().map(user).collect();
        let users = if version == Version::V1 { Value::from(json!(users).to_string()) } else { json!(users) };
        body(json!({ "appId": app, "userList": users, "flag": flag }))
    };
    let granted = users(&["user-1", "user-2", "user-3"], "o2", 1);
    play.ask_kit(version, Callback::AuthSync, "users granted", &granted, success()).await?;
    play.tells(&of_tenant, EventType::UsersGranted);
    play.ask_kit(version, Callback::AuthSync, "granted again", &granted, success()).await?;
    play.ask_kit(version, Callback::AuthSync, "a user changed", &users(&["user-2"], "o3", 2), success()).await?;
    play.tells(&of_tenant, EventType::UsersChanged);
    play.ask_kit(version, Callback::AuthSync, "a user revoked", &users(&["user-3"], "o2", 3), success()).await?;
    play.tells(&of_tenant, EventType::UsersRevoked);
    play.ask_kit(version, Callback::AuthSync, "a user deleted", &users(&["user-1"], "o2", 0), success()).await?;
    play.tells(&of_tenant, EventType::UsersDeleted);

    basic::released(play, &id).await?;
    let gone = Expected::codes([ResultCode::InstanceNotFound]);
    play.ask_kit(version, Callback::AuthSync, "granted after release", &users(&["user-4"], "o2", 1), gone).await?;
    play.ask_kit(version, Callback::AuthSync, "revoked after release", &users(&["user-2"], "o3", 3), success()).await?;
    play.tells(&of_tenant, EventType::UsersRevoked);
    let mut unbound = enterprise;
    unbound["flag"] = 0.into();
    play.ask_kit(version, Callback::TenantSync, "unbound", &body(unbound), success()).await?;
    play.tells(&of_tenant, EventType::TenantRemoved);
    Ok(())
}

fn stamped(body: Value) -> Map<String, Value> {
    let at = time_stamp(now(), Zone::Beijing);
    let mut body = match body {
        Value::Object(body) => body,
        _ => Map::new(),
    };
    body.insert("timeStamp".to_owned(), at.as_str().into());
    body.insert("currentSyncTime".to_owned(), at.into());
    body
}
