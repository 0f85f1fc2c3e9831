//! upgradeInstance: specification or quantity grew (SaaS Access Guide V2.0).

use serde::{Deserialize, Serialize};

use super::Request;
use crate::route::Callback;
use crate::test_flag::TestFlag;
use crate::text::{InstanceId, OrderId, OrderLineId};

/// The instance id stays; the new specification comes from the order query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpgradeInstance {
    /// Which instance.
    pub instance_id: InstanceId,
    /// The upgrade's own order.
    pub order_id: OrderId,
    /// Its line.
    pub order_line_id: OrderLineId,
    /// A debug call?
    #[serde(default)]
    pub test_flag: TestFlag,
}

impl Request for UpgradeInstance {
    const CALLBACK: Callback = Callback::UpgradeInstance;
    fn test_flag(&self) -> TestFlag {
        self.test_flag
    }
    fn order_id(&self) -> Option<&OrderId> {
        Some(&self.order_id)
    }
    fn instance_id(&self) -> Option<&InstanceId> {
        Some(&self.instance_id)
    }
}
