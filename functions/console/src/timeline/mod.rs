//! One list of all that happened to something: each source gives its entries, and they are put in the order of time, the newest first.

mod actions;
mod calls;
mod events;

use koogallery::Timestamp;
use koogallery_store::{About, Action, Subject, Trace};
use maud::{Markup, html};

use crate::Console;
use crate::stop::Stop;
use crate::texts::Facts;
use crate::view::View;

/// So many entries are shown: a page stays below 50 KB.
const MOST: usize = 100;
/// So many actions of one thing are read.
const MOST_ACTIONS: usize = 100;
/// Of so many things the actions are read.
const MOST_SUBJECTS: usize = 10;

/// One entry.
pub(crate) struct Entry {
    at: Timestamp,
    /// The class of its mark: what kind it is, and whether it failed.
    class: &'static str,
    title: String,
    /// What else there is to know.
    more: Markup,
}

/// What happened to something and to what belongs to it, with what people did.
pub(crate) async fn of(console: &Console, subject: &Subject) -> Result<(Trace, Vec<Action>), Stop> {
    let trace = console.store.trace_of(vec![subject.clone()]).await?;
    let mut about: Vec<Subject> = vec![subject.clone()];
    about.extend(trace.subjects.iter().filter(|other| *other != subject).take(MOST_SUBJECTS).cloned());
    let reads = about
        .into_iter()
        .map(|subject| async move { console.store.actions_on(&About::Subject(subject), MOST_ACTIONS).await });
    let actions = futures_util::future::try_join_all(reads).await?.into_iter().flatten().collect();
    Ok((trace, actions))
}

/// What people did to something that has no other history.
pub(crate) fn acted(view: &View, actions: &[Action]) -> Markup {
    show(view, Trace::default(), actions)
}

/// The list, as a page shows it.
pub(crate) fn show(view: &View, trace: Trace, actions: &[Action]) -> Markup {
    let mut is_cut = trace.is_cut;
    let mut entries: Vec<Entry> = trace.calls.iter().map(|call| calls::entry(view, call)).collect();
    for record in &trace.events {
        events::add(view, record, &mut entries);
    }
    entries.extend(actions.iter().map(|action| actions::entry(view, action)));
    // What has the same time stays in the order of its sources: a call, its event, what follows from that.
    entries.sort_by_key(|entry| entry.at);
    entries.reverse();
    is_cut |= entries.len() > MOST;
    entries.truncate(MOST);
    html! {
        h2 { (view.say(Facts::Timeline)) }
        @if entries.is_empty() { p { (view.say(Facts::TimelineEmpty)) } }
        ol.timeline reversed {
            @for entry in &entries {
                li class=(entry.class) { (view.time(entry.at)) (entry.title) " " (entry.more) }
            }
        }
        @if is_cut { p.quiet { (view.say(Facts::TimelineCut)) } }
    }
}
