//! tenantSync: a buyer binds an instance to a tenant (topic 0070649435; V1.0: 0070649111).

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use super::change::Flag;
use super::{Callback, Request};
use crate::invalid_request::InvalidRequest;
use crate::test_flag::TestFlag;
use crate::text::{DomainName, InstanceId, OrderId, TenantCode, TenantId, TenantName, blank_as_none};

/// The first call of the kit for an instance. It has no currentSyncTime.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TenantSync {
    /// The instance; none if the seller only asks for credentials.
    #[serde(default, deserialize_with = "blank_as_none")]
    pub instance_id: Option<InstanceId>,
    /// The order that bought it; none if there is no instance.
    #[serde(default, deserialize_with = "blank_as_none")]
    pub order_id: Option<OrderId>,
    /// The tenant.
    pub tenant_id: TenantId,
    /// What happens to it.
    #[serde(flatten)]
    pub change: TenantChange,
    /// Whether it is a debug call.
    #[serde(default)]
    pub test_flag: TestFlag,
}

/// What a tenantSync does. To delete, only the ids are needed; the rest is ignored.
#[derive(Debug, Clone, PartialEq)]
pub enum TenantChange {
    /// The instance is bound to it.
    Add(Tenant),
    /// Its name and domain change. Its code in login addresses stays, and is ignored here.
    Modify(TenantDetails),
    /// The binding ends.
    Delete,
}

/// A tenant, as one instance knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tenant {
    /// Its code in login addresses.
    pub tenant_code: TenantCode,
    /// The part that may change.
    #[serde(flatten)]
    pub details: TenantDetails,
}

/// The part of a tenant that may change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TenantDetails {
    /// The tenant's name.
    pub name: TenantName,
    /// The domain where its users log in.
    pub domain_name: DomainName,
}

impl<'de> Deserialize<'de> for TenantDetails {
    /// The domain is `domainName` or `domain_name`.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire {
            name: TenantName,
            #[serde(rename = "domainName", default, deserialize_with = "blank_as_none")]
            domain_name: Option<DomainName>,
            #[serde(rename = "domain_name", default, deserialize_with = "blank_as_none")]
            underscored: Option<DomainName>,
        }
        let Wire { name, domain_name, underscored } = Wire::deserialize(deserializer)?;
        let domain_name = domain_name.or(underscored).ok_or_else(|| D::Error::missing_field("domainName"))?;
        Ok(Self { name, domain_name })
    }
}

impl Serialize for TenantChange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Wire<'a> {
            flag: Flag,
            #[serde(flatten)]
            tenant: Option<&'a Tenant>,
            #[serde(flatten)]
            details: Option<&'a TenantDetails>,
        }
        let (flag, tenant, details) = match self {
            Self::Add(tenant) => (Flag::Add, Some(tenant), None),
            Self::Modify(details) => (Flag::Modify, None, Some(details)),
            Self::Delete => (Flag::Delete, None, None),
        };
        Wire { flag, tenant, details }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for TenantChange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire {
            flag: Flag,
            #[serde(flatten)]
            told: Map<String, Value>,
        }
        let Wire { flag, told } = Wire::deserialize(deserializer)?;
        let told = Value::Object(told);
        let invalid = |error| D::Error::custom(InvalidRequest::from(error));
        match flag {
            Flag::Add => Tenant::deserialize(told).map(Self::Add).map_err(invalid),
            Flag::Modify => TenantDetails::deserialize(told).map(Self::Modify).map_err(invalid),
            Flag::Delete => Ok(Self::Delete),
            Flag::Revoke => Err(D::Error::custom("flag 3 (revoke) is for users")),
        }
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
    fn tenant_id(&self) -> Option<&TenantId> {
        Some(&self.tenant_id)
    }
    fn instance_id(&self) -> Option<&InstanceId> {
        self.instance_id.as_ref()
    }
}
