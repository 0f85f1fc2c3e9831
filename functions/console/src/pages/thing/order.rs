//! The parts of an order's page: its state with the evidence, what KooGallery reported, amounts, what failed, its supervision.

use koogallery_store::{
    Cause, FailedCall, ListedOrder, OrderAmount, OrderRecord, Standing, Step, StepSource, Subject, Supervision,
    Warning, WarningId,
};
use koogallery_waiting::{cause, stage};
use maud::{Markup, html};

use crate::Console;
use crate::layout::table;
use crate::stop::Stop;
use crate::texts::{Lists, Orders, Warnings, evidence, flow, order_kind, order_state, party, status, step};
use crate::view::View;

/// So many rows of each table are shown: the newest.
const MOST: usize = 20;

/// The state, and what it follows from.
pub(super) fn state(view: &View, record: &OrderRecord) -> Markup {
    let (state, found) = record.state();
    html! {
        dl.facts {
            dt { (view.say(Orders::State)) }
            dd #state {
                @match state {
                    Some(state) => { (order_state(view.language, state)) }
                    None => { (view.say(Orders::Unknown)) }
                }
            }
            dt { (view.say(Orders::Evidence)) } dd { (evidence(view.language, &found)) }
        }
    }
}

/// What calls and the order query told.
pub(super) fn told(view: &View, record: &OrderRecord) -> Markup {
    let things: Vec<Vec<Markup>> = things(view, record);
    html! {
        @if !record.reports.is_empty() { h2 { (view.say(Orders::Reports)) } (reports(view, &record.reports)) }
        @if !record.amounts.is_empty() { h2 { (view.say(Orders::Amounts)) } (amounts(view, &record.amounts)) }
        @if !things.is_empty() {
            h2 { (view.say(Orders::Things)) }
            (table(view, &[Lists::Subject, Lists::Status, Lists::Expires].map(|head| view.say(head)), &things))
        }
        @if !record.failed_calls.is_empty() { h2 { (view.say(Orders::FailedCalls)) } (failed(view, &record.failed_calls)) }
    }
}

fn reports(view: &View, reports: &[ListedOrder]) -> Markup {
    let heads = [Lists::OrderLine, Lists::Kind, Lists::Product, Lists::SignedAt].map(|head| view.say(head));
    let row = |report: &ListedOrder| {
        vec![
            html! { @if let Some(line) = &report.order_line_id { (line) } },
            html! { (order_kind(view.language, report.kind)) },
            html! { @if let Some(product) = &report.product_id { (product) } },
            view.time(report.signed_at),
        ]
    };
    table(view, &heads, &reports.iter().rev().take(MOST).map(row).collect::<Vec<_>>())
}

fn amounts(view: &View, amounts: &[OrderAmount]) -> Markup {
    let heads = [Orders::Line, Orders::OrderType, Orders::Ordered, Orders::ListPrice, Orders::Deal, Orders::Period];
    let row = |amount: &OrderAmount| {
        let text = |text: &Option<String>| html! { @if let Some(text) = text { (text) } };
        vec![
            html! { @if let Some(line) = &amount.order_line_id { (line) } },
            html! { (amount.order_type) },
            html! { @if let Some(at) = amount.ordered_at { (view.time(at)) } },
            text(&amount.currency),
            text(&amount.currency_after_discount),
            html! { @if let Some(number) = amount.period_number { (number) " " } (text(&amount.period_type)) },
        ]
    };
    table(view, &heads.map(|head| view.say(head)), &amounts.iter().take(MOST).map(row).collect::<Vec<_>>())
}

fn things(view: &View, record: &OrderRecord) -> Vec<Vec<Markup>> {
    let instances = record.instances.iter();
    let instances = instances.map(|found| (Subject::Instance(found.instance_id.clone()), &found.life));
    let licenses = record.licenses.iter().map(|found| (Subject::License(found.license.clone()), &found.life));
    let row = |(subject, life): (Subject, &koogallery_store::Lifecycle)| {
        vec![
            view.link(&subject),
            html! { (status(view.language, life.status)) },
            html! { @if let Some(until) = life.expire_time { (view.time(until.timestamp())) } },
        ]
    };
    instances.chain(licenses).take(MOST).map(row).collect()
}

fn failed(view: &View, failed: &[FailedCall]) -> Markup {
    let heads = [Lists::Callback, Lists::Answer, Lists::Problem].map(|head| view.say(head)).into_iter();
    let heads: Vec<&str> =
        heads.chain([Orders::First, Orders::Last, Orders::Times].map(|head| view.say(head))).collect();
    let row = |call: &FailedCall| {
        vec![
            html! { (call.callback) },
            html! { span.bad { (view.code(call.result_code)) } },
            html! { @if let Some(reason) = &call.reason { (reason) } },
            view.time(call.first_at),
            view.time(call.last_at),
            html! { (call.calls) },
        ]
    };
    table(view, &heads, &failed.iter().take(MOST).map(row).collect::<Vec<_>>())
}

/// The warnings about an order and what it bought that stand: those that its own facts can raise.
pub(super) async fn warnings(console: &Console, record: &OrderRecord) -> Result<Vec<Warning>, Stop> {
    let about = Subject::Order(record.order_id.clone()).into();
    let standing = record.standing().map(|standing| standing.warnings()).unwrap_or_default();
    let mut ids: Vec<WarningId> =
        standing.iter().map(|raise| WarningId::of(raise.cause, &about, raise.since)).collect();
    ids.extend(record.failed_calls.iter().take(MOST).map(FailedCall::warning_id));
    ids.extend(record.instances.iter().take(MOST).map(|instance| {
        let about = Subject::Instance(instance.instance_id.clone()).into();
        WarningId::of(Cause::ProvisioningWaits, &about, instance.life.created_at)
    }));
    let reads = ids.iter().map(|id| console.store.warning(id));
    let found = futures_util::future::try_join_all(reads).await?;
    Ok(found.into_iter().flatten().filter(|warning| warning.ended_at.is_none()).collect())
}

/// These warnings.
pub(super) fn warned(view: &View, warnings: &[Warning]) -> Markup {
    let row = |warning: &Warning| {
        let to = view.at(format_args!("/warnings/{}", warning.warning_id));
        vec![
            html! { a href=(to) { (cause(view.language, warning.cause)) } },
            view.time(warning.raised_at),
            html! { @if let Some(due) = warning.due_at { (view.time(due)) } },
        ]
    };
    let heads = [view.say(Warnings::Cause), view.say(Warnings::Raised), view.say(Orders::Due)];
    html! {
        @if !warnings.is_empty() {
            h2 { (view.say(Orders::Warnings)) }
            (table(view, &heads, &warnings.iter().map(row).collect::<Vec<_>>()))
        }
    }
}

/// Where the supervision stands, and its steps.
pub(super) fn supervised(view: &View, supervision: &Supervision, standing: &Standing) -> Markup {
    let time = |text: Orders, at: Option<koogallery::Timestamp>| {
        html! { @if let Some(at) = at { dt { (view.say(text)) } dd { (view.time(at)) } } }
    };
    html! {
        dl.facts {
            dt { (view.say(Orders::Flow)) } dd { (flow(view.language, supervision.flow)) }
            dt { (view.say(Orders::Stage)) } dd #stage { (stage(view.language, standing.stage)) }
            @if let Some(waits) = standing.waits_for {
                dt { (view.say(Orders::WaitsFor)) } dd { (party(view.language, waits)) }
            }
            (time(Orders::Since, Some(standing.since)))
            (time(Orders::Due, standing.due_at()))
            (time(Orders::Opened, Some(supervision.opened_at)))
            (time(Orders::ServiceStarted, standing.service_started_at))
            (time(Orders::Accepted, standing.accepted_at))
            (time(Orders::Completed, standing.completed_at))
            (time(Orders::Appealed, standing.appealed_at))
            @if !standing.rejections.is_empty() {
                dt { (view.say(Orders::Rejections)) } dd { (standing.rejections.len()) }
            }
        }
        @if !supervision.steps.is_empty() { h3 { (view.say(Orders::Steps)) } (steps(view, supervision, standing)) }
    }
}

fn steps(view: &View, supervision: &Supervision, standing: &Standing) -> Markup {
    let heads = [Orders::When, Orders::Step, Orders::EnteredBy, Orders::Note, Orders::Counts];
    let row = |(place, one): (usize, &Step)| {
        vec![
            view.time(one.at),
            html! {
                (step(view.language, one.kind))
                @if let Some(name) = &one.name { ": " (name.as_str()) }
                @if let Some(by) = one.appealed_by { " (" (party(view.language, by)) ")" }
            },
            html! {
                @match &one.source {
                    StepSource::Told => { (view.say(Orders::Told)) }
                    StepSource::Entered { by, .. } => { (by.as_str()) }
                }
            },
            html! { @if let Some(note) = &one.note { (note.as_str()) } },
            html! {
                @if standing.overtaken.contains(&place) { (view.say(Orders::Overtaken)) } @else { (view.say(Orders::Yes)) }
            },
        ]
    };
    let shown = supervision.steps.iter().enumerate().rev().take(2 * MOST);
    table(view, &heads.map(|head| view.say(head)), &shown.map(row).collect::<Vec<_>>())
}
