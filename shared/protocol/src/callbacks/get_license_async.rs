//! getLicenseAsync: a device asks for a license (topic 0070649255). License 1.0: getLicense (topic 0070649153), whose reply contains the
//! license.

use serde::{Deserialize, Serialize};

use super::{Callback, PurchaseDetails, Request};
use crate::access_key::AccessKey;
use crate::invalid_request::InvalidRequest;
use crate::license_code::DeviceFingerprint;
use crate::license_time::LicenseTime;
use crate::parameters::Parameters;
use crate::test_flag::TestFlag;
use crate::text::{EventId, InstanceId, OrderId, ProductId, blank_as_none};

/// Online License's license is uploaded later, through the open API. License 1.0's license is in the reply.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged, from = "DeviceLicense")]
pub enum GetLicenseAsync {
    /// Online License: a license for a device, on an instance that was bought before.
    Device(DeviceLicense),
    /// License 1.0: the one license of a purchase.
    Purchase(PurchaseLicense),
}

/// The content of Online License's getLicenseAsync.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceLicense {
    /// The instance that the license is for.
    pub instance_id: InstanceId,
    /// From when the license is valid.
    pub effective_time: LicenseTime,
    /// Until when it is valid. Required if the product is billed by period.
    #[serde(default, deserialize_with = "blank_as_none", skip_serializing_if = "Option::is_none")]
    pub expire_time: Option<LicenseTime>,
    /// With the fingerprint it identifies the request: a repeat has the same, and makes no new license.
    pub event_id: EventId,
    /// The device that it is for.
    #[serde(default, deserialize_with = "blank_as_none", skip_serializing_if = "Option::is_none")]
    pub device_fingerprint: Option<DeviceFingerprint>,
    /// Whether it is a debug call.
    #[serde(default)]
    pub test_flag: TestFlag,
}

/// The content of License 1.0's getLicense: the purchase itself. The order identifies it, with the product if the call names one.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PurchaseLicense {
    /// The order.
    pub order_id: OrderId,
    /// The product, if the call names one.
    pub product_id: Option<ProductId>,
    /// Whether it is a debug call.
    pub test_flag: TestFlag,
    /// Other data of the call: the buyer, what was bought and for how long; in `saasExtendParams` the code of the machine.
    #[serde(skip)]
    pub details: PurchaseDetails,
}

impl From<DeviceLicense> for GetLicenseAsync {
    fn from(request: DeviceLicense) -> Self {
        Self::Device(request)
    }
}

impl Request for GetLicenseAsync {
    const CALLBACK: Callback = Callback::GetLicenseAsync;
    fn test_flag(&self) -> TestFlag {
        match self {
            Self::Device(request) => request.test_flag,
            Self::Purchase(request) => request.test_flag,
        }
    }
    fn order_id(&self) -> Option<&OrderId> {
        match self {
            Self::Device(_) => None,
            Self::Purchase(request) => Some(&request.order_id),
        }
    }
    fn instance_id(&self) -> Option<&InstanceId> {
        match self {
            Self::Device(request) => Some(&request.instance_id),
            Self::Purchase(_) => None,
        }
    }

    fn remark(&self) -> Option<String> {
        match self {
            Self::Device(_) => None,
            Self::Purchase(request) => request.details.remark(),
        }
    }

    fn from_parameters(parameters: &Parameters, access_key: &AccessKey) -> Result<Self, InvalidRequest> {
        Ok(Self::Purchase(PurchaseLicense {
            order_id: parameters.required("orderId")?,
            product_id: parameters.optional("productId")?,
            test_flag: parameters.test_flag()?,
            details: PurchaseDetails::of(parameters, access_key)?,
        }))
    }
}
