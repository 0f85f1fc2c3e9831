//! Customer demands: people enter and change them.

use koogallery::Timestamp;
use uuid::Uuid;

use crate::changes::supervise::next_look;
use crate::model::about::About;
use crate::model::action::{Action, Actor};
use crate::model::orders::demand::{CustomerDemand, DemandChange, DemandError};
use crate::model::world::World;
use crate::table::call::Call;
use crate::table::client::{Store, StoreError};
use crate::table::key::{Item, Key};
use crate::table::listing::List;
use crate::table::transaction::{Commit, Pauses, Transaction, VERSION};

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
        let transaction = Transaction::new(self, &call)?.replace(item(demand, None)?, 0)?.acted(&action)?;
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
            let Some((before, version)) = self.kept_demand(id).await? else { return Ok(DemandChanged::Unknown) };
            let mut after = before.clone();
            match after.change(change.clone(), now) {
                Ok(true) => {}
                Ok(false) => return Ok(DemandChanged::Unchanged(Box::new(after))),
                Err(refused) => return Ok(DemandChanged::Refused(refused)),
            }
            let action = Action::new(actor, "demand.change", About::Demand(id), now).from(&before).to(&after);
            let transaction = Transaction::new(self, &call)?.replace(item(&after, None)?, version)?.acted(&action)?;
            match transaction.commit().await? {
                Commit::Done | Commit::Replayed => return Ok(DemandChanged::Done(Box::new(after))),
                Commit::Refused { .. } | Commit::Conflict => pauses.pause().await?,
            }
        }
    }

    /// A demand.
    pub async fn demand(&self, id: Uuid) -> Result<Option<CustomerDemand>, StoreError> {
        Ok(self.kept_demand(id).await?.map(|(demand, _)| demand))
    }

    pub(crate) async fn kept_demand(&self, id: Uuid) -> Result<Option<(CustomerDemand, u64)>, StoreError> {
        self.standing_item(Key::demand(id)).await?.map(kept).transpose()
    }

    /// Plans the next look at a demand whose warnings until now are raised.
    pub(crate) async fn plan_demand(
        &self,
        (demand, version): (&CustomerDemand, u64),
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let call = Call::own(now);
        let commit = Transaction::new(self, &call)?.replace(item(demand, Some(now))?, version)?.commit().await?;
        Ok(matches!(commit, Commit::Done | Commit::Replayed))
    }
}

pub(crate) fn kept(item: Item) -> Result<(CustomerDemand, u64), StoreError> {
    let version = item.get(VERSION).and_then(|version| version.as_n().ok()?.parse().ok()).unwrap_or_default();
    Ok((serde_dynamo::from_item(item)?, version))
}

fn item(demand: &CustomerDemand, raised: Option<Timestamp>) -> Result<Item, StoreError> {
    let key = Key::demand(demand.demand_id);
    let name = demand.demand_id.to_string();
    let mut item: Item = serde_dynamo::to_item(demand)?;
    item.extend(List::Demands.entry(World::Real, &name, demand.submitted_at, &key));
    item.extend(next_look(&demand.warnings(), &name, raised));
    item.extend(key.into_item());
    Ok(item)
}
