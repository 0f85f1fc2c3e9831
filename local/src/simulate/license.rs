//! License products: codes that KooGallery makes, licenses that a device applies for, and the retired interface.

use koogallery::{InterfaceType, Reply, ResultCode};
use koogallery_open_api::{LicenseInfo, LicenseStatus, OrderType};
use koogallery_runtime::now;
use koogallery_store::EventType;
use serde_json::{Value, json};

use super::made::{CUSTOMER, Order, PRODUCT, fresh, made, months_ahead};
use super::play::{Expected, Play};
use super::seller_api::Subject;
use crate::marketplace::{CallError, Zone, time_stamp};

const KEY: InterfaceType = InterfaceType::License;

/// License 2.0: the seller may hear of a code here before anyone has activated it.
pub(super) async fn life_of_a_code(play: &mut Play<'_>) -> Result<(), CallError> {
    let license = fresh("LICENSE-");
    let code = Subject::License(license.clone());
    sold(play, &license);
    let refresh = |order: &Order, scene: &str| {
        json!({ "activity": "refreshLicenseCode", "scene": scene, "orderId": order.id, "orderLineId": order.line,
            "license": license, "expireTime": order.expire_time.to_string() })
    };
    let status = |status: &str| json!({ "activity": "updateLicenseCodeStatus", "license": license, "status": status });
    let release = json!({ "activity": "releaseLicenseCode", "license": license });

    let success = Expected::success;
    let renewal = refresh(&play.order(OrderType::Renew, 12), "RENEWAL");
    play.ask_json(KEY, "a code renewed before it was activated", &renewal, success()).await?;
    play.tells(&code, EventType::LicenseRefreshed);
    play.ask_json(KEY, "the renewal sent again", &renewal, success()).await?;
    play.ask_json(KEY, "frozen", &status("FREEZE"), success()).await?;
    play.tells(&code, EventType::LicenseFrozen);
    play.ask_json(KEY, "unfrozen", &status("UNFREEZE"), success()).await?;
    play.tells(&code, EventType::LicenseUnfrozen);
    let refund = refresh(&play.order(OrderType::Unsubscribe, 1), "UNSUBSCRIBE_RENEWAL_PERIOD");
    play.ask_json(KEY, "the renewal refunded", &refund, success()).await?;
    play.tells(&code, EventType::LicenseRefreshed);
    play.ask_json(KEY, "released", &release, success()).await?;
    play.tells(&code, EventType::LicenseReleased);
    play.ask_json(KEY, "released again", &release, success()).await?;
    let gone = Expected::codes([ResultCode::InstanceNotFound]);
    play.ask_json(KEY, "renewed after release", &refresh(&Order::new(24), "RENEWAL"), gone).await?;
    Ok(())
}

/// Online License: an entitlement, from which devices get their licenses.
pub(super) async fn life_of_an_entitlement(play: &mut Play<'_>) -> Result<(), CallError> {
    let order = play.order(OrderType::New, 1);
    let purchase =
        json!({ "activity": "newInstance", "orderId": order.id, "orderLineId": order.line, "businessId": fresh("b-") });
    let bought = play.ask_json(KEY, "an entitlement bought", &purchase, Expected::provisioned()).await?;
    let Some(id) = bought.and_then(|reply| reply.instance_id) else { return Ok(()) };
    let instance = Subject::from(&id);
    play.tells(&instance, EventType::Created);
    let apply = |event: &str, device: &str| {
        let (from, until) = (now(), months_ahead(1));
        json!({ "activity": "getLicenseAsync", "instanceId": id.as_str(), "eventId": event, "deviceFingerprint": device,
            "effectiveTime": spaced(&time_stamp(from, Zone::Utc)), "expireTime": spaced(&until.to_string()) })
    };
    // The seller's rules, or its application, may say no.
    let answered = || {
        Expected::codes([
            ResultCode::Success,
            ResultCode::Processing,
            ResultCode::LicenseQuotaUsedUp,
            ResultCode::OutsideValidity,
        ])
    };
    let event = fresh("e-");
    let reply = play.ask_json(KEY, "a device applies", &apply(&event, "device-1"), answered()).await?;
    if is_wanted(reply.as_ref()) {
        play.tells(&instance, EventType::LicenseRequested);
    }
    play.ask_json(KEY, "the application sent again", &apply(&event, "device-1"), answered()).await?;
    let reply = play.ask_json(KEY, "another device", &apply(&fresh("e-"), "device-2"), answered()).await?;
    if is_wanted(reply.as_ref()) {
        play.tells(&instance, EventType::LicenseRequested);
    }
    let release = json!({ "activity": "releaseInstance", "instanceId": id.as_str() });
    play.ask_json(KEY, "released", &release, Expected::success()).await?;
    play.tells(&instance, EventType::Released);
    let gone = Expected::codes([ResultCode::InstanceNotFound]);
    play.ask_json(KEY, "a device applies after release", &apply(&fresh("e-"), "device-3"), gone).await?;
    Ok(())
}

/// License 1.0: retired, for products that are still in use.
pub(super) async fn life_of_a_retired_license(play: &mut Play<'_>) -> Result<(), CallError> {
    let (order, renewal) = (play.order(OrderType::New, 12), play.order(OrderType::Renew, 24));
    let (license, year, renewed) = (fresh("LICENSE-"), order.expire_time.to_string(), renewal.expire_time.to_string());
    let code = Subject::License(license.clone());
    let bought = [
        ("activity", "getLicense"),
        ("customerId", CUSTOMER),
        ("businessId", "b-1"),
        ("orderId", order.id.as_str()),
        ("productId", PRODUCT),
        ("expireTime", year.as_str()),
    ];
    let answered = Expected::codes([ResultCode::Success, ResultCode::Processing]);
    play.ask_v1(KEY, "a license bought", &bought, answered.clone()).await?;
    play.tells(&Subject::Order(order.id.clone()), EventType::LicenseRequested);
    play.ask_v1(KEY, "sent again", &bought, answered).await?;
    let of = |activity| [("activity", activity), ("license", license.as_str()), ("orderId", order.id.as_str())];
    let renewal = [
        ("activity", "refreshLicense"),
        ("license", license.as_str()),
        ("orderId", renewal.id.as_str()),
        ("expireTime", renewed.as_str()),
    ];
    play.ask_v1(KEY, "renewed", &renewal, Expected::success()).await?;
    play.tells(&code, EventType::LicenseRefreshed);
    play.ask_v1(KEY, "the period ended", &of("expireLicense"), Expected::success()).await?;
    play.tells(&code, EventType::LicenseFrozen);
    play.ask_v1(KEY, "released", &of("releaseLicense"), Expected::success()).await?;
    play.tells(&code, EventType::LicenseReleased);
    play.ask_v1(KEY, "released again", &of("releaseLicense"), Expected::success()).await?;
    Ok(())
}

/// The seller's application hears of an application that was taken.
fn is_wanted(reply: Option<&Reply>) -> bool {
    reply.is_some_and(|reply| matches!(reply.result_code, ResultCode::Success | ResultCode::Processing))
}

/// Makes a code known to whoever activates it or asks after it.
fn sold(play: &Play<'_>, license: &str) {
    let Some(open_api) = play.open_api else { return };
    let order = play.order(OrderType::New, 1);
    let info = LicenseInfo {
        status: Some(LicenseStatus::Alive),
        expire_time: Some(order.expire_time.to_string().into()),
        product_id: Some(made(PRODUCT.parse())),
        order_id: Some(made(order.id.parse())),
        amount: Some("1".to_owned()),
        activate_time: None,
    };
    open_api.put_license(made(license.parse()), info);
}

/// `20231027103015000` as getLicenseAsync writes it: `2023-10-27 10:30:15 z`.
fn spaced(digits: &str) -> Value {
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    let [year, month, day] = [part(0, 4), part(4, 6), part(6, 8)];
    format!("{year}-{month}-{day} {}:{}:{} z", part(8, 10), part(10, 12), part(12, 14)).into()
}
