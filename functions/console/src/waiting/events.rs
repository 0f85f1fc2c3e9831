//! Events that the application does not have: those that are parked, and those that were tried in vain for some time.

use std::time::Duration;

use koogallery_store::{Kind, Open};
use uuid::Uuid;

use super::{MOST_OF_SHARD, Waiting};
use crate::Console;
use crate::stop::Failure;
use crate::texts::Home;
use crate::view::{View, name_of};

/// An event that is younger is nothing to look at: it is just being delivered.
const LATE: Duration = Duration::from_mins(15);
/// Tries end after this.
const TRIED: Duration = Duration::from_hours(72);

pub(super) async fn parked(console: &Console, view: &View) -> Result<Vec<Waiting>, Failure> {
    let open = console.store.oldest_open(Kind::Parked, MOST_OF_SHARD).await?.found;
    let waiting = open
        .iter()
        .filter_map(|open| Some(Waiting { deadline: None, ..of(view, open, open.event_id()?, Home::Parked) }));
    Ok(waiting.collect())
}

pub(super) async fn late(console: &Console, view: &View) -> Result<Vec<Waiting>, Failure> {
    let open = console.store.oldest_open(Kind::Undelivered, MOST_OF_SHARD).await?.found;
    let late = open.iter().filter(|open| view.now.since(open.since) > LATE);
    Ok(late.filter_map(|open| Some(of(view, open, open.event_id()?, Home::Late))).collect())
}

fn of(view: &View, open: &Open, id: Uuid, text: Home) -> Waiting {
    Waiting {
        what: view.fill(text, &[&id, &name_of(&open.subject)]),
        since: open.since,
        deadline: Some(open.since.saturating_add(TRIED)),
        act: (Home::LookAtEvent, format!("/events/{id}")),
    }
}
