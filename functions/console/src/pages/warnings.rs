//! Warnings: the list of those that stand, and the page of one.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use koogallery::ResultCode;
use koogallery_store::{Cause, Warning, WarningId};
use koogallery_waiting::cause;
use maud::{Markup, html};
use serde::Deserialize;

use super::listing::{choice, fitting, ways};
use crate::Console;
use crate::access::Role;
use crate::acts::{Said, said, warning};
use crate::extract::{PathOf, QueryOf, given};
use crate::layout::{self, table};
use crate::stop::Stop;
use crate::texts::{Acts, General, Home, Lists, Warnings};
use crate::view::View;

/// Which warnings, and which page.
#[derive(Deserialize)]
pub(crate) struct Filters {
    cause: Option<String>,
    from: Option<String>,
}

/// Lists those that stand: those that are snoozed too, the latest first.
pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    QueryOf(filters): QueryOf<Filters>,
) -> Result<Markup, Stop> {
    let wanted: Option<Cause> = given(filters.cause.as_deref())
        .map(|word| word.parse().map_err(|_| Stop::Invalid(Acts::BadField, Some("cause".to_owned()))))
        .transpose()?;
    let read = |place, limit| console.store.standing_warnings(place, limit);
    let fits = |warning: &Warning| wanted.is_none_or(|wanted| warning.cause == wanted);
    let (mut warnings, next) = fitting(filters.from.as_deref(), read, fits).await?;
    warnings.sort_by_key(|warning| (std::cmp::Reverse(warning.raised_at), warning.warning_id.clone()));
    let heads = [Warnings::Cause, Warnings::About, Warnings::Raised].map(|head| view.say(head));
    let heads = [&heads[..], &[view.say(Home::Deadline), view.say(Warnings::State)]].concat();
    let rows: Vec<Vec<Markup>> = warnings.iter().map(|warning| row(&view, warning)).collect();
    let choices: Vec<(String, String)> =
        Cause::ALL.iter().map(|known| (known.to_string(), cause(view.language, *known).to_owned())).collect();
    let chosen = wanted.map(|wanted| wanted.to_string()).unwrap_or_default();
    let content = html! {
        form.filters {
            (choice(&view, view.say(Warnings::Cause), "cause", &chosen, true, &choices))
            button { (view.say(General::Filter)) }
        }
        @if wanted.is_some() { p.quiet { (view.say(Lists::ShortPage)) } }
        (table(&view, &heads, &rows))
        (ways(&view, "/warnings", &[("cause", &chosen)], filters.from.as_deref(), next.as_deref()))
    };
    Ok(layout::page(&view, view.say(Warnings::Title), None, &content))
}

fn row(view: &View, warning: &Warning) -> Vec<Markup> {
    let to = view.at(format_args!("/warnings/{}", warning.warning_id));
    vec![
        html! { a href=(to) { (cause(view.language, warning.cause)) } },
        view.link_about(&warning.about),
        view.time(warning.raised_at),
        html! { @if let Some(due) = warning.due_at { (view.time(due)) } },
        html! { (state(view, warning)) },
    ]
}

fn state(view: &View, warning: &Warning) -> String {
    match (warning.ended_at, warning.snoozed_until.filter(|until| *until > view.now)) {
        (Some(at), _) => view.fill(Warnings::Ended, &[&view.told(at)]),
        (None, Some(until)) => view.fill(Warnings::Snoozed, &[&view.told(until)]),
        (None, None) => view.say(Warnings::Stands).to_owned(),
    }
}

/// What else a warning says: of a call that failed, its answer.
fn said_of(view: &View, detail: &str) -> Markup {
    let answered = detail.rsplit_once(' ').and_then(|(call, code)| Some((call, code.parse::<ResultCode>().ok()?)));
    html! {
        @if let Some((call, code)) = answered { (call) " " (view.code(code)) } @else { (detail) }
    }
}

/// The page of one, also of one that has ended.
pub(crate) async fn get(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    PathOf(id): PathOf<WarningId>,
    QueryOf(done): QueryOf<Said>,
) -> Result<Markup, Stop> {
    let warning = console.store.warning(&id).await?.ok_or(Stop::NotFound)?;
    let content = html! {
        (said(&view, &done))
        p.says { (cause(view.language, warning.cause)) }
        dl.facts {
            dt { (view.say(Warnings::About)) } dd { (view.link_about(&warning.about)) }
            @if let Some(detail) = &warning.detail { dt { (view.say(Warnings::Detail)) } dd { (said_of(&view, detail)) } }
            dt { (view.say(Home::Since)) } dd { (view.time(warning.since)) }
            dt { (view.say(Warnings::Raised)) } dd { (view.time(warning.raised_at)) }
            @if let Some(due) = warning.due_at { dt { (view.say(Home::Deadline)) } dd { (view.time(due)) } }
            dt { (view.say(Warnings::State)) } dd #state { (state(&view, &warning)) }
            @if let Some(answered) = &warning.answered {
                @let why = answered.reason.as_ref().map(koogallery::Text::as_str).unwrap_or_default();
                dt { (view.say(Warnings::Answered)) }
                dd { (view.fill(Warnings::AnsweredBy, &[&answered.by.as_str(), &view.told(answered.at), &why])) }
            }
        }
        @if warning.ended_at.is_none() && view.may(Role::Operator) { (warning::forms(&view, &warning)) }
    };
    Ok(layout::page(&view, view.say(Warnings::One), None, &content))
}
