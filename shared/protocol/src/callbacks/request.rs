//! What all typed requests share.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Callback, kit_members};
use crate::access_key::AccessKey;
use crate::canonical::canonical_form;
use crate::invalid_request::InvalidRequest;
use crate::license_code::LicenseCode;
use crate::long_numbers::long_numbers_as_text;
use crate::parameters::Parameters;
use crate::test_flag::TestFlag;
use crate::text::{InstanceId, OrderId, TenantId};

/// A callback's request, in both directions: the seller reads it, the marketplace's side writes it.
pub trait Request: Serialize + DeserializeOwned {
    /// The callback that it belongs to.
    const CALLBACK: Callback;

    /// Whether it is a debug call.
    fn test_flag(&self) -> TestFlag;

    /// The order that it names, if any: for the log.
    fn order_id(&self) -> Option<&OrderId> {
        None
    }

    /// The instance that it names, if any: for the log.
    fn instance_id(&self) -> Option<&InstanceId> {
        None
    }

    /// The license code that it names, if any: for the log, which shows only its end.
    fn license(&self) -> Option<&LicenseCode> {
        None
    }

    /// The tenant that it names, if it is a call of the kit.
    fn tenant_id(&self) -> Option<&TenantId> {
        None
    }

    /// A remark for the log about something unusual, without a value of the call.
    fn remark(&self) -> Option<String> {
        None
    }

    /// Reads V1.0's parameters. `access_key` verified them; it also encrypts some of their values.
    fn from_parameters(parameters: &Parameters, access_key: &AccessKey) -> Result<Self, InvalidRequest> {
        let _ = (parameters, access_key);
        Err(InvalidRequest::of(format!("V1.0 has no {}", Self::CALLBACK.activity())))
    }

    /// Reads a body. Unknown members are ignored; members of another call of the kit are refused.
    fn from_body(body: &[u8]) -> Result<Self, InvalidRequest> {
        read_body(body)
    }

    /// The V2.0 body, as KooGallery sends it: canonical, with `activity` unless the path names the call.
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

/// Reads a body. Ids that are numbers keep every digit.
pub(super) fn read_body<R: Request>(body: &[u8]) -> Result<R, InvalidRequest> {
    if R::CALLBACK.is_kit() {
        kit_members::refuse_those_of_others(R::CALLBACK, body)?;
    }
    Ok(serde_json::from_slice(&long_numbers_as_text(body))?)
}
