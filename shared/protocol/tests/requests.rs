//! What the requests promise: read back as written, every mandatory member and limit held, the rest tolerated.

#![allow(clippy::unwrap_used)]

use koogallery::{
    ChangeInstanceCheck, DeviceLicense, ExpireTime, GetLicenseAsync, InstanceStatus, NewInstance, OrderNotify,
    ProductInfo, QueryInstance, RefreshInstance, RefreshLicenseCode, ReleaseInstance, ReleaseLicenseCode, Request,
    Scene, TestFlag, Timestamp, UpdateInstanceStatus, UpdateLicenseCodeStatus, UpgradeInstance, canonical_form,
};
use proptest::prelude::*;
use serde_json::Value;

fn id() -> impl Strategy<Value = String> {
    "[!-~]{1,64}|\\PC{1,64}".prop_filter("a blank id is none", |id| !id.trim().is_empty())
}

/// It becomes a segment of an address.
fn event_id() -> impl Strategy<Value = String> {
    id().prop_filter("it would mean another place", |id| !matches!(id.as_str(), "." | ".."))
}

fn instance_id() -> impl Strategy<Value = String> {
    "[0-9A-Za-z-]{1,64}"
}

fn flag() -> impl Strategy<Value = TestFlag> {
    prop_oneof![Just(TestFlag::Real), Just(TestFlag::Debug)]
}

fn reads_back<R: Request + PartialEq + std::fmt::Debug>(request: &R) -> Result<(), TestCaseError> {
    let body = request.to_body();
    prop_assert_eq!(&R::from_body(body.as_bytes()).unwrap(), request);
    prop_assert_eq!(&canonical_form(body.as_bytes()).unwrap(), &body);
    prop_assert_eq!(&serde_json::from_str::<Value>(&body).unwrap()["activity"], R::CALLBACK.activity());
    Ok(())
}

proptest! {
    #[test]
    fn every_request_reads_back(
        (order, line, business, instance) in (id(), id(), id(), instance_id()),
        product in prop::option::of(id()),
        refund in prop::option::of(id()),
        test_flag in flag(),
        scene in prop_oneof![
            Just(Scene::TrialToFormal), Just(Scene::Renewal), Just(Scene::UnsubscribeRenewalPeriod), Just(Scene::RenewalChange)
        ],
        status in prop_oneof![Just(InstanceStatus::Freeze), Just(InstanceStatus::Unfreeze)],
        millis in 0i64..253_402_300_799_999,
        linear_value in prop::option::of(0.0f64..1e9),
    ) {
        let product_id = product.map(|product| product.parse().unwrap());
        let order_id: koogallery::OrderId = order.parse().unwrap();
        let order_line_id: koogallery::OrderLineId = line.parse().unwrap();
        let instance_id: koogallery::InstanceId = instance.parse().unwrap();
        let expire_time = ExpireTime::from_timestamp(Timestamp::from_millis(millis)).unwrap();
        reads_back(&NewInstance {
            product_id: product_id.clone(), test_flag, ..NewInstance::new(&order, &line, &business).unwrap()
        })?;
        reads_back(&QueryInstance { instance_ids: instance.parse().unwrap(), test_flag })?;
        reads_back(&RefreshInstance {
            scene, order_id: order_id.clone(), order_line_id: Some(order_line_id.clone()),
            instance_id: instance_id.clone(), product_id: product_id.clone(), expire_time, test_flag, further: std::collections::BTreeMap::new() })?;
        reads_back(&UpdateInstanceStatus { instance_id: instance_id.clone(), status, test_flag })?;
        reads_back(&ReleaseInstance {
            instance_id: instance_id.clone(),
            order_id: refund.map(|refund| refund.parse().unwrap()),
            order_line_id: None,
            test_flag,
        })?;
        reads_back(&UpgradeInstance {
            instance_id: instance_id.clone(), order_id: order_id.clone(), order_line_id: Some(order_line_id.clone()), test_flag, product_id: None, further: std::collections::BTreeMap::new() })?;
        reads_back(&ChangeInstanceCheck {
            instance_id,
            product_info: ProductInfo { product_id, linear_value, ..ProductInfo::default() },
            test_flag,
        })?;
        reads_back(&OrderNotify { order_id, order_line_id, test_flag })?;
    }

    #[test]
    fn every_license_request_reads_back(
        (order, line, license, event) in (id(), id(), id(), event_id()),
        (instance, fingerprint) in (instance_id(), prop::option::of("[!-~]{1,1024}")),
        product in prop::option::of(id()),
        test_flag in flag(),
        scene in prop_oneof![Just(Scene::Renewal), Just(Scene::UnsubscribeRenewalPeriod)],
        status in prop_oneof![Just(InstanceStatus::Freeze), Just(InstanceStatus::Unfreeze)],
        seconds in 0i64..253_402_300_799,
        until in prop::option::of(0i64..253_402_300_799),
    ) {
        let license: koogallery::LicenseCode = license.parse().unwrap();
        let time = |seconds: i64| ExpireTime::from_timestamp(Timestamp::from_millis(seconds * 1000)).unwrap();
        reads_back(&RefreshLicenseCode {
            scene,
            order_id: order.parse().unwrap(),
            order_line_id: Some(line.parse().unwrap()),
            license: license.clone(),
            product_id: product.map(|product| product.parse().unwrap()),
            expire_time: time(seconds),
            test_flag,
            further: std::collections::BTreeMap::new(),
        })?;
        reads_back(&UpdateLicenseCodeStatus { license: license.clone(), status, test_flag })?;
        let (order_id, order_line_id) = (Some(order.parse().unwrap()), Some(line.parse().unwrap()));
        reads_back(&ReleaseLicenseCode { license, order_id, order_line_id, test_flag })?;
        reads_back(&GetLicenseAsync::Device(DeviceLicense {
            instance_id: instance.parse().unwrap(),
            effective_time: time(seconds).into(),
            expire_time: until.map(|until| time(until).into()),
            event_id: event.parse().unwrap(),
            device_fingerprint: fingerprint.map(|fingerprint| fingerprint.parse().unwrap()),
            test_flag,
        }))?;
    }

    #[test]
    fn no_body_makes_a_parser_panic(body in prop::collection::vec(any::<u8>(), 0..128)) {
        macro_rules! read {
            ($($request:ident $function:ident)+) => { $(drop(koogallery::$request::from_body(&body));)+ };
        }
        koogallery::for_each_callback!(read);
    }
}

#[test]
fn unknown_members_numbers_and_nulls_are_taken() {
    let body = r#"{"activity":"newInstance","orderId":12,"orderLineId":"L","businessId":"b","productId":null,
        "testFlag":1,"somethingNew":{"deep":[1]}}"#;
    let request = NewInstance::from_body(body.as_bytes()).unwrap();
    assert_eq!(request.order_id.as_str(), "12");
    assert_eq!(request.product_id, None);
    assert_eq!(request.test_flag, TestFlag::Debug);
}

#[test]
fn a_refused_body_names_the_member() {
    let refused = |body: &str| NewInstance::from_body(body.as_bytes()).unwrap_err().to_string();
    assert_eq!(refused(r#"{"orderId":"o","businessId":"b"}"#), "missing field `orderLineId`");
    assert_eq!(refused(r#"{"orderId":"","orderLineId":"l","businessId":"b"}"#), "orderId is empty");
    let long = format!(r#"{{"orderId":"{}","orderLineId":"l","businessId":"b"}}"#, "x".repeat(65));
    assert_eq!(refused(&long), "orderId is longer than 64 characters");
    assert!(refused(r#"{"orderId":{},"orderLineId":"l","businessId":"b"}"#).contains("orderId"));
}

#[test]
fn product_info_keeps_what_it_does_not_know() {
    let body = r#"{"instanceId":"i","productInfo":{"skuCode":"s","linearValue":"3.5","color":"red"}}"#;
    let request = ChangeInstanceCheck::from_body(body.as_bytes()).unwrap();
    assert_eq!(request.product_info.linear_value, Some(3.5));
    assert_eq!(request.product_info.other["color"], "red");
    for bad in [r#"{"instanceId":"i"}"#, r#"{"instanceId":"i","productInfo":"x"}"#] {
        assert!(ChangeInstanceCheck::from_body(bad.as_bytes()).is_err(), "{bad}");
    }
}

#[test]
fn a_license_is_applied_for_with_times_in_any_of_their_forms() {
    let read = |more: &str| {
        let body = format!(r#"{{"instanceId":"i","eventId":"e","effectiveTime":"2023-10-27 10:30:15 z"{more}}}"#);
        match GetLicenseAsync::from_body(body.as_bytes()) {
            Ok(GetLicenseAsync::Device(request)) => Ok(request),
            Ok(GetLicenseAsync::Purchase(_)) => unreachable!("a body is Online License's"),
            Err(error) => Err(error.to_string()),
        }
    };
    assert_eq!(read("").unwrap().expire_time, None);
    for blank in [r#","expireTime":"","deviceFingerprint":" ""#, r#","expireTime":null,"deviceFingerprint":null"#] {
        let request = read(blank).unwrap();
        assert_eq!((request.expire_time, request.device_fingerprint), (None, None));
    }
    let until = read(r#","expireTime":"2023-10-27 10:30:15 z""#).unwrap().expire_time;
    for text in [r#""2023-10-27T10:30:15Z""#, "20231027103015", r#""20231027103015000""#] {
        assert_eq!(read(&format!(r#","expireTime":{text}"#)).unwrap().expire_time, until, "{text}");
    }
    let refused = read(r#","expireTime":"soon""#).unwrap_err();
    assert!(refused.contains("2023-10-27 10:30:15 z") && !refused.contains("soon"), "{refused}");
    let error = |body: &str| GetLicenseAsync::from_body(body.as_bytes()).unwrap_err().to_string();
    assert_eq!(error(r#"{"instanceId":"i","eventId":"e"}"#), "missing field `effectiveTime`");
    assert_eq!(error(r#"{"eventId":"e","effectiveTime":"20231027103015"}"#), "missing field `instanceId`");
    assert!(read(&format!(r#","deviceFingerprint":"{}""#, "x".repeat(1025))).is_err());
}
