//! releaseLicenseCode: a code ends (topic 0070649172). License 1.0: releaseLicense.

use serde::{Deserialize, Serialize};

use super::{Callback, Request};
use crate::access_key::AccessKey;
use crate::invalid_request::InvalidRequest;
use crate::license_code::LicenseCode;
use crate::parameters::Parameters;
use crate::test_flag::TestFlag;
use crate::text::{OrderId, OrderLineId, blank_as_none};

/// It is final: a repeat succeeds, and any other call about the code gets `000003` from then on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseLicenseCode {
    /// The license code.
    pub license: LicenseCode,
    /// The refund order, if a refund is the reason.
    #[serde(default, deserialize_with = "blank_as_none")]
    pub order_id: Option<OrderId>,
    /// The order line.
    #[serde(default, deserialize_with = "blank_as_none")]
    pub order_line_id: Option<OrderLineId>,
    /// Whether it is a debug call.
    #[serde(default)]
    pub test_flag: TestFlag,
}

impl Request for ReleaseLicenseCode {
    const CALLBACK: Callback = Callback::ReleaseLicenseCode;
    fn test_flag(&self) -> TestFlag {
        self.test_flag
    }
    fn order_id(&self) -> Option<&OrderId> {
        self.order_id.as_ref()
    }
    fn license(&self) -> Option<&LicenseCode> {
        Some(&self.license)
    }

    fn from_parameters(parameters: &Parameters, _: &AccessKey) -> Result<Self, InvalidRequest> {
        Ok(Self {
            license: parameters.license()?,
            order_id: parameters.optional("orderId")?,
            order_line_id: None,
            test_flag: parameters.test_flag()?,
        })
    }
}
