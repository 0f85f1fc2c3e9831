//! The facts of a life that have an item each: later orders and freezes. So all data of a call is kept, its order counts once
//! because of the item's key, and the item of the life stays small however long the life is.

use std::collections::BTreeMap;

use koogallery::{InstanceId, LicenseCode};
use serde::Serialize;

use crate::model::instance::Instance;
use crate::model::license::License;
use crate::model::lifecycle::{AppliedOrder, Fact, Facts, Freeze};
use crate::model::world::World;
use crate::table::client::{Store, StoreError};
use crate::table::key::{Item, Key};
use crate::table::listing::List;
use crate::table::living::Living;
use crate::table::query::Query;

/// The member of an order's item with the other data that V1.0 sent with it, as it came.
pub(crate) const FURTHER: &str = "further";

/// The members of a fact from which a life is derived.
const MEMBERS: [&str; 10] =
    ["orderId", "orderLineId", "signedAt", "effect", "scene", "expireTime", "productId", "bought", "told", "expired"];

/// The key of a fact's item, if the fact has one.
pub(crate) fn key<L: Living>(world: World, id: &L::Id, fact: &Fact) -> Option<Key> {
    let state = L::key(world, id);
    match fact {
        Fact::Order(order) => Some(state.order_fact(&order.key())),
        Fact::Freeze(Freeze { signed_at, expired }) => {
            Some(state.freeze_fact(signed_at.as_millis(), if *expired { "EXPIRE" } else { "FREEZE" }))
        }
        Fact::Unfreeze(_) | Fact::Release(_) => None,
    }
}

/// The item of a fact, if the fact has one, with the other data of the call.
pub(crate) fn item<L: Living>(
    world: World,
    id: &L::Id,
    fact: &Fact,
    further: &BTreeMap<String, String>,
) -> Result<Option<Item>, StoreError> {
    #[derive(Serialize)]
    struct Told<'a> {
        #[serde(flatten)]
        order: &'a AppliedOrder,
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        further: &'a BTreeMap<String, String>,
    }
    let Some(key) = key::<L>(world, id, fact) else { return Ok(None) };
    let mut item: Item = match fact {
        Fact::Order(order) => serde_dynamo::to_item(Told { order, further })?,
        Fact::Freeze(freeze) => serde_dynamo::to_item(freeze)?,
        Fact::Unfreeze(_) | Fact::Release(_) => Item::new(),
    };
    if let Fact::Order(order) = fact {
        item.extend(List::Orders.entry(world, order.order_id.as_str(), order.signed_at, &key));
    }
    item.extend(key.into_item());
    Ok(Some(item))
}

impl Store {
    /// The later orders of an instance, in the order of signing.
    pub async fn instance_orders(&self, id: &InstanceId) -> Result<Vec<AppliedOrder>, StoreError> {
        self.orders_of(&Instance::key(World::Real, id)).await
    }

    /// The later orders of a license code, in the order of signing.
    pub async fn license_orders(&self, code: &LicenseCode) -> Result<Vec<AppliedOrder>, StoreError> {
        self.orders_of(&License::key(World::Real, code)).await
    }

    async fn orders_of(&self, state: &Key) -> Result<Vec<AppliedOrder>, StoreError> {
        let mut orders = self.facts(state).await?.orders;
        orders.sort_by_cached_key(|order| (order.signed_at, order.key()));
        Ok(orders)
    }

    /// All facts of a life that have an item, without the other data of V1.0.
    pub(crate) async fn facts(&self, state: &Key) -> Result<Facts, StoreError> {
        let query = Query::of_partition(state.partition()).beginning_with(Key::FACT).only(MEMBERS).to(self);
        let mut facts = Facts::default();
        let mut items = query.into_paginator().items().send();
        while let Some(item) = items.next().await {
            let item = item?;
            if item.contains_key("effect") {
                facts.orders.push(serde_dynamo::from_item(item)?);
            } else {
                facts.freezes.push(serde_dynamo::from_item(item)?);
            }
        }
        Ok(facts)
    }
}
