//! Figures: what can be counted without reading all that there is. Each chart is in a file of its own, with where its numbers are from.

mod calls;
mod events;
mod money;
mod weeks;

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use koogallery_store::Kind;
use maud::{Markup, html};

use crate::Console;
use crate::layout;
use crate::pages::months;
use crate::stop::{Failure, Stop};
use crate::texts::{Figures, General};
use crate::view::View;

/// Answers with them. All that they need is read side by side.
pub(crate) async fn get(State(console): State<Arc<Console>>, Extension(view): Extension<View>) -> Result<Markup, Stop> {
    let (store, months) = (&console.store, months::latest(&view)?);
    let (orders, (_, notes), failed, waiting, parked, compared) = futures_util::try_join!(
        store.order_times(weeks::since(&view), weeks::MOST_ORDERS),
        store.walk(),
        store.newest_open(Kind::FailedCall, calls::MOST_FAILED),
        store.oldest_open(Kind::Undelivered, events::MOST),
        store.oldest_open(Kind::Parked, events::MOST),
        store.comparisons(&months),
    )
    .map_err(Failure::from)?;
    let content = html! {
        (weeks::chart(&view, &orders, notes))
        (calls::chart(&view, &orders, &failed))
        (events::chart(&view, &waiting, &parked))
        (money::charts(&view, &months, &compared))
        p.quiet { (view.say(Figures::Metrics)) }
    };
    Ok(layout::page(&view, view.say(General::Figures), None, &content))
}
