//! What must be refused: calls that KooGallery did not make, or did not make now.

use koogallery::{Callback, InterfaceType, ResultCode, Timestamp};
use koogallery_open_api::OrderType;
use koogallery_runtime::now;
use koogallery_store::EventType;
use serde_json::json;

use super::SimulationError;
use super::family::Family;
use super::names::fresh;
use super::play::{Expected, Named, Play};
use super::seller_api::Subject;
use crate::marketplace::{SignedCall, new_nonce};

const CALLBACK: Callback = Callback::NewInstance;
const HOUR_IN_MILLIS: i64 = 3_600_000;

/// Each of them, against newInstance.
pub(super) async fn attacks(play: &mut Play<'_>) -> Result<(), SimulationError> {
    play.begins(Family::Saas, "attacks: what KooGallery did not send, or not now");
    let refused = Expected::codes([ResultCode::AuthenticationFailed]);
    let invalid = Expected::codes([ResultCode::InvalidParameter]);
    let key = play.stage.marketplace.key(InterfaceType::Basic)?.clone();
    let genuine = |body: &str| SignedCall::basic(&key, body, now(), &new_nonce());
    let body = purchase(&fresh("CS"));

    let mut forged = genuine(&body);
    forged.query[0].1 = "0".repeat(64);
    play.send(CALLBACK, "a made-up signature", forged, &refused).await?;

    let mut unsigned = genuine(&body);
    unsigned.query.remove(0);
    play.send(CALLBACK, "no signature", unsigned, &refused).await?;

    let mut changed = genuine(&body);
    changed.body = purchase(&fresh("CS")).into_bytes();
    play.send(CALLBACK, "another body under the signature", changed, &refused).await?;

    let hour_ago = Timestamp::from_millis(now().as_millis() - HOUR_IN_MILLIS);
    let stale = SignedCall::basic(&key, body.as_str(), hour_ago, &new_nonce());
    play.send(CALLBACK, "signed an hour ago", stale, &invalid).await?;

    let bought = [ResultCode::Success, ResultCode::Processing];
    let overheard = Expected { codes: bought.into(), instance: Named::Any };
    let order = play.bought(OrderType::New).await?;
    let captured = genuine(&purchase(&order));
    let reply = play.send(CALLBACK, "a genuine call, overheard", captured.clone(), &overheard).await?;
    let id = reply.and_then(|reply| reply.instance_id);
    if let Some(id) = &id {
        play.tells(&id.into(), EventType::Created);
    }
    play.send(CALLBACK, "the same call replayed", captured, &refused).await?;
    if let Some(id) = &id {
        let release = genuine(&json!({ "activity": "releaseInstance", "instanceId": id.as_str() }).to_string());
        let success = Expected::codes([ResultCode::Success]);
        play.send(Callback::ReleaseInstance, "the overheard purchase released", release, &success).await?;
        play.tells(&Subject::from(id), EventType::Released);
    }

    let order = fresh("CS");
    let notice = json!({ "activity": "orderNotify", "orderId": order, "orderLineId": order, "testFlag": "0" });
    let wrong_type = genuine(&notice.to_string());
    play.send(Callback::OrderNotify, "signed with another type's key", wrong_type, &refused).await?;

    // The seller warns of an order whose purchase it refused: nobody else may have this one.
    let incomplete = genuine(&json!({ "activity": "newInstance", "orderId": fresh("CS") }).to_string());
    play.send(CALLBACK, "half a request", incomplete, &invalid).await?;
    play.refuses_attacks();
    Ok(())
}

fn purchase(order: &str) -> String {
    let line = format!("{order}-000001");
    json!({ "activity": "newInstance", "businessId": fresh("b-"), "orderId": order, "orderLineId": line }).to_string()
}
