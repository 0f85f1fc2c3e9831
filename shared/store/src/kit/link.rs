//! Records which tenants have kit data of an instance, so that erasing finds it.

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::{AppId, InstanceId, TenantId};
use uuid::Uuid;

use crate::table::key::{Item, Key};

pub(crate) const TENANT_ID: &str = "tenantId";
pub(crate) const APP_ID: &str = "appId";

/// Records that a tenant has kit data of an instance. It is written together with the first data.
pub(crate) fn kit_link(id: &InstanceId, tenant: &TenantId, app: Option<&AppId>) -> Item {
    link(Key::kit(id, tenant, app), tenant, app)
}

/// Records the parts that a sync is about to write. It is written before them.
pub(crate) fn parts_link(id: &InstanceId, tenant: &TenantId, app: Option<&AppId>, parts: Uuid) -> Item {
    link(Key::kit_parts(id, tenant, app, parts), tenant, app)
}

fn link(key: Key, tenant: &TenantId, app: Option<&AppId>) -> Item {
    let mut item = key.into_item();
    item.insert(TENANT_ID.to_owned(), AttributeValue::S(tenant.to_string()));
    item.extend(app.map(|app| (APP_ID.to_owned(), AttributeValue::S(app.to_string()))));
    item
}
