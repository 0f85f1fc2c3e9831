//! Figures: what can be counted without reading all that there is. Calls and what they were answered are metrics in CloudWatch.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use koogallery::Timestamp;
use koogallery_store::{Kind, Open};
use maud::{Markup, html};

use crate::Console;
use crate::chart::{Column, columns, real};
use crate::layout;
use crate::stop::Stop;
use crate::texts::{Figures, General};
use crate::view::View;
use crate::zone::length;

const WEEK: Duration = Duration::from_hours(7 * 24);
/// So many weeks are shown.
const WEEKS: usize = 12;
/// So many orders of each shard are read.
const MOST_ORDERS: i32 = 500;
/// So many events of each shard are read.
const MOST_EVENTS: i32 = 100;
/// The ages of events: up to so long each, and longer.
const AGES: [Duration; 6] = [
    Duration::from_mins(1),
    Duration::from_mins(15),
    Duration::from_hours(1),
    Duration::from_hours(6),
    Duration::from_hours(24),
    Duration::from_hours(72),
];

/// Answers with them.
pub(crate) async fn get(State(console): State<Arc<Console>>, Extension(view): Extension<View>) -> Result<Markup, Stop> {
    let since = view.now.saturating_sub(WEEK * u32::try_from(WEEKS).unwrap_or_default());
    let (orders, waiting, parked) = futures_util::future::join3(
        console.store.order_times(since, MOST_ORDERS),
        console.store.oldest_open(Kind::Undelivered, MOST_EVENTS),
        console.store.oldest_open(Kind::Parked, MOST_EVENTS),
    )
    .await;
    let (orders, waiting, parked) = (orders?, waiting?, parked?);
    let weeks = by_week(&view, since, &orders.purchases, &orders.later);
    let ages = by_age(&view, &waiting.found, &parked.found);
    let is_cut = !(waiting.is_whole && parked.is_whole);
    let content = html! {
        (columns(&view, "orders", view.say(Figures::Orders), &[Figures::New, Figures::Later].map(|text| view.say(text)), &weeks))
        @if orders.from > since { p.quiet { (view.fill(Figures::OrdersSince, &[&view.told(orders.from)])) } }
        (columns(&view, "ages", view.say(Figures::Ages), &[Figures::Waiting, Figures::Parked].map(|text| view.say(text)), &ages))
        @if is_cut { p.quiet { (view.say(Figures::EventsCut)) } }
        p.quiet { (view.say(Figures::Metrics)) }
    };
    Ok(layout::page(&view, view.say(General::Figures), None, &content))
}

fn by_week(view: &View, since: Timestamp, purchases: &[Timestamp], later: &[Timestamp]) -> Vec<Column> {
    let place = |at: Timestamp| usize::try_from(at.since(since).as_secs() / WEEK.as_secs()).unwrap_or(usize::MAX);
    let count = |times: &[Timestamp], week: usize| real(times.iter().filter(|at| place(**at) == week).count());
    let begin = |week: usize| since.saturating_add(WEEK * u32::try_from(week).unwrap_or_default());
    let column = |week: usize| Column {
        name: view.zone.day(begin(week)),
        values: vec![count(purchases, week), count(later, week)],
    };
    (0..WEEKS).map(column).collect()
}

fn by_age(view: &View, waiting: &[Open], parked: &[Open]) -> Vec<Column> {
    let place = |open: &Open| {
        let age = view.now.since(open.since);
        AGES.iter().position(|most| age <= *most).unwrap_or(AGES.len())
    };
    let count = |open: &[Open], age: usize| real(open.iter().filter(|open| place(open) == age).count());
    let name = |age: usize| match AGES.get(age) {
        Some(most) => format!("≤ {}", length(view.language, *most)),
        None => format!("> {}", length(view.language, AGES[AGES.len() - 1])),
    };
    let column = |age: usize| Column { name: name(age), values: vec![count(waiting, age), count(parked, age)] };
    (0..=AGES.len()).map(column).collect()
}
