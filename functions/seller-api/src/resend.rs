//! Delivers events once more, whatever became of them.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use http::StatusCode;
use koogallery::{InstanceId, LicenseCode, OrderId, TenantId};
use koogallery_store::Action;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::SellerApi;
use crate::access::Allowed;
use crate::extract::{Body, optional_text};
use crate::problem::Problem;
use crate::subjects::subject;

/// Which events to deliver once more. Their subject may be given too. Events that a version without an index of
/// events wrote need it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Resend, examples(json!({
    "instanceId": "03pf80c2b8", "eventIds": ["019adb6c-2f00-7c11-8d5e-0123456789ab"],
})))]
pub(crate) struct ResendBody {
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
}

/// How many events are delivered once more.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({ "resent": 1 })))]
pub(crate) struct Resent {
    /// Their number.
    resent: usize,
}

/// Delivers events once more, whatever their delivery state.
#[utoipa::path(post, path = "/v1/events/resend", tag = "events", operation_id = "resendEvents",
    request_body = ResendBody,
    responses(
        (status = 202, description = "The events are delivered once more, at once", body = Resent),
        (status = 404, description = "One of the events does not exist; none is delivered once more"),
    ))]
pub(crate) async fn resend(
    State(api): State<Arc<SellerApi>>,
    Extension(allowed): Extension<Allowed>,
    Body(body): Body<ResendBody>,
) -> Result<(StatusCode, Json<Resent>), Problem> {
    let subject =
        subject(body.instance_id.as_ref(), body.order_id.as_ref(), body.license.as_ref(), body.tenant_id.as_ref())?;
    let events = api.chosen_events(subject.as_ref(), &body.event_ids).await?;
    let actor = allowed.actor(None)?;
    for event in &events {
        let action = Action::new(&actor, Action::EVENT_RESENT, event.subject.clone().into(), api.now());
        api.store().resend_by(event, &action.to(json!({ "eventId": event.event.event_id }))).await?;
    }
    Ok((StatusCode::ACCEPTED, Json(Resent { resent: events.len() })))
}
