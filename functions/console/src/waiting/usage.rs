//! Hours of use that KooGallery did not take, and that wait for a person.

use koogallery_store::Subject;

use super::{MOST_OF_SHARD, Waiting};
use crate::Console;
use crate::stop::Failure;
use crate::texts::Home;
use crate::view::{View, path_of};

pub(super) async fn list(console: &Console, view: &View) -> Result<Vec<Waiting>, Failure> {
    let open = console.store.oldest_usage_parked(MOST_OF_SHARD).await?;
    let waiting = open.into_iter().map(|(instance, since)| Waiting {
        what: view.fill(Home::UsageParked, &[&instance]),
        since,
        deadline: None,
        act: (Home::LookAtInstance, path_of(&Subject::Instance(instance))),
    });
    Ok(waiting.collect())
}
