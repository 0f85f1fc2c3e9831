//! Warnings that stand and are not snoozed. Of what another source here shows too, that one is shown: it leads to the act.

use koogallery_store::Cause;

use super::{Ask, Listed};
use crate::{Matter, Waiting};

/// What [`super::provisioning`] and [`super::probes`] show.
const SHOWN_ELSEWHERE: [Cause; 2] = [Cause::ProvisioningWaits, Cause::ProbeFails];

pub(super) async fn list(ask: Ask<'_>) -> Listed {
    let (warnings, is_whole) = ask.store.newest_warnings(Some(ask.now), ask.most_of_shard()).await?;
    let mut waiting: Vec<Waiting> = warnings
        .into_iter()
        .filter(|warning| !SHOWN_ELSEWHERE.contains(&warning.cause))
        .map(|warning| Waiting {
            since: warning.since,
            deadline: warning.due_at,
            matter: Matter::Warned { id: warning.warning_id, cause: warning.cause, about: warning.about },
        })
        .collect();
    waiting.sort_by_key(|waiting| (waiting.deadline.is_none(), waiting.deadline));
    Ok((waiting, is_whole))
}
