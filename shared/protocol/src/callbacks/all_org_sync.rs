//! allOrgSync: all departments of a tenant (topic 0070649435; V1.0: 0070649111).

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

use super::change::list;
use super::single_org_sync::Department;
use super::{Callback, Request};
use crate::sync_time::SyncTime;
use crate::test_flag::TestFlag;
use crate::text::{AppId, InstanceId, OrgCode, TenantId, blank_as_none};

/// The whole tree, as a flat list. A department that is not in the list is removed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AllOrgSync {
    /// The instance; none if the seller only asks for credentials.
    pub instance_id: Option<InstanceId>,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The application that the sync is sent to. Departments belong to the tenant and do not depend on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_id: Option<AppId>,
    /// The departments, by their codes.
    #[serde(rename = "orgInfoList", serialize_with = "as_list")]
    pub departments: Vec<(OrgCode, Department)>,
    /// When KooGallery made the sync.
    #[serde(rename = "currentSyncTime", skip_serializing_if = "Option::is_none")]
    pub sync_time: Option<SyncTime>,
    /// Whether it is a debug call.
    pub test_flag: TestFlag,
}

impl<'de> Deserialize<'de> for AllOrgSync {
    /// The list is `orgInfoList` or `orgInfo`.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire {
            #[serde(default, deserialize_with = "blank_as_none")]
            instance_id: Option<InstanceId>,
            tenant_id: TenantId,
            #[serde(default, deserialize_with = "blank_as_none")]
            app_id: Option<AppId>,
            org_info_list: Option<Box<RawValue>>,
            org_info: Option<Box<RawValue>>,
            #[serde(rename = "currentSyncTime", default, deserialize_with = "SyncTime::read_optional")]
            sync_time: Option<SyncTime>,
            #[serde(default)]
            test_flag: TestFlag,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Listed {
            org_code: OrgCode,
            #[serde(flatten)]
            department: Department,
        }
        let Wire { instance_id, tenant_id, app_id, org_info_list, org_info, sync_time, test_flag } =
            Wire::deserialize(deserializer)?;
        let listed = org_info_list.or(org_info).ok_or_else(|| D::Error::missing_field("orgInfoList"))?;
        let listed = list::<Listed, _, D::Error>(&listed, |listed| listed.org_code.clone())?;
        let departments = listed.into_iter().map(|Listed { org_code, department }| (org_code, department)).collect();
        Ok(Self { instance_id, tenant_id, app_id, departments, sync_time, test_flag })
    }
}

fn as_list<S: Serializer>(departments: &[(OrgCode, Department)], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Listed<'a> {
        org_code: &'a OrgCode,
        #[serde(flatten)]
        department: &'a Department,
    }
    serializer.collect_seq(departments.iter().map(|(org_code, department)| Listed { org_code, department }))
}

impl Request for AllOrgSync {
    const CALLBACK: Callback = Callback::AllOrgSync;
    fn test_flag(&self) -> TestFlag {
        self.test_flag
    }
    fn tenant_id(&self) -> Option<&TenantId> {
        Some(&self.tenant_id)
    }
    fn instance_id(&self) -> Option<&InstanceId> {
        self.instance_id.as_ref()
    }
}
