//! The facts of a license code, and those of any life.

use koogallery_store::{License, Lifecycle};
use maud::{Markup, html};

use super::instance::bought;
use crate::texts::{Facts, Lists, freeze_cause, status};
use crate::view::View;

pub(super) fn facts(view: &View, license: &License) -> Markup {
    html! { dl.facts { (life_facts(view, &license.life)) } }
}

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
