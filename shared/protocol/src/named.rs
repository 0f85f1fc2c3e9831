//! What a call is about: the ids that it names. A log and a trace need them also of a call that cannot be understood.

use serde::Deserialize;
use serde_json::Value;

use crate::callbacks::{Callback, Request};
use crate::license_code::LicenseCode;
use crate::long_numbers::long_numbers_as_text;
use crate::parameters::Parameters;
use crate::test_flag::TestFlag;
use crate::text::{InstanceId, OrderId, TenantId};
use crate::verify::Body;

/// The ids that a call names, and whether it is a debug call. No personal data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// The order.
    pub order_id: Option<OrderId>,
    /// The instance.
    pub instance_id: Option<InstanceId>,
    /// The license code.
    pub license: Option<LicenseCode>,
    /// The enterprise.
    pub tenant_id: Option<TenantId>,
    /// Whether it is a debug call.
    pub test_flag: TestFlag,
}

impl Named {
    /// What a request names.
    #[must_use]
    pub fn by<R: Request>(request: &R) -> Self {
        Self {
            order_id: request.order_id().cloned(),
            instance_id: request.instance_id().cloned(),
            license: request.license().cloned(),
            tenant_id: request.tenant_id().cloned(),
            test_flag: request.test_flag(),
        }
    }

    /// What can be read of a call that does not hold what its callback must hold. An id that is wrong counts as absent.
    #[must_use]
    pub fn in_body(body: &Body<'_>, callback: Callback) -> Self {
        match body {
            Body::Json(bytes) => {
                let members: Members = serde_json::from_slice(&long_numbers_as_text(bytes)).unwrap_or_default();
                Self::read(callback, |name| members.text(name))
            }
            Body::Parameters(parameters) => Self::read(callback, |name| parameters.get(name).map(str::to_owned)),
        }
    }

    fn read(callback: Callback, text: impl Fn(&str) -> Option<String>) -> Self {
        let is_of_a_code = matches!(
            callback,
            Callback::RefreshLicenseCode | Callback::UpdateLicenseCodeStatus | Callback::ReleaseLicenseCode
        );
        let code = || Parameters::LICENSE_NAMES.into_iter().find_map(&text)?.parse().ok();
        let instance = || text("instanceId")?.parse().ok();
        let is_debug = text("testFlag").is_some_and(|flag| flag.trim() == "1");
        Self {
            order_id: text("orderId").and_then(|id| id.parse().ok()),
            instance_id: if is_of_a_code { None } else { instance() },
            license: if is_of_a_code { code() } else { None },
            tenant_id: text("tenantId").and_then(|id| id.parse().ok()),
            test_flag: if is_debug { TestFlag::Debug } else { TestFlag::Real },
        }
    }
}

/// The members of a JSON body that say so; the others are passed over.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Members {
    order_id: Value,
    instance_id: Value,
    license: Value,
    license_code: Value,
    tenant_id: Value,
    test_flag: Value,
}

impl Members {
    fn text(&self, name: &str) -> Option<String> {
        let value = match name {
            "orderId" => &self.order_id,
            "instanceId" => &self.instance_id,
            "license" => &self.license,
            "licenseCode" => &self.license_code,
            "tenantId" => &self.tenant_id,
            "testFlag" => &self.test_flag,
            _ => return None,
        };
        match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    #[test]
    fn a_body_that_lacks_a_member_still_names_what_it_is_about() {
        let json = br#"{"orderId":"CS1","instanceId":7,"tenantId":" ","testFlag":"1","userList":[{"name":"Li"}]}"#;
        let named = Named::in_body(&Body::Json(Cow::Borrowed(json)), Callback::RefreshInstance);
        assert_eq!(named.order_id.unwrap().as_str(), "CS1");
        assert_eq!(named.instance_id.unwrap().as_str(), "7");
        assert_eq!((named.tenant_id, named.license, named.test_flag), (None, None, TestFlag::Debug));
        for nothing in [&b"[]"[..], b"{", b"", br#"{"orderId":{}}"#] {
            let named = Named::in_body(&Body::Json(Cow::Borrowed(nothing)), Callback::NewInstance);
            assert_eq!(named, Named::default());
        }
    }

    #[test]
    fn a_code_is_never_taken_for_an_instance() {
        let query = Body::Parameters(Parameters::of_query("instanceId=ABCDE-FGHIJ&orderId=CS1"));
        let named = Named::in_body(&query, Callback::ReleaseLicenseCode);
        assert_eq!((named.license.unwrap().reveal(), named.instance_id), ("ABCDE-FGHIJ", None));
    }
}
