//! Instances whose buyers wait: KooGallery refunds the order three hours after the purchase.

use std::time::Duration;

use koogallery_store::{Cause, Kind, Subject, WarningId};

use super::{MOST, MOST_OF_SHARD, Waiting};
use crate::Console;
use crate::stop::Failure;
use crate::texts::Home;
use crate::view::{View, name_of, path_of};

/// KooGallery's patience (topic 0070649476).
pub(crate) const PATIENCE: Duration = Duration::from_hours(3);

pub(super) async fn list(console: &Console, view: &View) -> Result<Vec<Waiting>, Failure> {
    let open = console.store.oldest_open(Kind::Provisioning, MOST_OF_SHARD).await?.found;
    let open = open.into_iter().filter(|open| matches!(open.subject, Subject::Instance(_))).take(MOST + 1);
    let looks = open.map(|open| async {
        // What somebody acknowledged or snoozed waits for nobody until it is raised once more.
        let id = WarningId::of(Cause::ProvisioningWaits, &open.subject.clone().into(), open.since);
        let warned = console.store.warning(&id).await?;
        let is_answered = warned.is_some_and(|warning| {
            warning.ended_at.is_some() || warning.snoozed_until.is_some_and(|until| until > view.now)
        });
        Ok::<_, Failure>((!is_answered).then_some(open))
    });
    let open = futures_util::future::try_join_all(looks).await?;
    let waiting = open.into_iter().flatten().map(|open| Waiting {
        what: view.fill(Home::Provisioning, &[&name_of(&open.subject)]),
        since: open.since,
        deadline: Some(open.since.saturating_add(PATIENCE)),
        act: (Home::HandIn, format!("{}#app-info", path_of(&open.subject))),
    });
    Ok(waiting.collect())
}
