//! The facts of an instance, without personal data.

use koogallery_store::{AppliedOrder, Instance, OrderEffect, Subject};
use maud::{Markup, html};

use super::life::life_facts;
use crate::layout::table;
use crate::texts::{Facts, Lists, OrderWords};
use crate::view::View;

/// So many later orders are shown: the newest.
const MOST_ORDERS: usize = 20;

pub(super) fn facts(view: &View, instance: &Instance, orders: &[AppliedOrder]) -> Markup {
    let version = if instance.v1 { "V1.0" } else { "V2.0" };
    html! {
        dl.facts {
            (life_facts(view, &instance.life))
            dt { (view.say(Lists::Order)) } dd { (view.link(&Subject::Order(instance.order_id.clone()))) }
            @if let Some(line) = &instance.order_line_id { dt { (view.say(Lists::OrderLine)) } dd { (line) } }
            dt { (view.say(Facts::InterfaceType)) } dd { (instance.interface_type.name()) " " (version) }
            @if let Some(info) = &instance.app_info {
                // An application's address is no link: it comes from outside, and may be anything.
                dt { (view.say(Facts::AppInfo)) } dd { code { (info.front_end_url.as_str()) } }
            }
        }
        @if !orders.is_empty() { h2 { (view.say(Facts::LaterOrders)) } (later(view, orders)) }
    }
}

fn later(view: &View, orders: &[AppliedOrder]) -> Markup {
    let heads = [Lists::Order, Lists::Kind, Lists::SignedAt, Lists::Expires].map(|head| view.say(head));
    let rows: Vec<Vec<Markup>> = orders
        .iter()
        .rev()
        .take(MOST_ORDERS)
        .map(|order| {
            let (kind, until) = match &order.effect {
                OrderEffect::Refresh { expire_time, .. } => (OrderWords::Refresh, Some(*expire_time)),
                OrderEffect::Upgrade { .. } => (OrderWords::Upgrade, None),
            };
            vec![
                view.link(&Subject::Order(order.order_id.clone())),
                html! { (view.say(kind)) },
                view.time(order.signed_at),
                html! { @if let Some(until) = until { (view.time(until.timestamp())) } },
            ]
        })
        .collect();
    table(view, &heads, &rows)
}
