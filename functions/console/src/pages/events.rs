//! The list of events that the application does not have: those still to be delivered, and those that are parked.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use koogallery_store::{Event, EventPage, EventRecord, EventType, OpenEvents, OpenPlace, StoreError};
use maud::{Markup, html};
use serde::Deserialize;

use super::jobs;
use super::listing::{choice, fitting, ways};
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
    /// The first day.
    since: Option<String>,
    /// The last day.
    until: Option<String>,
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
    QueryOf(Filters { state, kind, since, until, from }): QueryOf<Filters>,
) -> Result<Markup, Stop> {
    let which = match state {
        Which::Parked => OpenEvents::Parked,
        Which::Undelivered => OpenEvents::Undelivered,
    };
    let (since, until) = (given(since.as_deref()), given(until.as_deref()));
    let refused = |name: &str| Stop::Invalid(Acts::BadField, Some(name.to_owned()));
    let begin = since.map(|day| view.zone.begin(day).ok_or_else(|| refused("since"))).transpose()?;
    let end = until.map(|day| jobs::end_of(&view, day).ok_or_else(|| refused("until"))).transpose()?;
    // What is no type is ignored.
    let kind = EventType::ALL.iter().copied().find(|known| event_type(*known) == kind.trim());
    let fits = |record: &EventRecord| {
        let Event { event_type, occurred_at, .. } = &record.event;
        kind.is_none_or(|kind| kind == *event_type)
            && begin.is_none_or(|begin| *occurred_at >= begin)
            && end.is_none_or(|end| *occurred_at < end)
    };
    let store = &console.store;
    let read = |place: OpenPlace, limit| async move {
        let EventPage { events, next } = store.open_events(which, place, limit).await?;
        Ok::<_, StoreError>((events, next))
    };
    let (events, next) = fitting(from.as_deref(), read, fits).await?;
    let heads =
        [Lists::Event, Lists::Type, Lists::Subject, Lists::Happened, Lists::Attempts, Lists::NextTry, Lists::Problem];
    let heads = heads.map(|head| view.say(head));
    let rows: Vec<Vec<Markup>> = events.iter().map(|event| row(&view, event)).collect();
    let states = [(Which::Parked, Lists::ParkedEvents), (Which::Undelivered, Lists::Undelivered)];
    let states = states.map(|(state, word)| (state.word().to_owned(), view.say(word).to_owned()));
    let chosen = kind.map(event_type).unwrap_or_default();
    let kept = [
        ("state", state.word()),
        ("type", chosen.as_str()),
        ("since", since.unwrap_or_default()),
        ("until", until.unwrap_or_default()),
    ];
    let is_filtered = kind.is_some() || begin.is_some() || end.is_some();
    let content = html! {
        form.filters {
            (choice(&view, view.say(Lists::State), "state", state.word(), false, &states))
            (jobs::types(&view, kind))
            label { span { (view.say(Lists::From)) } input type="date" name="since" value=[since]; }
            label { span { (view.say(Lists::To)) } input type="date" name="until" value=[until]; }
            button { (view.say(General::Filter)) }
        }
        @if is_filtered { p.quiet { (view.say(Lists::ShortPage)) } }
        (table(&view, &heads, &rows))
        (ways(&view, "/events", &kept, from.as_deref(), next.as_deref()))
        p.quiet { (view.say(Lists::DeliveredLate)) }
        @if view.may(Role::Operator) {
            h2 { (view.say(Acts::ResendAll)) }
            (jobs::form(&view, state.word(), &jobs::First { since, until, kind }))
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
