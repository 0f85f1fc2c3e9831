//! Whole calls of V1.0 through route, verification and parsing: which key, which time, which request.

#![allow(clippy::unwrap_used)]

use http::Request as HttpRequest;
use koogallery::{
    AccessKeys, Callback, DEFAULT_TIME_WINDOW, Dialect, GetLicenseAsync, InstanceStatus, InterfaceType, ProductId,
    PurchaseLicense, QueryInstance, RefreshInstance, RefreshLicenseCode, Refusal, ReleaseInstance, ReleaseLicenseCode,
    Request, Scene, Timestamp, UpdateInstanceStatus, UpdateLicenseCodeStatus, UpgradeInstance, Verified, auth_token,
    route, v1_dialect, v1_signer, verify,
};

/// 2025-11-24T09:49:12.345Z.
const NOW: Timestamp = Timestamp::from_millis(1_763_977_752_345);
const TIME_STAMP: &str = "20251124094912345";
const KEYS: &str = r#"{"basic":["new","old"],"kit":["kit-key"],"license":["license-key"]}"#;

fn keys() -> AccessKeys {
    AccessKeys::from_json(KEYS).unwrap()
}

fn pairs(parameters: &[(&str, &str)]) -> Vec<(String, String)> {
    parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn get(parameters: &[(String, String)]) -> HttpRequest<Vec<u8>> {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    HttpRequest::get(format!("/production/address?{query}")).body(Vec::new()).unwrap()
}

fn signed(key: &str, parameters: &[(&str, &str)]) -> HttpRequest<Vec<u8>> {
    let mut parameters = pairs(&[parameters, &[("timeStamp", TIME_STAMP)]].concat());
    let token = auth_token::sign(key, TIME_STAMP, &parameters);
    parameters.push(("authToken".to_owned(), token));
    get(&parameters)
}

fn read<R: Request>(parameters: &[(&str, &str)]) -> Result<Verified<R>, String> {
    let (key, interface_type) = match R::CALLBACK.interface_types()[0] {
        InterfaceType::License => ("license-key", InterfaceType::License),
        _ => ("old", InterfaceType::Basic),
    };
    let request = signed(key, parameters);
    let route = route(&request).unwrap();
    assert_eq!((route.dialect, route.callback), (Dialect::BasicV1, R::CALLBACK));
    let verified = verify(&request, route, &keys(), NOW, DEFAULT_TIME_WINDOW).unwrap();
    assert_eq!((verified.interface_type(), verified.access_key().reveal()), (interface_type, key));
    assert_eq!((verified.nonce(), verified.signed_at()), (None, NOW));
    verified.parse().map_err(|error| error.to_string())
}

fn refused(request: &HttpRequest<Vec<u8>>, now: Timestamp) -> Refusal {
    verify(request, route(request).unwrap(), &keys(), now, DEFAULT_TIME_WINDOW).unwrap_err()
}

#[test]
fn activities_become_the_requests_that_mean_the_same() {
    let release: Verified<ReleaseInstance> =
        read(&[("activity", "releaseInstance"), ("instanceId", "i 1"), ("orderAmount", "100"), ("orderId", "")])
            .unwrap();
    assert_eq!(release.request().instance_id.as_str(), "i 1");
    assert_eq!(release.request().order_id, None);

    let status = |parameters: &[(&str, &str)]| {
        read::<UpdateInstanceStatus>(&[parameters, &[("instanceId", "i")]].concat()).map(|call| call.request().status)
    };
    assert_eq!(status(&[("activity", "expireInstance")]), Ok(InstanceStatus::Expire));
    for (word, meaning) in [
        ("FREEZE", InstanceStatus::Freeze),
        ("NORMAL", InstanceStatus::Unfreeze),
        ("UNFREEZE", InstanceStatus::Unfreeze),
    ] {
        assert_eq!(status(&[("activity", "instanceStatus"), ("instanceStatus", word)]), Ok(meaning));
    }
    assert!(status(&[("activity", "instanceStatus"), ("instanceStatus", "freeze")]).is_err());
    assert!(status(&[("activity", "instanceStatus")]).is_err());

    let renewal =
        [("activity", "refreshInstance"), ("instanceId", "i"), ("orderId", "o"), ("expireTime", "20261231160000")];
    let refresh: Verified<RefreshInstance> = read(&[&renewal[..], &[("periodType", "year")]].concat()).unwrap();
    assert_eq!((refresh.request().scene, &refresh.request().order_line_id), (Scene::Renewal, &None));
    assert_eq!(refresh.request().further["periodType"], "year");
    let trial: Verified<RefreshInstance> = read(&[&renewal[..], &[("trialToFormal", "1")]].concat()).unwrap();
    assert_eq!(trial.request().scene, Scene::TrialToFormal);
    assert!(read::<RefreshInstance>(&renewal[..3]).is_err());

    let upgrade =
        [("activity", "upgrade"), ("instanceId", "i"), ("orderId", "o"), ("skuCode", "s"), ("productId", "p")];
    let call: Verified<UpgradeInstance> = read(&[&upgrade[..], &[("amount", "10000")]].concat()).unwrap();
    assert_eq!(call.request().product_id.as_ref().unwrap().as_str(), "p");
    assert_eq!(call.request().further.keys().collect::<Vec<_>>(), ["amount", "skuCode"]);
    for missing in 1..upgrade.len() {
        let mut without = upgrade.to_vec();
        without.remove(missing);
        assert!(read::<UpgradeInstance>(&without).is_err(), "{}", upgrade[missing].0);
    }

    let query: Verified<QueryInstance> =
        read(&[("activity", "queryInstance"), ("instanceId", "a, b,"), ("testFlag", "1")]).unwrap();
    assert_eq!(query.request().instance_ids.as_slice().len(), 2);
    assert_eq!(query.request().test_flag, koogallery::TestFlag::Debug);
}

/// The retired guide's fields are not known: what its relatives would send is read.
#[test]
fn license_activities_become_the_requests_that_mean_the_same() {
    let of = |name: &'static str| [(name, "L-1"), ("orderId", "o"), ("expireTime", "20261231160000")];
    for name in ["license", "licenseCode", "instanceId"] {
        let call = |activity| [&[("activity", activity)], &of(name)[..]].concat();
        let refresh: Verified<RefreshLicenseCode> =
            read(&[&call("refreshLicense")[..], &[("amount", "1")]].concat()).unwrap();
        let request = refresh.request();
        assert_eq!((request.license.reveal(), request.scene), ("L-1", Scene::Renewal));
        assert_eq!((request.order_id.as_str(), &request.order_line_id), ("o", &None));
        assert_eq!(request.expire_time.to_string(), "20261231160000000");
        assert_eq!(request.further.keys().collect::<Vec<_>>(), ["amount"]);
        let expire: Verified<UpdateLicenseCodeStatus> = read(&call("expireLicense")).unwrap();
        assert_eq!((expire.request().license.reveal(), expire.request().status), ("L-1", InstanceStatus::Expire));
        let release: Verified<ReleaseLicenseCode> = read(&call("releaseLicense")).unwrap();
        assert_eq!(release.request().license.reveal(), "L-1");
        assert_eq!(release.request().order_id.as_ref().unwrap().as_str(), "o");
    }
    let both = [("activity", "releaseLicense"), ("instanceId", "i"), ("license", "L-1"), ("licenseCode", " ")];
    assert_eq!(read::<ReleaseLicenseCode>(&both).unwrap().request().license.reveal(), "L-1");
    let none = read::<ReleaseLicenseCode>(&[("activity", "releaseLicense"), ("orderId", "o")]).unwrap_err();
    assert_eq!(none, "missing field `license`");
    assert!(read::<RefreshLicenseCode>(&[("activity", "refreshLicense"), ("license", "L"), ("orderId", "o")]).is_err());
    assert!(read::<RefreshLicenseCode>(&[("activity", "refreshLicense"), of("license")[0], of("license")[2]]).is_err());

    let bought = [("activity", "getLicense"), ("orderId", "o"), ("productId", "p"), ("mobilePhone", "138")];
    for (parameters, product) in [(&bought[..], Some("p")), (&bought[..2], None)] {
        match read::<GetLicenseAsync>(parameters).unwrap().request() {
            GetLicenseAsync::Purchase(PurchaseLicense { order_id, product_id, .. }) => {
                assert_eq!((order_id.as_str(), product_id.as_ref().map(ProductId::as_str)), ("o", product));
            }
            GetLicenseAsync::Device(_) => panic!("a purchase is no device"),
        }
    }
    assert!(read::<GetLicenseAsync>(&[bought[0], bought[2]]).is_err());
}

#[test]
fn a_bare_plus_is_what_was_signed() {
    let vectors: serde_json::Value = serde_json::from_str(include_str!("vectors.json")).unwrap();
    for vector in vectors["barePlusV1"].as_array().unwrap() {
        let text = |name: &str| vector[name].as_str().unwrap();
        let keys = AccessKeys::from_json(&serde_json::json!({ "basic": [text("accessKey")] }).to_string()).unwrap();
        let token = text("authToken");
        for token in [token.to_owned(), form_urlencoded::byte_serialize(token.as_bytes()).collect()] {
            let request = HttpRequest::get(format!("/?{}&authToken={token}", text("query"))).body("").unwrap();
            let call = verify(&request, route(&request).unwrap(), &keys, NOW, DEFAULT_TIME_WINDOW).unwrap();
            assert_eq!(call.parse::<RefreshInstance>().unwrap().request().instance_id.as_str(), text("instanceId"));
        }
    }
}

/// Signs what the values mean, and sends them as `query` writes them.
fn sent_as(values: &[(&str, &str)], query: &str) -> Result<ReleaseInstance, Refusal> {
    let parameters = pairs(&[values, &[("timeStamp", TIME_STAMP)]].concat());
    let token = auth_token::sign("new", TIME_STAMP, &parameters);
    let token: String = form_urlencoded::byte_serialize(token.as_bytes()).collect();
    let request = HttpRequest::get(format!("/?{query}&timeStamp={TIME_STAMP}&authToken={token}")).body("").unwrap();
    let call = verify(&request, route(&request).unwrap(), &keys(), NOW, DEFAULT_TIME_WINDOW)?;
    Ok(call.parse::<ReleaseInstance>().unwrap().request().clone())
}

#[test]
fn a_plus_is_a_space_where_a_space_was_signed() {
    let release = |id| [("activity", "releaseInstance"), ("instanceId", id)];
    let sent = |id, query: &str| sent_as(&release(id), &format!("activity=releaseInstance&instanceId={query}"));
    for (id, query) in [("a b", "a+b"), ("a b", "a%20b"), ("a+b", "a+b"), ("a+b", "a%2Bb"), ("a +b", "a%20+b")] {
        assert_eq!(sent(id, query).unwrap().instance_id.as_str(), id, "{query}");
    }
    assert_eq!(sent("a+b", "a%20b"), Err(Refusal::WrongSignature));
    assert_eq!(sent("a b", "a%2Bb"), Err(Refusal::WrongSignature));
}

#[test]
fn parameters_folded_into_one_are_refused_although_the_token_fits() {
    let values = [("activity", "releaseInstance"), ("instanceId", "i"), ("orderId", "o"), ("testFlag", "1")];
    for folded in [
        "instanceId=i&orderId=o%26testFlag%3D1",
        "instanceId=i%26orderId=o&testFlag=1",
        "instanceId=i&orderId%3Do%26testFlag=1",
        "instanceId=i%26orderId%3Do%26testFlag%3D1",
    ] {
        let refusal = sent_as(&values, &format!("activity=releaseInstance&{folded}")).unwrap_err();
        assert_eq!(refusal, Refusal::Folded, "{folded}");
        assert_eq!(refusal.result_code(), koogallery::ResultCode::InvalidParameter);
    }
    let encoded = [("activity", "releaseInstance"), ("instanceId", "i"), ("memo", "o%26testFlag%3D1")];
    let query = "activity=releaseInstance&instanceId=i&memo=o%2526testFlag%253D1";
    assert_eq!(sent_as(&encoded, query), Err(Refusal::Folded));

    let body = br#"{"flag":1,"name":"x","tenantId":"t&testFlag=1","timeStamp":"20251124174912345"}"#;
    let time_stamp = "20251124174912345";
    let token = auth_token::sign_without_blanks("kit-key", time_stamp, &auth_token::body_parameters(body).unwrap());
    let request = HttpRequest::post("/produceAPI/tenantSync").header("authToken", token).body(body.to_vec()).unwrap();
    assert_eq!(refused(&request, NOW), Refusal::Folded);
}

#[test]
fn a_time_stamp_has_up_to_three_digits_after_the_seconds() {
    for (time_stamp, millisecond) in [("20251124094912345", 345), ("2025112409491234", 34), ("202511240949123", 3)] {
        let parameters = pairs(&[("activity", "releaseInstance"), ("instanceId", "i"), ("timeStamp", time_stamp)]);
        let token = auth_token::sign("new", time_stamp, &parameters);
        let request = get(&[&parameters[..], &pairs(&[("authToken", &token)])].concat());
        let call = verify(&request, route(&request).unwrap(), &keys(), NOW, DEFAULT_TIME_WINDOW).unwrap();
        assert_eq!(call.signed_at(), Timestamp::from_millis(1_763_977_752_000 + millisecond), "{time_stamp}");
    }
}

#[test]
fn whoever_signed_a_call_that_is_none_is_known() {
    let keys = keys();
    let signer = |request: &HttpRequest<Vec<u8>>| v1_signer(request, &keys).map(|key| key.reveal().to_owned());
    for key in ["new", "old", "license-key"] {
        let unknown = signed(key, &[("activity", "giveInstance"), ("memo", "")]);
        assert!(route(&unknown).is_err());
        assert_eq!(v1_dialect(&unknown), Some(Dialect::BasicV1));
        assert_eq!(signer(&unknown).as_deref(), Some(key));
    }
    let stranger = signed("another", &[("activity", "giveInstance")]);
    assert_eq!((v1_dialect(&stranger), signer(&stranger)), (Some(Dialect::BasicV1), None));

    let body = br#"{"flag":1,"timeStamp":"20251124174912345"}"#.to_vec();
    let parameters = auth_token::body_parameters(&body).unwrap();
    let token = auth_token::sign_without_blanks("kit-key", "20251124174912345", &parameters);
    let kit = HttpRequest::post("/produceAPI/giveSync").header("authToken", token).body(body).unwrap();
    assert_eq!((v1_dialect(&kit), signer(&kit).as_deref()), (Some(Dialect::KitV1), Some("kit-key")));

    for other in ["/?activity=giveInstance", "/?authToken=&activity=x", "/"] {
        let request = HttpRequest::get(other).body(Vec::new()).unwrap();
        assert_eq!((v1_dialect(&request), signer(&request)), (None, None), "{other}");
    }
}

#[test]
fn a_body_does_not_say_expire() {
    assert!(UpdateInstanceStatus::from_body(br#"{"instanceId":"i","status":"EXPIRE"}"#).is_err());
    assert!(UpdateInstanceStatus::from_body(br#"{"instanceId":"i","status":"Expire"}"#).is_err());
}

#[test]
fn what_is_missing_wrong_or_old_is_refused_in_this_order() {
    let release = [("activity", "releaseInstance"), ("instanceId", "i")];
    assert_eq!(refused(&get(&pairs(&release)), NOW), Refusal::MissingSignature);
    let without_time = pairs(&[&release[..], &[("authToken", "x")]].concat());
    assert_eq!(refused(&get(&without_time), NOW), Refusal::MissingTimestamp);
    for key in ["another", "kit-key"] {
        assert_eq!(refused(&signed(key, &release), NOW), Refusal::WrongSignature, "{key}");
    }
    let late = NOW.saturating_add(DEFAULT_TIME_WINDOW + std::time::Duration::from_millis(1));
    assert!(matches!(refused(&signed("new", &release), late), Refusal::Stale { .. }));
    let by_license = signed("license-key", &release);
    let call = verify(&by_license, route(&by_license).unwrap(), &keys(), NOW, DEFAULT_TIME_WINDOW).unwrap();
    assert_eq!(call.interface_type(), InterfaceType::License);
}

#[test]
fn a_time_stamp_of_the_kit_is_of_either_zone() {
    // 17:49 in UTC+8 is 09:49 in UTC.
    for (time_stamp, fresh) in [("20251124174912345", true), (TIME_STAMP, true), ("20251124014912345", false)] {
        let body = serde_json::json!({ "tenantId": "t", "flag": 1, "list": [{ "a": null }], "timeStamp": time_stamp });
        let body = body.to_string().into_bytes();
        let token =
            auth_token::sign_without_blanks("kit-key", time_stamp, &auth_token::body_parameters(&body).unwrap());
        let request = |token: &str| {
            let request = HttpRequest::post("/x/produceAPI/tenantSync").header("authToken", token);
            request.body(body.clone()).unwrap()
        };
        let genuine = request(&token);
        let route = route(&genuine).unwrap();
        assert_eq!((route.dialect, route.callback), (Dialect::KitV1, Callback::TenantSync));
        match verify(&genuine, route, &keys(), NOW, DEFAULT_TIME_WINDOW) {
            Ok(call) => assert_eq!((fresh, call.signed_at()), (true, NOW)),
            Err(refusal) => assert!(!fresh && matches!(refusal, Refusal::Stale { .. }), "{refusal}"),
        }
        assert_eq!(refused(&request("x"), NOW), Refusal::WrongSignature);
    }
    let not_an_object =
        HttpRequest::post("/produceAPI/tenantSync").header("authToken", "x").body(b"[]".to_vec()).unwrap();
    assert_eq!(refused(&not_an_object, NOW), Refusal::NotAnObject);
}
