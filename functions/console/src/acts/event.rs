//! Resending one event, and giving one up.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use koogallery_store::{Action, Delivery, DiscardOutcome, EventRecord};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::{Done, act};
use crate::Console;
use crate::access::Role;
use crate::extract::{FormOf, PathOf, reason};
use crate::stop::{Failure, Stop};
use crate::texts::Acts;
use crate::view::View;

/// Why.
#[derive(Deserialize)]
pub(crate) struct Why {
    #[serde(default)]
    pub(crate) reason: String,
}

/// The forms on an event's page.
pub(crate) fn forms(view: &View, record: &EventRecord) -> Markup {
    let id = record.event.event_id;
    let nothing = html! {};
    html! {
        @if view.may(Role::Operator) {
            h2 { (view.say(Acts::Possible)) }
            div.acts {
                (act(view, "resend", Acts::Resend, Acts::ResendHelp, &format!("/events/{id}/resend"), &nothing, false))
                @if record.delivery() == Delivery::Parked {
                    (act(view, "discard", Acts::Discard, Acts::DiscardHelp, &format!("/events/{id}/discard"), &nothing, true))
                }
            }
        }
    }
}

/// Delivers an event once more.
pub(crate) async fn resend(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    PathOf(id): PathOf<Uuid>,
    FormOf(Why { reason: why }): FormOf<Why>,
) -> Result<Response, Stop> {
    let actor = view.actor(Some(reason(&why)?)).ok_or(Failure::NoOperator)?;
    let record = console.store.find_event(id).await?.ok_or(Stop::NotFound)?;
    let action = Action::new(&actor, Action::EVENT_RESENT, record.subject.clone().into(), view.now);
    console.store.resend_by(&record, &told(action, &record)).await?;
    Ok(Redirect::to(&view.at(Done::Resent.to(&format!("/events/{id}")))).into_response())
}

/// Gives a parked event up.
pub(crate) async fn discard(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    PathOf(id): PathOf<Uuid>,
    FormOf(Why { reason: why }): FormOf<Why>,
) -> Result<Response, Stop> {
    let actor = view.actor(Some(reason(&why)?)).ok_or(Failure::NoOperator)?;
    let record = console.store.find_event(id).await?.ok_or(Stop::NotFound)?;
    let action = Action::new(&actor, Action::EVENT_DISCARDED, record.subject.clone().into(), view.now);
    match console.store.discard(&record.subject, id, &told(action, &record)).await? {
        DiscardOutcome::Discarded => {
            Ok(Redirect::to(&view.at(Done::Discarded.to(&format!("/events/{id}")))).into_response())
        }
        DiscardOutcome::NotParked => Err(Stop::Conflict(Acts::NotParked, None)),
    }
}

/// The action, with the event's state before.
pub(crate) fn told(action: Action, record: &EventRecord) -> Action {
    let event = json!({ "eventId": record.event.event_id, "attempts": record.attempts });
    let delivery = match record.delivery() {
        Delivery::Undelivered => "undelivered",
        Delivery::Parked => "parked",
        Delivery::Delivered => "delivered",
        Delivery::Stopped => "stopped",
        Delivery::Discarded => "discarded",
    };
    let after = if action.what == Action::EVENT_DISCARDED { "discarded" } else { "undelivered" };
    let mut before = event.clone();
    before["delivery"] = delivery.into();
    action.from(before).to(json!({ "eventId": record.event.event_id, "delivery": after }))
}
