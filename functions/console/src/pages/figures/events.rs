//! Events that the application does not have, by their age.

use std::time::Duration;

use koogallery_store::{Open, OpenFound};
use koogallery_waiting::length;
use maud::{Markup, html};

use crate::chart::{Column, columns, real};
use crate::texts::Figures;
use crate::view::View;

/// So many events of each shard are read.
pub(super) const MOST: i32 = 100;
/// The ages of events: up to so long each, and longer.
const AGES: [Duration; 6] = [
    Duration::from_mins(1),
    Duration::from_mins(15),
    Duration::from_hours(1),
    Duration::from_hours(6),
    Duration::from_hours(24),
    Duration::from_hours(72),
];

pub(super) fn chart(view: &View, waiting: &OpenFound, parked: &OpenFound) -> Markup {
    let ages = by_age(view, &waiting.found, &parked.found);
    let series = [Figures::Waiting, Figures::Parked].map(|text| view.say(text));
    html! {
        (columns(view, "ages", view.say(Figures::Ages), &series, &ages))
        @if !(waiting.is_whole && parked.is_whole) { p.quiet { (view.say(Figures::EventsCut)) } }
    }
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
