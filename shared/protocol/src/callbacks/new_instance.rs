//! newInstance: an order line was paid, provision it (topic 0070649427).

use serde::{Deserialize, Serialize};

use super::Request;
use crate::route::Callback;
use crate::test_flag::TestFlag;
use crate::text::{BusinessId, OrderId, OrderLineId, ProductId, TextError, blank_as_none};

/// Buyer, product, quantity and period are not in the call: the order query tells them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewInstance {
    /// The order.
    pub order_id: OrderId,
    /// The order line. With the order it names what was bought, however often the call is sent.
    pub order_line_id: OrderLineId,
    /// Differs on every call, even a resend; the first one becomes the instance id.
    pub business_id: BusinessId,
    /// Comes with pay-per-use orders, where one order holds several products.
    #[serde(default, deserialize_with = "blank_as_none")]
    pub product_id: Option<ProductId>,
    /// A debug call?
    #[serde(default)]
    pub test_flag: TestFlag,
}

impl NewInstance {
    /// A real purchase of one order line.
    pub fn new(order_id: &str, order_line_id: &str, business_id: &str) -> Result<Self, TextError> {
        Ok(Self {
            order_id: order_id.parse()?,
            order_line_id: order_line_id.parse()?,
            business_id: business_id.parse()?,
            product_id: None,
            test_flag: TestFlag::Real,
        })
    }
}

impl Request for NewInstance {
    const CALLBACK: Callback = Callback::NewInstance;
    fn test_flag(&self) -> TestFlag {
        self.test_flag
    }
    fn order_id(&self) -> Option<&OrderId> {
        Some(&self.order_id)
    }
}
