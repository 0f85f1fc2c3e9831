//! An application for a license.

use std::collections::BTreeMap;

use koogallery::{DeviceFingerprint, EventId, ExpireTime, InstanceId, OrderId, ProductId, Timestamp};
use serde::{Deserialize, Serialize};

/// Names one application for a license.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum LicenseRequestId {
    /// Online License.
    Device {
        /// On which instance.
        instance_id: InstanceId,
        /// KooGallery's name of the application.
        event_id: EventId,
        /// For which device, where the call told one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        device_fingerprint: Option<DeviceFingerprint>,
    },
    /// License 1.0, whose license belongs to the purchase.
    Purchase {
        /// The order.
        order_id: OrderId,
        /// The product, where the call told one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        product_id: Option<ProductId>,
    },
}

/// An application for a license, as it stands in the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LicenseRequest {
    /// Its name.
    #[serde(flatten)]
    pub id: LicenseRequestId,
    /// Valid from then on, where the call told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_time: Option<ExpireTime>,
    /// Valid until then, where the call told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expire_time: Option<ExpireTime>,
    /// License 1.0: what else the call told that is nobody's personal data, such as `amount`, by KooGallery's names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub told: BTreeMap<String, String>,
    /// When the first call for it was signed.
    pub requested_at: Timestamp,
    /// When the seller's application handed the license in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_in_at: Option<Timestamp>,
}
