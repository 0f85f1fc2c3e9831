//! updateInstanceStatus: freeze or unfreeze (topic 0070649430). V1.0: expireInstance and instanceStatus.

use serde::{Deserialize, Serialize};

use super::{Callback, Request};
use crate::access_key::AccessKey;
use crate::invalid_request::InvalidRequest;
use crate::parameters::Parameters;
use crate::test_flag::TestFlag;
use crate::text::InstanceId;

/// A freeze keeps the buyer's data; only releaseInstance deletes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateInstanceStatus {
    /// The instance.
    pub instance_id: InstanceId,
    /// The new status.
    pub status: InstanceStatus,
    /// Whether it is a debug call.
    #[serde(default)]
    pub test_flag: TestFlag,
}

/// The status that KooGallery asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum InstanceStatus {
    /// The period ended, or the buyer broke the terms: there is no access, and the data is kept.
    Freeze,
    /// Access begins again.
    Unfreeze,
    /// V1.0's expireInstance: a freeze because the period ended.
    #[serde(skip)]
    Expire,
}

impl Request for UpdateInstanceStatus {
    const CALLBACK: Callback = Callback::UpdateInstanceStatus;
    fn test_flag(&self) -> TestFlag {
        self.test_flag
    }
    fn instance_id(&self) -> Option<&InstanceId> {
        Some(&self.instance_id)
    }

    fn from_parameters(parameters: &Parameters, _: &AccessKey) -> Result<Self, InvalidRequest> {
        let status = match parameters.text("activity")? {
            "expireInstance" => InstanceStatus::Expire,
            _ => match parameters.text("instanceStatus")? {
                "FREEZE" => InstanceStatus::Freeze,
                "NORMAL" | "UNFREEZE" => InstanceStatus::Unfreeze,
                _ => return Err(InvalidRequest::of("instanceStatus is neither FREEZE nor NORMAL")),
            },
        };
        let instance_id = parameters.required("instanceId")?;
        parameters.within(&[("orderId", 64)])?;
        Ok(Self { instance_id, status, test_flag: parameters.test_flag()? })
    }
}
