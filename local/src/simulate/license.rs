//! License products: codes that KooGallery makes, licenses that a device applies for, and the retired interface.

use koogallery::{InterfaceType, ResultCode};
use koogallery_runtime::now;
use serde_json::{Value, json};

use super::made::{Order, fresh, months_ahead};
use super::play::{Expected, Play};
use crate::marketplace::{CallError, Zone, time_stamp};

const KEY: InterfaceType = InterfaceType::License;

/// License 2.0: the seller may hear of a code here before anyone has activated it.
pub(super) async fn life_of_a_code(play: &mut Play<'_>) -> Result<(), CallError> {
    let license = fresh("LICENSE-");
    let refresh = |order: &Order, scene: &str, months: u32| {
        json!({ "activity": "refreshLicenseCode", "scene": scene, "orderId": order.id, "orderLineId": order.line,
            "license": license, "expireTime": months_ahead(months).to_string() })
    };
    let status = |status: &str| json!({ "activity": "updateLicenseCodeStatus", "license": license, "status": status });
    let release = json!({ "activity": "releaseLicenseCode", "license": license });

    let success = Expected::success;
    let renewal = refresh(&Order::new(), "RENEWAL", 12);
    play.ask_json(KEY, "a code renewed before it was activated", &renewal, success()).await?;
    play.ask_json(KEY, "the renewal sent again", &renewal, success()).await?;
    play.ask_json(KEY, "frozen", &status("FREEZE"), success()).await?;
    play.ask_json(KEY, "thawed", &status("UNFREEZE"), success()).await?;
    let refund = refresh(&Order::new(), "UNSUBSCRIBE_RENEWAL_PERIOD", 1);
    play.ask_json(KEY, "the renewal refunded", &refund, success()).await?;
    for tried in ["released", "released again"] {
        play.ask_json(KEY, tried, &release, success()).await?;
    }
    let gone = Expected::codes([ResultCode::InstanceNotFound]);
    play.ask_json(KEY, "renewed after release", &refresh(&Order::new(), "RENEWAL", 24), gone).await?;
    Ok(())
}

/// Online License: an entitlement, from which devices get their licenses.
pub(super) async fn life_of_an_entitlement(play: &mut Play<'_>) -> Result<(), CallError> {
    let order = Order::new();
    let purchase =
        json!({ "activity": "newInstance", "orderId": order.id, "orderLineId": order.line, "businessId": fresh("b-") });
    let bought = play.ask_json(KEY, "an entitlement bought", &purchase, Expected::provisioned()).await?;
    let Some(id) = bought.and_then(|reply| reply.instance_id) else { return Ok(()) };
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
    play.ask_json(KEY, "a device applies", &apply(&event, "device-1"), answered()).await?;
    play.ask_json(KEY, "the application sent again", &apply(&event, "device-1"), answered()).await?;
    play.ask_json(KEY, "another device", &apply(&fresh("e-"), "device-2"), answered()).await?;
    let release = json!({ "activity": "releaseInstance", "instanceId": id.as_str() });
    play.ask_json(KEY, "released", &release, Expected::success()).await?;
    let gone = Expected::codes([ResultCode::InstanceNotFound]);
    play.ask_json(KEY, "a device applies after release", &apply(&fresh("e-"), "device-3"), gone).await?;
    Ok(())
}

/// License 1.0: retired, for products that are still in use.
pub(super) async fn life_of_a_retired_license(play: &mut Play<'_>) -> Result<(), CallError> {
    let (order, license, year) = (fresh("CS"), fresh("LICENSE-"), months_ahead(12).to_string());
    let bought = [
        ("activity", "getLicense"),
        ("customerId", "simulated-customer"),
        ("businessId", "b-1"),
        ("orderId", order.as_str()),
        ("productId", "simulated-product"),
        ("expireTime", year.as_str()),
    ];
    let made = Expected::codes([ResultCode::Success, ResultCode::Processing]);
    play.ask_v1(KEY, "a license bought", &bought, made.clone()).await?;
    play.ask_v1(KEY, "sent again", &bought, made).await?;
    let of = [("license", license.as_str()), ("orderId", order.as_str())];
    let call = |activity: &'static str| [&[("activity", activity)], &of[..]].concat();
    let renewal = [&call("refreshLicense")[..], &[("expireTime", year.as_str())]].concat();
    play.ask_v1(KEY, "renewed", &renewal, Expected::success()).await?;
    play.ask_v1(KEY, "the period ended", &call("expireLicense"), Expected::success()).await?;
    for tried in ["released", "released again"] {
        play.ask_v1(KEY, tried, &call("releaseLicense"), Expected::success()).await?;
    }
    Ok(())
}

/// `20231027103015000` as getLicenseAsync writes it: `2023-10-27 10:30:15 z`.
fn spaced(digits: &str) -> Value {
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    let [year, month, day] = [part(0, 4), part(4, 6), part(6, 8)];
    format!("{year}-{month}-{day} {}:{}:{} z", part(8, 10), part(10, 12), part(12, 14)).into()
}
