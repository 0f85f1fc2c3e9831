//! Events: what the seller's application receives. They are written in the transaction of the change that they report, and are an
//! instance's history.

use crate::model::event_type::EventType;
use crate::model::subject::Subject;
use std::time::Duration;

use koogallery::{AppId, ExpireTime, InstanceId, OrderId, OrderLineId, ProductId, TenantId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::model::about::About;
use crate::model::bought::Bought;
use crate::model::instance::{Acceptance, Instance};
use crate::model::license_request::{LicenseRequest, LicenseRequestId};
use crate::model::lifecycle::{AppliedOrder, FreezeCause, Lifecycle, OrderEffect, Status};
use crate::model::usage::quantity::Quantity;
use crate::model::warning::Warning;

/// For how long a purchase is urgent.
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
    /// When the call that caused it arrived.
    pub occurred_at: Timestamp,
    /// What changed.
    pub data: Value,
}

impl Event {
    fn new(at: Timestamp, event_type: EventType, data: Value) -> Self {
        Self { event_id: Uuid::now_v7(), event_type, occurred_at: at, data }
    }

    /// The order line about which the order query is asked: the one that it tells of, or the refund that a release names; none
    /// for an event without an order.
    #[must_use]
    pub fn asked_order(&self) -> Option<(OrderId, Option<OrderLineId>)> {
        self.order().or_else(|| Some((self.data["refundOrderId"].as_str()?.parse().ok()?, None)))
    }

    /// The order line that it tells of, with what the order query says about it; none for an event without an order.
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
            | EventType::PackageExhausted
            | EventType::WarningRaised
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
            | EventType::UserSignedIn
            | EventType::UsersDeleted
            | EventType::DepartmentsChanged
            | EventType::DepartmentsRemoved
            | EventType::DepartmentsReplaced => None,
        }
    }

    /// Until when its delivery is urgent; none for an event that is not urgent. KooGallery refunds a purchase that is not
    /// provisioned within some hours.
    pub(crate) fn urgent_until(&self) -> Option<Timestamp> {
        (self.event_type == EventType::Created).then(|| self.occurred_at.saturating_add(URGENT))
    }
}

/// The constructors, one for each type: only they know an event's data.
impl Event {
    pub(crate) fn created(at: Timestamp, instance: &Instance) -> Self {
        let Instance { instance_id, order_id, order_line_id, life, .. } = instance;
        let mut data = json!({ "instanceId": instance_id, "orderId": order_id });
        add(&mut data, "orderLineId", order_line_id.as_ref());
        add(&mut data, "productId", life.product_id.as_ref());
        add(&mut data, "expireTime", life.expire_time.map(rfc_3339));
        add(&mut data, "bought", life.bought.as_ref());
        add(&mut data, "holds", life.holds());
        Self::new(at, EventType::Created, data)
    }

    /// The buyer's acceptance, if it is not the one that was sent before.
    pub(crate) fn accepted(at: Timestamp, told: Option<&Acceptance>, instance: &Instance) -> Option<Self> {
        let Acceptance { acceptance_time, provision_type, .. } = instance.acceptance.as_ref()?;
        let is_told =
            told.is_some_and(|told| (told.acceptance_time, &told.provision_type) == (*acceptance_time, provision_type));
        let mut data = Subject::Instance(instance.instance_id.clone()).data();
        data["orderId"] = json!(instance.order_id);
        data["acceptanceTime"] = json!(rfc_3339(*acceptance_time));
        add(&mut data, "provisionType", provision_type.as_ref());
        (!is_told).then(|| Self::new(at, EventType::Accepted, data))
    }

    /// An order that counts from now on. If it moves the expiry, `expiry` is the expiry from now on.
    pub(crate) fn ordered(at: Timestamp, subject: &Subject, order: &AppliedOrder, expiry: Option<ExpireTime>) -> Self {
        let changes =
            Changes { expire_time: expiry, product_id: order.product().cloned(), holds: order.adds().cloned() };
        Self::of_order(at, subject, order, &changes)
    }

    fn of_order(at: Timestamp, subject: &Subject, order: &AppliedOrder, changes: &Changes) -> Self {
        let AppliedOrder { order_id, order_line_id, .. } = order;
        let mut data = subject.data();
        data["orderId"] = json!(order_id);
        add(&mut data, "orderLineId", order_line_id.as_ref());
        add(&mut data, "bought", order.bought.as_ref());
        changes.tell(&mut data);
        match &order.effect {
            OrderEffect::Refresh { scene, .. } => {
                data["scene"] = json!(scene);
                Self::new(at, subject.event(EventType::Refreshed, EventType::LicenseRefreshed), data)
            }
            OrderEffect::Upgrade { .. } => Self::new(at, EventType::Upgraded, data),
        }
    }

    pub(crate) fn frozen(at: Timestamp, subject: &Subject, cause: FreezeCause) -> Self {
        let mut data = subject.data();
        data["cause"] = json!(cause);
        Self::new(at, subject.event(EventType::Frozen, EventType::LicenseFrozen), data)
    }

    pub(crate) fn unfrozen(at: Timestamp, subject: &Subject) -> Self {
        Self::new(at, subject.event(EventType::Unfrozen, EventType::LicenseUnfrozen), subject.data())
    }

    /// `refund` is the order that the release names: the refund that is its reason.
    pub(crate) fn released(at: Timestamp, subject: &Subject, refund: Option<&OrderId>) -> Self {
        let mut data = subject.data();
        add(&mut data, "refundOrderId", refund);
        Self::new(at, subject.event(EventType::Released, EventType::LicenseReleased), data)
    }

    /// A package is used up: `quota` is what it has.
    pub(crate) fn package_exhausted(at: Timestamp, package: &InstanceId, used: Quantity, quota: Quantity) -> Self {
        let number = |amount: Quantity| serde_json::from_str::<serde_json::Number>(&amount.to_string()).ok();
        let data = json!({ "instanceId": package, "used": number(used), "quota": number(quota) });
        Self::new(at, EventType::PackageExhausted, data)
    }

    /// A warning is raised, for the first time or once more.
    pub(crate) fn warning_raised(at: Timestamp, warning: &Warning) -> Self {
        let Warning { warning_id, cause, about, since, due_at, detail, .. } = warning;
        let mut data = match about {
            About::Subject(subject) => subject.data(),
            About::Demand(id) => json!({ "demandId": id }),
            About::Product(id) => json!({ "productId": id }),
            About::Callback(name) => json!({ "callback": name }),
            About::Statement(hash) => json!({ "statement": hash }),
            About::Deployment => json!({}),
        };
        data["warningId"] = json!(warning_id);
        data["cause"] = json!(cause);
        data["since"] = json!(since.to_rfc_3339());
        add(&mut data, "dueAt", due_at.map(Timestamp::to_rfc_3339));
        add(&mut data, "detail", detail.as_ref());
        Self::new(at, EventType::WarningRaised, data)
    }

    pub(crate) fn license_requested(at: Timestamp, request: &LicenseRequest) -> Self {
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
        add(&mut data, "effectiveTime", request.effective_time.map(rfc_3339));
        add(&mut data, "expireTime", request.expire_time.map(rfc_3339));
        for (name, told) in &request.told {
            data[name] = json!(told);
        }
        Self::new(at, EventType::LicenseRequested, data)
    }

    pub(crate) fn order_paid(at: Timestamp, order: &OrderId, line: &OrderLineId) -> Self {
        Self::new(at, EventType::OrderPaid, json!({ "orderId": order, "orderLineId": line }))
    }

    /// An event of a tenant: `event_type` says which.
    pub(crate) fn of_tenant(
        at: Timestamp,
        event_type: EventType,
        tenant: &TenantId,
        instance: Option<&InstanceId>,
        app: Option<&AppId>,
    ) -> Self {
        let mut data = json!({ "tenantId": tenant });
        add(&mut data, "instanceId", instance);
        add(&mut data, "appId", app);
        Self::new(at, event_type, data)
    }

    /// The same for many things at once: their number, and their names if they are few.
    pub(crate) fn about(mut self, count: usize, names: Option<(&str, &[String])>) -> Self {
        self.data["count"] = json!(count);
        if let Some((name, names)) = names
            && names.len() <= Self::MAX_NAMES
        {
            self.data[name] = json!(names);
        }
        self
    }

    /// The most names in an event. If there are more, the reader asks the seller API for all.
    const MAX_NAMES: usize = 100;

    /// The events of a change of the current state. A reader who follows the events knows the current state, whatever the call asked
    /// for. `order` is the later order that counts since this change, `refund` the order that a release names.
    pub(crate) fn between(
        at: Timestamp,
        subject: &Subject,
        (before, after): (&Lifecycle, &Lifecycle),
        order: Option<&AppliedOrder>,
        refund: Option<&OrderId>,
    ) -> Vec<Self> {
        let mut changes = Changes::between(before, after);
        let mut events = Vec::new();
        if let Some(order) = order {
            if let OrderEffect::Refresh { .. } = order.effect {
                changes.expire_time = after.expire_time;
            }
            events.push(Self::of_order(at, subject, order, &changes));
        } else if changes != Changes::default() {
            let mut data = subject.data();
            changes.tell(&mut data);
            events.push(Self::new(at, subject.event(EventType::Changed, EventType::LicenseChanged), data));
        }
        match (before.status, after.status, after.freeze_cause) {
            (Status::Released, ..) => {}
            (_, Status::Released, _) => events.push(Self::released(at, subject, refund)),
            (_, Status::Frozen, Some(cause)) if before.freeze_cause != Some(cause) => {
                events.push(Self::frozen(at, subject, cause));
            }
            (Status::Frozen, Status::Provisioning | Status::Active, _) => events.push(Self::unfrozen(at, subject)),
            _ => {}
        }
        events
    }

    /// The same events with ids after `last`, one after the other: they are delivered in this order.
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

/// An id after `last`: of the millisecond after it, with the random part of `id`. The clocks of two machines may differ.
fn successor(last: Uuid, id: Uuid) -> Uuid {
    let (mut millis, mut random) = ([0; 8], [0; 10]);
    millis[2..].copy_from_slice(&last.as_bytes()[..6]);
    random.copy_from_slice(&id.as_bytes()[6..]);
    uuid::Builder::from_unix_timestamp_millis(u64::from_be_bytes(millis) + 1, &random).into_uuid()
}

/// What changed in the current state, beside the status.
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
        add(data, "expireTime", self.expire_time.map(rfc_3339));
        add(data, "productId", self.product_id.as_ref());
        add(data, "holds", self.holds.as_ref());
    }
}

/// A time as all times of an event are written.
fn rfc_3339(time: ExpireTime) -> String {
    time.timestamp().to_rfc_3339()
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
