//! A subject of events (an instance, an order, a license code, a tenant or a warning) as requests name it, and as answers show it.

use koogallery::{InstanceId, LicenseCode, OrderId, TenantId};
use koogallery_store::Subject;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::{Kind, Problem};

/// What something is about: one of these.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Subject, examples(json!({ "instanceId": "03pf80c2b8" })))]
pub(crate) struct SubjectView {
    /// The instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    instance_id: Option<String>,
    /// The order.
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<String>,
    /// The license code; in a trace its end only.
    #[serde(skip_serializing_if = "Option::is_none")]
    license: Option<String>,
    /// The tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_id: Option<String>,
    /// The warning.
    #[serde(skip_serializing_if = "Option::is_none")]
    warning_id: Option<String>,
}

impl SubjectView {
    /// With the whole license code, as requests take it.
    pub(crate) fn revealing(subject: &Subject) -> Self {
        match subject {
            Subject::License(code) => Self { license: Some(code.reveal().to_owned()), ..Self::default() },
            Subject::Instance(_) | Subject::Order(_) | Subject::Tenant(_) | Subject::Warning(_) => {
                Self::redacted(subject)
            }
        }
    }

    /// With the end of a license code only.
    pub(crate) fn redacted(subject: &Subject) -> Self {
        let nothing = Self::default();
        match subject {
            Subject::Instance(id) => Self { instance_id: Some(id.to_string()), ..nothing },
            Subject::Order(id) => Self { order_id: Some(id.to_string()), ..nothing },
            Subject::License(code) => Self { license: Some(code.to_string()), ..nothing },
            Subject::Tenant(id) => Self { tenant_id: Some(id.to_string()), ..nothing },
            Subject::Warning(id) => Self { warning_id: Some(id.to_string()), ..nothing },
        }
    }
}

/// The subject that exactly one of these names; none if none does.
pub(crate) fn subject(
    instance: Option<&InstanceId>,
    order: Option<&OrderId>,
    license: Option<&LicenseCode>,
    tenant: Option<&TenantId>,
) -> Result<Option<Subject>, Problem> {
    match (instance, order, license, tenant) {
        (None, None, None, None) => Ok(None),
        (Some(id), None, None, None) => Ok(Some(Subject::Instance(id.clone()))),
        (None, Some(id), None, None) => Ok(Some(Subject::Order(id.clone()))),
        (None, None, Some(code), None) => Ok(Some(Subject::License(code.clone()))),
        (None, None, None, Some(id)) => Ok(Some(Subject::Tenant(id.clone()))),
        _ => Err(Problem::new(Kind::Invalid, "give only one of instanceId, orderId, license and tenantId")),
    }
}
