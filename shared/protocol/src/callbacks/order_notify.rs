//! orderNotify: an order was paid (topics 0000002091799153, 0000002055600456). Signed with the order notice's own key.

use serde::{Deserialize, Serialize};

use super::{Callback, Request};
use crate::test_flag::TestFlag;
use crate::text::{OrderId, OrderLineId};

/// For SaaS, License, API, hardware and manual-service products; the details come from the order query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderNotify {
    /// The order.
    pub order_id: OrderId,
    /// Its line.
    pub order_line_id: OrderLineId,
    /// A debug call? The notice's own table calls it mandatory, the overview lets it be absent: it may be.
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
