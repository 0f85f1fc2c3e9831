//! tenantSync: the enterprise that an instance is bound to.

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::{InstanceId, OrderId, Tenant, TenantId, TenantSync};
use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::change::Changed;
use crate::client::{Store, StoreError};
use crate::event::{Event, EventType};
use crate::key::{Item, Key, World};
use crate::newest::{EventTypes, Thing};
use crate::table::{PARTITION_KEY, SORT_KEY};

/// An enterprise, as it is bound to one instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BoundTenant {
    /// Its id.
    pub tenant_id: TenantId,
    /// The instance; none when the seller only applied for credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<InstanceId>,
    /// The order that bought it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// What was told of the enterprise.
    #[serde(flatten)]
    pub tenant: Tenant,
}

const TYPES: EventTypes = EventTypes {
    added: EventType::TenantAdded,
    modified: EventType::TenantModified,
    removed: EventType::TenantRemoved,
};

impl Store {
    /// Adds, changes or removes the tenant of an instance. The call carries no time of its own: when it was signed
    /// decides.
    pub async fn sync_tenant(&self, call: &Call, request: &TenantSync) -> Result<Changed, StoreError> {
        let TenantSync { instance_id, order_id, tenant_id, change, .. } = request;
        let coming = change.told().map(|tenant| BoundTenant {
            tenant_id: tenant_id.clone(),
            instance_id: instance_id.clone(),
            order_id: order_id.clone(),
            tenant: tenant.clone(),
        });
        let thing = Thing {
            key: Key::tenant(call.world(), tenant_id, instance_id.as_ref()),
            tenant: tenant_id,
            app: None,
            needs: call.needs(instance_id.as_ref(), coming.is_none()),
            read,
            write: |tenant: &BoundTenant| Ok(serde_dynamo::to_item(tenant)?),
        };
        let event = |kind| Event::of_tenant(call, kind, tenant_id, instance_id.as_ref(), None);
        self.sync_one(call, thing, (call.signed_at(), coming), event, TYPES).await
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
        let key = Key::tenant(world, tenant, None);
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("#partition = :tenant AND begins_with(#sort, :of_instances)")
            .expression_attribute_names("#partition", PARTITION_KEY)
            .expression_attribute_names("#sort", SORT_KEY)
            .expression_attribute_values(":tenant", AttributeValue::S(key.partition().to_owned()))
            .expression_attribute_values(":of_instances", AttributeValue::S(Key::TENANT.to_owned()));
        let items: Vec<Item> =
            query.into_paginator().items().send().collect::<Result<_, _>>().await.map_err(StoreError::from_sdk)?;
        items.iter().filter_map(|item| read(item).transpose()).collect()
    }
}

/// None where the item only remembers that it is gone.
fn read(item: &Item) -> Result<Option<BoundTenant>, StoreError> {
    if !item.contains_key("tenantId") {
        return Ok(None);
    }
    Ok(Some(serde_dynamo::from_item(item.clone())?))
}
