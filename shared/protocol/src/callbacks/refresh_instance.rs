//! refreshInstance: the expiry moved (topic 0070649429).

use serde::{Deserialize, Serialize};

use super::Request;
use crate::expire_time::ExpireTime;
use crate::route::Callback;
use crate::test_flag::TestFlag;
use crate::text::{InstanceId, OrderId, OrderLineId, ProductId, blank_as_none};

/// Failing here can get a paying customer's service released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefreshInstance {
    /// Why it moved.
    pub scene: Scene,
    /// The conversion, renewal or refund order: a new one, not the purchase's.
    pub order_id: OrderId,
    /// Its line.
    pub order_line_id: OrderLineId,
    /// Whose expiry.
    pub instance_id: InstanceId,
    /// The new product id, when the period type changed.
    #[serde(default, deserialize_with = "blank_as_none")]
    pub product_id: Option<ProductId>,
    /// The new end of the paid period; a refund moves it back.
    pub expire_time: ExpireTime,
    /// A debug call?
    #[serde(default)]
    pub test_flag: TestFlag,
}

/// Why an expiry moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Scene {
    /// A trial became a paid subscription.
    TrialToFormal,
    /// Renewed.
    Renewal,
    /// A renewal was refunded.
    UnsubscribeRenewalPeriod,
    /// Renewed with a changed specification.
    RenewalChange,
}

impl Request for RefreshInstance {
    const CALLBACK: Callback = Callback::RefreshInstance;
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
