//! Gives parked events up, so that what nobody needs any more does not keep an alarm red.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use koogallery::{InstanceId, LicenseCode, OrderId, TenantId, Text};
use koogallery_store::{Action, Delivery, DiscardOutcome};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::SellerApi;
use crate::access::Allowed;
use crate::extract::{Body, optional_text};
use crate::problem::{Kind, Problem};
use crate::subjects::subject;

/// Which events to give up, and why. Their subject may be given too. Events that a version without an index of events wrote
/// need it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Discard, examples(json!({
    "instanceId": "03pf80c2b8", "eventIds": ["019adb6c-2f00-7c11-8d5e-0123456789ab"],
    "reason": "the customer was moved by hand",
})))]
pub(crate) struct DiscardBody {
    /// The instance that all the events are about.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    instance_id: Option<InstanceId>,
    /// Or the order that they are about.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    order_id: Option<OrderId>,
    /// Or the license code that they are about.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    license: Option<LicenseCode>,
    /// Or the tenant that they are about.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    tenant_id: Option<TenantId>,
    /// The ids of the events.
    #[schema(min_items = 1, max_items = 100)]
    event_ids: Vec<Uuid>,
    /// Why nobody needs them any more. The history keeps it: write no personal data.
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 255)]
    reason: Text<255>,
}

/// How many events were given up.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({ "discarded": 1 })))]
pub(crate) struct DiscardedCount {
    /// Their number.
    discarded: usize,
}

/// Gives parked events up: they are not counted any more. The history keeps who and why.
///
/// A resend delivers a discarded event all the same.
#[utoipa::path(post, path = "/v1/events/discard", tag = "events", operation_id = "discardEvents",
    request_body = DiscardBody,
    responses(
        (status = 200, description = "The events are given up", body = DiscardedCount),
        (status = 404, description = "One of the events does not exist; none is given up"),
        (status = 409, description = "One of the events is not parked"),
    ))]
pub(crate) async fn discard(
    State(api): State<Arc<SellerApi>>,
    Extension(allowed): Extension<Allowed>,
    Body(body): Body<DiscardBody>,
) -> Result<Json<DiscardedCount>, Problem> {
    let of =
        subject(body.instance_id.as_ref(), body.order_id.as_ref(), body.license.as_ref(), body.tenant_id.as_ref())?;
    let not_parked = |id: &Uuid| {
        let detail = format!("event {id} is not parked: only what was tried for three days in vain can be given up");
        Problem::new(Kind::NotParked, detail)
    };
    // All of them are looked at before the first is given up.
    let events = api.chosen_events(of.as_ref(), &body.event_ids).await?;
    if let Some(other) = events.iter().find(|event| event.delivery() != Delivery::Parked) {
        return Err(not_parked(&other.event.event_id));
    }
    let actor = allowed.actor(Some(body.reason))?;
    for event in &events {
        let id = event.event.event_id;
        let action = Action::new(&actor, Action::EVENT_DISCARDED, event.subject.clone().into(), api.now());
        let action = action.to(json!({ "eventId": id }));
        match api.store().discard(&event.subject, id, &action).await? {
            DiscardOutcome::Discarded => {}
            DiscardOutcome::NotParked => return Err(not_parked(&id)),
        }
    }
    Ok(Json(DiscardedCount { discarded: events.len() }))
}
