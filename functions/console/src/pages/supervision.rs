//! The list of supervised orders: who is to act, and until when.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use koogallery_store::{Party, Subject, SupervisedOrder};
use koogallery_waiting::stage;
use maud::{Markup, html};
use serde::Deserialize;

use super::listing::{choice, fitting, ways};
use crate::Console;
use crate::extract::{QueryOf, given};
use crate::layout::{self, table};
use crate::stop::Stop;
use crate::texts::{Acts, General, Orders, flow, party};
use crate::view::View;

/// Which orders.
#[derive(Deserialize)]
pub(crate) struct Filters {
    waits: Option<String>,
    from: Option<String>,
}

/// Answers with a page of them: those with the next deadline first.
pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    QueryOf(Filters { waits, from }): QueryOf<Filters>,
) -> Result<Markup, Stop> {
    let wanted: Option<Party> = given(waits.as_deref())
        .map(|word| word.parse().map_err(|_| Stop::Invalid(Acts::BadField, Some("waits".to_owned()))))
        .transpose()?;
    let fits = |order: &SupervisedOrder| wanted.is_none_or(|wanted| order.standing.waits_for == Some(wanted));
    let read = |place, limit| console.store.supervised_orders(place, limit);
    let (mut orders, next) = fitting(from.as_deref(), read, fits).await?;
    orders.sort_by_key(|order| {
        let due = order.standing.due_at();
        (due.is_none(), due, order.standing.since)
    });
    let heads = [Orders::Order, Orders::Flow, Orders::Stage, Orders::WaitsFor, Orders::Since, Orders::Due];
    let heads = heads.map(|head| view.say(head));
    let rows: Vec<Vec<Markup>> = orders.iter().map(|order| row(&view, order)).collect();
    let choices: Vec<(String, String)> =
        Party::ALL.iter().map(|known| (known.to_string(), party(view.language, *known).to_owned())).collect();
    let chosen = wanted.map(|wanted| wanted.to_string()).unwrap_or_default();
    let content = html! {
        form.filters {
            (choice(&view, view.say(Orders::WaitsFor), "waits", &chosen, true, &choices))
            button { (view.say(General::Filter)) }
        }
        (table(&view, &heads, &rows))
        (ways(&view, "/supervision", &[("waits", &chosen)], from.as_deref(), next.as_deref()))
    };
    Ok(layout::page(&view, view.say(Orders::Supervised), None, &content))
}

fn row(view: &View, order: &SupervisedOrder) -> Vec<Markup> {
    let standing = &order.standing;
    vec![
        view.link(&Subject::Order(order.order_id.clone())),
        html! { (flow(view.language, order.supervision.flow)) },
        html! { (stage(view.language, standing.stage)) },
        html! { @if let Some(waits) = standing.waits_for { (party(view.language, waits)) } },
        view.time(standing.since),
        html! { @if let Some(due) = standing.due_at() { span.bad[due <= view.now] { (view.time(due)) } } },
    ]
}
