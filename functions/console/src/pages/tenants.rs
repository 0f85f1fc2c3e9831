//! The list of tenants. Names and domains are personal data: they are on the tenant's own page, behind a button.

use std::fmt::Display;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use koogallery_store::{BoundTenant, Subject};
use maud::{Markup, html};
use serde::Deserialize;

use super::listing::{contains, fitting, text_filter, ways};
use crate::Console;
use crate::extract::QueryOf;
use crate::layout::{self, table};
use crate::stop::Stop;
use crate::texts::{General, Lists};
use crate::view::View;

/// Which tenants.
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
    let fits = |bound: &BoundTenant| {
        let ids: [Option<&dyn Display>; 3] = [
            Some(&bound.tenant_id),
            bound.instance_id.as_ref().map(|id| id as _),
            bound.order_id.as_ref().map(|id| id as _),
        ];
        contains(text.as_deref(), &ids)
    };
    let read = |place, limit| console.store.bound_tenants(place, limit);
    let (tenants, next) = fitting(from.as_deref(), read, fits).await?;
    let heads = [Lists::Tenant, Lists::Instance, Lists::Order].map(|head| view.say(head));
    let rows: Vec<Vec<Markup>> = tenants
        .iter()
        .map(|bound| {
            vec![
                view.link(&Subject::Tenant(bound.tenant_id.clone())),
                html! { @if let Some(id) = &bound.instance_id { (view.link(&Subject::Instance(id.clone()))) } },
                html! { @if let Some(id) = &bound.order_id { (view.link(&Subject::Order(id.clone()))) } },
            ]
        })
        .collect();
    let kept = [("text", text.as_deref().unwrap_or_default())];
    let content = html! {
        form.filters { (text_filter(&view, "text", text.as_deref())) button { (view.say(General::Filter)) } }
        (table(&view, &heads, &rows))
        (ways(&view, "/tenants", &kept, from.as_deref(), next.as_deref()))
    };
    Ok(layout::page(&view, view.say(General::Tenants), None, &content))
}
