//! Events, and each try to deliver them.

use koogallery_store::{Ended, EventRecord};
use maud::html;

use super::Entry;
use crate::texts::{Facts, event_type};
use crate::view::View;

/// Adds an event, and its tries.
pub(super) fn add(view: &View, record: &EventRecord, entries: &mut Vec<Entry>) {
    let (id, kind) = (record.event.event_id, event_type(record.event.event_type));
    let to = view.at(format_args!("/events/{id}"));
    entries.push(Entry {
        at: record.event.occurred_at,
        class: "event",
        title: view.fill(Facts::EventHappened, &[&kind]),
        more: html! { a href=(to) { (id) } },
    });
    for (destination, state) in &record.destinations {
        for tried in &state.tries {
            let (text, class) = match tried.ended {
                Some(Ended::Delivered) => (Facts::Delivered, "event"),
                Some(Ended::Stopped) => (Facts::Stopped, "event"),
                Some(Ended::Parked) => (Facts::Parked, "failed"),
                None => (Facts::Failed, "failed"),
            };
            entries.push(Entry {
                at: tried.at,
                class,
                title: view.fill(text, &[destination]),
                more: html! {
                    (kind) " " (view.fill(Facts::Took, &[&tried.duration]))
                    @if let Some(problem) = &tried.problem { " " span.bad { (problem) } }
                },
            });
        }
    }
}
