//! upgradeInstance: specification or quantity grows (SaaS Access Guide V2.0). V1.0: upgrade.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Callback, Request};
use crate::access_key::AccessKey;
use crate::invalid_request::InvalidRequest;
use crate::parameters::Parameters;
use crate::test_flag::TestFlag;
use crate::text::{InstanceId, OrderId, OrderLineId, ProductId, SkuCode, required};

/// The instance id stays. The new specification comes from the order query, in V1.0 from the call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpgradeInstance {
    /// The instance.
    pub instance_id: InstanceId,
    /// The upgrade's own order.
    pub order_id: OrderId,
    /// The order line; none in V1.0.
    #[serde(deserialize_with = "required")]
    pub order_line_id: Option<OrderLineId>,
    /// V1.0: the product from then on.
    #[serde(skip)]
    pub product_id: Option<ProductId>,
    /// Whether it is a debug call.
    #[serde(default)]
    pub test_flag: TestFlag,
    /// Other data of the order from V1.0: the specification, its quantities, its amount.
    #[serde(skip)]
    pub further: BTreeMap<String, String>,
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

    fn from_parameters(parameters: &Parameters, _: &AccessKey) -> Result<Self, InvalidRequest> {
        parameters.required::<SkuCode>("skuCode")?;
        parameters.within(&[("saasExtendParams", 2048)])?;
        Ok(Self {
            instance_id: parameters.required("instanceId")?,
            order_id: parameters.required("orderId")?,
            order_line_id: None,
            product_id: Some(parameters.required("productId")?),
            test_flag: parameters.test_flag()?,
            further: parameters.further(&["instanceId", "orderId", "productId"])?,
        })
    }
}
