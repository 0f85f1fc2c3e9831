//! Whom an event is about.

use koogallery::{InstanceId, LicenseCode, OrderId, TenantId};
use serde_json::{Value, json};

use crate::model::event_type::EventType;

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
    pub(crate) fn data(self) -> Value {
        match self {
            Self::Instance(id) => json!({ "instanceId": id }),
            Self::License(code) => json!({ "license": code }),
            Self::Order(id) => json!({ "orderId": id }),
            Self::Tenant(id) => json!({ "tenantId": id }),
        }
    }

    /// What happened to it: a license code's events have names of their own.
    pub(crate) const fn event(self, usual: EventType, of_a_license: EventType) -> EventType {
        match self {
            Self::License(_) => of_a_license,
            Self::Instance(_) | Self::Order(_) | Self::Tenant(_) => usual,
        }
    }
}
