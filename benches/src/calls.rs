//! What is sent: a good call for each function, signed as KooGallery signs, and the event that Lambda makes of it.

use bytes::Bytes;
use koogallery::{
    ChangeInstanceCheck, ExpireTime, InstanceId, InstanceStatus, NewInstance, OrderNotify, ProductInfo, QueryInstance,
    RefreshInstance, ReleaseInstance, Scene, TestFlag, UpdateInstanceStatus, UpgradeInstance,
};
use koogallery_local::marketplace::{Marketplace, SignedCall};
use koogallery_runtime::now;
use koogallery_tests::lambda::event;

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
        _ => return Err(format!("{function} is no function that answers a callback").into()),
    })
}

/// The functions that answer callbacks, in the order of an instance's life.
pub(crate) const FUNCTIONS: [&str; 8] = [
    "new-instance",
    "query-instance",
    "refresh-instance",
    "upgrade-instance",
    "change-instance-check",
    "update-instance-status",
    "release-instance",
    "order-notify",
];

/// The event that a function URL makes of a call.
pub(crate) fn event_of(call: &SignedCall) -> Result<Bytes, Problem> {
    let query: Vec<String> = call.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let request = http::Request::builder()
        .method(&call.method)
        .uri(format!("/?{}", query.join("&")))
        .header("accept", "application/json")
        .header("content-type", "application/json;charset=utf8");
    let (parts, body) = request.body(Bytes::from(call.body.clone()))?.into_parts();
    Ok(event(&parts, "/", &body).to_string().into())
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
