//! The items of what the watch looks at: supervised orders and customer demands. Each is in the index `open` by the time of its
//! next warning, so a run reads only what is due.

use koogallery::{OrderId, Timestamp};

use crate::model::orders::demand::CustomerDemand;
use crate::model::orders::supervision::{Standing, Supervision};
use crate::model::warning::Raise;
use crate::model::world::World;
use crate::table::client::StoreError;
use crate::table::index::{Kind, open};
use crate::table::key::{Item, Key};
use crate::table::listing::List;
use crate::table::transaction::version;

/// A supervision as it stands in the table.
#[derive(Debug, Clone)]
pub(crate) struct KeptSupervision {
    pub(crate) supervision: Supervision,
    pub(crate) version: u64,
}

impl KeptSupervision {
    pub(crate) fn of(item: Item) -> Result<Self, StoreError> {
        Ok(Self { version: version(&item), supervision: serde_dynamo::from_item(item)? })
    }
}

/// A customer demand as it stands in the table.
#[derive(Debug, Clone)]
pub(crate) struct KeptDemand {
    pub(crate) demand: CustomerDemand,
    pub(crate) version: u64,
}

impl KeptDemand {
    pub(crate) fn of(item: Item) -> Result<Self, StoreError> {
        Ok(Self { version: version(&item), demand: serde_dynamo::from_item(item)? })
    }
}

/// The item of a supervision: in the list as long as it is open, and in the index by its first warning, or by the first one after
/// `raised`.
pub(crate) fn supervision_item(
    order: &OrderId,
    supervision: &Supervision,
    standing: &Standing,
    raised: Option<Timestamp>,
) -> Result<Item, StoreError> {
    let key = Key::supervision(order);
    let mut item: Item = serde_dynamo::to_item(supervision)?;
    if !standing.stage.is_over() {
        item.extend(List::Supervisions.entry(World::Real, order.as_str(), supervision.opened_at, &key));
    }
    item.extend(next_look(&standing.warnings(), order.as_str(), raised));
    item.extend(key.into_item());
    Ok(item)
}

/// The item of a demand.
pub(crate) fn demand_item(demand: &CustomerDemand, raised: Option<Timestamp>) -> Result<Item, StoreError> {
    let key = Key::demand(demand.demand_id);
    let name = demand.demand_id.to_string();
    let mut item: Item = serde_dynamo::to_item(demand)?;
    item.extend(List::Demands.entry(World::Real, &name, demand.submitted_at, &key));
    item.extend(next_look(&demand.warnings(), &name, raised));
    item.extend(key.into_item());
    Ok(item)
}

/// The attributes by which the watch finds something with these warnings.
fn next_look(warnings: &[Raise], name: &str, raised: Option<Timestamp>) -> Item {
    let due = warnings.iter().map(|raise| raise.at).filter(|at| raised.is_none_or(|raised| *at > raised));
    due.min().map_or_else(Item::new, |at| open(Kind::Watched, name.as_bytes(), at))
}
