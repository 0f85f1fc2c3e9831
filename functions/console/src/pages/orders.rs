//! The list of orders, as calls reported them.

use std::fmt::Display;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use koogallery_store::{ListedOrder, Subject};
use maud::{Markup, html};
use serde::Deserialize;

use super::listing::{contains, fitting, text_filter, ways};
use crate::Console;
use crate::extract::{QueryOf, given};
use crate::layout::{self, table};
use crate::stop::Stop;
use crate::texts::{General, Lists, order_kind};
use crate::view::View;

/// Which orders.
#[derive(Deserialize)]
pub(crate) struct Filters {
    text: Option<String>,
    from: Option<String>,
}

/// Answers with a page of them.
pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    QueryOf(Filters { text, from }): QueryOf<Filters>,
) -> Result<Markup, Stop> {
    let fits = |order: &ListedOrder| {
        let ids: [Option<&dyn Display>; 4] = [
            Some(&order.order_id),
            order.order_line_id.as_ref().map(|id| id as _),
            order.product_id.as_ref().map(|id| id as _),
            order.instance_id.as_ref().map(|id| id as _),
        ];
        contains(text.as_deref(), &ids)
    };
    let (orders, next) = fitting(from.as_deref(), |place, limit| console.store.orders(place, limit), fits).await?;
    let heads = [Lists::Order, Lists::OrderLine, Lists::Kind, Lists::Product, Lists::Instance, Lists::SignedAt];
    let heads = heads.map(|head| view.say(head));
    let rows: Vec<Vec<Markup>> = orders.iter().map(|order| row(&view, order)).collect();
    let kept = [("text", text.as_deref().unwrap_or_default())];
    let content = html! {
        form.filters { (text_filter(&view, "text", text.as_deref())) button { (view.say(General::Filter)) } }
        @if given(text.as_deref()).is_some() { p.quiet { (view.say(Lists::ShortPage)) } }
        (table(&view, &heads, &rows))
        (ways(&view, "/orders", &kept, from.as_deref(), next.as_deref()))
    };
    Ok(layout::page(&view, view.say(General::Orders), None, &content))
}

fn row(view: &View, order: &ListedOrder) -> Vec<Markup> {
    let of = match (&order.instance_id, &order.license) {
        (Some(id), _) => Some(Subject::Instance(id.clone())),
        (None, Some(code)) => Some(Subject::License(code.clone())),
        (None, None) => None,
    };
    vec![
        view.link(&Subject::Order(order.order_id.clone())),
        html! { @if let Some(line) = &order.order_line_id { (line) } },
        html! { (order_kind(view.language, order.kind)) },
        html! { @if let Some(product) = &order.product_id { (product) } },
        html! { @if let Some(of) = &of { (view.link(of)) } },
        view.time(order.signed_at),
    ]
}
