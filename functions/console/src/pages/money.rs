//! Money: what the last comparison of a month's statements with orders found, and the statements that were imported.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use koogallery::Text;
use koogallery_statements::{Evidence, Finding, Kind, Subject as Of};
use koogallery_store::{Comparison, Place, StatementFile, Subject};
use koogallery_waiting::{FindingPlace, Found, finding, findings, is_discrepancy, rowless};
use maud::{Markup, html};
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::Console;
use crate::access::Role;
use crate::acts::{Said, said};
use crate::extract::{QueryOf, given};
use crate::layout::{self, table};
use crate::pages::{months, statement};
use crate::stop::{Failure, Stop};
use crate::texts::{Acts, General, Money};
use crate::view::View;

/// So many findings a page has: each may have a form.
const PAGE: usize = 30;
/// So many parts of the findings are added up: each has up to 200.
const MOST_PARTS: u32 = 50;
/// So many statements are listed.
const MOST_STATEMENTS: usize = 20;

/// Which findings.
#[derive(Deserialize)]
pub(crate) struct Filters {
    month: Option<String>,
    #[serde(default)]
    all: bool,
    /// Only what was paid too little.
    #[serde(default)]
    less: bool,
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
    let statements = console.store.statements(Place::default(), MOST_STATEMENTS).await?.members;
    let month = match given(filters.month.as_deref()) {
        Some(month) => month.to_owned(),
        None => months::newest(&console, &view, &statements).await?,
    };
    let named: koogallery_statements::Month = month.parse().map_err(|_| refused())?;
    let text = Text::try_from(named.to_string()).map_err(|_| refused())?;
    let at = At::read(filters.from.as_deref())?;
    let comparison = console.store.comparison(&text).await?;
    let wanted = |finding: &Finding| {
        if filters.less { too_little(finding).is_some() } else { filters.all || is_discrepancy(finding) }
    };
    let (found, next) = match &comparison {
        Some(comparison) => findings(&console.store, comparison, at.0, PAGE, wanted).await?,
        None => (Vec::new(), None),
    };
    let in_all = match comparison.as_ref().filter(|_| filters.less) {
        Some(comparison) => Some(Sum::of(&console, comparison).await?),
        None => None,
    };
    let next = next.map(|FindingPlace { part, first }| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("month", &month).append_pair("from", &format!("{part}:{first}"));
        for (name, _) in [("all", filters.all), ("less", filters.less)].iter().filter(|(_, is_chosen)| *is_chosen) {
            query.append_pair(name, "true");
        }
        view.at(format_args!("/money?{}", query.finish()))
    });
    let content = html! {
        (said(&view, &Said::of(filters.done.clone())))
        form.filters {
            label { span { (view.say(Money::Month)) } input type="month" name="month" value=(month); }
            label { input type="checkbox" name="all" value="true" checked[filters.all]; " " (view.say(General::All)) }
            label { input type="checkbox" name="less" value="true" checked[filters.less]; " " (view.say(Money::TooLittle)) }
            button { (view.say(General::Filter)) }
        }
        @match &comparison {
            Some(done) => {
                p { (view.fill(Money::Compared, &[&done.by.as_str(), &view.told(done.at), &done.findings])) }
                @if let Some(sum) = &in_all { (sum.said(&view)) }
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
    let heads =
        [Money::Found, Money::About, Money::Known, Money::Stated, Money::Difference, Money::Day, Money::Explanation];
    let row = |one: &Found| {
        let evidence = &one.finding.evidence;
        let currency = evidence.currency.as_ref().map(ToString::to_string).unwrap_or_default();
        vec![
            html! { span.bad[one.finding.kind.is_discrepancy() && one.explained.is_none()] { (finding(view.language, one.finding.kind)) } },
            about(view, &one.finding.subject),
            html! { @if let Some(known) = &evidence.known { (known) " " (currency) } },
            html! { @if let Some(stated) = &evidence.stated { (stated) " " (currency) } },
            html! { @if let Some(text) = difference(view, evidence) { (text) } },
            html! { @if let Some(day) = &evidence.day { (day) } },
            explained(view, month, one),
        ]
    };
    table(view, &heads.map(|head| view.say(head)), &found.iter().map(row).collect::<Vec<_>>())
}

/// How much less or more the statement says than is known here.
pub(crate) fn difference(view: &View, evidence: &Evidence) -> Option<String> {
    let (known, stated) = (evidence.known?, evidence.stated?);
    match stated.cmp(&known) {
        Ordering::Less => Some(view.fill(Money::Less, &[&(known - stated)])),
        Ordering::Equal => None,
        Ordering::Greater => Some(view.fill(Money::More, &[&(stated - known)])),
    }
}

/// How much less was paid than is known here.
fn too_little(finding: &Finding) -> Option<Decimal> {
    let (known, stated) = (finding.evidence.known?, finding.evidence.stated?);
    (finding.kind == Kind::AmountDiffers && stated < known).then(|| known - stated)
}

/// What was paid too little in a month, by currency.
struct Sum {
    of: BTreeMap<String, (Decimal, usize)>,
    is_cut: bool,
}

impl Sum {
    async fn of(console: &Console, comparison: &Comparison) -> Result<Self, Stop> {
        let mut sum = Self { of: BTreeMap::new(), is_cut: false };
        let mut part = 0;
        while let Some(found) = console.store.findings(comparison, part).await? {
            if part == MOST_PARTS {
                sum.is_cut = true;
                break;
            }
            for text in &found {
                let finding: Finding = serde_json::from_str(text).map_err(|_| Failure::Content)?;
                if let Some(amount) = too_little(&finding) {
                    let currency = finding.evidence.currency.map_or_else(|| "–".to_owned(), |one| one.to_string());
                    let (total, count) = sum.of.entry(currency).or_default();
                    *total = total.saturating_add(amount);
                    *count += 1;
                }
            }
            part += 1;
        }
        Ok(sum)
    }

    fn said(&self, view: &View) -> Markup {
        html! {
            @if self.of.is_empty() { p.done { (view.say(Money::NothingTooLittle)) } }
            @for (currency, (total, count)) in &self.of {
                p.says.too-little { (view.fill(Money::TooLittleInAll, &[&format_args!("{total} {currency}"), count])) }
            }
            @if self.is_cut { p.quiet { (view.say(Money::TooLittleCut)) } }
        }
    }
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
