//! tenantSync: the tenant that an instance is bound to.

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::{InstanceId, OrderId, Tenant, TenantChange, TenantCode, TenantDetails, TenantId, TenantSync};
use serde::{Deserialize, Serialize};

use crate::kit::newest::{EventTypes, Known, Newest, Thing};
use crate::model::changed::Changed;
use crate::model::event::Event;
use crate::model::event_type::EventType;
use crate::model::world::World;
use crate::table::call::Call;
use crate::table::client::{Store, StoreError};
use crate::table::key::{Item, Key};
use crate::table::listing::List;
use crate::table::query::Query;
use crate::table::stamp::Stamp;

/// A tenant, as one instance knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BoundTenant {
    /// Its id.
    pub tenant_id: TenantId,
    /// The instance; none if the seller only asked for credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<InstanceId>,
    /// The order that bought it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// The tenant's data.
    #[serde(flatten)]
    pub tenant: Tenant,
}

const TYPES: EventTypes = EventTypes {
    added: EventType::TenantAdded,
    modified: EventType::TenantModified,
    removed: EventType::TenantRemoved,
};

/// What calls say about a tenant. Its code comes from the newest call that added it, its name and domain from the newest call that
/// added or changed it. So a change that arrives before the addition is not lost.
#[derive(Debug, Clone, PartialEq)]
struct KnownTenant {
    code: Newest<TenantCode>,
    details: Newest<TenantDetails>,
    removed: Stamp,
}

impl KnownTenant {
    const NOTHING: Self = Self { code: Newest::NEVER, details: Newest::NEVER, removed: Stamp::NEVER };

    fn told(at: Stamp, change: &TenantChange) -> Self {
        match change.clone() {
            TenantChange::Add(Tenant { tenant_code, details }) => {
                Self { code: Newest::told(at, tenant_code), details: Newest::told(at, details), ..Self::NOTHING }
            }
            TenantChange::Modify(details) => Self { details: Newest::told(at, details), ..Self::NOTHING },
            TenantChange::Delete => Self { removed: at, ..Self::NOTHING },
        }
    }
}

impl Known for KnownTenant {
    type Shown = Tenant;

    fn join(&mut self, other: Self) {
        self.code.join(other.code);
        self.details.join(other.details);
        self.removed = self.removed.max(other.removed);
        if self.code.at < self.removed {
            self.code = Newest::NEVER;
        }
        if self.details.at < self.removed {
            self.details = Newest::NEVER;
        }
    }

    fn shown(&self) -> Option<Tenant> {
        self.code.is.clone().zip(self.details.is.clone()).map(|(tenant_code, details)| Tenant { tenant_code, details })
    }
}

impl Store {
    /// Adds, changes or removes the tenant of an instance. The call has no time of its own, so the time of signing decides.
    pub async fn sync_tenant(&self, call: &Call, request: &TenantSync) -> Result<Changed, StoreError> {
        let TenantSync { instance_id, order_id, tenant_id, change, .. } = request;
        let (instance, deletes) = (instance_id.as_ref(), *change == TenantChange::Delete);
        let ids = || {
            let mut ids = Item::new();
            let mut id = |name: &str, id: Option<&str>| {
                ids.extend(id.map(|id| (name.to_owned(), AttributeValue::S(id.to_owned()))));
            };
            id("tenantId", Some(tenant_id.as_str()));
            id("instanceId", instance.map(InstanceId::as_str));
            id("orderId", order_id.as_ref().map(OrderId::as_str));
            ids
        };
        let listed = |known: &KnownTenant| {
            let key = Key::tenant(call.world(), tenant_id, instance);
            List::Tenants.entry(call.world(), tenant_id.as_str(), known.code.at.time(), &key)
        };
        let thing = Thing {
            key: Key::tenant(call.world(), tenant_id, instance),
            tenant: tenant_id,
            app: None,
            needs: call.needs(instance, deletes),
            read: |item: Item| std::future::ready(known(&item)),
            write: |known: &KnownTenant| written(known, ids().into_iter().chain(listed(known)).collect()),
        };
        let event = |kind| Event::of_tenant(call.now(), kind, tenant_id, instance, None);
        self.sync_one(call, thing, KnownTenant::told(call.stamp(None), change), event, TYPES).await
    }

    /// A tenant as one instance knows it.
    pub async fn tenant(
        &self,
        world: World,
        tenant: &TenantId,
        instance: Option<&InstanceId>,
    ) -> Result<Option<BoundTenant>, StoreError> {
        let item = self.standing_item(Key::tenant(world, tenant, instance)).await?;
        item.as_ref().map_or(Ok(None), read)
    }

    /// A tenant as each of its instances knows it, in the order of their ids.
    pub async fn tenants(&self, world: World, tenant: &TenantId) -> Result<Vec<BoundTenant>, StoreError> {
        let items = self.under(Key::tenant(world, tenant, None), Key::TENANT).await?;
        items.iter().filter_map(|item| read(item).transpose()).collect()
    }

    /// The items of a key's partition whose sort keys begin with this text, in their order.
    pub(crate) async fn under(&self, key: Key, sort: &str) -> Result<Vec<Item>, StoreError> {
        let query = Query::of_partition(key.partition()).beginning_with(sort).to(self);
        query.into_paginator().items().send().collect::<Result<_, _>>().await.map_err(StoreError::from)
    }
}

const CODE: &str = "tenantCode";
const NAME: &str = "name";
const ADDED: [&str; 2] = ["addedAt", "addedSignedAt"];
const TOLD: [&str; 2] = ["toldAt", "toldSignedAt"];
const REMOVED: [&str; 2] = ["removedAt", "removedSignedAt"];

fn known(item: &Item) -> Result<KnownTenant, StoreError> {
    let code = item.get(CODE).cloned().map(serde_dynamo::from_attribute_value).transpose()?;
    let details = if item.contains_key(NAME) { Some(serde_dynamo::from_item(item.clone())?) } else { None };
    Ok(KnownTenant {
        code: Newest { at: Stamp::of_item(item, ADDED), is: code },
        details: Newest { at: Stamp::of_item(item, TOLD), is: details },
        removed: Stamp::of_item(item, REMOVED),
    })
}

/// Without the ids if there is nothing to see.
fn written(known: &KnownTenant, ids: Item) -> Result<Item, StoreError> {
    let mut item = if known.shown().is_some() { ids } else { Item::new() };
    if let Some(code) = &known.code.is {
        item.insert(CODE.to_owned(), serde_dynamo::to_attribute_value(code)?);
    }
    if let Some(details) = &known.details.is {
        item.extend(serde_dynamo::to_item::<_, Item>(details)?);
    }
    for (stamp, names) in [(known.code.at, ADDED), (known.details.at, TOLD), (known.removed, REMOVED)] {
        stamp.write(&mut item, names);
    }
    Ok(item)
}

/// Returns none if there is nothing to see.
fn read(item: &Item) -> Result<Option<BoundTenant>, StoreError> {
    if !item.contains_key("tenantId") {
        return Ok(None);
    }
    Ok(Some(serde_dynamo::from_item(item.clone())?))
}
