//! updateLicenseCodeStatus: freeze or unfreeze a code (topic 0070649169). License 1.0: expireLicense.

use serde::{Deserialize, Serialize};

use super::{Callback, InstanceStatus, Request};
use crate::access_key::AccessKey;
use crate::invalid_request::InvalidRequest;
use crate::license_code::LicenseCode;
use crate::parameters::Parameters;
use crate::test_flag::TestFlag;

/// After its expiry a code stays frozen for at most 15 days, then it is released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateLicenseCodeStatus {
    /// The license code.
    pub license: LicenseCode,
    /// The new status. License 1.0's expireLicense is a freeze because the period ended.
    pub status: InstanceStatus,
    /// Whether it is a debug call.
    #[serde(default)]
    pub test_flag: TestFlag,
}

impl Request for UpdateLicenseCodeStatus {
    const CALLBACK: Callback = Callback::UpdateLicenseCodeStatus;
    fn test_flag(&self) -> TestFlag {
        self.test_flag
    }
    fn license(&self) -> Option<&LicenseCode> {
        Some(&self.license)
    }

    fn from_parameters(parameters: &Parameters, _: &AccessKey) -> Result<Self, InvalidRequest> {
        parameters.within(&[("orderId", 64)])?;
        let license = parameters.license()?;
        Ok(Self { license, status: InstanceStatus::Expire, test_flag: parameters.test_flag()? })
    }
}
