//! What debug calls left goes by itself after two weeks; an operator may want it gone before.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use koogallery_store::{About, Action};
use maud::{Markup, html};
use serde::Deserialize;

use super::{Done, act};
use crate::Console;
use crate::extract::{FormOf, given, reason};
use crate::stop::{Failure, Stop};
use crate::texts::Acts;
use crate::view::View;

/// The longest id.
const LONGEST: usize = 128;

/// The form that deletes it.
pub(crate) fn form(view: &View) -> Markup {
    let fields = html! {
        label {
            span { (view.say(Acts::DebugId)) }
            input name="id" required maxlength=(LONGEST) autocomplete="off";
        }
    };
    act(view, "forget", Acts::ForgetDebug, Acts::ForgetDebugHelp, "/probes/forget", &fields, true)
}

/// Of which id, and why.
#[derive(Deserialize)]
pub(crate) struct Forgetting {
    id: Option<String>,
    #[serde(default)]
    reason: String,
}

/// Deletes what debug calls left below an id.
pub(crate) async fn forget(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    FormOf(Forgetting { id, reason: why }): FormOf<Forgetting>,
) -> Result<Response, Stop> {
    let actor = view.actor(Some(reason(&why)?)).ok_or(Failure::NoOperator)?;
    let id = given(id.as_deref()).filter(|id| id.len() <= LONGEST);
    let id = id.ok_or_else(|| Stop::Invalid(Acts::BadField, Some("id".to_owned())))?;
    let action = Action::new(&actor, Action::DEBUG_DATA_FORGOTTEN, About::Deployment, view.now);
    let gone = console.store.forget_debug(id, &action).await?;
    let done = if gone == 0 { Done::NothingForgotten } else { Done::Forgotten };
    Ok(Redirect::to(&view.at(done.to("/probes"))).into_response())
}
