//! refreshLicenseCode: a code's expiry moves (topic 0070649168). License 1.0: refreshLicense.

use std::collections::BTreeMap;

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};

use super::{Callback, Request, Scene};
use crate::access_key::AccessKey;
use crate::expire_time::{ExpireTime, ExpireTimeError};
use crate::invalid_request::InvalidRequest;
use crate::license_code::LicenseCode;
use crate::parameters::Parameters;
use crate::test_flag::TestFlag;
use crate::text::{OrderId, OrderLineId, ProductId, blank_as_none, required};

/// A code may be renewed before it was ever activated, so it may be new to the seller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefreshLicenseCode {
    /// The reason: `RENEWAL` or `UNSUBSCRIBE_RENEWAL_PERIOD`. In License 1.0 a trial may turn formal too.
    #[serde(deserialize_with = "of_a_code")]
    pub scene: Scene,
    /// The order of the renewal or refund: a new one, not the order of the purchase.
    pub order_id: OrderId,
    /// The order line; none in License 1.0.
    #[serde(deserialize_with = "required")]
    pub order_line_id: Option<OrderLineId>,
    /// The code whose expiry moves.
    pub license: LicenseCode,
    /// The product, if it changed.
    #[serde(default, deserialize_with = "blank_as_none")]
    pub product_id: Option<ProductId>,
    /// The new end of the paid period; a refund moves it back.
    pub expire_time: ExpireTime,
    /// Whether it is a debug call.
    #[serde(default)]
    pub test_flag: TestFlag,
    /// Other data of the order from License 1.0.
    #[serde(skip)]
    pub further: BTreeMap<String, String>,
}

/// There is no trial and no change of a code: the guide names two scenes.
fn of_a_code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Scene, D::Error> {
    match Scene::deserialize(deserializer)? {
        scene @ (Scene::Renewal | Scene::UnsubscribeRenewalPeriod) => Ok(scene),
        Scene::TrialToFormal | Scene::RenewalChange => {
            Err(D::Error::custom("scene is neither RENEWAL nor UNSUBSCRIBE_RENEWAL_PERIOD"))
        }
    }
}

impl Request for RefreshLicenseCode {
    const CALLBACK: Callback = Callback::RefreshLicenseCode;
    fn test_flag(&self) -> TestFlag {
        self.test_flag
    }
    fn order_id(&self) -> Option<&OrderId> {
        Some(&self.order_id)
    }
    fn license(&self) -> Option<&LicenseCode> {
        Some(&self.license)
    }

    fn from_parameters(parameters: &Parameters, _: &AccessKey) -> Result<Self, InvalidRequest> {
        const KNOWN: [&str; 4] = ["orderId", "productId", "expireTime", "trialToFormal"];
        let trial_ended = parameters.is_set("trialToFormal");
        let expire_time = parameters.text("expireTime")?.parse();
        Ok(Self {
            scene: if trial_ended { Scene::TrialToFormal } else { Scene::Renewal },
            order_id: parameters.required("orderId")?,
            order_line_id: None,
            license: parameters.license()?,
            product_id: parameters.optional("productId")?,
            expire_time: expire_time.map_err(|error: ExpireTimeError| InvalidRequest::of(error.to_string()))?,
            test_flag: parameters.test_flag()?,
            further: parameters.further(&[&Parameters::LICENSE_NAMES[..], &KNOWN[..]].concat())?,
        })
    }
}
