//! Warnings that stand and are not snoozed. Of what another source here shows too, that one is shown: it leads to the act.

use koogallery_store::{Cause, Warning};

use super::{MOST_OF_SHARD, Waiting};
use crate::Console;
use crate::stop::Failure;
use crate::texts::{Home, cause};
use crate::view::{View, name_of_about};

/// What [`super::provisioning`] and [`super::probes`] show.
const SHOWN_ELSEWHERE: [Cause; 2] = [Cause::ProvisioningWaits, Cause::ProbeFails];

pub(super) async fn list(console: &Console, view: &View) -> Result<(Vec<Waiting>, bool), Failure> {
    let (warnings, is_whole) = console.store.newest_warnings(Some(view.now), MOST_OF_SHARD).await?;
    let mut waiting: Vec<Waiting> = warnings
        .iter()
        .filter(|warning| !SHOWN_ELSEWHERE.contains(&warning.cause))
        .map(|warning| one(view, warning))
        .collect();
    waiting.sort_by_key(|waiting| (waiting.deadline.is_none(), waiting.deadline));
    Ok((waiting, is_whole))
}

fn one(view: &View, warning: &Warning) -> Waiting {
    let (of, why) = (name_of_about(&warning.about), cause(view.language, warning.cause));
    Waiting {
        what: view.fill(Home::Warned, &[&of, &why]),
        since: warning.since,
        deadline: warning.due_at,
        act: (Home::Answer, format!("/warnings/{}", warning.warning_id)),
    }
}
