//! Money: what the last comparison of a month's statements with orders found, and the statements that were imported.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use koogallery::Text;
use koogallery_statements::Subject as Of;
use koogallery_store::{Place, StatementFile, Subject};
use koogallery_waiting::{FindingPlace, Found, finding, findings, month_of, rowless};
use maud::{Markup, html};
use serde::Deserialize;

use crate::Console;
use crate::access::Role;
use crate::acts::{Said, said};
use crate::extract::{QueryOf, given};
use crate::layout::{self, table};
use crate::pages::statement;
use crate::stop::Stop;
use crate::texts::{Acts, General, Money};
use crate::view::View;

/// So many findings a page has: each may have a form.
const PAGE: usize = 30;
/// So many statements are listed.
const MOST_STATEMENTS: usize = 20;

/// Which findings.
#[derive(Deserialize)]
pub(crate) struct Filters {
    month: Option<String>,
    #[serde(default)]
    all: bool,
    from: Option<String>,
    done: Option<String>,
}

/// The place of a page: that of its first finding.
#[derive(Clone, Copy)]
struct At(FindingPlace);

impl At {
    fn read(text: Option<&str>) -> Result<Self, Stop> {
        let Some(text) = given(text) else { return Ok(Self(FindingPlace::default())) };
        let refused = || Stop::Invalid(Acts::BadField, Some("from".to_owned()));
        let (part, first) = text.split_once(':').ok_or_else(refused)?;
        let part = part.parse().map_err(|_| refused())?;
        Ok(Self(FindingPlace { part, first: first.parse().map_err(|_| refused())? }))
    }
}

/// Answers with a page of them.
pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    QueryOf(filters): QueryOf<Filters>,
) -> Result<Markup, Stop> {
    let refused = || Stop::Invalid(Acts::BadField, Some("month".to_owned()));
    let month = given(filters.month.as_deref()).map_or_else(|| month_of(view.now), str::to_owned);
    let named: koogallery_statements::Month = month.parse().map_err(|_| refused())?;
    let text = Text::try_from(named.to_string()).map_err(|_| refused())?;
    let at = At::read(filters.from.as_deref())?;
    let (comparison, statements) = futures_util::future::join(
        console.store.comparison(&text),
        console.store.statements(Place::default(), MOST_STATEMENTS),
    )
    .await;
    let (comparison, statements) = (comparison?, statements?.members);
    let (found, next) = match &comparison {
        Some(comparison) => findings(&console.store, comparison, at.0, PAGE, filters.all).await?,
        None => (Vec::new(), None),
    };
    let next = next.map(|FindingPlace { part, first }| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("month", &month).append_pair("from", &format!("{part}:{first}"));
        if filters.all {
            query.append_pair("all", "true");
        }
        view.at(format_args!("/money?{}", query.finish()))
    });
    let content = html! {
        (said(&view, &Said::of(filters.done.clone())))
        form.filters {
            label { span { (view.say(Money::Month)) } input type="month" name="month" value=(month); }
            label { input type="checkbox" name="all" value="true" checked[filters.all]; " " (view.say(General::All)) }
            button { (view.say(General::Filter)) }
        }
        @match &comparison {
            Some(done) => {
                p { (view.fill(Money::Compared, &[&done.by.as_str(), &view.told(done.at), &done.findings])) }
                (rows(&view, &month, &found))
            }
            None => { p { (view.say(Money::NotCompared)) } }
        }
        @if let Some(next) = next { p { a.button rel="next" href=(next) { (view.say(General::More)) } } }
        h2 { (view.say(Money::Statements)) }
        (statement::importing(&view))
        (imported(&view, &statements))
    };
    Ok(layout::page(&view, view.say(Money::Title), None, &content))
}

fn rows(view: &View, month: &str, found: &[Found]) -> Markup {
    let heads = [Money::Found, Money::About, Money::Known, Money::Stated, Money::Day, Money::Explanation];
    let row = |one: &Found| {
        let evidence = &one.finding.evidence;
        let currency = evidence.currency.as_ref().map(ToString::to_string).unwrap_or_default();
        vec![
            html! { span.bad[one.finding.kind.is_discrepancy() && one.explained.is_none()] { (finding(view.language, one.finding.kind)) } },
            about(view, &one.finding.subject),
            html! { @if let Some(known) = &evidence.known { (known) " " (currency) } },
            html! { @if let Some(stated) = &evidence.stated { (stated) " " (currency) } },
            html! { @if let Some(day) = &evidence.day { (day) } },
            explained(view, month, one),
        ]
    };
    table(view, &heads.map(|head| view.say(head)), &found.iter().map(row).collect::<Vec<_>>())
}

/// What a finding is about. Ids of statements come from outside: what is none here has no page.
fn about(view: &View, of: &Of) -> Markup {
    let link = |subject: String, name: &str| {
        let known: Option<Subject> = subject.parse().ok();
        known.map_or_else(|| html! { (name) }, |subject| view.link(&subject))
    };
    match of {
        Of::Order(order) => link(format!("ORDER#{order}"), order),
        Of::Usage { instance, .. } | Of::Record { instance, .. } => link(format!("INSTANCE#{instance}"), instance),
        Of::Row(_) => html! { (rowless(view.language)) },
    }
}

fn explained(view: &View, month: &str, one: &Found) -> Markup {
    if let Some(said) = &one.explained {
        return html! {
            (view.fill(Money::ExplainedBy, &[&said.note.as_str(), &said.by.as_str(), &view.told(said.at)]))
        };
    }
    let may = one.finding.kind.is_discrepancy() && view.may(Role::Operator);
    let to = view.at(format_args!("/findings/{}/explain", one.finding.id));
    html! {
        @if may {
            details {
                summary { (view.say(Money::Explain)) }
                form method="post" action=(to) {
                    input type="hidden" name="month" value=(month);
                    input name="reason" required maxlength="255" autocomplete="off" aria-label=(view.say(General::Reason));
                    button { (view.say(Money::Explain)) }
                }
            }
        }
    }
}

fn imported(view: &View, statements: &[StatementFile]) -> Markup {
    let heads = [Money::File, Money::Rows, Money::Imported].map(|head| view.say(head));
    let row = |file: &StatementFile| {
        vec![
            html! { a href=(view.at(format_args!("/statements/{}", file.file.as_str()))) { (file.name.as_str()) } },
            html! { (file.rows) },
            html! {
                @match file.finished_at {
                    Some(at) => { (view.time(at)) }
                    None => { (view.say(Money::NotFinished)) }
                }
            },
        ]
    };
    table(view, &heads, &statements.iter().map(row).collect::<Vec<_>>())
}
