//! The home page: what waits for somebody.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use koogallery::Timestamp;
use koogallery_waiting::{Waiting, length, look};
use maud::{Markup, html};

use crate::Console;
use crate::layout::{self, table};
use crate::stop::{Failure, Stop};
use crate::texts::{Home, Lists};
use crate::view::View;

/// Of each source at most so many things are shown.
const MOST: u16 = 10;

/// Answers with it.
pub(crate) async fn get(State(console): State<Arc<Console>>, Extension(view): Extension<View>) -> Result<Markup, Stop> {
    let (looked, walk) =
        futures_util::try_join!(look(&console.store, view.now, MOST), console.store.walk()).map_err(Failure::from)?;
    let (_, notes) = walk;
    let heads = [Home::What, Home::Since, Home::Deadline, Home::Act].map(|head| view.say(head));
    let rows: Vec<Vec<Markup>> = looked.waiting.iter().map(|waiting| row(&view, waiting)).collect();
    let content = html! {
        @if rows.is_empty() {
            p.done #all-well {
                (view.say(Home::AllWell))
                @if let Some(since) = notes.well_since { " " (view.fill(Home::WellSince, &[&view.told(since)])) }
            }
        } @else { (table(&view, &heads, &rows)) }
        p { a href=(view.at("/warnings")) { (view.say(Home::AllWarnings)) } " · " a href=(view.at("/probes")) { (view.say(Lists::Probes)) } }
        @if !looked.is_whole() { p.quiet { (view.say(Home::AndMore)) } }
        p.quiet { (view.fill(Home::LookedAt, &[&view.told(view.now)])) }
    };
    Ok(layout::page(&view, view.say(Home::Waiting), None, &content))
}

fn row(view: &View, waiting: &Waiting) -> Vec<Markup> {
    let matter = &waiting.matter;
    vec![
        html! { (matter.say(view.language)) },
        view.time(waiting.since),
        html! {
            @match waiting.deadline {
                None => { (view.say(Home::NoDeadline)) }
                Some(at) => { (view.time(at)) br; (left(view, at)) }
            }
        },
        html! { a.button href=(view.at(matter.path())) { (matter.act(view.language)) } },
    ]
}

fn left(view: &View, at: Timestamp) -> Markup {
    let left = at.since(view.now);
    html! {
        @if left.is_zero() { strong.bad { (view.say(Home::Overdue)) } }
        @else { (view.fill(Home::InTime, &[&length(view.language, left)])) }
    }
}
