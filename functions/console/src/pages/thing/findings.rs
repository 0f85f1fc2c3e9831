//! What the comparisons of the latest months found about an order. Findings are kept by month, so the months are looked through.

use koogallery::OrderId;
use koogallery_statements::{Finding, Subject as Of};
use koogallery_store::Comparison;
use koogallery_waiting::finding;
use maud::{Markup, html};

use crate::Console;
use crate::layout::table;
use crate::pages::money::difference;
use crate::pages::months;
use crate::stop::{Failure, Stop};
use crate::texts::Money;
use crate::view::View;

/// So many months are looked through, and so many parts of each: a part has up to 200 findings.
const MOST_MONTHS: usize = 3;
const MOST_PARTS: u32 = 6;

pub(super) async fn of(console: &Console, view: &View, order: &OrderId) -> Result<Markup, Stop> {
    let mut compared = console.store.comparisons(&months::latest(view)?).await?;
    compared.sort_by(|one, other| other.month.as_str().cmp(one.month.as_str()));
    compared.truncate(MOST_MONTHS);
    let found =
        futures_util::future::try_join_all(compared.iter().map(|month| in_month(console, month, order))).await?;
    let rows: Vec<Vec<Markup>> =
        compared.iter().zip(&found).flat_map(|(month, found)| found.iter().map(|one| row(view, month, one))).collect();
    let heads = [Money::Title, Money::Found, Money::Known, Money::Stated, Money::Difference].map(|head| view.say(head));
    Ok(html! { @if !rows.is_empty() { h2 #findings { (view.say(Money::OfOrder)) } (table(view, &heads, &rows)) } })
}

async fn in_month(console: &Console, month: &Comparison, order: &OrderId) -> Result<Vec<Finding>, Stop> {
    let mut all = Vec::new();
    for part in 0..MOST_PARTS {
        let Some(found) = console.store.findings(month, part).await? else { break };
        for text in &found {
            let one: Finding = serde_json::from_str(text).map_err(|_| Failure::Content)?;
            if matches!(&one.subject, Of::Order(about) if about == order.as_str()) {
                all.push(one);
            }
        }
    }
    Ok(all)
}

fn row(view: &View, month: &Comparison, one: &Finding) -> Vec<Markup> {
    let evidence = &one.evidence;
    let currency = evidence.currency.as_ref().map(ToString::to_string).unwrap_or_default();
    let to = view.at(format_args!("/money?month={}", month.month.as_str()));
    vec![
        html! { a href=(to) { (view.fill(Money::OfMonth, &[&month.month.as_str()])) } },
        html! { span.bad[one.kind.is_discrepancy()] { (finding(view.language, one.kind)) } },
        html! { @if let Some(known) = &evidence.known { (known) " " (currency) } },
        html! { @if let Some(stated) = &evidence.stated { (stated) " " (currency) } },
        html! { @if let Some(text) = difference(view, evidence) { (text) } },
    ]
}
