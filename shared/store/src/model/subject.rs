//! What an event is about.

use koogallery::{InstanceId, LicenseCode, OrderId, TenantId};
use serde_json::{Value, json};

use crate::model::event_type::EventType;

/// What an event is about. The event is kept in its partition.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Subject<'a> {
    Instance(&'a InstanceId),
    License(&'a LicenseCode),
    Order(&'a OrderId),
    Tenant(&'a TenantId),
}

impl Subject<'_> {
    /// The members of an event's data that say so.
    pub(crate) fn data(self) -> Value {
        match self {
            Self::Instance(id) => json!({ "instanceId": id }),
            Self::License(code) => json!({ "license": code }),
            Self::Order(id) => json!({ "orderId": id }),
            Self::Tenant(id) => json!({ "tenantId": id }),
        }
    }

    /// The type of an event. Events of a license code have types of their own.
    pub(crate) const fn event(self, usual: EventType, of_a_license: EventType) -> EventType {
        match self {
            Self::License(_) => of_a_license,
            Self::Instance(_) | Self::Order(_) | Self::Tenant(_) => usual,
        }
    }
}
