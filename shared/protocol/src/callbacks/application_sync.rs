//! applicationSync: the OAuth credentials of a tenant's application (topic 0070649435; V1.0: 0070649111).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::change::Change;
use super::{Callback, Request};
use crate::sync_time::SyncTime;
use crate::test_flag::TestFlag;
use crate::text::{AppId, ClientId, InstanceId, TenantId, TextError, blank_as_none, optional, scalar};

/// If it fails, KooGallery asks the buyer to choose "retry".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationSync {
    /// The instance; none if the seller only asks for credentials.
    #[serde(default, deserialize_with = "blank_as_none")]
    pub instance_id: Option<InstanceId>,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The application, as the tenant bound it.
    pub app_id: AppId,
    /// What happens to it.
    #[serde(flatten)]
    pub change: Change<Application>,
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

/// An application, as the call describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Application {
    /// Its OAuth client id.
    pub client_id: ClientId,
    /// Its OAuth client secret.
    pub client_secret: EncryptedSecret,
    /// Its name.
    #[serde(default, deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// An encrypted client secret: RSA-OAEP, base64. [`crate::RsaPrivateKey::decrypt`] decrypts it. Its `Debug` output does not contain
/// it.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct EncryptedSecret(String);

impl EncryptedSecret {
    /// The base64.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for EncryptedSecret {
    type Error = TextError;
    fn try_from(text: String) -> Result<Self, TextError> {
        if text.trim().is_empty() { Err(TextError::Empty { field: "clientSecret" }) } else { Ok(Self(text)) }
    }
}

impl<'de> Deserialize<'de> for EncryptedSecret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(scalar(deserializer, "clientSecret")?).map_err(serde::de::Error::custom)
    }
}

impl fmt::Debug for EncryptedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncryptedSecret(…)")
    }
}

impl Request for ApplicationSync {
    const CALLBACK: Callback = Callback::ApplicationSync;
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
