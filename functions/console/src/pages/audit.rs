//! The audit: who did what, when and why. It can be filtered, and read as CSV.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use koogallery::Timestamp;
use koogallery_store::Action;
use koogallery_waiting::name_of_about;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::listing::contains;
use crate::Console;
use crate::csv_file;
use crate::extract::{QueryOf, given};
use crate::layout::{self, table};
use crate::stop::Stop;
use crate::texts::{Acts, General, Lists, what};
use crate::view::{View, changed};

const DAY: Duration = Duration::from_hours(24);
/// Without other dates, the last week is shown.
const SHOWN_DAYS: u32 = 7;
/// The longest span of one request, so that it reads no more than it can show.
const LONGEST: Duration = Duration::from_hours(93 * 24);
/// So many actions a page has.
const PAGE: usize = 100;

/// Which actions.
#[derive(Deserialize)]
pub(crate) struct Filters {
    from: Option<String>,
    to: Option<String>,
    text: Option<String>,
    /// Only older ones than this time, in milliseconds: the next page.
    before: Option<i64>,
}

/// The span of time that a query means: from the beginning of one day to the end of another.
struct Span {
    from: Timestamp,
    to: Timestamp,
}

impl Filters {
    fn span(&self, view: &View) -> Result<Span, Stop> {
        let refused = |name: &str| Stop::Invalid(Acts::BadField, Some(name.to_owned()));
        let day = |given_day: Option<&str>, name: &str| match given(given_day) {
            None => Ok(None),
            Some(day) => view.zone.begin(day).map(Some).ok_or_else(|| refused(name)),
        };
        let to =
            day(self.to.as_deref(), "to")?.map_or_else(|| view.now.saturating_add(DAY), |to| to.saturating_add(DAY));
        let from = day(self.from.as_deref(), "from")?.unwrap_or_else(|| to.saturating_sub(DAY * (SHOWN_DAYS + 1)));
        if to.since(from) > LONGEST {
            return Err(refused("from: 93 d"));
        }
        let to = self.before.map_or(to, |before| Timestamp::from_millis(before).min(to));
        Ok(Span { from, to })
    }
}

async fn actions(console: &Console, view: &View, filters: &Filters) -> Result<(Vec<Action>, Span), Stop> {
    let span = filters.span(view)?;
    let mut actions = console.store.actions_between(span.from, span.to).await?;
    actions.retain(|action| {
        let reason = action.reason.as_ref().map(koogallery::Text::as_str).unwrap_or_default();
        let by = action.by.as_str();
        contains(filters.text.as_deref(), &[Some(&by), Some(&action.what), Some(&about(action)), Some(&reason)])
    });
    Ok((actions, span))
}

/// What an action is about, without a whole license code.
fn about(action: &Action) -> String {
    name_of_about(&action.about)
}

/// Shows a page of them, the newest first.
pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    QueryOf(filters): QueryOf<Filters>,
) -> Result<Markup, Stop> {
    let (actions, span) = actions(&console, &view, &filters).await?;
    // A page ends where the time changes, so that the next one, which begins before a time, leaves none out.
    let end = actions.get(PAGE).map_or(actions.len(), |next| {
        actions.iter().rposition(|action| action.at > next.at).map_or(actions.len(), |last| last + 1)
    });
    let (shown, older) = actions.split_at(end);
    let heads = [Lists::When, Lists::Who, Lists::Where, Lists::Action, Lists::Subject, Lists::Before, Lists::After];
    let mut heads = heads.map(|head| view.say(head)).to_vec();
    heads.insert(5, view.say(General::Reason));
    let rows: Vec<Vec<Markup>> = shown.iter().map(|action| row(&view, action)).collect();
    let (from, to) = (view.zone.day(span.from), filters.to.clone().unwrap_or_default());
    let text = filters.text.as_deref().unwrap_or_default();
    let query = |more: &[(&str, String)]| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("from", &from).append_pair("to", &to).append_pair("text", text);
        query.extend_pairs(more);
        query.finish()
    };
    let next = older.first().zip(shown.last()).map(|(_, last)| query(&[("before", last.at.to_string())]));
    let content = html! {
        form.filters {
            label { span { (view.say(Lists::From)) } input type="date" name="from" value=(from); }
            label { span { (view.say(Lists::To)) } input type="date" name="to" value=(to); }
            label { span { (view.say(Lists::Text)) } input name="text" value=(text) maxlength="128"; }
            button { (view.say(General::Filter)) }
            a.button #csv href=(view.at(format_args!("/audit.csv?{}", query(&[])))) { (view.say(Lists::Csv)) }
        }
        (table(&view, &heads, &rows))
        @if let Some(next) = next {
            p { a.button rel="next" href=(view.at(format_args!("/audit?{next}"))) { (view.say(Lists::Older)) } }
        }
    };
    Ok(layout::page(&view, view.say(General::Audit), None, &content))
}

fn row(view: &View, action: &Action) -> Vec<Markup> {
    let json = |value: &Option<Value>| html! { @if let Some(value) = changed(value.as_ref()) { code { (value) } } };
    vec![
        view.time(action.at),
        html! { (action.by.as_str()) },
        html! { (<&str>::from(action.via)) },
        html! { (what(view.language, &action.what)) },
        view.link_about(&action.about),
        html! { @if let Some(reason) = &action.reason { (reason.as_str()) } },
        json(&action.before),
        json(&action.after),
    ]
}

/// The same as CSV, all of the span. Heads and words are the table's own, so that a program can read them.
pub(crate) async fn csv(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    QueryOf(filters): QueryOf<Filters>,
) -> Result<Response, Stop> {
    let (actions, _) = actions(&console, &view, &filters).await?;
    let text = |value: &Option<Value>| changed(value.as_ref()).unwrap_or_default();
    let rows: Vec<Vec<String>> = actions
        .iter()
        .map(|action| {
            vec![
                action.at.to_rfc_3339(),
                action.by.as_str().to_owned(),
                <&str>::from(action.via).to_owned(),
                action.what.clone(),
                about(action),
                action.reason.as_ref().map(|reason| reason.as_str().to_owned()).unwrap_or_default(),
                text(&action.before),
                text(&action.after),
                action.id.to_string(),
            ]
        })
        .collect();
    csv_file::file("audit.csv", &["at", "by", "via", "what", "about", "reason", "before", "after", "id"], &rows)
}
