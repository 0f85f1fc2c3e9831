//! The use of an instance by the hour.

use std::time::Duration;

use koogallery::InstanceId;
use koogallery_store::{HourState, UsageHour};
use maud::{Markup, html};

use crate::Console;
use crate::chart::{Column, columns};
use crate::stop::Failure;
use crate::texts::Figures;
use crate::view::View;

/// So many hours are shown: two days.
const HOURS: u64 = 48;

/// The last hours of an instance that reports use; nothing of another one.
pub(super) async fn of(console: &Console, view: &View, id: &InstanceId) -> Result<Markup, Failure> {
    let from = view.now.saturating_sub(Duration::from_hours(HOURS));
    let hours = console.store.usage_hours(id, from, view.now).await?;
    let parked = hours.iter().filter(|hour| hour.state == HourState::Parked);
    let parked: Vec<&UsageHour> = parked.collect();
    let bars: Vec<Column> = hours.iter().map(|hour| column(view, hour)).collect();
    Ok(html! {
        @if !hours.is_empty() {
            (columns(view, "usage", view.say(Figures::Usage), &[view.say(Figures::Amount)], &bars))
            @for hour in parked {
                p.bad {
                    (view.fill(Figures::HourParked, &[&view.told(hour.id.begin), &hour.last_answer.as_deref().unwrap_or("–")]))
                }
            }
        }
    })
}

fn column(view: &View, hour: &UsageHour) -> Column {
    let amount = hour.amount.to_string().parse().unwrap_or_default();
    Column { name: view.told(hour.id.begin), values: vec![amount] }
}
