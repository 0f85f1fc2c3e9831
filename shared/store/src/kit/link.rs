//! Which tenants' kits have data of an instance, so that erasing finds it.

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::{AppId, InstanceId, TenantId};

use crate::table::key::{Item, Key};

pub(crate) const TENANT_ID: &str = "tenantId";
pub(crate) const APP_ID: &str = "appId";

/// Says that a tenant's kit has data of an instance, so that erasing finds it. Written with the first of it.
pub(crate) fn kit_link(id: &InstanceId, tenant: &TenantId, app: Option<&AppId>) -> Item {
    let mut item = Key::kit(id, tenant, app).into_item();
    item.insert(TENANT_ID.to_owned(), AttributeValue::S(tenant.to_string()));
    item.extend(app.map(|app| (APP_ID.to_owned(), AttributeValue::S(app.to_string()))));
    item
}
