//! Events: what the seller's application is told. Written in the transaction of the change that they report, they are
//! an instance's history; beside each stands, while it is to be delivered, an item of the outbox ([`crate::outbox`]).

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::{AppId, ExpireTime, InstanceId, LicenseCode, OrderId, OrderLineId, ProductId, TenantId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::bought::Bought;
use crate::call::Call;
use crate::client::StoreError;
use crate::instance::{Acceptance, Instance};
use crate::key::{Item, Key};
use crate::license_request::{LicenseRequest, LicenseRequestId};
use crate::lifecycle::{AppliedOrder, FreezeCause, Lifecycle, OrderEffect, Status};
use crate::open::{Kind, open};
use crate::outbox::outbox_item;
use crate::subject_key::SubjectKey;

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
    /// The buyer accepted what was bought.
    #[serde(rename = "instance.accepted")]
    Accepted,
    /// What stands changed by what was learnt of an order, without a call that asked for it.
    #[serde(rename = "instance.changed")]
    Changed,
    /// A license is wanted, for a device or a purchase.
    #[serde(rename = "license.requested")]
    LicenseRequested,
    /// A license code's expiry moved.
    #[serde(rename = "license.refreshed")]
    LicenseRefreshed,
    /// A license code is worth nothing until it is unfrozen.
    #[serde(rename = "license.frozen")]
    LicenseFrozen,
    /// A license code is worth something again.
    #[serde(rename = "license.unfrozen")]
    LicenseUnfrozen,
    /// A license code is gone for good.
    #[serde(rename = "license.released")]
    LicenseReleased,
    /// What stands of a license code changed by what was learnt of an order.
    #[serde(rename = "license.changed")]
    LicenseChanged,
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
    pub const ALL: [Self; 28] = [
        Self::Created,
        Self::Refreshed,
        Self::Upgraded,
        Self::Frozen,
        Self::Unfrozen,
        Self::Released,
        Self::Accepted,
        Self::Changed,
        Self::LicenseRequested,
        Self::LicenseRefreshed,
        Self::LicenseFrozen,
        Self::LicenseUnfrozen,
        Self::LicenseReleased,
        Self::LicenseChanged,
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

/// A purchase is urgent for so long.
const URGENT: Duration = Duration::from_hours(3);

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
#[derive(Debug, Clone, Copy)]
pub(crate) enum Subject<'a> {
    Instance(&'a InstanceId),
    License(&'a LicenseCode),
    Order(&'a OrderId),
    Tenant(&'a TenantId),
}

impl Subject<'_> {
    /// The particulars that say so.
    fn data(self) -> Value {
        match self {
            Self::Instance(id) => json!({ "instanceId": id }),
            Self::License(code) => json!({ "license": code }),
            Self::Order(id) => json!({ "orderId": id }),
            Self::Tenant(id) => json!({ "tenantId": id }),
        }
    }

    /// What happened to it: a license code's events have names of their own.
    const fn event(self, usual: EventType, of_a_license: EventType) -> EventType {
        match self {
            Self::License(_) => of_a_license,
            Self::Instance(_) | Self::Order(_) | Self::Tenant(_) => usual,
        }
    }
}

impl Event {
    fn new(call: &Call, event_type: EventType, data: Value) -> Self {
        Self { event_id: Uuid::now_v7(), event_type, occurred_at: call.now(), data }
    }

    /// The order line that it names and the order query tells more of; none for an event of no order.
    #[must_use]
    pub fn order(&self) -> Option<(OrderId, Option<OrderLineId>)> {
        match self.event_type {
            EventType::Created
            | EventType::Refreshed
            | EventType::Upgraded
            | EventType::OrderPaid
            | EventType::LicenseRequested
            | EventType::LicenseRefreshed => {
                let order = self.data["orderId"].as_str()?.parse().ok()?;
                Some((order, self.data["orderLineId"].as_str().and_then(|line| line.parse().ok())))
            }
            EventType::Frozen
            | EventType::Unfrozen
            | EventType::Released
            | EventType::Accepted
            | EventType::Changed
            | EventType::LicenseChanged
            | EventType::LicenseFrozen
            | EventType::LicenseUnfrozen
            | EventType::LicenseReleased
            | EventType::TenantAdded
            | EventType::TenantModified
            | EventType::TenantRemoved
            | EventType::ApplicationAdded
            | EventType::ApplicationModified
            | EventType::ApplicationRemoved
            | EventType::UsersGranted
            | EventType::UsersChanged
            | EventType::UsersRevoked
            | EventType::UsersDeleted
            | EventType::DepartmentsChanged
            | EventType::DepartmentsRemoved
            | EventType::DepartmentsReplaced => None,
        }
    }

    /// Until when it is urgent that it is delivered; none for an event that is not. KooGallery refunds a purchase that is
    /// not provisioned some hours after it.
    pub(crate) fn urgent_until(&self) -> Option<Timestamp> {
        (self.event_type == EventType::Created).then(|| self.occurred_at.after(URGENT))
    }

    /// What is written of it: itself, which stays, and what says that it is to be delivered.
    pub(crate) fn to_items(&self, call: &Call, subject: &Subject<'_>) -> Result<[Item; 2], StoreError> {
        let key = match subject {
            Subject::Instance(id) => Key::instance_event(call.world(), id, self.event_id),
            Subject::License(code) => Key::license_event(call.world(), code, self.event_id),
            Subject::Order(id) => Key::order_event(call.world(), id, self.event_id),
            Subject::Tenant(id) => Key::tenant_event(call.world(), id, self.event_id),
        };
        let subject = SubjectKey::from(key.partition().to_owned());
        let mut item: Item = serde_dynamo::to_item(self)?;
        if self.order().is_some() {
            item.extend(open(Kind::Unlearnt, self.event_id.as_bytes(), call.now()));
        }
        item.insert(GROUP.to_owned(), AttributeValue::S(subject.group()));
        item.extend(key.into_item());
        Ok([item, outbox_item(&subject, self, call.now())])
    }
}

/// The makers, one for each type: the only place that knows an event's particulars.
impl Event {
    pub(crate) fn created(call: &Call, instance: &Instance) -> Self {
        let Instance { instance_id, order_id, order_line_id, life, .. } = instance;
        let mut data = json!({ "instanceId": instance_id, "orderId": order_id });
        add(&mut data, "orderLineId", order_line_id.as_ref());
        add(&mut data, "productId", life.product_id.as_ref());
        add(&mut data, "expireTime", life.expire_time);
        add(&mut data, "bought", life.bought.as_ref());
        add(&mut data, "holds", life.holds());
        Self::new(call, EventType::Created, data)
    }

    /// The buyer's acceptance, if it is not the one that was told before.
    pub(crate) fn accepted(call: &Call, told: Option<&Acceptance>, instance: &Instance) -> Option<Self> {
        let Acceptance { acceptance_time, provision_type, .. } = instance.acceptance.as_ref()?;
        let is_told =
            told.is_some_and(|told| (told.acceptance_time, &told.provision_type) == (*acceptance_time, provision_type));
        let mut data = Subject::Instance(&instance.instance_id).data();
        data["orderId"] = json!(instance.order_id);
        data["acceptanceTime"] = json!(acceptance_time);
        add(&mut data, "provisionType", provision_type.as_ref());
        (!is_told).then(|| Self::new(call, EventType::Accepted, data))
    }

    /// An order that came to count in the order of signing; for one that moves the expiry, `expiry` is what stands from
    /// now on.
    pub(crate) fn ordered(
        call: &Call,
        subject: &Subject<'_>,
        order: &AppliedOrder,
        expiry: Option<ExpireTime>,
    ) -> Self {
        let changes =
            Changes { expire_time: expiry, product_id: order.product().cloned(), holds: order.adds().cloned() };
        Self::of_order(call, subject, order, &changes)
    }

    fn of_order(call: &Call, subject: &Subject<'_>, order: &AppliedOrder, changes: &Changes) -> Self {
        let AppliedOrder { order_id, order_line_id, .. } = order;
        let mut data = subject.data();
        data["orderId"] = json!(order_id);
        add(&mut data, "orderLineId", order_line_id.as_ref());
        add(&mut data, "bought", order.bought.as_ref());
        changes.tell(&mut data);
        match &order.effect {
            OrderEffect::Refresh { scene, .. } => {
                data["scene"] = json!(scene);
                Self::new(call, subject.event(EventType::Refreshed, EventType::LicenseRefreshed), data)
            }
            OrderEffect::Upgrade { .. } => Self::new(call, EventType::Upgraded, data),
        }
    }

    pub(crate) fn frozen(call: &Call, subject: &Subject<'_>, cause: FreezeCause) -> Self {
        let mut data = subject.data();
        data["cause"] = json!(cause);
        Self::new(call, subject.event(EventType::Frozen, EventType::LicenseFrozen), data)
    }

    pub(crate) fn unfrozen(call: &Call, subject: &Subject<'_>) -> Self {
        Self::new(call, subject.event(EventType::Unfrozen, EventType::LicenseUnfrozen), subject.data())
    }

    pub(crate) fn released(call: &Call, subject: &Subject<'_>) -> Self {
        Self::new(call, subject.event(EventType::Released, EventType::LicenseReleased), subject.data())
    }

    pub(crate) fn license_requested(call: &Call, request: &LicenseRequest) -> Self {
        let mut data = json!({});
        match &request.id {
            LicenseRequestId::Device { instance_id, event_id, device_fingerprint } => {
                data["instanceId"] = json!(instance_id);
                data["eventId"] = json!(event_id);
                add(&mut data, "deviceFingerprint", device_fingerprint.as_ref());
            }
            LicenseRequestId::Purchase { order_id, product_id } => {
                data["orderId"] = json!(order_id);
                add(&mut data, "productId", product_id.as_ref());
            }
        }
        add(&mut data, "effectiveTime", request.effective_time);
        add(&mut data, "expireTime", request.expire_time);
        for (name, told) in &request.told {
            data[name] = json!(told);
        }
        Self::new(call, EventType::LicenseRequested, data)
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

    /// What to tell of a change that was decided on what stands: whoever follows the events knows what stands, whatever
    /// the call asked for. `order` is the later order that came to count by it.
    pub(crate) fn between(
        call: &Call,
        subject: &Subject<'_>,
        before: &Lifecycle,
        after: &Lifecycle,
        order: Option<&AppliedOrder>,
    ) -> Vec<Self> {
        let mut changes = Changes::between(before, after);
        let mut events = Vec::new();
        if let Some(order) = order {
            if let OrderEffect::Refresh { .. } = order.effect {
                changes.expire_time = after.expire_time;
            }
            events.push(Self::of_order(call, subject, order, &changes));
        } else if changes != Changes::default() {
            let mut data = subject.data();
            changes.tell(&mut data);
            events.push(Self::new(call, subject.event(EventType::Changed, EventType::LicenseChanged), data));
        }
        match (before.status, after.status, after.freeze_cause) {
            (Status::Released, ..) => {}
            (_, Status::Released, _) => events.push(Self::released(call, subject)),
            (_, Status::Frozen, Some(cause)) if before.freeze_cause != Some(cause) => {
                events.push(Self::frozen(call, subject, cause));
            }
            (Status::Frozen, Status::Provisioning | Status::Active, _) => events.push(Self::unfrozen(call, subject)),
            _ => {}
        }
        events
    }

    /// The same events under ids that come after `last` and one after the other: in this order they are delivered.
    pub(crate) fn after(last: Option<Uuid>, mut events: Vec<Self>) -> Vec<Self> {
        let mut last = last.unwrap_or_default();
        for event in &mut events {
            if event.event_id <= last {
                event.event_id = successor(last, event.event_id);
            }
            last = event.event_id;
        }
        events
    }
}

/// An id that comes after `last`: of the millisecond after it, random as `id` is. Clocks of two machines differ, and so
/// may what they call now.
fn successor(last: Uuid, id: Uuid) -> Uuid {
    let (mut millis, mut random) = ([0; 8], [0; 10]);
    millis[2..].copy_from_slice(&last.as_bytes()[..6]);
    random.copy_from_slice(&id.as_bytes()[6..]);
    uuid::Builder::from_unix_timestamp_millis(u64::from_be_bytes(millis) + 1, &random).into_uuid()
}

/// What changed in what stands, beside the status.
#[derive(Debug, Default, PartialEq)]
struct Changes {
    expire_time: Option<ExpireTime>,
    product_id: Option<ProductId>,
    holds: Option<Bought>,
}

impl Changes {
    fn between(before: &Lifecycle, after: &Lifecycle) -> Self {
        Self {
            expire_time: after.expire_time.filter(|_| after.expire_time != before.expire_time),
            product_id: after.product_id.clone().filter(|_| after.product_id != before.product_id),
            holds: after.holds.changed_since(&before.holds),
        }
    }

    fn tell(&self, data: &mut Value) {
        add(data, "expireTime", self.expire_time);
        add(data, "productId", self.product_id.as_ref());
        add(data, "holds", self.holds.as_ref());
    }
}

fn add(data: &mut Value, name: &str, value: Option<impl Serialize>) {
    if let Some(value) = value {
        data[name] = json!(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Event {
        let data = Value::Null;
        Event { event_id: Uuid::now_v7(), event_type: EventType::Frozen, occurred_at: Timestamp::from_millis(0), data }
    }

    #[test]
    fn ids_follow_the_last_one_even_where_that_came_from_a_clock_ahead() {
        let ahead = uuid::Builder::from_unix_timestamp_millis(4_000_000_000_000, &[0xff; 10]).into_uuid();
        let events = Event::after(Some(ahead), vec![event(), event()]);
        assert!(ahead < events[0].event_id && events[0].event_id < events[1].event_id);
        assert!(events.iter().all(|event| event.event_id.get_version_num() == 7));
        let now = vec![event(), event()];
        assert_eq!(Event::after(None, now.clone()), now, "else they stay as they are");
    }
}
