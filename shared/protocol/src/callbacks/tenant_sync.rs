//! tenantSync: a buyer bound an instance to an enterprise (topic 0070649435; V1.0: 0070649111).

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use super::change::Flag;
use super::{Callback, Request};
use crate::invalid_request::InvalidRequest;
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
    pub change: TenantChange,
    /// A debug call?
    #[serde(default)]
    pub test_flag: TestFlag,
}

/// What a tenantSync does. To delete, nothing but the ids need be told: the rest is passed over.
#[derive(Debug, Clone, PartialEq)]
pub enum TenantChange {
    /// The instance is bound to it from now on.
    Add(Tenant),
    /// Its name and domain are so from now on. The code that names it in login addresses stays, and is passed over.
    Modify(TenantDetails),
    /// The instance is bound to it no more.
    Delete,
}

/// An enterprise as one instance knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tenant {
    /// Names it in login addresses.
    pub tenant_code: TenantCode,
    /// What may change of it.
    #[serde(flatten)]
    pub details: TenantDetails,
}

/// What may change of an enterprise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TenantDetails {
    /// The enterprise's name.
    pub name: TenantName,
    /// Where its users log in.
    pub domain_name: DomainName,
}

impl<'de> Deserialize<'de> for TenantDetails {
    /// The domain's name also comes as `domain_name`.
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
    fn instance_id(&self) -> Option<&InstanceId> {
        self.instance_id.as_ref()
    }
}
