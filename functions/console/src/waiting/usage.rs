//! Hours of use: those that KooGallery did not take, which wait for a person, and those that should have been reported long ago.

use std::time::Duration;

use koogallery_store::{Kind, Subject};

use super::{MOST_OF_SHARD, Waiting};
use crate::Console;
use crate::stop::Failure;
use crate::texts::Home;
use crate::view::{View, path_of};

/// An hour is reported within minutes after its grace.
const LATE: Duration = Duration::from_hours(2);

pub(super) async fn parked(console: &Console, view: &View) -> Result<Vec<Waiting>, Failure> {
    let open = console.store.oldest_usage(Kind::UsageParked, view.now, MOST_OF_SHARD).await?;
    let waiting = open.into_iter().map(|(instance, since)| Waiting {
        what: view.fill(Home::UsageParked, &[&instance]),
        since,
        deadline: None,
        act: (Home::LookAtInstance, path_of(&Subject::Instance(instance))),
    });
    Ok(waiting.collect())
}

/// One entry for all that are late: the cause is the same.
pub(super) async fn late(console: &Console, view: &View) -> Result<Vec<Waiting>, Failure> {
    let open = console.store.oldest_usage(Kind::Usage, view.now.saturating_sub(LATE), MOST_OF_SHARD).await?;
    let count = open.len();
    let waiting = open.into_iter().next().map(|(instance, since)| Waiting {
        what: view.fill(Home::UsageLate, &[&count]),
        since,
        deadline: None,
        act: (Home::LookAtInstance, path_of(&Subject::Instance(instance))),
    });
    Ok(waiting.into_iter().collect())
}
