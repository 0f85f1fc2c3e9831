//! SaaS V1.0: a product that was put on sale before V2.0, from purchase to release.

use koogallery::{InterfaceType, Reply, ResultCode};

use super::made::{Order, fresh, months_ahead};
use super::play::{Expected, Play};
use crate::marketplace::CallError;

const KEY: InterfaceType = InterfaceType::Basic;

pub(super) async fn life_of_an_instance(play: &mut Play<'_>) -> Result<(), CallError> {
    let order = Order::new();
    let (month, year) = (months_ahead(1).to_string(), months_ahead(12).to_string());
    let bought = |business: String, expire_time: String| {
        let parameters = [
            ("activity", "newInstance"),
            ("customerId", "simulated-customer"),
            ("customerName", "客户 一"),
            ("businessId", &business),
            ("orderId", &order.id),
            ("productId", "simulated-product"),
            ("chargingMode", "1"),
            ("expireTime", &expire_time),
            ("email", ""),
            ("testFlag", "0"),
        ];
        parameters.map(|(name, value)| (name, value.to_owned()))
    };
    let first = bought(fresh("b-"), month.clone());
    let reply = play.ask_v1(KEY, "a buyer pays", &borrowed(&first), Expected::provisioned()).await?;
    let Some(id) = reply.as_ref().and_then(|reply| reply.instance_id.clone()) else { return Ok(()) };
    play.require(tells_the_way_in(reply.as_ref()), "expected appInfo with 000000");
    let resent = bought(fresh("b-"), month);
    let again = play.ask_v1(KEY, "sent again", &borrowed(&resent), Expected::provisioned_as(&id)).await?;
    play.require(app_info(again.as_ref()) == app_info(reply.as_ref()), "expected the same appInfo");

    let of = |activity, more: &[(&'static str, &str)]| {
        let own = [("activity", activity), ("instanceId", id.as_str())];
        own.into_iter().chain(more.iter().copied()).map(|(name, value)| (name, value.to_owned())).collect::<Vec<_>>()
    };
    let known = Expected::codes([ResultCode::Success, ResultCode::Processing]);
    play.ask_v1(KEY, "what shall the buyer see?", &borrowed(&of("queryInstance", &[])), known).await?;

    let success = Expected::success;
    let renewal = of("refreshInstance", &[("orderId", &Order::new().id), ("expireTime", &year)]);
    play.ask_v1(KEY, "renewed", &borrowed(&renewal), success()).await?;
    play.ask_v1(KEY, "the renewal sent again", &borrowed(&renewal), success()).await?;
    let upgrade = Order::new().id;
    let upgrade =
        [("orderId", upgrade.as_str()), ("skuCode", "large"), ("productId", "simulated-product"), ("amount", "20")];
    play.ask_v1(KEY, "more users bought", &borrowed(&of("upgrade", &upgrade)), success()).await?;
    let frozen = of("instanceStatus", &[("instanceStatus", "FREEZE")]);
    play.ask_v1(KEY, "frozen", &borrowed(&frozen), success()).await?;
    let thawed = of("instanceStatus", &[("instanceStatus", "NORMAL")]);
    play.ask_v1(KEY, "thawed", &borrowed(&thawed), success()).await?;
    play.ask_v1(KEY, "the period ended", &borrowed(&of("expireInstance", &[])), success()).await?;
    for tried in ["released", "released again"] {
        play.ask_v1(KEY, tried, &borrowed(&of("releaseInstance", &[])), success()).await?;
    }
    let gone = Expected::codes([ResultCode::InstanceNotFound]);
    play.ask_v1(KEY, "renewed after release", &borrowed(&renewal), gone).await?;
    Ok(())
}

fn borrowed<'a>(parameters: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    parameters.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

fn app_info(reply: Option<&Reply>) -> Option<&koogallery::AppInfo> {
    reply?.app_info.as_ref()
}

fn tells_the_way_in(reply: Option<&Reply>) -> bool {
    reply.is_none_or(|reply| reply.result_code != ResultCode::Success || reply.app_info.is_some())
}
