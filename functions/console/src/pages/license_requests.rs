//! The list of licenses that KooGallery asked for, and that were not handed in yet.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use koogallery_store::LicenseRequest;
use koogallery_waiting::requested;
use maud::{Markup, html};
use serde::Deserialize;

use super::listing::{fitting, ways};
use crate::Console;
use crate::extract::QueryOf;
use crate::layout::{self, table};
use crate::stop::Stop;
use crate::texts::{General, Lists};
use crate::view::View;

/// Which page.
#[derive(Deserialize)]
pub(crate) struct Filters {
    from: Option<String>,
}

/// Answers with a page of them.
pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    QueryOf(Filters { from }): QueryOf<Filters>,
) -> Result<Markup, Stop> {
    let read = |place, limit| console.store.open_license_requests(place, limit);
    let (requests, next) = fitting(from.as_deref(), read, |_: &LicenseRequest| true).await?;
    let heads = [Lists::Subject, Lists::Requested, Lists::Expires].map(|head| view.say(head));
    let rows: Vec<Vec<Markup>> = requests
        .iter()
        .map(|request| {
            vec![
                view.link(&requested(request)),
                view.time(request.requested_at),
                html! { @if let Some(until) = request.expire_time { (view.time(until.timestamp())) } },
            ]
        })
        .collect();
    let content = html! {
        (table(&view, &heads, &rows))
        (ways(&view, "/license-requests", &[], from.as_deref(), next.as_deref()))
    };
    Ok(layout::page(&view, view.say(General::LicenseRequests), None, &content))
}
