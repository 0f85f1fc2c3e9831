//! releaseInstance: delete (topic 0070649431).

use serde::{Deserialize, Serialize};

use super::{Callback, Request};
use crate::access_key::AccessKey;
use crate::invalid_request::InvalidRequest;
use crate::parameters::Parameters;
use crate::test_flag::TestFlag;
use crate::text::{InstanceId, OrderId, OrderLineId, blank_as_none};

/// Final: a repeat succeeds, anything else about the instance is answered with `000003` from then on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseInstance {
    /// Which instance.
    pub instance_id: InstanceId,
    /// The refund order, when a refund is why.
    #[serde(default, deserialize_with = "blank_as_none")]
    pub order_id: Option<OrderId>,
    /// Its line.
    #[serde(default, deserialize_with = "blank_as_none")]
    pub order_line_id: Option<OrderLineId>,
    /// A debug call?
    #[serde(default)]
    pub test_flag: TestFlag,
}

impl Request for ReleaseInstance {
    const CALLBACK: Callback = Callback::ReleaseInstance;
    fn test_flag(&self) -> TestFlag {
        self.test_flag
    }
    fn order_id(&self) -> Option<&OrderId> {
        self.order_id.as_ref()
    }
    fn instance_id(&self) -> Option<&InstanceId> {
        Some(&self.instance_id)
    }

    fn from_parameters(parameters: &Parameters, _: &AccessKey) -> Result<Self, InvalidRequest> {
        Ok(Self {
            instance_id: parameters.required("instanceId")?,
            order_id: parameters.optional("orderId")?,
            order_line_id: None,
            test_flag: parameters.test_flag()?,
        })
    }
}
