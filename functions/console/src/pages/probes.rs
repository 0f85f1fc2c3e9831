//! The last debug call of each callback, and what it was answered.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use koogallery::ResultCode;
use maud::{Markup, html};

use crate::Console;
use crate::access::Role;
use crate::acts::{Said, debug, said};
use crate::extract::QueryOf;
use crate::layout::{self, table};
use crate::stop::Stop;
use crate::texts::Lists;
use crate::view::View;

/// Lists them.
pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    QueryOf(done): QueryOf<Said>,
) -> Result<Markup, Stop> {
    let probes = console.store.probes().await?;
    let heads = [Lists::Callback, Lists::When, Lists::Answer, Lists::Problem].map(|head| view.say(head));
    let rows: Vec<Vec<Markup>> = probes
        .iter()
        .map(|probe| {
            let is_right = probe.call.result_code == ResultCode::Success;
            vec![
                html! { (probe.call.callback) },
                view.time(probe.at),
                html! { span.bad[!is_right] { (view.code(probe.call.result_code)) } },
                html! { @if let Some(reason) = &probe.call.reason { (reason) } },
            ]
        })
        .collect();
    let content = html! {
        (said(&view, &done))
        (table(&view, &heads, &rows))
        @if view.may(Role::Operator) { div.acts { (debug::form(&view)) } }
    };
    Ok(layout::page(&view, view.say(Lists::Probes), None, &content))
}
