//! What came and went by week: orders from the index of orders, instances from what the daily walk of the watch counted.

use koogallery::Timestamp;
use koogallery_store::{OrderTimes, WatchNotes, counted_weeks, week_of};
use koogallery_waiting::{Zone, number};
use maud::{Markup, html};

use crate::chart::{Column, columns, compared, real};
use crate::texts::Figures;
use crate::view::View;

/// So many orders of each shard are read, about 2,000 in all: with more, the page would take longer than 100 ms.
pub(super) const MOST_ORDERS: i32 = 120;

/// The beginning of the first week that is shown.
pub(super) fn since(view: &View) -> Timestamp {
    counted_weeks(view.now).first().copied().unwrap_or(view.now)
}

pub(super) fn chart(view: &View, orders: &OrderTimes, notes: WatchNotes) -> Markup {
    let (weeks, since) = (counted_weeks(view.now), since(view));
    let count = |times: &[Timestamp], week: Timestamp| real(times.iter().filter(|at| week_of(**at) == week).count());
    // Weeks are those of Beijing, whatever zone the reader chose.
    let name = |week: &Timestamp| Zone::default().day(*week);
    let ordered = weeks.iter().map(|week| Column {
        name: name(week),
        values: vec![count(&orders.purchases, *week), count(&orders.later, *week)],
    });
    let ordered: Vec<Column> = ordered.collect();
    let counted = notes.counts.map(|(counts, of)| {
        let stood = weeks.iter().map(|week| {
            let counts = counts.week(*week);
            Column { name: name(week), values: [counts.new, counts.released].map(whole).to_vec() }
        });
        let columns: Vec<Column> = stood.collect();
        let now = [counts.provisioning, counts.active, counts.frozen, counts.released].map(number);
        (columns, view.fill(Figures::Counted, &[&view.zone.day(of), &now[1], &now[2], &now[0], &now[3]]))
    });
    let series = [Figures::New, Figures::Later].map(|text| view.say(text));
    html! {
        (columns(view, "orders", view.say(Figures::Orders), &series, &ordered))
        @if orders.from > since { p.quiet { (view.fill(Figures::OrdersSince, &[&view.told(orders.from)])) } }
        @match counted {
            Some((stood, told)) => {
                (compared(view, "instances", view.say(Figures::Instances), &[Figures::Bought, Figures::Released].map(|text| view.say(text)), &stood))
                p.quiet #counted { (told) }
            }
            None => { p.quiet { (view.say(Figures::NotCounted)) } }
        }
    }
}

/// A count as a number that can be scaled.
fn whole(count: u64) -> f64 {
    real(usize::try_from(count).unwrap_or(usize::MAX))
}
