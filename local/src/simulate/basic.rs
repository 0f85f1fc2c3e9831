//! The basic V2.0 callbacks: what a buyer does, what a debug case does, what an attacker does.

use std::time::Instant;

use koogallery::{
    Callback, ChangeInstanceCheck, InstanceId, InstanceStatus, InterfaceType, NewInstance, OrderNotify, ProductInfo,
    QueryInstance, RefreshInstance, ReleaseInstance, Request, ResultCode, Scene, TestFlag, UpdateInstanceStatus,
    UpgradeInstance,
};
use koogallery_open_api::OrderType;
use koogallery_runtime::now;
use koogallery_store::EventType;

use super::made::{Order, fresh, made};
use super::play::{Expected, Play};
use super::seller_api::Subject;
use crate::marketplace::{CallError, SignedCall, new_nonce};

impl Order {
    fn purchase(&self, test_flag: TestFlag) -> NewInstance {
        NewInstance { test_flag, ..made(NewInstance::new(&self.id, &self.line, &fresh("b-"))) }
    }
}

fn refresh(id: &InstanceId, order: &Order, scene: Scene, test_flag: TestFlag) -> RefreshInstance {
    RefreshInstance {
        scene,
        order_id: made(order.id.parse()),
        order_line_id: Some(made(order.line.parse())),
        instance_id: id.clone(),
        product_id: None,
        expire_time: order.expire_time,
        test_flag,
        further: std::collections::BTreeMap::new(),
    }
}

fn status(id: &InstanceId, status: InstanceStatus, test_flag: TestFlag) -> UpdateInstanceStatus {
    UpdateInstanceStatus { instance_id: id.clone(), status, test_flag }
}

fn query(id: &InstanceId, test_flag: TestFlag) -> QueryInstance {
    QueryInstance { instance_ids: made_ids(id.as_str()), test_flag }
}

fn made_ids(ids: &str) -> koogallery::InstanceIds {
    ids.parse().unwrap_or_else(|error| unreachable!("{error}"))
}

fn release(id: &InstanceId, test_flag: TestFlag) -> ReleaseInstance {
    ReleaseInstance { instance_id: id.clone(), order_id: None, order_line_id: None, test_flag }
}

/// Buys an instance for another family to go on with.
pub(super) async fn bought(play: &mut Play<'_>, tried: &str) -> Result<Option<InstanceId>, CallError> {
    let order = play.order(OrderType::New, 1);
    let reply = play.ask(tried, &order.purchase(TestFlag::Real), Expected::provisioned()).await?;
    let id = reply.and_then(|reply| reply.instance_id);
    if let Some(id) = &id {
        play.tells(&id.into(), EventType::Created);
    }
    Ok(id)
}

/// Releases it again.
pub(super) async fn released(play: &mut Play<'_>, id: &InstanceId) -> Result<(), CallError> {
    play.ask("released", &release(id, TestFlag::Real), Expected::success()).await?;
    play.tells(&id.into(), EventType::Released);
    Ok(())
}

/// Bought, used, renewed, changed, frozen, refunded, released.
pub(super) async fn life_of_an_instance(play: &mut Play<'_>) -> Result<(), CallError> {
    const REAL: TestFlag = TestFlag::Real;
    let order = play.order(OrderType::New, 1);
    let bought = play.ask("a buyer pays", &order.purchase(REAL), Expected::provisioned()).await?;
    let Some(id) = bought.and_then(|reply| reply.instance_id) else { return Ok(()) };
    let instance = Subject::from(&id);
    play.tells(&instance, EventType::Created);
    let again = Expected::provisioned_as(&id);
    play.ask("sent again, with another businessId", &order.purchase(REAL), again.clone()).await?;
    play.ask("and again", &order.purchase(REAL), again).await?;

    let known = Expected::codes([ResultCode::Success, ResultCode::Processing]);
    let since = Instant::now();
    loop {
        let reply = play.ask("what shall the buyer see?", &query(&id, REAL), known.clone()).await?;
        if let Some(reply) = reply.as_ref().filter(|reply| reply.result_code == ResultCode::Success) {
            let listed = reply.info.as_ref().is_some_and(|info| info.iter().any(|info| info.instance_id == id));
            play.require(listed, "expected the instance in info");
        }
        if !play.asks_again(reply.as_ref(), since).await {
            break;
        }
    }

    let check = ChangeInstanceCheck {
        instance_id: id.clone(),
        product_info: ProductInfo { linear_value: Some(10.0), ..ProductInfo::default() },
        test_flag: REAL,
    };
    // The seller's rule may say no; that is an answer too.
    let either = Expected::codes([ResultCode::Success, ResultCode::InvalidParameter]);
    play.ask("may a renewal change the specification?", &check, either).await?;

    let renewed = refresh(&id, &play.order(OrderType::Renew, 12), Scene::Renewal, REAL);
    play.ask("renewed for a year", &renewed, Expected::success()).await?;
    play.tells(&instance, EventType::Refreshed);
    play.ask("the renewal sent again", &renewed, Expected::success()).await?;

    let upgrade = play.order(OrderType::Change, 12);
    let upgraded = UpgradeInstance {
        instance_id: id.clone(),
        order_id: made(upgrade.id.parse()),
        order_line_id: Some(made(upgrade.line.parse())),
        test_flag: REAL,
        product_id: None,
        further: std::collections::BTreeMap::new(),
    };
    play.ask("more users bought", &upgraded, Expected::success()).await?;
    play.tells(&instance, EventType::Upgraded);
    let changed = refresh(&id, &play.order(OrderType::Renew, 24), Scene::RenewalChange, REAL);
    play.ask("renewed with another specification", &changed, Expected::success()).await?;
    play.tells(&instance, EventType::Refreshed);

    play.ask("frozen", &status(&id, InstanceStatus::Freeze, REAL), Expected::success()).await?;
    play.tells(&instance, EventType::Frozen);
    play.ask("frozen again", &status(&id, InstanceStatus::Freeze, REAL), Expected::success()).await?;
    play.ask("unfrozen", &status(&id, InstanceStatus::Unfreeze, REAL), Expected::success()).await?;
    play.tells(&instance, EventType::Unfrozen);

    let refunded = refresh(&id, &play.order(OrderType::Unsubscribe, 1), Scene::UnsubscribeRenewalPeriod, REAL);
    play.ask("the renewal refunded", &refunded, Expected::success()).await?;
    play.tells(&instance, EventType::Refreshed);
    released(play, &id).await?;
    play.ask("released again", &release(&id, REAL), Expected::success()).await?;
    let gone = Expected::codes([ResultCode::InstanceNotFound]);
    let late = refresh(&id, &Order::new(1), Scene::Renewal, REAL);
    play.ask("renewed after release", &late, gone.clone()).await?;
    let stranger = made(fresh("unknown-").parse());
    play.ask("an instance that never was", &status(&stranger, InstanceStatus::Freeze, REAL), gone).await?;
    Ok(())
}

/// An order was paid; told twice. Only where there is a key for it.
pub(super) async fn order_notice(play: &mut Play<'_>) -> Result<(), CallError> {
    let order = play.order(OrderType::New, 1);
    let notice = OrderNotify {
        order_id: made(order.id.parse()),
        order_line_id: made(order.line.parse()),
        test_flag: TestFlag::Real,
    };
    play.ask("an order was paid", &notice, Expected::success()).await?;
    play.tells(&Subject::Order(order.id), EventType::OrderPaid);
    play.ask("the notice sent again", &notice, Expected::success()).await?;
    Ok(())
}

/// What KooGallery replays each morning and afternoon, for ever: also on instances long gone.
pub(super) async fn debug_calls(play: &mut Play<'_>) -> Result<(), CallError> {
    const DEBUG: TestFlag = TestFlag::Debug;
    let order = Order::new(12);
    let Some(reply) = play.ask("debug: bought", &order.purchase(DEBUG), Expected::provisioned()).await? else {
        return Ok(());
    };
    let Some(id) = reply.instance_id else { return Ok(()) };
    for round in ["debug", "debug, replayed after release"] {
        let tried = |what: &str| format!("{round}: {what}");
        let again = Expected::provisioned_as(&id);
        play.ask(&tried("bought again"), &order.purchase(DEBUG), again).await?;
        play.ask(&tried("queried"), &query(&id, DEBUG), Expected::success()).await?;
        let renewed = refresh(&id, &order, Scene::Renewal, DEBUG);
        play.ask(&tried("renewed"), &renewed, Expected::success()).await?;
        play.ask(&tried("frozen"), &status(&id, InstanceStatus::Freeze, DEBUG), Expected::success()).await?;
        play.ask(&tried("unfrozen"), &status(&id, InstanceStatus::Unfreeze, DEBUG), Expected::success()).await?;
        play.ask(&tried("released"), &release(&id, DEBUG), Expected::success()).await?;
    }
    let gone = Expected::codes([ResultCode::InstanceNotFound]);
    play.ask("debug state seen by a real query", &query(&id, TestFlag::Real), gone).await?;
    Ok(())
}

/// What must be refused.
pub(super) async fn attacks(play: &mut Play<'_>) -> Result<(), CallError> {
    const CALLBACK: Callback = Callback::NewInstance;
    let refused = || Expected::codes([ResultCode::AuthenticationFailed]);
    let invalid = || Expected::codes([ResultCode::InvalidParameter]);
    let body = Order::new(1).purchase(TestFlag::Real).to_body();
    let key = play.marketplace.key(InterfaceType::Basic)?.clone();
    let genuine = |body: &str| SignedCall::basic(&key, body, now(), &new_nonce());

    let mut forged = genuine(&body);
    forged.query[0].1 = "0".repeat(64);
    play.send(CALLBACK, "attack: a made-up signature", &forged, refused()).await?;

    let mut unsigned = genuine(&body);
    unsigned.query.remove(0);
    play.send(CALLBACK, "attack: no signature", &unsigned, refused()).await?;

    let mut changed = genuine(&body);
    changed.body = Order::new(1).purchase(TestFlag::Real).to_body().into_bytes();
    play.send(CALLBACK, "attack: another body under the signature", &changed, refused()).await?;

    let hour_ago = koogallery::Timestamp::from_millis(now().as_millis() - 3_600_000);
    let stale = SignedCall::basic(&key, body.as_str(), hour_ago, &new_nonce());
    play.send(CALLBACK, "attack: signed an hour ago", &stale, invalid()).await?;

    let captured = genuine(&play.order(OrderType::New, 1).purchase(TestFlag::Real).to_body());
    let bought = play.send(CALLBACK, "a genuine call, overheard", &captured, Expected::provisioned()).await?;
    let bought = bought.and_then(|reply| reply.instance_id);
    if let Some(id) = &bought {
        play.tells(&id.into(), EventType::Created);
    }
    play.send(CALLBACK, "attack: the same call replayed", &captured, refused()).await?;
    if let Some(id) = &bought {
        play.ask("the overheard purchase released", &release(id, TestFlag::Real), Expected::success()).await?;
        play.tells(&id.into(), EventType::Released);
    }

    let wrong_type = OrderNotify {
        order_id: made(fresh("CS").parse()),
        order_line_id: made(fresh("CS").parse()),
        test_flag: TestFlag::Real,
    };
    let wrong_type = SignedCall::basic(&key, wrong_type.to_body(), now(), &new_nonce());
    play.send(Callback::OrderNotify, "attack: signed with another type's key", &wrong_type, refused()).await?;

    let incomplete = genuine(r#"{"activity":"newInstance","orderId":"CS1"}"#);
    play.send(CALLBACK, "half a request", &incomplete, invalid()).await?;
    Ok(())
}
