//! What is sent: a good call for each function, signed as KooGallery signs, and the event that Lambda makes of it.

use bytes::Bytes;
use getrandom::SysRng;
use koogallery::{
    Callback, ChangeInstanceCheck, ClientSecret, ExpireTime, InstanceId, InstanceStatus, NewInstance, OaepHashes,
    OrderNotify, ProductInfo, QueryInstance, RefreshInstance, ReleaseInstance, Scene, TestFlag, UpdateInstanceStatus,
    UpgradeInstance,
};
use koogallery_local::keys::local_rsa_public_key;
use koogallery_local::marketplace::{Marketplace, SignedCall, new_nonce};
use koogallery_runtime::now;
use koogallery_tests::lambda::event;
use serde_json::json;

use crate::Problem;

/// The purchase of the instance of this number.
pub(crate) fn purchase(number: usize) -> Result<NewInstance, Problem> {
    Ok(NewInstance::new(&order(number), &line(number), &instance(number))?)
}

/// The query of the instance of this number.
pub(crate) fn query(number: usize) -> Result<QueryInstance, Problem> {
    Ok(QueryInstance { instance_ids: instance(number).parse()?, test_flag: TestFlag::Real })
}

/// A call to this function about the instance of this number. In the order of [`FUNCTIONS`] each finds it as it needs
/// it and changes it.
pub(crate) fn call(marketplace: &Marketplace, function: &str, number: usize) -> Result<SignedCall, Problem> {
    let test_flag = TestFlag::Real;
    let instance_id: InstanceId = instance(number).parse()?;
    let (order_id, order_line_id) = (order(number).parse()?, line(number).parse()?);
    Ok(match function {
        "new-instance" => marketplace.sign(&purchase(number)?)?,
        "query-instance" => marketplace.sign(&query(number)?)?,
        "refresh-instance" => {
            let expire_time = ExpireTime::from_timestamp(now()).ok_or("now is a time")?;
            let (scene, product_id) = (Scene::Renewal, None);
            let request = RefreshInstance {
                scene,
                order_id,
                order_line_id: Some(order_line_id),
                instance_id,
                product_id,
                expire_time,
                test_flag,
                further: std::collections::BTreeMap::new(),
            };
            marketplace.sign(&request)?
        }
        "upgrade-instance" => marketplace.sign(&UpgradeInstance {
            instance_id,
            order_id,
            order_line_id: Some(order_line_id),
            test_flag,
            product_id: None,
            further: std::collections::BTreeMap::new(),
        })?,
        "change-instance-check" => {
            let product_info = ProductInfo { linear_value: Some(10.0), ..ProductInfo::default() };
            marketplace.sign(&ChangeInstanceCheck { instance_id, product_info, test_flag })?
        }
        "update-instance-status" => {
            marketplace.sign(&UpdateInstanceStatus { instance_id, status: InstanceStatus::Freeze, test_flag })?
        }
        "release-instance" => {
            let (order_id, order_line_id) = (None, None);
            marketplace.sign(&ReleaseInstance { instance_id, order_id, order_line_id, test_flag })?
        }
        "order-notify" => marketplace.sign(&OrderNotify { order_id, order_line_id, test_flag })?,
        _ => kit_or_license(marketplace, function, number)?,
    })
}

/// A tenant for each instance: what a sync finds there does not grow from call to call.
fn kit_or_license(marketplace: &Marketplace, function: &str, number: usize) -> Result<SignedCall, Problem> {
    let callback = Callback::ALL.into_iter().find(|callback| callback.function() == function);
    let callback = callback.ok_or_else(|| format!("{function} is no function that answers a callback"))?;
    let (instance, tenant, code) = (instance(number), format!("t-{number}"), format!("LICENSE-{number:010}"));
    let (line, order) = (line(number), order(number));
    let mut body = match callback {
        Callback::TenantSync => json!({ "orderId": order, "tenantCode": "code", "name": "Enterprise",
            "domainName": "https://tenant.example.com" }),
        Callback::ApplicationSync => {
            let secret = ClientSecret::from("a client secret of usual length".to_owned());
            let secret = local_rsa_public_key()?.encrypt(&mut SysRng, OaepHashes::Sha256, &secret)?;
            json!({ "appId": "a-1", "clientId": "client", "clientSecret": secret })
        }
        Callback::AuthSync => {
            json!({ "appId": "a-1", "userList": [{ "userName": "user-1", "name": "User", "orgCode": "o1",
            "role": "user", "enable": "true" }] })
        }
        Callback::SingleOrgSync => json!({ "orgCode": "o1", "orgName": "Department", "parentCode": "" }),
        Callback::AllOrgSync => {
            json!({ "orgInfoList": [{ "orgCode": "o1", "orgName": "Department", "parentCode": "" }] })
        }
        Callback::RefreshLicenseCode => {
            json!({ "scene": "RENEWAL", "orderId": order, "orderLineId": line, "license": code,
            "expireTime": "20991231160000000" })
        }
        Callback::UpdateLicenseCodeStatus => json!({ "license": code, "status": "FREEZE" }),
        Callback::ReleaseLicenseCode => json!({ "license": code }),
        _ => {
            json!({ "instanceId": instance, "eventId": format!("e-{number}"), "effectiveTime": "2023-10-27 10:30:15 z" })
        }
    };
    let key = marketplace.key(callback.interface_types()[0])?;
    if callback.is_kit() {
        let common = json!({ "instanceId": instance, "tenantId": tenant, "flag": 1, "testFlag": 0 });
        for (name, value) in common.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        let body = koogallery::canonical_form(body.to_string().as_bytes())?;
        return Ok(SignedCall::kit(key, callback, body, now(), &new_nonce()));
    }
    body["activity"] = callback.activity().into();
    let body = koogallery::canonical_form(body.to_string().as_bytes())?;
    Ok(SignedCall::basic(key, body, now(), &new_nonce()))
}

/// The functions that answer callbacks, in the order of an instance's life.
pub(crate) const FUNCTIONS: [&str; 17] = [
    "new-instance",
    "query-instance",
    "get-license-async",
    "refresh-instance",
    "upgrade-instance",
    "change-instance-check",
    "tenant-sync",
    "application-sync",
    "auth-sync",
    "single-org-sync",
    "all-org-sync",
    "refresh-license-code",
    "update-license-code-status",
    "release-license-code",
    "update-instance-status",
    "release-instance",
    "order-notify",
];

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

fn order(number: usize) -> String {
    format!("CS2211181819{number:08}")
}

fn line(number: usize) -> String {
    format!("{}-000001", order(number))
}

fn instance(number: usize) -> String {
    format!("b-{number:036}")
}
