//! The page of one event: what it says, and each try to deliver it.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use koogallery_store::{DestinationState, Ended, EventRecord, EventType, Subject};
use koogallery_waiting::explained;
use maud::{Markup, html};
use serde_json::Value;
use uuid::Uuid;

use crate::Console;
use crate::acts::{Said, event::forms, said};
use crate::extract::{PathOf, QueryOf};
use crate::layout;
use crate::stop::Stop;
use crate::texts::{Facts, Lists, delivery, event_type};
use crate::view::View;

/// The members of an event's data that name a person, a department or a device: they are never shown here.
const NAMING: [&str; 3] = ["userNames", "orgCodes", "deviceFingerprint"];

/// Answers with it.
pub(crate) async fn get(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    PathOf(id): PathOf<Uuid>,
    QueryOf(done): QueryOf<Said>,
) -> Result<Markup, Stop> {
    let record = console.store.find_event(id).await?.ok_or(Stop::NotFound)?;
    let content = html! {
        (said(&view, &done))
        (facts(&view, &record))
        (refusal(&console, &view, &record).await?)
        (forms(&view, &record))
        h2 { (view.say(Facts::Data)) }
        (data(&view, record.event.data.clone()))
        @if !record.destinations.is_empty() {
            h2 { (view.say(Facts::Delivery)) }
            @for (name, state) in &record.destinations { (tries(&view, name, state)) }
        }
    };
    Ok(layout::page(&view, &event_type(record.event.event_type), None, &content))
}

fn facts(view: &View, record: &EventRecord) -> Markup {
    html! {
        dl.facts {
            dt { (view.say(Lists::Event)) } dd { code { (record.event.event_id) } }
            dt { (view.say(Lists::Subject)) } dd { (view.link(&record.subject)) }
            dt { (view.say(Lists::Happened)) } dd { (view.time(record.event.occurred_at)) }
            dt { (view.say(Lists::State)) } dd #delivery { (delivery(view.language, record.delivery())) }
            dt { (view.say(Lists::Attempts)) } dd { (record.attempts) }
            @if let Some(at) = record.next_try_at { dt { (view.say(Lists::NextTry)) } dd { (view.time(at)) } }
            @if let Some(problem) = &record.last_problem { dt { (view.say(Lists::Problem)) } dd.bad { (problem) } }
        }
        @if let Some(gone) = &record.discarded {
            p.says { (view.fill(Facts::DiscardedBy, &[&gone.by, &view.told(gone.at), &gone.reason])) }
        }
    }
}

/// What the application answered to a purchase that it refused, as long as the instance keeps it.
async fn refusal(console: &Console, view: &View, record: &EventRecord) -> Result<Markup, Stop> {
    let (EventType::Created, Subject::Instance(id)) = (record.event.event_type, &record.subject) else {
        return Ok(html! {});
    };
    let failure = console.store.instance(id).await?.and_then(|instance| instance.provisioning_failure);
    Ok(html! {
        @if let Some(failure) = failure {
            p.says {
                (view.fill(Facts::AppRefused, &[&explained(view.language, failure.reply().result_code)])) " "
                (view.link(&record.subject))
            }
        }
    })
}

/// What the event says, without what names somebody.
fn data(view: &View, mut data: Value) -> Markup {
    let mut hides = false;
    if let Value::Object(members) = &mut data {
        members.retain(|name, _| {
            hides |= NAMING.contains(&name.as_str());
            !NAMING.contains(&name.as_str())
        });
    }
    let shown = serde_json::to_string_pretty(&data).unwrap_or_default();
    html! { pre tabindex="0" { (shown) } @if hides { p.quiet { (view.say(Facts::Hidden)) } } }
}

fn tries(view: &View, destination: &str, state: &DestinationState) -> Markup {
    html! {
        ol.timeline {
            @for tried in &state.tries {
                @let (text, class) = match tried.ended {
                    Some(Ended::Delivered) => (Facts::Delivered, "event"),
                    Some(Ended::Stopped) => (Facts::Stopped, "event"),
                    Some(Ended::Parked) => (Facts::Parked, "failed"),
                    None => (Facts::Failed, "failed"),
                };
                li class=(class) {
                    (view.time(tried.at)) (view.fill(text, &[&destination])) " "
                    (view.fill(Facts::Took, &[&tried.duration]))
                    @if let Some(problem) = &tried.problem { " " span.bad { (problem) } }
                }
            }
        }
    }
}
