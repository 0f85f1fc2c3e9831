//! orderNotify: an order is paid (topics 0000002091799153, 0000002055600456). It is signed with the key of order notices.

use serde::{Deserialize, Serialize};

use super::{Callback, Request};
use crate::test_flag::TestFlag;
use crate::text::{OrderId, OrderLineId};

/// It comes for SaaS, License, API, hardware and manual-service products. The order query has the details.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderNotify {
    /// The order.
    pub order_id: OrderId,
    /// The order line.
    pub order_line_id: OrderLineId,
    /// Whether it is a debug call. The notice's own table says mandatory, the overview says that it may be absent: it may.
    #[serde(default)]
    pub test_flag: TestFlag,
}

impl Request for OrderNotify {
    const CALLBACK: Callback = Callback::OrderNotify;
    fn test_flag(&self) -> TestFlag {
        self.test_flag
    }
    fn order_id(&self) -> Option<&OrderId> {
        Some(&self.order_id)
    }
}
