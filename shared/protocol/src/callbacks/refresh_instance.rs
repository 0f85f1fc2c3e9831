//! refreshInstance: the expiry moves (topic 0070649429).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Callback, Request};
use crate::access_key::AccessKey;
use crate::expire_time::{ExpireTime, ExpireTimeError};
use crate::invalid_request::InvalidRequest;
use crate::parameters::Parameters;
use crate::test_flag::TestFlag;
use crate::text::{InstanceId, OrderId, OrderLineId, ProductId, blank_as_none, required};

/// A failure here can make KooGallery release a paying customer's service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefreshInstance {
    /// The reason.
    pub scene: Scene,
    /// The order of the conversion, renewal or refund: a new one, not the order of the purchase.
    pub order_id: OrderId,
    /// The order line; none in V1.0.
    #[serde(deserialize_with = "required")]
    pub order_line_id: Option<OrderLineId>,
    /// The instance whose expiry moves.
    pub instance_id: InstanceId,
    /// The new product id, if the kind of period changed.
    #[serde(default, deserialize_with = "blank_as_none")]
    pub product_id: Option<ProductId>,
    /// The new end of the paid period; a refund moves it back.
    pub expire_time: ExpireTime,
    /// Whether it is a debug call.
    #[serde(default)]
    pub test_flag: TestFlag,
    /// Other data of the order from V1.0: its amount, its period.
    #[serde(skip)]
    pub further: BTreeMap<String, String>,
}

/// Why an expiry moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Scene {
    /// A trial turned formal.
    TrialToFormal,
    /// A renewal.
    Renewal,
    /// A renewal was refunded.
    UnsubscribeRenewalPeriod,
    /// A renewal with a changed specification.
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

    fn from_parameters(parameters: &Parameters, _: &AccessKey) -> Result<Self, InvalidRequest> {
        let trial_ended = parameters.is_set("trialToFormal");
        let expire_time = parameters.text("expireTime")?.parse();
        Ok(Self {
            scene: if trial_ended { Scene::TrialToFormal } else { Scene::Renewal },
            order_id: parameters.required("orderId")?,
            order_line_id: None,
            instance_id: parameters.required("instanceId")?,
            product_id: parameters.optional("productId")?,
            expire_time: expire_time.map_err(|error: ExpireTimeError| InvalidRequest::of(error.to_string()))?,
            test_flag: parameters.test_flag()?,
            further: parameters.further(&["orderId", "instanceId", "productId", "expireTime", "trialToFormal"])?,
        })
    }
}
