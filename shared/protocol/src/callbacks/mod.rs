//! The typed requests, a file for each callback: what it carries, with the guide's lengths and topic.

mod all_org_sync;
mod application_sync;
mod auth_sync;
mod change;
mod change_instance_check;
mod get_license_async;
mod json_text;
mod kit_members;
mod new_instance;
mod order_notify;
mod query_instance;
mod refresh_instance;
mod refresh_license_code;
mod release_instance;
mod release_license_code;
mod single_org_sync;
mod tenant_sync;
mod update_instance_status;
mod update_license_code_status;
mod upgrade_instance;

pub use all_org_sync::AllOrgSync;
pub use application_sync::{Application, ApplicationSync, EncryptedSecret};
pub use auth_sync::{AuthSync, Role, User, UsersChange};
pub use change::{Change, Flag};
pub use change_instance_check::{ChangeInstanceCheck, ProductInfo};
pub use get_license_async::{DeviceLicense, GetLicenseAsync, PurchaseLicense};
pub use new_instance::{NewInstance, PurchaseDetails};
pub use order_notify::OrderNotify;
pub use query_instance::{InstanceIds, InstanceIdsError, QueryInstance};
pub use refresh_instance::{RefreshInstance, Scene};
pub use refresh_license_code::RefreshLicenseCode;
pub use release_instance::ReleaseInstance;
pub use release_license_code::ReleaseLicenseCode;
pub use single_org_sync::{Department, SingleOrgSync};
pub use tenant_sync::{Tenant, TenantChange, TenantDetails, TenantSync};
pub use update_instance_status::{InstanceStatus, UpdateInstanceStatus};
pub use update_license_code_status::UpdateLicenseCodeStatus;
pub use upgrade_instance::UpgradeInstance;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::access_key::AccessKey;
use crate::canonical::canonical_form;
use crate::license_code::LicenseCode;
use crate::long_numbers::long_numbers_as_text;
use crate::parameters::Parameters;
use crate::route::Callback;
use crate::test_flag::TestFlag;
use crate::text::{InstanceId, OrderId, TextError};

/// A verified call that does not hold what its callback must hold: answered with `000002`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidRequest(String);

impl InvalidRequest {
    pub(crate) fn of(problem: &str) -> Self {
        Self(problem.to_owned())
    }

    pub(crate) fn missing(field: &str) -> Self {
        Self(format!("missing field `{field}`"))
    }
}

impl From<TextError> for InvalidRequest {
    fn from(error: TextError) -> Self {
        Self(error.to_string())
    }
}

impl From<serde_json::Error> for InvalidRequest {
    fn from(error: serde_json::Error) -> Self {
        let text = error.to_string();
        // Line and column mean nothing to someone who reads a reply.
        let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
        // What came may be personal data, and this goes into logs: only what should have come is told.
        Self(text.rsplit_once(", expected ").map_or(text.to_owned(), |(_, what)| format!("expected {what}")))
    }
}

/// Reads a body. Ids that come as numbers keep every digit.
fn read_body<R: Request>(body: &[u8]) -> Result<R, InvalidRequest> {
    if R::CALLBACK.is_kit() {
        kit_members::refuse_those_of_others(R::CALLBACK, body)?;
    }
    Ok(serde_json::from_slice(&long_numbers_as_text(body))?)
}

/// A callback's request, in both directions: read by the seller, written by the marketplace's half.
pub trait Request: Serialize + DeserializeOwned {
    /// Which callback it belongs to.
    const CALLBACK: Callback;

    /// Is it a debug call?
    fn test_flag(&self) -> TestFlag;

    /// The order it belongs to, where it names one: for the log.
    fn order_id(&self) -> Option<&OrderId> {
        None
    }

    /// The instance it is about, where it names one: for the log.
    fn instance_id(&self) -> Option<&InstanceId> {
        None
    }

    /// The license code it is about, where it names one: for the log, which shows its end.
    fn license(&self) -> Option<&LicenseCode> {
        None
    }

    /// What is odd about it, though it is answered: for the log, without a value of the call.
    fn remark(&self) -> Option<String> {
        None
    }

    /// Reads V1.0's parameters. `access_key` is the one that verified them: it also encrypts some of their values.
    fn from_parameters(parameters: &Parameters, access_key: &AccessKey) -> Result<Self, InvalidRequest> {
        let _ = (parameters, access_key);
        Err(InvalidRequest(format!("V1.0 has no {}", Self::CALLBACK.activity())))
    }

    /// Reads a body; unknown members are passed over, those of another call of the kit are refused.
    fn from_body(body: &[u8]) -> Result<Self, InvalidRequest> {
        read_body(body)
    }

    /// The V2.0 body as KooGallery sends it: canonical, with its `activity` where no path names it.
    #[must_use]
    #[allow(clippy::expect_used)]
    fn to_body(&self) -> String {
        let mut members = serde_json::to_value(self).expect("a request serializes");
        if !Self::CALLBACK.is_kit() {
            members["activity"] = Value::from(Self::CALLBACK.activity());
        }
        canonical_form(members.to_string().as_bytes()).expect("a request is a JSON object")
    }
}
