//! The callbacks as bodies that a table of cases can hold side by side, all about one order and one instance.

use serde_json::{Value, json};

/// The instance that they are about: what [`purchase`] makes.
pub const ID: &str = "b-1";
/// The partition of its items.
pub const INSTANCE: &str = "INSTANCE#b-1";

/// A time far ahead, and one long gone, as `expireTime` says it.
pub const FUTURE: &str = "20991231160000000";
/// See [`FUTURE`].
pub const PAST: &str = "20200101000000000";

/// newInstance of one order line; its businessId is [`ID`].
#[must_use]
pub fn purchase() -> Value {
    json!({ "activity": "newInstance", "orderId": "CS1", "orderLineId": "CS1-000001", "businessId": ID })
}

/// The same order line sent once more: only its businessId differs.
#[must_use]
pub fn purchase_resent() -> Value {
    with(purchase(), "businessId", "b-1-resent")
}

/// refreshInstance by an order of its own.
#[must_use]
pub fn refresh(order: &str, scene: &str, expire_time: &str) -> Value {
    json!({ "activity": "refreshInstance", "scene": scene, "orderId": order, "orderLineId": format!("{order}-000001"),
        "instanceId": ID, "expireTime": expire_time })
}

/// A renewal.
#[must_use]
pub fn renewal(order: &str, expire_time: &str) -> Value {
    refresh(order, "RENEWAL", expire_time)
}

/// updateInstanceStatus.
#[must_use]
pub fn freeze() -> Value {
    json!({ "activity": "updateInstanceStatus", "instanceId": ID, "status": "FREEZE" })
}

/// updateInstanceStatus.
#[must_use]
pub fn unfreeze() -> Value {
    with(freeze(), "status", "UNFREEZE")
}

/// upgradeInstance by an order of its own.
#[must_use]
pub fn upgrade(order: &str) -> Value {
    json!({ "activity": "upgradeInstance", "instanceId": ID, "orderId": order, "orderLineId": format!("{order}-000001") })
}

/// releaseInstance.
#[must_use]
pub fn release() -> Value {
    json!({ "activity": "releaseInstance", "instanceId": ID })
}

/// queryInstance.
#[must_use]
pub fn query() -> Value {
    json!({ "activity": "queryInstance", "instanceId": ID })
}

/// changeInstanceCheck.
#[must_use]
pub fn change_check() -> Value {
    json!({ "activity": "changeInstanceCheck", "instanceId": ID, "productInfo": { "skuCode": "large", "linearValue": 20 } })
}

/// orderNotify.
#[must_use]
pub fn order_notice() -> Value {
    json!({ "activity": "orderNotify", "orderId": "CS1", "orderLineId": "CS1-000001", "testFlag": "0" })
}

/// The license code that the license calls are about.
pub const CODE: &str = "ABCDE-FGHIJ-KLMNO";
/// The partition of its items.
pub const LICENSE: &str = "LICENSE#ABCDE-FGHIJ-KLMNO";

/// refreshLicenseCode by an order of its own.
#[must_use]
pub fn refresh_code(order: &str, scene: &str, expire_time: &str) -> Value {
    json!({ "activity": "refreshLicenseCode", "scene": scene, "orderId": order, "orderLineId": format!("{order}-000001"),
        "license": CODE, "expireTime": expire_time })
}

/// A renewal of the code.
#[must_use]
pub fn renew_code(order: &str, expire_time: &str) -> Value {
    refresh_code(order, "RENEWAL", expire_time)
}

/// updateLicenseCodeStatus.
#[must_use]
pub fn freeze_code() -> Value {
    json!({ "activity": "updateLicenseCodeStatus", "license": CODE, "status": "FREEZE" })
}

/// updateLicenseCodeStatus.
#[must_use]
pub fn unfreeze_code() -> Value {
    with(freeze_code(), "status", "UNFREEZE")
}

/// releaseLicenseCode.
#[must_use]
pub fn release_code() -> Value {
    json!({ "activity": "releaseLicenseCode", "license": CODE })
}

/// getLicenseAsync for a device.
#[must_use]
pub fn get_license(event: &str, fingerprint: &str) -> Value {
    json!({ "activity": "getLicenseAsync", "instanceId": ID, "eventId": event, "deviceFingerprint": fingerprint,
        "effectiveTime": "2023-10-27 10:30:15 z", "expireTime": "2099-10-27 10:30:15 z" })
}

/// One of each callback, in an order in which all of them succeed.
#[must_use]
pub fn one_of_each() -> Vec<Value> {
    vec![
        purchase(),
        query(),
        renewal("R1", FUTURE),
        freeze(),
        unfreeze(),
        upgrade("U1"),
        change_check(),
        order_notice(),
        release(),
    ]
}

/// A body with one member set.
#[must_use]
pub fn with(mut body: Value, name: &str, value: impl Into<Value>) -> Value {
    body[name] = value.into();
    body
}
