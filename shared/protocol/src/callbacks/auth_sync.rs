//! authSync: which users of a tenant may use an application (topic 0070649435; V1.0: 0070649111).

use std::fmt;

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::change::{Flag, list};
use super::{Callback, Request};
use crate::sync_time::SyncTime;
use crate::test_flag::TestFlag;
use crate::text::{AppId, InstanceId, OrgCode, PersonName, TenantId, UserName, optional, scalar};

/// One call may contain thousands of users.
#[derive(Debug, Clone, PartialEq)]
pub struct AuthSync {
    /// The instance. It is required: without an instance there is no application to use.
    pub instance_id: InstanceId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The application, as the tenant bound it.
    pub app_id: AppId,
    /// The users, and what happens to them.
    pub change: UsersChange,
    /// When KooGallery made the sync.
    pub sync_time: Option<SyncTime>,
    /// Whether it is a debug call.
    pub test_flag: TestFlag,
}

/// What an authSync does. To revoke or delete, only the login name is needed; the rest is ignored.
#[derive(Clone, PartialEq)]
pub enum UsersChange {
    /// They get access to the application.
    Grant(Vec<User>),
    /// Their data changes.
    Change(Vec<User>),
    /// They lose access, but stay known.
    Revoke(Vec<UserName>),
    /// They are deleted.
    Delete(Vec<UserName>),
}

impl fmt::Debug for UsersChange {
    /// Shows only their number: the users are personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Grant(users) => write!(f, "Grant({} users)", users.len()),
            Self::Change(users) => write!(f, "Change({} users)", users.len()),
            Self::Revoke(users) => write!(f, "Revoke({} users)", users.len()),
            Self::Delete(users) => write!(f, "Delete({} users)", users.len()),
        }
    }
}

/// A user of an application: personal data. Its `Debug` output contains nothing of it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The login name.
    pub user_name: UserName,
    /// The user's own name.
    pub name: PersonName,
    /// The code of the department.
    pub org_code: OrgCode,
    /// What the user may do.
    pub role: Role,
    /// Whether the user may log in.
    #[serde(deserialize_with = "enabled", serialize_with = "as_text")]
    pub enable: bool,
    /// The user's position.
    #[serde(default, deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub position: Option<String>,
    /// The employee code.
    #[serde(default, deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub employee_code: Option<String>,
    /// The employee type.
    #[serde(default, deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub employee_type: Option<String>,
    /// The telephone number.
    #[serde(default, deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub mobile: Option<String>,
    /// The e-mail address.
    #[serde(default, deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Other members.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("User(…)")
    }
}

/// What a user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The user may use the application.
    User,
    /// The user may administer it.
    Admin,
}

impl<'de> Deserialize<'de> for Role {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match scalar(deserializer, "role")?.trim() {
            "user" => Ok(Self::User),
            "admin" => Ok(Self::Admin),
            _ => Err(D::Error::custom("role is neither user nor admin")),
        }
    }
}

/// Reads `enable`: the text `true` or `false`; a JSON boolean is accepted as well.
fn enabled<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Bool(enable) => Ok(enable),
        Value::String(text) if text.trim() == "true" => Ok(true),
        Value::String(text) if text.trim() == "false" => Ok(false),
        _ => Err(D::Error::custom("enable is neither true nor false")),
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
fn as_text<S: Serializer>(enable: &bool, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(if *enable { "true" } else { "false" })
}

impl<'de> Deserialize<'de> for AuthSync {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire {
            instance_id: InstanceId,
            tenant_id: TenantId,
            app_id: AppId,
            flag: Flag,
            user_list: Box<RawValue>,
            #[serde(rename = "currentSyncTime", default, deserialize_with = "SyncTime::read_optional")]
            sync_time: Option<SyncTime>,
            #[serde(default)]
            test_flag: TestFlag,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Named {
            user_name: UserName,
        }
        let wire = Wire::deserialize(deserializer)?;
        let users = || list(&wire.user_list, |user: &User| user.user_name.clone());
        let names = || {
            let listed = list(&wire.user_list, |named: &Named| named.user_name.clone());
            listed.map(|listed| listed.into_iter().map(|named| named.user_name).collect())
        };
        let change = match wire.flag {
            Flag::Add => UsersChange::Grant(users()?),
            Flag::Modify => UsersChange::Change(users()?),
            Flag::Revoke => UsersChange::Revoke(names()?),
            Flag::Delete => UsersChange::Delete(names()?),
        };
        let Wire { instance_id, tenant_id, app_id, sync_time, test_flag, .. } = wire;
        Ok(Self { instance_id, tenant_id, app_id, change, sync_time, test_flag })
    }
}

impl Serialize for AuthSync {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire<'a> {
            instance_id: &'a InstanceId,
            tenant_id: &'a TenantId,
            app_id: &'a AppId,
            flag: Flag,
            user_list: Users<'a>,
            #[serde(rename = "currentSyncTime", skip_serializing_if = "Option::is_none")]
            sync_time: Option<SyncTime>,
            test_flag: TestFlag,
        }
        #[derive(Serialize)]
        #[serde(untagged)]
        enum Users<'a> {
            Told(&'a [User]),
            Named(Vec<Named<'a>>),
        }
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Named<'a> {
            user_name: &'a UserName,
        }
        fn named(names: &[UserName]) -> Users<'_> {
            Users::Named(names.iter().map(|user_name| Named { user_name }).collect())
        }
        let (flag, user_list) = match &self.change {
            UsersChange::Grant(users) => (Flag::Add, Users::Told(users)),
            UsersChange::Change(users) => (Flag::Modify, Users::Told(users)),
            UsersChange::Revoke(names) => (Flag::Revoke, named(names)),
            UsersChange::Delete(names) => (Flag::Delete, named(names)),
        };
        let Self { instance_id, tenant_id, app_id, sync_time, test_flag, .. } = self;
        let (sync_time, test_flag) = (*sync_time, *test_flag);
        Wire { instance_id, tenant_id, app_id, flag, user_list, sync_time, test_flag }.serialize(serializer)
    }
}

impl Request for AuthSync {
    const CALLBACK: Callback = Callback::AuthSync;
    fn test_flag(&self) -> TestFlag {
        self.test_flag
    }
    fn tenant_id(&self) -> Option<&TenantId> {
        Some(&self.tenant_id)
    }
    fn instance_id(&self) -> Option<&InstanceId> {
        Some(&self.instance_id)
    }
}
