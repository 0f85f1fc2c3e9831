//! Instances whose buyers wait: KooGallery refunds the order three hours after the purchase.

use std::time::Duration;

use koogallery_store::{Cause, Kind, StoreError, Subject, WarningId};

use super::{Ask, Listed};
use crate::{Matter, Waiting};

/// KooGallery's patience (topic 0070649476).
pub const PATIENCE: Duration = Duration::from_hours(3);

pub(super) async fn list(ask: Ask<'_>) -> Listed {
    let open = ask.store.oldest_open(Kind::Provisioning, ask.most_of_shard()).await?;
    let instances = open.found.into_iter().filter_map(|open| match open.subject {
        Subject::Instance(instance) => Some((instance, open.since)),
        _ => None,
    });
    let looks = instances.take(ask.one_more()).map(|(instance, since)| async move {
        // What somebody acknowledged or snoozed waits for nobody until it is raised once more.
        let id = WarningId::of(Cause::ProvisioningWaits, &Subject::Instance(instance.clone()).into(), since);
        let warned = ask.store.warning(&id).await?;
        let is_answered = warned.is_some_and(|warning| {
            warning.ended_at.is_some() || warning.snoozed_until.is_some_and(|until| until > ask.now)
        });
        Ok::<_, StoreError>((!is_answered).then(|| Waiting {
            matter: Matter::ProvisioningWaits { instance },
            since,
            deadline: Some(since.saturating_add(PATIENCE)),
        }))
    });
    Ok((futures_util::future::try_join_all(looks).await?.into_iter().flatten().collect(), open.is_whole))
}
