//! Customer demands: people enter and change them.

use koogallery::Timestamp;
use uuid::Uuid;

use crate::model::about::About;
use crate::model::action::{Action, Actor};
use crate::model::orders::demand::{CustomerDemand, DemandChange, DemandError};
use crate::table::call::Call;
use crate::table::client::{Store, StoreError};
use crate::table::key::Key;
use crate::table::transaction::{Commit, Pauses, Transaction};
use crate::table::watched_items::{KeptDemand, demand_item};

/// What became of a change of a demand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DemandChanged {
    /// It is changed.
    Done(Box<CustomerDemand>),
    /// Nothing is new.
    Unchanged(Box<CustomerDemand>),
    /// It cannot be changed so.
    Refused(DemandError),
    /// There is no such demand.
    Unknown,
}

impl Store {
    /// Keeps a new demand.
    pub async fn enter_demand(&self, demand: &CustomerDemand, actor: &Actor, now: Timestamp) -> Result<(), StoreError> {
        let action = Action::new(actor, "demand.enter", About::Demand(demand.demand_id), now).to(demand);
        let call = Call::own(now);
        let transaction = Transaction::new(self, &call)?.replace(demand_item(demand, None)?, 0)?.acted(&action)?;
        match transaction.commit().await? {
            Commit::Done | Commit::Replayed => Ok(()),
            // The id is new with each request.
            Commit::Refused { .. } | Commit::Conflict => Err(StoreError::Conflict),
        }
    }

    /// Changes a demand.
    pub async fn change_demand(
        &self,
        id: Uuid,
        change: &DemandChange,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<DemandChanged, StoreError> {
        let call = Call::own(now);
        let mut pauses = Pauses::new();
        loop {
            let Some(KeptDemand { demand: before, version }) = self.kept_demand(id).await? else {
                return Ok(DemandChanged::Unknown);
            };
            let mut after = before.clone();
            match after.change(change.clone(), now) {
                Ok(true) => {}
                Ok(false) => return Ok(DemandChanged::Unchanged(Box::new(after))),
                Err(refused) => return Ok(DemandChanged::Refused(refused)),
            }
            let action = Action::new(actor, "demand.change", About::Demand(id), now).from(&before).to(&after);
            let transaction =
                Transaction::new(self, &call)?.replace(demand_item(&after, None)?, version)?.acted(&action)?;
            match transaction.commit().await? {
                Commit::Done | Commit::Replayed => return Ok(DemandChanged::Done(Box::new(after))),
                Commit::Refused { .. } | Commit::Conflict => pauses.pause().await?,
            }
        }
    }

    /// A demand.
    pub async fn demand(&self, id: Uuid) -> Result<Option<CustomerDemand>, StoreError> {
        Ok(self.kept_demand(id).await?.map(|kept| kept.demand))
    }

    async fn kept_demand(&self, id: Uuid) -> Result<Option<KeptDemand>, StoreError> {
        self.standing_item(Key::demand(id)).await?.map(KeptDemand::of).transpose()
    }
}
