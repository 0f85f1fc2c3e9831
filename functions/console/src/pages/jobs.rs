//! Jobs: events that match are delivered once more, a few at each step. The page of a job does its next step and asks the browser to
//! come again, so a job goes on as long as somebody looks at it, needs no JavaScript, and goes on later where it was left.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use koogallery::Timestamp;
use koogallery_store::{About, Action, EventType, JobOf, ResendJob, Subject};
use koogallery_waiting::number;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::listing::choice;
use crate::Console;
use crate::access::Role;
use crate::acts::reason_field;
use crate::extract::{FormOf, PathOf, given, reason};
use crate::job;
use crate::layout::{self, table};
use crate::stop::{Failure, Stop};
use crate::texts::{Acts, General, Lists, event_type};
use crate::view::View;

/// No zone here has summer time.
const DAY: Duration = Duration::from_hours(24);
/// So many jobs are shown: the newest.
const SHOWN: i32 = 50;

/// What the fields of the form say at first: what a list shows.
#[derive(Debug, Default)]
pub(crate) struct First<'a> {
    pub(crate) since: Option<&'a str>,
    pub(crate) until: Option<&'a str>,
    pub(crate) kind: Option<EventType>,
}

/// The form that begins one of what a list shows.
pub(crate) fn form(view: &View, of: &str, first: &First<'_>) -> Markup {
    let which = html! { input type="hidden" name="of" value=(of); };
    html! { div.acts { (beginning(view, Acts::ResendAll, &which, first)) } }
}

/// The form that begins one of all events of one thing.
pub(crate) fn form_of(view: &View, subject: &Subject) -> Markup {
    let which = html! {
        input type="hidden" name="of" value="subject";
        input type="hidden" name="subject" value=(subject.partition());
    };
    beginning(view, Acts::ResendOfThis, &which, &First::default())
}

fn beginning(view: &View, title: Acts, which: &Markup, first: &First<'_>) -> Markup {
    html! {
        details #resend-all {
            summary { (view.say(title)) }
            p.quiet { (view.say(Acts::ResendAllHelp)) }
            form method="post" action=(view.at("/jobs")) {
                (which)
                label { span { (view.say(Acts::ResendSince)) } input type="date" name="since" value=[first.since]; }
                label { span { (view.say(Acts::ResendUntil)) } input type="date" name="until" value=[first.until]; }
                (types(view, first.kind))
                (reason_field(view))
                button.main { (view.say(Acts::Start)) }
            }
        }
    }
}

/// The field with the types of events. Blank means all.
pub(crate) fn types(view: &View, chosen: Option<EventType>) -> Markup {
    let all: Vec<(String, String)> =
        EventType::ALL.iter().map(|kind| event_type(*kind)).map(|word| (word.clone(), word)).collect();
    let chosen = chosen.map(event_type).unwrap_or_default();
    choice(view, view.say(Lists::Type), "type", &chosen, true, &all)
}

/// Which events to deliver once more, and why.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    of: Of,
    subject: Option<Subject>,
    since: Option<String>,
    until: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    reason: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Of {
    Parked,
    Undelivered,
    Subject,
}

/// Begins a job, and leads to its page.
pub(crate) async fn begin(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    FormOf(wanted): FormOf<Wanted>,
) -> Result<Response, Stop> {
    let refused = |name: &str| Stop::Invalid(Acts::BadField, Some(name.to_owned()));
    let reason = reason(&wanted.reason)?;
    let actor = view.actor(Some(reason.clone())).ok_or(Failure::NoOperator)?;
    let of = match (wanted.of, wanted.subject) {
        (Of::Parked, None) => JobOf::Parked,
        (Of::Undelivered, None) => JobOf::Undelivered,
        (Of::Subject, Some(subject)) => JobOf::Subject { subject },
        _ => return Err(refused("subject")),
    };
    let since =
        given(wanted.since.as_deref()).map(|day| view.zone.begin(day).ok_or_else(|| refused("since"))).transpose()?;
    let until =
        given(wanted.until.as_deref()).map(|day| end_of(&view, day).ok_or_else(|| refused("until"))).transpose()?;
    let kind = given(wanted.kind.as_deref()).map(|kind| serde_json::from_value(json!(kind))).transpose();
    let job = ResendJob {
        id: Uuid::now_v7(),
        by: actor.by.clone(),
        reason,
        of,
        since,
        until,
        event_type: kind.map_err(|_| refused("type"))?,
        began_at: view.now,
        place: None,
        seen: 0,
        resent: 0,
        events: Vec::new(),
        ended_at: None,
        version: 0,
    };
    let about = match &job.of {
        JobOf::Subject { subject } => About::Subject(subject.clone()),
        JobOf::Parked | JobOf::Undelivered => About::Deployment,
    };
    let told = json!({ "jobId": job.id, "since": job.since, "until": job.until, "type": job.event_type });
    let action = Action::new(&actor, Action::JOB_BEGUN, about, view.now).to(told);
    console.store.begin_job(&job, &action).await?;
    Ok(Redirect::to(&view.at(format_args!("/jobs/{}", job.id))).into_response())
}

/// When a day of the reader's zone is over.
pub(crate) fn end_of(view: &View, day: &str) -> Option<Timestamp> {
    Some(view.zone.begin(day)?.saturating_add(DAY))
}

/// Lists them, the newest first.
pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
) -> Result<Markup, Stop> {
    let jobs = console.store.jobs(SHOWN).await?;
    let heads = [Lists::Began, Lists::Who, Lists::State, Lists::Seen, Lists::Resent].map(|head| view.say(head));
    let mut heads = heads.to_vec();
    heads.push(view.say(General::Reason));
    let rows: Vec<Vec<Markup>> = jobs
        .iter()
        .map(|job| {
            vec![
                html! { a href=(view.at(format_args!("/jobs/{}", job.id))) { (view.time(job.began_at)) } },
                html! { (job.by.as_str()) },
                html! { (state(&view, job)) },
                html! { (number(job.seen)) },
                html! { (number(job.resent)) },
                html! { (job.reason.as_str()) },
            ]
        })
        .collect();
    Ok(layout::page(&view, view.say(General::Jobs), None, &table(&view, &heads, &rows)))
}

fn state(view: &View, job: &ResendJob) -> &'static str {
    view.say(if job.ended_at.is_some() { Lists::Ended } else { Lists::Running })
}

/// Shows one, after its next step if the reader may act.
pub(crate) async fn get(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    PathOf(id): PathOf<Uuid>,
) -> Result<Markup, Stop> {
    let mut job = console.store.job(id).await?.ok_or(Stop::NotFound)?;
    if job.ended_at.is_none() && view.may(Role::Operator) {
        job = job::step(&console, job).await?;
    }
    let goes_on = job.ended_at.is_none() && view.may(Role::Operator);
    let content = html! {
        @if goes_on { p.says role="status" { (view.say(Acts::JobHelp)) } progress aria-label=(view.say(Lists::Running)) {} }
        dl.facts {
            dt { (view.say(Lists::State)) } dd #state { (state(&view, &job)) }
            dt { (view.say(Lists::Who)) } dd { (job.by.as_str()) }
            dt { (view.say(General::Reason)) } dd { (job.reason.as_str()) }
            dt { (view.say(Lists::Subject)) } dd { (of(&view, &job)) }
            @if let Some(since) = job.since { dt { (view.say(Acts::ResendSince)) } dd { (view.time(since)) } }
            @if let Some(until) = job.until { dt { (view.say(Lists::Before)) } dd { (view.time(until)) } }
            @if let Some(kind) = job.event_type { dt { (view.say(Lists::Type)) } dd { (event_type(kind)) } }
            dt { (view.say(Lists::Began)) } dd { (view.time(job.began_at)) }
            @if let Some(at) = job.ended_at { dt { (view.say(Lists::Ends)) } dd { (view.time(at)) } }
            dt { (view.say(Lists::Seen)) } dd { (number(job.seen)) }
            dt { (view.say(Lists::Resent)) } dd #resent { (number(job.resent)) }
        }
        (resent(&view, &job))
    };
    Ok(layout::page(&view, view.say(General::Jobs), goes_on.then_some(1), &content))
}

/// Which events it delivered once more.
fn resent(view: &View, job: &ResendJob) -> Markup {
    let is_whole = u64::try_from(job.events.len()).unwrap_or(u64::MAX) >= job.resent;
    html! {
        @if !job.events.is_empty() {
            h2 { (view.say(Lists::ResentEvents)) }
            ul #events { @for id in &job.events { li { a href=(view.at(format_args!("/events/{id}"))) { (id) } } } }
            @if !is_whole { p.quiet { (view.fill(Lists::ResentCut, &[&job.events.len()])) } }
        }
    }
}

fn of(view: &View, job: &ResendJob) -> Markup {
    match &job.of {
        JobOf::Parked => html! { (view.say(Lists::ParkedEvents)) },
        JobOf::Undelivered => html! { (view.say(Lists::Undelivered)) },
        JobOf::Subject { subject } => view.link(subject),
    }
}
