//! Statements: the form that imports a file, the mapping that is proposed for it, and the page of one that was imported.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use koogallery::Text;
use koogallery_statements::{
    Column, Digest, Inspected, Mapping, ReadError, SaidTotal, Statement, StatementDetails, StatementKind,
};
use koogallery_store::StatementFile;
use maud::{Markup, html};
use serde_json::json;

use crate::Console;
use crate::access::Role;
use crate::acts::{Said, reason_field, said};
use crate::extract::{PathOf, QueryOf};
use crate::layout::{self, table};
use crate::stop::{Failure, Stop};
use crate::texts::{Statements, bill_kind, column, kind, problem};
use crate::upload::FILE;
use crate::view::View;

/// The field with the currency of amounts of which the file does not say it.
pub(crate) const AMOUNTS_IN: &str = "amountsIn";
/// So many lines of totals are shown.
const MOST_CHECKS: usize = 50;
/// The kinds that a table may be.
const KINDS: [StatementKind; 4] =
    [StatementKind::Transactions, StatementKind::Bill, StatementKind::Usage, StatementKind::NotAStatement];

/// A file with what is to be confirmed.
pub(crate) struct Proposed<'a> {
    pub(crate) name: &'a Text<255>,
    pub(crate) is_part: bool,
    /// The tables that nobody confirmed yet.
    pub(crate) tables: &'a [&'a Inspected],
    /// The file as it is read with what is proposed.
    pub(crate) statement: Result<&'a Statement, &'a ReadError>,
}

/// The word of a column in fields.
pub(crate) fn word(column: Column) -> String {
    json!(column).as_str().unwrap_or_default().to_owned()
}

/// The form that imports a file; nothing for those who may not.
pub(crate) fn importing(view: &View) -> Markup {
    html! {
        @if view.may(Role::Operator) {
            div.acts {
                details #import {
                    summary { (view.say(Statements::Import)) }
                    p.quiet { (view.say(Statements::ImportHelp)) }
                    form method="post" action=(view.at("/statements")) enctype="multipart/form-data" {
                        (file_field(view, false))
                        (reason_field(view))
                        button.main { (view.say(Statements::Import)) }
                    }
                }
            }
        }
    }
}

fn file_field(view: &View, is_part: bool) -> Markup {
    html! {
        label {
            span { (view.say(Statements::File)) }
            input type="file" name=(FILE) required accept=".csv,.xlsx";
        }
        label { input type="checkbox" name="part" value="true" checked[is_part]; " " (view.say(Statements::Part)) }
    }
}

/// The page that asks which column is what, before anything is kept.
pub(crate) fn proposed(view: &View, proposed: &Proposed<'_>) -> Markup {
    // Who chooses another language has no file here any more.
    let view = &View { here: "/money".to_owned(), ..view.clone() };
    let content = html! {
        p.says { (view.fill(Statements::Confirm, &[&proposed.name.as_str()])) }
        form method="post" action=(view.at("/statements")) enctype="multipart/form-data" {
            @for table in proposed.tables { (mapping(view, table)) }
            h2 { (view.say(Statements::Sums)) }
            @match proposed.statement {
                Ok(statement) => {
                    (sums(view, &StatementDetails::new(Vec::new(), &statement.totals, &statement.checks)))
                    p { (view.fill(Statements::Rows, &[&statement.rows.len()])) }
                }
                Err(error) => { p.bad #problem { (problem(view.language, error)) } }
            }
            h2 { (view.say(Statements::Again)) }
            div.acts {
                div {
                    (file_field(view, proposed.is_part))
                    (reason_field(view))
                    button.main { (view.say(Statements::ConfirmAndImport)) }
                }
            }
        }
    };
    layout::page(view, view.say(Statements::Title), None, &content)
}

/// What a table's columns are taken for, to be corrected.
fn mapping(view: &View, table: &Inspected) -> Markup {
    let (sheet, proposal) = (table.sheet, &table.proposal);
    let Mapping { titles, kind: proposed, columns, .. } = &proposal.mapping;
    let list = format!("titles-{sheet}");
    let numbered = |place: usize| format!("{}: {}", place + 1, table.titles.get(place).map_or("", String::as_str));
    let name = table.name.as_deref().map_or_else(|| (sheet + 1).to_string(), str::to_owned);
    let missing: Vec<&str> = proposal.missing.iter().map(|missing| column(view.language, *missing)).collect();
    html! {
        h2 { (view.fill(Statements::Sheet, &[&name, &table.title_row])) }
        input type="hidden" name={ (sheet) ".titles" } value=(titles);
        @if !missing.is_empty() { p.bad { (view.fill(Statements::Missing, &[&missing.join(", ")])) } }
        @for (of, all) in &proposal.ambiguous {
            p.bad { (view.fill(Statements::Ambiguous, &[&column(view.language, *of), &all.join(", ")])) }
        }
        datalist id=(list) { @for place in 0..table.titles.len() { option value=(numbered(place)) {} } }
        div.columns {
            label {
                span { (view.say(Statements::Kind)) }
                select name={ (sheet) ".kind" } {
                    @for known in KINDS {
                        option value=(json!(known).as_str().unwrap_or_default()) selected[known == *proposed] {
                            (kind(view.language, known))
                        }
                    }
                }
            }
            label {
                span { (view.say(Statements::AmountsIn)) }
                input name={ (sheet) "." (AMOUNTS_IN) } maxlength="3" autocomplete="off";
            }
            @for known in Column::ALL {
                label {
                    span { (column(view.language, known)) }
                    input name={ (sheet) "." (word(known)) } list=(list) autocomplete="off" maxlength="128"
                        value=[columns.get(&known).map(|place| numbered(*place))];
                }
            }
        }
        @if !proposal.unknown.is_empty() { p.quiet { (view.fill(Statements::Unknown, &[&proposal.unknown.join(", ")])) } }
    }
}

/// What a file adds up to, and its own lines of totals beside that.
fn sums(view: &View, details: &StatementDetails) -> Markup {
    let heads = [
        Statements::Kind,
        Statements::Currency,
        Statements::Count,
        Statements::List,
        Statements::Customer,
        Statements::Deal,
        Statements::Settlement,
        Statements::Fee,
    ];
    let row = |total: &SaidTotal| {
        let sums = total.sums;
        let amounts = [sums.list, sums.customer, sums.deal, sums.settlement, sums.fee];
        let kind = total.bill_kind.map_or("–", |kind| bill_kind(view.language, kind));
        let currency = total.currency.map_or_else(|| "–".to_owned(), |currency| currency.to_string());
        let first = [html! { (kind) }, html! { (currency) }, html! { (sums.rows) }];
        first.into_iter().chain(amounts.map(|amount| html! { (amount) })).collect()
    };
    let rows: Vec<Vec<Markup>> = details.totals.iter().map(row).collect();
    let differing: Vec<_> = details.checks.iter().filter(|check| check.stated != check.sum).collect();
    html! {
        (table(view, &heads.map(|head| view.say(head)), &rows))
        @if details.checks.is_empty() { p.quiet { (view.say(Statements::NoTotals)) } }
        @else if differing.is_empty() { p.done #agrees { (view.fill(Statements::Agrees, &[&details.checks.len()])) } }
        @for check in differing.iter().take(MOST_CHECKS) {
            p.bad.differs {
                (view.fill(Statements::Differs, &[&(check.sheet + 1), &check.row, &column(view.language, check.column),
                    &check.stated, &check.sum]))
            }
        }
    }
}

/// The page of a statement.
pub(crate) async fn get(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    PathOf(id): PathOf<String>,
    QueryOf(done): QueryOf<Said>,
) -> Result<Markup, Stop> {
    let digest: Digest = id.parse().map_err(|_| Stop::NotFound)?;
    let name = Text::try_from(digest.to_string()).map_err(|_| Failure::Content)?;
    let file = console.store.statement(&name).await?.ok_or(Stop::NotFound)?;
    let details: StatementDetails = serde_json::from_str(&file.details).unwrap_or_default();
    let content = html! {
        (said(&view, &done))
        (facts(&view, &file))
        h2 { (view.say(Statements::Sums)) }
        (sums(&view, &details))
        p { a.button href=(view.at("/money")) { (view.say(Statements::ToMoney)) } }
        @if file.finished_at.is_none() { (importing(&view)) }
    };
    Ok(layout::page(&view, view.say(Statements::Title), None, &content))
}

fn facts(view: &View, file: &StatementFile) -> Markup {
    html! {
        dl.facts {
            dt { (view.say(Statements::File)) } dd { (file.name.as_str()) }
            dt { (view.say(Statements::Count)) } dd #rows { (file.rows) }
            @if file.is_part { dt { (view.say(Statements::Scope)) } dd { (view.say(Statements::Part)) } }
            dt { (view.say(Statements::By)) } dd { (file.by.as_str()) }
            dt { (view.say(Statements::Begun)) } dd { (view.time(file.begun_at)) }
            dt { (view.say(Statements::Finished)) }
            dd #finished {
                @match file.finished_at {
                    Some(at) => { (view.time(at)) }
                    None => { span.bad { (view.say(Statements::NotFinished)) } }
                }
            }
            dt { "SHA-256" } dd { code { (file.file.as_str()) } }
        }
    }
}
