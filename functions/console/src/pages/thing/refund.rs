//! Why a buyer was refunded, as far as anything tells it: which order did it, what it was worth, and what was left undone before.

use koogallery::{InstanceId, OrderId};
use koogallery_store::{EventType, Instance, OrderAmount, OrderRecord, Subject, Trace};
use koogallery_waiting::{PATIENCE, explained};
use maud::{Markup, html};

use crate::Console;
use crate::stop::Stop;
use crate::texts::Facts;
use crate::view::View;

/// What became of an instance that was refunded; nothing of another one.
pub(super) async fn of(console: &Console, view: &View, instance: &Instance, trace: &Trace) -> Result<Markup, Stop> {
    let Some(at) = instance.life.released_at else { return Ok(html! {}) };
    let refund = named(trace, &instance.instance_id);
    if refund.is_none() && instance.gone_unprovisioned().is_none() {
        return Ok(html! {});
    }
    let amount = match &refund {
        Some(order) => worth(&console.store.amounts_of(order).await?),
        None => None,
    };
    Ok(html! {
        p.says.refund {
            @match &refund {
                Some(order) => {
                    (view.fill(Facts::RefundedOn, &[&view.told(at)])) " "
                    (view.say(Facts::RefundOrder)) " " (view.link(&Subject::Order(order.clone()))) br;
                }
                None => { (view.fill(Facts::GoneOn, &[&view.told(at)])) " " }
            }
            @if let Some(amount) = amount { (view.fill(Facts::RefundAmount, &[&amount])) " " }
            (view.fill(Facts::Because, &[&why(view, instance)]))
        }
    })
}

/// The same on the page of an order: of each instance that it bought, and of those that it refunded.
pub(super) async fn of_order(
    console: &Console,
    view: &View,
    record: &OrderRecord,
    trace: &Trace,
) -> Result<Markup, Stop> {
    let mut said = Vec::new();
    for instance in &record.instances {
        if instance.order_id == record.order_id {
            said.push(of(console, view, instance, trace).await?);
        } else if named(trace, &instance.instance_id).as_ref() == Some(&record.order_id) {
            said.push(html! {
                p.says.refund {
                    (view.say(Facts::RefundOf)) " " (view.link(&Subject::Order(instance.order_id.clone()))) br;
                    (view.fill(Facts::Because, &[&why(view, instance)]))
                }
            });
        }
    }
    Ok(html! { @for one in &said { (one) } })
}

/// The order that the release of an instance named.
fn named(trace: &Trace, id: &InstanceId) -> Option<OrderId> {
    let of = Subject::Instance(id.clone());
    let releases =
        trace.events.iter().filter(|record| record.event.event_type == EventType::Released && record.subject == of);
    releases.filter_map(|record| record.event.data["refundOrderId"].as_str()?.parse().ok()).next_back()
}

/// The reason that follows from what was done before.
fn why(view: &View, instance: &Instance) -> String {
    if let Some(failure) = &instance.provisioning_failure {
        return view.fill(Facts::WhyFailing, &[&explained(view.language, failure.reply().result_code)]);
    }
    let text = match instance.gone_unprovisioned() {
        Some(at) if at.since(instance.life.created_at) >= PATIENCE => Facts::WhyLate,
        Some(_) => Facts::WhyEarly,
        None => Facts::WhyAsked,
    };
    view.say(text).to_owned()
}

/// What the order query said the refund is worth: of the whole order, else of its lines.
fn worth(amounts: &[OrderAmount]) -> Option<String> {
    let whole = amounts.iter().any(|amount| amount.is_of_the_order && amount.order_line_id.is_none());
    let told = amounts.iter().filter(|amount| (amount.is_of_the_order && amount.order_line_id.is_none()) == whole);
    let told: Vec<&str> = told.filter_map(|amount| amount.currency_after_discount.as_deref()).collect();
    (!told.is_empty()).then(|| told.join(", "))
}
