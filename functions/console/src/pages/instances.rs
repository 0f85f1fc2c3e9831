//! The list of instances.

use std::fmt::Display;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use koogallery_store::{Instance, Status, Subject};
use maud::{Markup, html};
use serde::Deserialize;

use super::listing::{choice, contains, fitting, text_filter, ways};
use crate::Console;
use crate::extract::{QueryOf, given};
use crate::layout::{self, table};
use crate::stop::Stop;
use crate::texts::{General, Lists, status};
use crate::view::View;

/// Which instances.
#[derive(Deserialize)]
pub(crate) struct Filters {
    #[serde(default)]
    status: String,
    text: Option<String>,
    from: Option<String>,
}

/// Answers with a page of them.
pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    QueryOf(filters): QueryOf<Filters>,
) -> Result<Markup, Stop> {
    let Filters { status: wanted, text, from } = filters;
    let wanted_status = Status::ALL.iter().copied().find(|known| known.as_str() == wanted);
    let fits = |instance: &Instance| {
        let life = &instance.life;
        let ids: [Option<&dyn Display>; 4] = [
            Some(&instance.instance_id),
            Some(&instance.order_id),
            instance.order_line_id.as_ref().map(|id| id as _),
            life.product_id.as_ref().map(|id| id as _),
        ];
        contains(text.as_deref(), &ids)
    };
    let read = |place, limit| console.store.instances_in(wanted_status, place, limit);
    let (instances, next) = fitting(from.as_deref(), read, fits).await?;
    let heads = [Lists::Instance, Lists::Status, Lists::Product, Lists::Order, Lists::Created, Lists::Expires];
    let heads = heads.map(|head| view.say(head));
    let rows: Vec<Vec<Markup>> = instances.iter().map(|instance| row(&view, instance)).collect();
    let statuses: Vec<(String, String)> =
        Status::ALL.iter().map(|known| (known.as_str().to_owned(), status(view.language, *known).to_owned())).collect();
    let kept = [("status", wanted.as_str()), ("text", text.as_deref().unwrap_or_default())];
    let content = html! {
        form.filters {
            (choice(&view, view.say(Lists::Status), "status", &wanted, true, &statuses))
            (text_filter(&view, "text", text.as_deref()))
            button { (view.say(General::Filter)) }
        }
        @if given(text.as_deref()).is_some() { p.quiet { (view.say(Lists::ShortPage)) } }
        (table(&view, &heads, &rows))
        (ways(&view, "/instances", &kept, from.as_deref(), next.as_deref()))
    };
    Ok(layout::page(&view, view.say(General::Instances), None, &content))
}

fn row(view: &View, instance: &Instance) -> Vec<Markup> {
    let life = &instance.life;
    vec![
        view.link(&Subject::Instance(instance.instance_id.clone())),
        html! { (status(view.language, life.status)) },
        html! { @if let Some(product) = &life.product_id { (product) } },
        view.link(&Subject::Order(instance.order_id.clone())),
        view.time(life.created_at),
        html! { @if let Some(until) = life.expire_time { (view.time(until.timestamp())) } },
    ]
}
