//! Events that the application does not have: those that are parked, and those that were tried in vain for some time.

use std::time::Duration;

use koogallery_store::{Kind, Open};

use super::{Ask, Listed};
use crate::{Matter, Waiting};

/// An event that is younger is nothing to look at: it is just being delivered.
const LATE: Duration = Duration::from_mins(15);
/// Tries end after this.
const TRIED: Duration = Duration::from_hours(72);

pub(super) async fn parked(ask: Ask<'_>) -> Listed {
    let open = ask.store.oldest_open(Kind::Parked, ask.most_of_shard()).await?;
    let waiting = open.found.iter().filter_map(|open| {
        let matter = Matter::EventParked { event: open.event_id()?, subject: open.subject.clone() };
        Some(Waiting { matter, since: open.since, deadline: None })
    });
    Ok((waiting.collect(), open.is_whole))
}

pub(super) async fn late(ask: Ask<'_>) -> Listed {
    let open = ask.store.oldest_open(Kind::Undelivered, ask.most_of_shard()).await?;
    let late = |open: &&Open| ask.now.since(open.since) > LATE;
    let waiting = open.found.iter().filter(late).filter_map(|open| {
        let matter = Matter::EventLate { event: open.event_id()?, subject: open.subject.clone() };
        Some(Waiting { matter, since: open.since, deadline: Some(open.since.saturating_add(TRIED)) })
    });
    // What was not read is younger than what was: of late ones there is more only if all that was read are late.
    let is_whole = open.is_whole || !open.found.iter().all(|open| late(&open));
    Ok((waiting.collect(), is_whole))
}
