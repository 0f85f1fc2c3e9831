//! The search: what a text is the id of. One thing is opened at once. What no key leads to is looked for among what came last, and the
//! page says how far that is.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use koogallery_store::{FoundCall, Subject};
use koogallery_waiting::path_of;
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use super::people;
use crate::Console;
use crate::access::Role;
use crate::extract::QueryOf;
use crate::layout::{self, table};
use crate::stop::Stop;
use crate::texts::{General, Lists};
use crate::view::View;

/// A shorter text is no request id.
const SHORTEST_REQUEST_ID: usize = 8;

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
    let calls = if found.is_empty() && may_be_request_id(typed) {
        console.store.recent_calls_with(typed).await?
    } else {
        Vec::new()
    };
    let content = html! {
        @if !found.is_empty() {
            h2 { (view.fill(Lists::Found, &[&typed])) }
            ul { @for subject in &found { li { (view.say(kind(subject))) " " (view.link(subject)) } } }
        } @else if !calls.is_empty() {
            h2 { (view.fill(Lists::FoundCalls, &[&typed])) }
            (called(&view, &calls))
        } @else {
            p #nothing { (view.fill(Lists::FoundNothing, &[&typed])) }
            p.quiet { (view.say(Lists::FoundNoCall)) }
        }
        (layout::search(&view, typed))
        @if view.may(Role::Operator) { div.acts { (people::form(&view, None)) } }
    };
    Ok(layout::page(&view, view.say(General::Search), None, &content).into_response())
}

const fn kind(subject: &Subject) -> Lists {
    match subject {
        Subject::Instance(_) => Lists::Instance,
        Subject::Order(_) => Lists::Order,
        Subject::License(_) => Lists::License,
        Subject::Tenant(_) => Lists::Tenant,
        Subject::Warning(_) => Lists::Event,
    }
}

/// Whether a gateway may have given this id to a request.
fn may_be_request_id(text: &str) -> bool {
    text.len() >= SHORTEST_REQUEST_ID && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn called(view: &View, calls: &[FoundCall]) -> Markup {
    let heads =
        [Lists::When, Lists::Callback, Lists::Answer, Lists::Subject, Lists::Problem].map(|head| view.say(head));
    let row = |found: &FoundCall| {
        let said = &found.call.call;
        vec![
            view.time(found.call.last_at),
            html! { (said.callback) },
            view.code(said.result_code),
            view.link(&found.subject),
            html! { @if let Some(reason) = &said.reason { (reason) } },
        ]
    };
    table(view, &heads, &calls.iter().map(row).collect::<Vec<_>>())
}
