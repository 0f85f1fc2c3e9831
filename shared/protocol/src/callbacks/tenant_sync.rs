//! tenantSync: a buyer bound an instance to an enterprise (topic 0070649435; V1.0: 0070649111).

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};

use super::Request;
use super::change::Change;
use crate::route::Callback;
use crate::test_flag::TestFlag;
use crate::text::{DomainName, InstanceId, OrderId, TenantCode, TenantId, TenantName, blank_as_none};

/// The first call of the kit for an instance. It carries no currentSyncTime.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TenantSync {
    /// Which instance; none when the seller only applies for credentials.
    #[serde(default, deserialize_with = "blank_as_none")]
    pub instance_id: Option<InstanceId>,
    /// The order that bought it; none like the instance.
    #[serde(default, deserialize_with = "blank_as_none")]
    pub order_id: Option<OrderId>,
    /// The enterprise.
    pub tenant_id: TenantId,
    /// What is told of it.
    #[serde(flatten)]
    pub change: Change<Tenant>,
    /// A debug call?
    #[serde(default)]
    pub test_flag: TestFlag,
}

/// An enterprise as one instance knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tenant {
    /// Names it in login addresses.
    pub tenant_code: TenantCode,
    /// The enterprise's name.
    pub name: TenantName,
    /// Where its users log in.
    pub domain_name: DomainName,
}

impl<'de> Deserialize<'de> for Tenant {
    /// The domain's name also comes as `domain_name`.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire {
            #[serde(rename = "tenantCode")]
            tenant_code: TenantCode,
            name: TenantName,
            #[serde(rename = "domainName", default, deserialize_with = "blank_as_none")]
            domain_name: Option<DomainName>,
            #[serde(rename = "domain_name", default, deserialize_with = "blank_as_none")]
            underscored: Option<DomainName>,
        }
        let Wire { tenant_code, name, domain_name, underscored } = Wire::deserialize(deserializer)?;
        let domain_name = domain_name.or(underscored).ok_or_else(|| D::Error::missing_field("domainName"))?;
        Ok(Self { tenant_code, name, domain_name })
    }
}

impl Request for TenantSync {
    const CALLBACK: Callback = Callback::TenantSync;
    fn test_flag(&self) -> TestFlag {
        self.test_flag
    }
    fn order_id(&self) -> Option<&OrderId> {
        self.order_id.as_ref()
    }
    fn instance_id(&self) -> Option<&InstanceId> {
        self.instance_id.as_ref()
    }
}
