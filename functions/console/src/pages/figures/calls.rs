//! Calls of the last day by the hour: those that brought or changed an order, from the index of orders, and those that failed and were
//! not answered well since, from the index of what is open. Neither costs a callback a write more.

use std::time::Duration;

use koogallery::Timestamp;
use koogallery_store::{Open, OrderTimes};
use maud::{Markup, html};

use crate::chart::{Column, compared, real};
use crate::texts::Figures;
use crate::view::View;

const HOUR: Duration = Duration::from_hours(1);
/// So many hours are shown.
const HOURS: u32 = 24;
/// So many failed calls of each shard are read.
pub(super) const MOST_FAILED: i32 = 100;

pub(super) fn chart(view: &View, orders: &OrderTimes, (failed, is_whole): &(Vec<Open>, bool)) -> Markup {
    let hour = i64::try_from(HOUR.as_millis()).unwrap_or(i64::MAX);
    let this = Timestamp::from_millis(view.now.as_millis().div_euclid(hour) * hour);
    let hours: Vec<Timestamp> = (0..HOURS).rev().map(|before| this.saturating_sub(HOUR * before)).collect();
    let since = hours.first().copied().unwrap_or(this);
    let is_in = |at: Timestamp, hour: Timestamp| at >= hour && at < hour.saturating_add(HOUR);
    let column = |hour: &Timestamp| {
        let taken = orders.purchases.iter().chain(&orders.later).filter(|at| is_in(**at, *hour)).count();
        let failed = failed.iter().filter(|open| is_in(open.since, *hour)).count();
        Column { name: view.told(*hour), values: vec![real(taken), real(failed)] }
    };
    let columns: Vec<Column> = hours.iter().map(column).collect();
    let oldest = failed.iter().map(|open| open.since).min();
    let is_cut = orders.from > since || (!is_whole && oldest.is_some_and(|oldest| oldest > since));
    let series = [Figures::Taken, Figures::Refused].map(|text| view.say(text));
    html! {
        (compared(view, "calls", view.say(Figures::Calls), &series, &columns))
        @if is_cut { p.quiet { (view.say(Figures::CallsCut)) } }
    }
}
