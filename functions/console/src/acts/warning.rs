//! What people say about a warning: it is known, or they want to hear of it later.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use koogallery_store::{Warning, WarningAnswer, WarningAnswered, WarningId};
use maud::{Markup, html};
use serde::Deserialize;

use super::event::Why;
use super::{Done, act};
use crate::Console;
use crate::extract::{FormOf, PathOf, reason};
use crate::stop::{Failure, Stop};
use crate::texts::{Acts, Warnings};
use crate::view::View;

/// For how long a warning can be snoozed, in hours.
const LENGTHS: [(u16, Warnings); 5] = [
    (1, Warnings::OneHour),
    (4, Warnings::FourHours),
    (24, Warnings::OneDay),
    (72, Warnings::ThreeDays),
    (168, Warnings::OneWeek),
];

/// The forms on a warning's page.
pub(crate) fn forms(view: &View, warning: &Warning) -> Markup {
    let path = |act: &str| format!("/warnings/{}/{act}", warning.warning_id);
    let nothing = html! {};
    let length = html! {
        label {
            span { (view.say(Warnings::SnoozeFor)) }
            select name="hours" { @for (hours, text) in LENGTHS { option value=(hours) { (view.say(text)) } } }
        }
    };
    html! {
        h2 { (view.say(Acts::Possible)) }
        div.acts {
            (act(view, "acknowledge", Acts::Acknowledge, Acts::AcknowledgeHelp, &path("acknowledge"), &nothing, false))
            (act(view, "snooze", Acts::Snooze, Acts::SnoozeHelp, &path("snooze"), &length, false))
        }
    }
}

/// Ends a warning.
pub(crate) async fn acknowledge(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    PathOf(id): PathOf<WarningId>,
    FormOf(Why { reason: why }): FormOf<Why>,
) -> Result<Response, Stop> {
    answer(&console, &view, &id, WarningAnswer::Acknowledge, &why, Done::Acknowledged).await
}

/// For how long, and why.
#[derive(Deserialize)]
pub(crate) struct Later {
    #[serde(default)]
    hours: u16,
    #[serde(default)]
    reason: String,
}

/// Has a warning raised once more later.
pub(crate) async fn snooze(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    PathOf(id): PathOf<WarningId>,
    FormOf(Later { hours, reason: why }): FormOf<Later>,
) -> Result<Response, Stop> {
    if !LENGTHS.iter().any(|(known, _)| *known == hours) {
        return Err(Stop::Invalid(Acts::BadField, Some("hours".to_owned())));
    }
    let until = view.now.saturating_add(Duration::from_hours(hours.into()));
    answer(&console, &view, &id, WarningAnswer::Snooze(until), &why, Done::Snoozed).await
}

async fn answer(
    console: &Console,
    view: &View,
    id: &WarningId,
    answer: WarningAnswer,
    why: &str,
    done: Done,
) -> Result<Response, Stop> {
    let actor = view.actor(Some(reason(why)?)).ok_or(Failure::NoOperator)?;
    match console.store.answer_warning(id, answer, &actor, view.now).await? {
        WarningAnswered::Done(_) => Ok(Redirect::to(&view.at(done.to(&format!("/warnings/{id}")))).into_response()),
        WarningAnswered::Ended(_) => Err(Stop::Conflict(Acts::HasEnded, None)),
        WarningAnswered::Unknown => Err(Stop::NotFound),
    }
}
