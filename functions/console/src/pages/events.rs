//! The list of events that the application does not have: those still to be delivered, and those that are parked.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use koogallery_store::{EventRecord, OpenEvents, OpenPlace};
use maud::{Markup, html};
use serde::Deserialize;

use super::jobs;
use super::listing::{PAGE, choice, place, ways};
use crate::Console;
use crate::access::Role;
use crate::extract::{QueryOf, given};
use crate::layout::{self, table};
use crate::stop::Stop;
use crate::texts::{Acts, General, Lists, event_type};
use crate::view::View;

/// Which events.
#[derive(Deserialize)]
pub(crate) struct Filters {
    #[serde(default)]
    state: Which,
    #[serde(default, rename = "type")]
    kind: String,
    from: Option<String>,
}

/// Their delivery state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Which {
    #[default]
    Parked,
    Undelivered,
}

impl Which {
    const fn word(self) -> &'static str {
        match self {
            Self::Parked => "parked",
            Self::Undelivered => "undelivered",
        }
    }
}

/// Answers with a page of them, the oldest of each of 16 parts first.
pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    QueryOf(Filters { state, kind, from }): QueryOf<Filters>,
) -> Result<Markup, Stop> {
    let which = match state {
        Which::Parked => OpenEvents::Parked,
        Which::Undelivered => OpenEvents::Undelivered,
    };
    let place: OpenPlace = place(from.as_deref())?.unwrap_or_default();
    let page = console.store.open_events(which, place, PAGE).await?;
    let wanted = given(Some(&kind));
    let fits = |event: &&EventRecord| wanted.is_none_or(|wanted| event_type(event.event.event_type).contains(wanted));
    let heads =
        [Lists::Event, Lists::Type, Lists::Subject, Lists::Happened, Lists::Attempts, Lists::NextTry, Lists::Problem];
    let heads = heads.map(|head| view.say(head));
    let rows: Vec<Vec<Markup>> = page.events.iter().filter(fits).map(|event| row(&view, event)).collect();
    let states = [(Which::Parked, Lists::ParkedEvents), (Which::Undelivered, Lists::Undelivered)];
    let states = states.map(|(state, word)| (state.word().to_owned(), view.say(word).to_owned()));
    let next = page.next.map(|place| place.to_string());
    let content = html! {
        form.filters {
            (choice(&view, view.say(Lists::State), "state", state.word(), false, &states))
            label { span { (view.say(Lists::Type)) } input name="type" value=(kind) maxlength="64"; }
            button { (view.say(General::Filter)) }
        }
        (table(&view, &heads, &rows))
        (ways(&view, "/events", &[("state", state.word()), ("type", &kind)], from.as_deref(), next.as_deref()))
        @if view.may(Role::Operator) {
            h2 { (view.say(Acts::ResendAll)) }
            (jobs::form(&view, state.word(), None))
        }
    };
    Ok(layout::page(&view, view.say(General::Events), None, &content))
}

fn row(view: &View, record: &EventRecord) -> Vec<Markup> {
    let id = record.event.event_id;
    vec![
        html! { a href=(view.at(format_args!("/events/{id}"))) { (id) } },
        html! { (event_type(record.event.event_type)) },
        view.link(&record.subject),
        view.time(record.event.occurred_at),
        html! { (record.attempts) },
        html! { @if let Some(at) = record.next_try_at { (view.time(at)) } },
        html! { @if let Some(problem) = &record.last_problem { (problem) } },
    ]
}
