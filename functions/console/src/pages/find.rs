//! The search: what a text is the id of. One thing is opened at once.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use koogallery_store::Subject;
use maud::html;
use serde::Deserialize;
use uuid::Uuid;

use crate::Console;
use crate::extract::QueryOf;
use crate::layout;
use crate::stop::Stop;
use crate::texts::{General, Lists};
use crate::view::{View, path_of};

/// What was typed.
#[derive(Deserialize)]
pub(crate) struct Typed {
    #[serde(default)]
    q: String,
}

/// Answers with what it means.
pub(crate) async fn find(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    QueryOf(Typed { q }): QueryOf<Typed>,
) -> Result<Response, Stop> {
    let typed = q.trim();
    if let Ok(event) = typed.parse::<Uuid>()
        && console.store.find_event(event).await?.is_some()
    {
        return Ok(Redirect::to(&view.at(format_args!("/events/{event}"))).into_response());
    }
    let found = if typed.is_empty() { Vec::new() } else { console.store.find(typed).await? };
    if let [one] = &*found {
        return Ok(Redirect::to(&view.at(path_of(one))).into_response());
    }
    let kind = |subject: &Subject| match subject {
        Subject::Instance(_) => Lists::Instance,
        Subject::Order(_) => Lists::Order,
        Subject::License(_) => Lists::License,
        Subject::Tenant(_) => Lists::Tenant,
        Subject::Warning(_) => Lists::Event,
    };
    let content = html! {
        @if found.is_empty() { p #nothing { (view.fill(Lists::FoundNothing, &[&typed])) } } @else {
            h2 { (view.fill(Lists::Found, &[&typed])) }
            ul { @for subject in &found { li { (view.say(kind(subject))) " " (view.link(subject)) } } }
        }
        (layout::search(&view, typed))
    };
    Ok(layout::page(&view, view.say(General::Search), None, &content).into_response())
}
