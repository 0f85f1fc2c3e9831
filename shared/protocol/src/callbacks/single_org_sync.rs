//! singleOrgSync: one department of a tenant (topic 0070649435; V1.0: 0070649111).

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::change::Change;
use super::{Callback, Request};
use crate::invalid_request::InvalidRequest;
use crate::sync_time::SyncTime;
use crate::test_flag::TestFlag;
use crate::text::{AppId, InstanceId, OrgCode, OrgName, ParentCode, TenantId, blank_as_none};

/// One department is added, changed or removed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SingleOrgSync {
    /// The instance; none if the seller only asks for credentials.
    #[serde(default, deserialize_with = "blank_as_none")]
    pub instance_id: Option<InstanceId>,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The application that the sync is sent to. Departments belong to the tenant and do not depend on it.
    #[serde(default, deserialize_with = "blank_as_none", skip_serializing_if = "Option::is_none")]
    pub app_id: Option<AppId>,
    /// The department.
    pub org_code: OrgCode,
    /// What happens to it.
    #[serde(flatten)]
    pub change: Change<Department>,
    /// When KooGallery made the sync.
    #[serde(
        rename = "currentSyncTime",
        default,
        deserialize_with = "SyncTime::read_optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub sync_time: Option<SyncTime>,
    /// Whether it is a debug call.
    #[serde(default)]
    pub test_flag: TestFlag,
}

/// A department, as the call describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Department {
    /// Its name.
    pub org_name: OrgName,
    /// The code of the department above it; none at the root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_code: Option<ParentCode>,
    /// Other members of its entry in a list.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl<'de> Deserialize<'de> for Department {
    /// Its name is `orgName` or `name`.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire {
            #[serde(default, deserialize_with = "blank_as_none")]
            org_name: Option<OrgName>,
            #[serde(default, deserialize_with = "blank_as_none")]
            name: Option<OrgName>,
            #[serde(default, deserialize_with = "blank_as_none")]
            parent_code: Option<ParentCode>,
            #[serde(flatten)]
            other: Map<String, Value>,
        }
        let Wire { org_name, name, parent_code, other } = Wire::deserialize(deserializer)?;
        let org_name = org_name.or(name).ok_or_else(|| D::Error::missing_field("orgName"))?;
        Ok(Self { org_name, parent_code, other })
    }
}

impl Request for SingleOrgSync {
    const CALLBACK: Callback = Callback::SingleOrgSync;
    fn test_flag(&self) -> TestFlag {
        self.test_flag
    }
    fn tenant_id(&self) -> Option<&TenantId> {
        Some(&self.tenant_id)
    }
    fn instance_id(&self) -> Option<&InstanceId> {
        self.instance_id.as_ref()
    }

    fn from_body(body: &[u8]) -> Result<Self, InvalidRequest> {
        let mut request: Self = super::request::read_body(body)?;
        // The other members belong to the call.
        if let Change::Add(department) | Change::Modify(department) = &mut request.change {
            department.other.clear();
        }
        Ok(request)
    }
}
