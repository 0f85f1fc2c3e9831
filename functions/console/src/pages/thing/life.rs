//! The facts of any life, of an instance as of a license code.

use koogallery_store::{Bought, Lifecycle};
use maud::{Markup, html};

use crate::texts::{Facts, Lists, freeze_cause, status};
use crate::view::View;

/// Status, product and times.
pub(super) fn life_facts(view: &View, life: &Lifecycle) -> Markup {
    html! {
        dt { (view.say(Lists::Status)) }
        dd #status {
            (status(view.language, life.status))
            @if let Some(cause) = life.freeze_cause { " (" (freeze_cause(view.language, cause)) ")" }
        }
        @if let Some(product) = &life.product_id { dt { (view.say(Lists::Product)) } dd { (product) } }
        @if let Some(holds) = life.holds() { (bought(view, holds)) }
        dt { (view.say(Lists::Created)) } dd { (view.time(life.created_at)) }
        @if let Some(until) = life.bought_until {
            dt { (view.say(Facts::BoughtUntil)) } dd { (view.time(until.timestamp())) }
        }
        @if let Some(until) = life.expire_time { dt { (view.say(Lists::Expires)) } dd { (view.time(until.timestamp())) } }
    }
}

/// Specification and quantity.
fn bought(view: &View, bought: &Bought) -> Markup {
    html! {
        @if let Some(sku) = &bought.sku_code { dt { (view.say(Facts::Sku)) } dd { (sku) } }
        @if let Some(quantity) = bought.linear_value { dt { (view.say(Facts::Quantity)) } dd { (quantity) } }
        @else if let Some(quantity) = bought.amount { dt { (view.say(Facts::Quantity)) } dd { (quantity) } }
    }
}
