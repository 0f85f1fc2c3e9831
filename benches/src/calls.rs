//! What is sent: a good call of each callback, signed as KooGallery signs, and the event that Lambda makes of it.

use bytes::Bytes;
use getrandom::SysRng;
use koogallery::{Callback, ClientSecret, ExpireTime, OaepHashes, canonical_form};
use koogallery_local::keys::local_rsa_public_key;
use koogallery_local::marketplace::{Marketplace, SignedCall, new_nonce};
use koogallery_runtime::now;
use koogallery_tests::lambda::event;
use serde_json::{Value, json};

use crate::Problem;

/// The callbacks in the order of an instance's life: each finds the instance as it needs it, and changes it.
pub(crate) const LIFE: [Callback; Callback::ALL.len()] = [
    Callback::NewInstance,
    Callback::QueryInstance,
    Callback::GetLicenseAsync,
    Callback::RefreshInstance,
    Callback::UpgradeInstance,
    Callback::ChangeInstanceCheck,
    Callback::TenantSync,
    Callback::ApplicationSync,
    Callback::AuthSync,
    Callback::SingleOrgSync,
    Callback::AllOrgSync,
    Callback::RefreshLicenseCode,
    Callback::UpdateLicenseCodeStatus,
    Callback::ReleaseLicenseCode,
    Callback::UpdateInstanceStatus,
    Callback::ReleaseInstance,
    Callback::OrderNotify,
];

/// A call of this callback about the instance of this number.
pub(crate) fn call(marketplace: &Marketplace, callback: Callback, number: usize) -> Result<SignedCall, Problem> {
    let mut body = body(callback, number)?;
    let key = marketplace.key(callback.interface_types()[0])?;
    if callback.is_kit() {
        // A tenant for each instance: what a sync finds there does not grow from call to call.
        let tenant = format!("t-{number}");
        let common = json!({ "instanceId": instance(number), "tenantId": tenant, "flag": 1, "testFlag": 0 });
        for (name, value) in common.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        let body = canonical_form(body.to_string().as_bytes())?;
        return Ok(SignedCall::kit(key, callback, body, now(), &new_nonce()));
    }
    body["activity"] = callback.activity().into();
    let body = canonical_form(body.to_string().as_bytes())?;
    Ok(SignedCall::basic(key, body, now(), &new_nonce()))
}

/// What one callback alone carries.
fn body(callback: Callback, number: usize) -> Result<Value, Problem> {
    let (order, line, instance) = (order(number), line(number), instance(number));
    let (license, end) = (format!("LICENSE-{number:010}"), "20991231160000000");
    Ok(match callback {
        Callback::NewInstance => {
            json!({ "orderId": order, "orderLineId": line, "businessId": instance, "testFlag": 0 })
        }
        Callback::QueryInstance | Callback::ReleaseInstance => json!({ "instanceId": instance, "testFlag": 0 }),
        Callback::RefreshInstance => {
            let now = ExpireTime::from_timestamp(now()).ok_or("now is a time")?;
            json!({ "scene": "RENEWAL", "orderId": order, "orderLineId": line, "instanceId": instance,
                "expireTime": now, "testFlag": 0 })
        }
        Callback::UpgradeInstance => {
            json!({ "instanceId": instance, "orderId": order, "orderLineId": line, "testFlag": 0 })
        }
        Callback::ChangeInstanceCheck => {
            json!({ "instanceId": instance, "productInfo": { "linearValue": 10.0 }, "testFlag": 0 })
        }
        Callback::UpdateInstanceStatus => json!({ "instanceId": instance, "status": "FREEZE", "testFlag": 0 }),
        Callback::OrderNotify => json!({ "orderId": order, "orderLineId": line, "testFlag": 0 }),
        Callback::TenantSync => json!({ "orderId": order, "tenantCode": "code", "name": "Enterprise",
            "domainName": "https://tenant.example.com" }),
        Callback::ApplicationSync => {
            let secret = ClientSecret::from("a client secret of usual length".to_owned());
            let secret = local_rsa_public_key()?.encrypt(&mut SysRng, OaepHashes::Sha256, &secret)?;
            json!({ "appId": "a-1", "clientId": "client", "clientSecret": secret })
        }
        Callback::AuthSync => json!({ "appId": "a-1", "userList": [{ "userName": "user-1", "name": "User",
            "orgCode": "o1", "role": "user", "enable": "true" }] }),
        Callback::SingleOrgSync => json!({ "orgCode": "o1", "orgName": "Department", "parentCode": "" }),
        Callback::AllOrgSync => {
            json!({ "orgInfoList": [{ "orgCode": "o1", "orgName": "Department", "parentCode": "" }] })
        }
        Callback::RefreshLicenseCode => json!({ "scene": "RENEWAL", "orderId": order, "orderLineId": line,
            "license": license, "expireTime": end }),
        Callback::UpdateLicenseCodeStatus => json!({ "license": license, "status": "FREEZE" }),
        Callback::ReleaseLicenseCode => json!({ "license": license }),
        Callback::GetLicenseAsync => json!({ "instanceId": instance, "eventId": format!("e-{number}"),
            "effectiveTime": "2023-10-27 10:30:15 z" }),
    })
}

/// The event that a function URL makes of a call.
pub(crate) fn event_of(call: &SignedCall) -> Result<Bytes, Problem> {
    let query: Vec<String> = call.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let path = format!("/{}", call.path);
    let mut request = http::Request::builder()
        .method(&call.method)
        .uri(format!("{path}?{}", query.join("&")))
        .header("accept", "application/json")
        .header("content-type", "application/json;charset=utf8");
    for (name, value) in &call.headers {
        request = request.header(name, value);
    }
    let (parts, body) = request.body(Bytes::from(call.body.clone()))?.into_parts();
    Ok(event(&parts, &path, &body).to_string().into())
}

pub(crate) fn order(number: usize) -> String {
    format!("CS2211181819{number:08}")
}

pub(crate) fn line(number: usize) -> String {
    format!("{}-000001", order(number))
}

pub(crate) fn instance(number: usize) -> String {
    format!("b-{number:036}")
}
