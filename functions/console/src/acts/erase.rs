//! Erasing at once the personal data of something released.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use koogallery::{InstanceId, LicenseCode};
use koogallery_store::{Action, Erased, Lifecycle, Status, Subject};
use koogallery_waiting::path_of;
use maud::{Markup, html};
use serde::Deserialize;

use super::{Done, act, confirm_field};
use crate::Console;
use crate::access::Role;
use crate::extract::{FormOf, PathOf, reason};
use crate::stop::{Failure, Stop};
use crate::texts::Acts;
use crate::view::View;

/// The form on the page of something released.
pub(crate) fn form(view: &View, of: &Subject, life: &Lifecycle) -> Markup {
    let can = life.status == Status::Released && life.erased_at.is_none() && view.may(Role::Administrator);
    let path = format!("{}/erase", path_of(of));
    html! { @if can { (act(view, "erase", Acts::Erase, Acts::EraseHelp, &path, &confirm_field(view), true)) } }
}

/// That somebody is sure, and why.
#[derive(Deserialize)]
pub(crate) struct Sure {
    #[serde(default)]
    confirm: bool,
    #[serde(default)]
    reason: String,
}

/// Erases what is known of the people behind an instance.
pub(crate) async fn instance(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    PathOf(id): PathOf<InstanceId>,
    FormOf(sure): FormOf<Sure>,
) -> Result<Response, Stop> {
    erase(&console, &view, Subject::Instance(id), sure).await
}

/// Erases what is known of the people behind a license code.
pub(crate) async fn license(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    PathOf(code): PathOf<LicenseCode>,
    FormOf(sure): FormOf<Sure>,
) -> Result<Response, Stop> {
    erase(&console, &view, Subject::License(code), sure).await
}

async fn erase(console: &Console, view: &View, of: Subject, sure: Sure) -> Result<Response, Stop> {
    let actor = view.actor(Some(reason(&sure.reason)?)).ok_or(Failure::NoOperator)?;
    if !sure.confirm {
        return Err(Stop::Invalid(Acts::NeedsConfirm, None));
    }
    let action = Action::new(&actor, Action::PERSONAL_DATA_ERASED, of.clone().into(), view.now);
    let done = match console.store.erase_by(&of, &action).await? {
        Erased::Done(_) => Done::Erased,
        Erased::Before => Done::ErasedBefore,
        Erased::Unknown => return Err(Stop::NotFound),
        Erased::NotDue => return Err(Stop::Conflict(Acts::NotReleased, None)),
    };
    Ok(Redirect::to(&view.at(done.to(&path_of(&of)))).into_response())
}
