//! Events: what the seller's application is told. Written in the transaction of the change that they report, they are
//! an instance's history and the outbox that delivery reads.

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::{AppId, ExpireTime, InstanceId, OrderId, OrderLineId, TenantId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::call::Call;
use crate::client::StoreError;
use crate::instance::{AppliedOrder, FreezeCause, Instance, OrderEffect, Status};
use crate::key::{Item, Key};
use crate::open::{Kind, open};
use crate::outbox::SubjectKey;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EventType {
    /// An order line was paid.
    #[serde(rename = "instance.created")]
    Created,
    /// The expiry moved.
    #[serde(rename = "instance.refreshed")]
    Refreshed,
    /// Specification or quantity grew.
    #[serde(rename = "instance.upgraded")]
    Upgraded,
    /// No access until it is unfrozen.
    #[serde(rename = "instance.frozen")]
    Frozen,
    /// Access again.
    #[serde(rename = "instance.unfrozen")]
    Unfrozen,
    /// Gone for good.
    #[serde(rename = "instance.released")]
    Released,
    /// An order notice came.
    #[serde(rename = "order.paid")]
    OrderPaid,
    /// An instance was bound to an enterprise.
    #[serde(rename = "tenant.added")]
    TenantAdded,
    /// An enterprise's name or domain changed.
    #[serde(rename = "tenant.modified")]
    TenantModified,
    /// An instance is bound to an enterprise no more.
    #[serde(rename = "tenant.removed")]
    TenantRemoved,
    /// An application's credentials came.
    #[serde(rename = "application.added")]
    ApplicationAdded,
    /// An application's credentials changed.
    #[serde(rename = "application.modified")]
    ApplicationModified,
    /// An application's credentials are gone.
    #[serde(rename = "application.removed")]
    ApplicationRemoved,
    /// Users may use an application.
    #[serde(rename = "users.granted")]
    UsersGranted,
    /// Users changed.
    #[serde(rename = "users.changed")]
    UsersChanged,
    /// Users may use an application no more.
    #[serde(rename = "users.revoked")]
    UsersRevoked,
    /// Users are gone.
    #[serde(rename = "users.deleted")]
    UsersDeleted,
    /// A department was added or changed.
    #[serde(rename = "departments.changed")]
    DepartmentsChanged,
    /// A department is gone.
    #[serde(rename = "departments.removed")]
    DepartmentsRemoved,
    /// All departments were told anew.
    #[serde(rename = "departments.replaced")]
    DepartmentsReplaced,
}

impl EventType {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::Created,
        Self::Refreshed,
        Self::Upgraded,
        Self::Frozen,
        Self::Unfrozen,
        Self::Released,
        Self::OrderPaid,
        Self::TenantAdded,
        Self::TenantModified,
        Self::TenantRemoved,
        Self::ApplicationAdded,
        Self::ApplicationModified,
        Self::ApplicationRemoved,
        Self::UsersGranted,
        Self::UsersChanged,
        Self::UsersRevoked,
        Self::UsersDeleted,
        Self::DepartmentsChanged,
        Self::DepartmentsRemoved,
        Self::DepartmentsReplaced,
    ];
}

/// The attribute that names an event's queue group: events of one subject are delivered one after the other.
pub const GROUP: &str = "group";

/// One event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// A UUID of version 7: events of one instance sort by it. The same on every delivery.
    pub event_id: Uuid,
    /// What happened.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// When the call that caused it came.
    pub occurred_at: Timestamp,
    /// The particulars.
    pub data: Value,
}

/// Whom an event is about: the partition that it is kept in.
pub(crate) enum Subject<'a> {
    Instance(&'a InstanceId),
    Order(&'a OrderId),
    Tenant(&'a TenantId),
}

impl Event {
    fn new(call: &Call, event_type: EventType, data: Value) -> Self {
        Self { event_id: Uuid::now_v7(), event_type, occurred_at: call.now(), data }
    }

    pub(crate) fn to_item(&self, call: &Call, subject: &Subject<'_>) -> Result<Item, StoreError> {
        let key = match subject {
            Subject::Instance(id) => Key::instance_event(call.world(), id, self.event_id),
            Subject::Order(id) => Key::order_event(call.world(), id, self.event_id),
            Subject::Tenant(id) => Key::tenant_event(call.world(), id, self.event_id),
        };
        let mut item: Item = serde_dynamo::to_item(self)?;
        item.extend(open(Kind::Undelivered, self.event_id.as_bytes(), call.now()));
        item.insert(GROUP.to_owned(), AttributeValue::S(SubjectKey::from(key.partition().to_owned()).group()));
        item.extend(key.into_item());
        Ok(item)
    }
}

/// The makers, one for each type: the only place that knows an event's particulars.
impl Event {
    pub(crate) fn created(call: &Call, instance: &Instance) -> Self {
        let Instance { instance_id, order_id, order_line_id, product_id, .. } = instance;
        let mut data = json!({ "instanceId": instance_id, "orderId": order_id });
        add(&mut data, "orderLineId", order_line_id.as_ref());
        add(&mut data, "productId", product_id.as_ref());
        Self::new(call, EventType::Created, data)
    }

    /// An order that came to count; for one that moves the expiry, `expiry` is what stands from now on.
    pub(crate) fn ordered(call: &Call, id: &InstanceId, order: &AppliedOrder, expiry: Option<ExpireTime>) -> Self {
        let AppliedOrder { order_id, order_line_id, .. } = order;
        let mut data = json!({ "instanceId": id, "orderId": order_id });
        add(&mut data, "orderLineId", order_line_id.as_ref());
        match &order.effect {
            OrderEffect::Refresh { scene, .. } => {
                data["scene"] = json!(scene);
                data["expireTime"] = json!(expiry);
                Self::new(call, EventType::Refreshed, data)
            }
            OrderEffect::Upgrade { .. } => Self::new(call, EventType::Upgraded, data),
        }
    }

    pub(crate) fn frozen(call: &Call, id: &InstanceId, cause: FreezeCause) -> Self {
        Self::new(call, EventType::Frozen, json!({ "instanceId": id, "cause": cause }))
    }

    pub(crate) fn unfrozen(call: &Call, id: &InstanceId) -> Self {
        Self::new(call, EventType::Unfrozen, json!({ "instanceId": id }))
    }

    pub(crate) fn released(call: &Call, id: &InstanceId) -> Self {
        Self::new(call, EventType::Released, json!({ "instanceId": id }))
    }

    pub(crate) fn order_paid(call: &Call, order: &OrderId, line: &OrderLineId) -> Self {
        Self::new(call, EventType::OrderPaid, json!({ "orderId": order, "orderLineId": line }))
    }

    /// Something of a tenant: `event_type` says what.
    pub(crate) fn of_tenant(
        call: &Call,
        event_type: EventType,
        tenant: &TenantId,
        instance: Option<&InstanceId>,
        app: Option<&AppId>,
    ) -> Self {
        let mut data = json!({ "tenantId": tenant });
        add(&mut data, "instanceId", instance);
        add(&mut data, "appId", app);
        Self::new(call, event_type, data)
    }

    /// The same of many things at once: how many, and their names where they are few.
    pub(crate) fn about(mut self, count: usize, names: Option<(&str, &[String])>) -> Self {
        self.data["count"] = json!(count);
        if let Some((name, names)) = names
            && names.len() <= Self::MAX_NAMES
        {
            self.data[name] = json!(names);
        }
        self
    }

    /// Up to so many names are told; beyond, the reader asks for the whole.
    const MAX_NAMES: usize = 100;

    /// What to tell of a change that was decided on what stands.
    pub(crate) fn between(call: &Call, before: &Instance, after: &Instance) -> Vec<Self> {
        let id = &after.instance_id;
        let mut events: Vec<Self> = after
            .orders
            .iter()
            .filter(|(key, _)| !before.orders.contains_key(*key))
            .map(|(_, order)| Self::ordered(call, id, order, after.expire_time))
            .collect();
        match (before.status, after.status, after.freeze_cause) {
            (before, after, _) if before == after => {}
            (_, Status::Released, _) => events.push(Self::released(call, id)),
            (_, Status::Frozen, Some(cause)) => events.push(Self::frozen(call, id, cause)),
            (Status::Frozen, ..) => events.push(Self::unfrozen(call, id)),
            _ => {}
        }
        events
    }
}

fn add(data: &mut Value, name: &str, value: Option<impl Serialize>) {
    if let Some(value) = value {
        data[name] = json!(value);
    }
}
