//! What the watch has looked at is looked at again when its next warning is due.

use koogallery::Timestamp;

use crate::queries::watched::{Kept, Watched};
use crate::table::call::Call;
use crate::table::client::{Store, StoreError};
use crate::table::transaction::{Commit, Transaction};
use crate::table::watched_items::{demand_item, supervision_item};

impl Store {
    /// Notes that the warnings until `now` are raised. False if it changed meanwhile: that planned the next look.
    pub async fn plan_watched(&self, watched: &Watched, now: Timestamp) -> Result<bool, StoreError> {
        let (item, version) = match &watched.kept {
            Kept::Supervision { order, kept, standing } => {
                (supervision_item(order, &kept.supervision, standing, Some(now))?, kept.version)
            }
            Kept::Demand(kept) => (demand_item(&kept.demand, Some(now))?, kept.version),
        };
        let call = Call::own(now);
        let commit = Transaction::new(self, &call)?.replace(item, version)?.commit().await?;
        Ok(matches!(commit, Commit::Done | Commit::Replayed))
    }
}
