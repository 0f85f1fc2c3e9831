//! SaaS V1.0: a product that was put on sale before V2.0, from purchase to release.

use std::time::Instant;

use koogallery::{InterfaceType, Reply, ResultCode};
use koogallery_open_api::OrderType;
use koogallery_store::EventType;

use super::made::{CUSTOMER, PRODUCT, fresh};
use super::play::{Expected, Play};
use super::seller_api::Subject;
use crate::marketplace::CallError;

const KEY: InterfaceType = InterfaceType::Basic;

pub(super) async fn life_of_an_instance(play: &mut Play<'_>) -> Result<(), CallError> {
    let (order, renewal) = (play.order(OrderType::New, 1), play.order(OrderType::Renew, 12));
    let (month, year) = (order.expire_time.to_string(), renewal.expire_time.to_string());
    let bought = |business: String| {
        let parameters = [
            ("activity", "newInstance"),
            ("customerId", CUSTOMER),
            ("customerName", "客户 一"),
            ("businessId", &business),
            ("orderId", &order.id),
            ("productId", PRODUCT),
            ("chargingMode", "1"),
            ("expireTime", &month),
            ("email", ""),
            ("testFlag", "0"),
        ];
        parameters.map(|(name, value)| (name, value.to_owned()))
    };
    let first = bought(fresh("b-"));
    let reply = play.ask_v1(KEY, "a buyer pays", &borrowed(&first), Expected::provisioned()).await?;
    let Some(id) = reply.as_ref().and_then(|reply| reply.instance_id.clone()) else { return Ok(()) };
    let instance = Subject::from(&id);
    play.tells(&instance, EventType::Created);
    play.require(tells_the_way_in(reply.as_ref()), "expected appInfo with 000000");
    let resent = bought(fresh("b-"));
    let again = play.ask_v1(KEY, "sent again", &borrowed(&resent), Expected::provisioned_as(&id)).await?;
    // The seller's application may have told another one in between.
    play.require(tells_the_way_in(again.as_ref()), "expected appInfo with 000000");

    let of = |activity, more: &[(&'static str, &str)]| {
        let own = [("activity", activity), ("instanceId", id.as_str())];
        own.into_iter().chain(more.iter().copied()).map(|(name, value)| (name, value.to_owned())).collect::<Vec<_>>()
    };
    let known = Expected::codes([ResultCode::Success, ResultCode::Processing]);
    let (query, since) = (of("queryInstance", &[]), Instant::now());
    loop {
        let reply = play.ask_v1(KEY, "what shall the buyer see?", &borrowed(&query), known.clone()).await?;
        if !play.asks_again(reply.as_ref(), since).await {
            break;
        }
    }

    let success = Expected::success;
    let renewal = of("refreshInstance", &[("orderId", &renewal.id), ("expireTime", &year)]);
    play.ask_v1(KEY, "renewed", &borrowed(&renewal), success()).await?;
    play.tells(&instance, EventType::Refreshed);
    play.ask_v1(KEY, "the renewal sent again", &borrowed(&renewal), success()).await?;
    let upgrade = play.order(OrderType::Change, 12).id;
    let upgrade = [("orderId", upgrade.as_str()), ("skuCode", "large"), ("productId", PRODUCT), ("amount", "20")];
    play.ask_v1(KEY, "more users bought", &borrowed(&of("upgrade", &upgrade)), success()).await?;
    play.tells(&instance, EventType::Upgraded);
    let frozen = of("instanceStatus", &[("instanceStatus", "FREEZE")]);
    play.ask_v1(KEY, "frozen", &borrowed(&frozen), success()).await?;
    play.tells(&instance, EventType::Frozen);
    let unfrozen = of("instanceStatus", &[("instanceStatus", "NORMAL")]);
    play.ask_v1(KEY, "unfrozen", &borrowed(&unfrozen), success()).await?;
    play.tells(&instance, EventType::Unfrozen);
    play.ask_v1(KEY, "the period ended", &borrowed(&of("expireInstance", &[])), success()).await?;
    play.tells(&instance, EventType::Frozen);
    play.ask_v1(KEY, "released", &borrowed(&of("releaseInstance", &[])), success()).await?;
    play.tells(&instance, EventType::Released);
    play.ask_v1(KEY, "released again", &borrowed(&of("releaseInstance", &[])), success()).await?;
    let gone = Expected::codes([ResultCode::InstanceNotFound]);
    play.ask_v1(KEY, "renewed after release", &borrowed(&renewal), gone).await?;
    Ok(())
}

fn borrowed<'a>(parameters: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    parameters.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

fn tells_the_way_in(reply: Option<&Reply>) -> bool {
    reply.is_none_or(|reply| reply.result_code != ResultCode::Success || reply.app_info.is_some())
}
