//! The sources: each gives what waits of one kind of thing, the oldest first.

mod events;
mod failed_calls;
mod jobs;
mod keys;
mod licenses;
pub(crate) mod money;
mod probes;
pub(crate) mod provisioning;
mod usage;
mod warnings;

use koogallery::Timestamp;
use koogallery_store::{Cause, Store, StoreError};

use crate::kind::Kind;
use crate::{Looked, Waiting};

/// How a source is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub(crate) store: &'a Store,
    pub(crate) now: Timestamp,
    /// So much is wanted at most.
    pub(crate) most: u16,
}

impl Ask<'_> {
    /// The same, of each shard of the index of open things. One more would show that there is more.
    fn most_of_shard(&self) -> i32 {
        self.most.into()
    }

    /// One more than is wanted: it shows that there is more.
    fn one_more(&self) -> usize {
        usize::from(self.most) + 1
    }
}

/// What a source has, and whether that is all.
pub(crate) type Listed = Result<(Vec<Waiting>, bool), StoreError>;

/// Asks them one after the other: each asks all shards of the index at once, and more than that at the same time would be too much for
/// a small store.
pub(crate) async fn all(store: &Store, now: Timestamp, most: u16) -> Result<Looked, StoreError> {
    let ask = Ask { store, now, most };
    let found = [
        (Kind::Warning(Cause::SellerStep), warnings::list(ask).await?),
        (Kind::Warning(Cause::CallFailed), failed_calls::list(ask).await?),
        (Kind::Warning(Cause::ProvisioningWaits), provisioning::list(ask).await?),
        (Kind::EventParked, events::parked(ask).await?),
        (Kind::EventLate, events::late(ask).await?),
        (Kind::UsageParked, usage::parked(ask).await?),
        (Kind::UsageLate, usage::late(ask).await?),
        (Kind::Warning(Cause::ProbeFails), probes::list(ask).await?),
        (Kind::LicenseRequested, licenses::list(ask).await?),
        (Kind::MoneyDiffers, money::list(ask).await?),
        (Kind::JobRests, jobs::list(ask).await?),
        (Kind::KeyOld, keys::list(ask).await?),
    ];
    let mut looked = Looked::default();
    for (kind, (mut found, is_whole)) in found {
        if !is_whole || found.len() > usize::from(most) {
            looked.cut.push(kind);
        }
        found.truncate(most.into());
        looked.waiting.extend(found);
    }
    looked.waiting.sort_by_key(|waiting| (waiting.deadline.is_none(), waiting.deadline, waiting.since));
    Ok(looked)
}
