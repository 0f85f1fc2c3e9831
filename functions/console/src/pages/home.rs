//! The home page: what waits for somebody.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use koogallery::Timestamp;
use maud::{Markup, html};

use crate::Console;
use crate::layout::{self, table};
use crate::stop::{Failure, Stop};
use crate::texts::{Home, Lists};
use crate::view::View;
use crate::waiting::{self, Waiting};
use crate::zone::length;

/// Answers with it.
pub(crate) async fn get(State(console): State<Arc<Console>>, Extension(view): Extension<View>) -> Result<Markup, Stop> {
    let walk = async { Ok::<_, Failure>(console.store.walk().await?) };
    let ((all, is_cut), (_, notes)) = futures_util::try_join!(waiting::all(&console, &view), walk)?;
    let heads = [Home::What, Home::Since, Home::Deadline, Home::Act].map(|head| view.say(head));
    let rows: Vec<Vec<Markup>> = all.iter().map(|waiting| row(&view, waiting)).collect();
    let content = html! {
        @if rows.is_empty() {
            p.done #all-well {
                (view.say(Home::AllWell))
                @if let Some(since) = notes.well_since { " " (view.fill(Home::WellSince, &[&view.told(since)])) }
            }
        } @else { (table(&view, &heads, &rows)) }
        p { a href=(view.at("/warnings")) { (view.say(Home::AllWarnings)) } " · " a href=(view.at("/probes")) { (view.say(Lists::Probes)) } }
        @if is_cut { p.quiet { (view.say(Home::AndMore)) } }
        p.quiet { (view.fill(Home::LookedAt, &[&view.told(view.now)])) }
    };
    Ok(layout::page(&view, view.say(Home::Waiting), None, &content))
}

fn row(view: &View, waiting: &Waiting) -> Vec<Markup> {
    let (text, path) = &waiting.act;
    vec![
        html! { (waiting.what) },
        view.time(waiting.since),
        html! {
            @match waiting.deadline {
                None => { (view.say(Home::NoDeadline)) }
                Some(at) => { (view.time(at)) br; (left(view, at)) }
            }
        },
        html! { a.button href=(view.at(path)) { (view.say(*text)) } },
    ]
}

fn left(view: &View, at: Timestamp) -> Markup {
    let left = at.since(view.now);
    html! {
        @if left.is_zero() { strong.bad { (view.say(Home::Overdue)) } }
        @else { (view.fill(Home::InTime, &[&length(view.language, left)])) }
    }
}
