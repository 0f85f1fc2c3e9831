//! A request for a license.

use std::collections::BTreeMap;

use koogallery::{DeviceFingerprint, EventId, ExpireTime, InstanceId, OrderId, ProductId, Timestamp};
use serde::{Deserialize, Serialize};

/// Identifies one request for a license.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum LicenseRequestId {
    /// A request of Online License.
    Device {
        /// The instance that the license is for.
        instance_id: InstanceId,
        /// KooGallery's id of the request.
        event_id: EventId,
        /// The device, if the call names one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        device_fingerprint: Option<DeviceFingerprint>,
    },
    /// A request of License 1.0, whose license belongs to the purchase.
    Purchase {
        /// The order.
        order_id: OrderId,
        /// The product, if the call names one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        product_id: Option<ProductId>,
    },
}

/// A request for a license, in its current state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LicenseRequest {
    /// What identifies it.
    #[serde(flatten)]
    pub id: LicenseRequestId,
    /// From when the license is valid, if the call says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_time: Option<ExpireTime>,
    /// Until when it is valid, if the call says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expire_time: Option<ExpireTime>,
    /// License 1.0: other data of the call that is not personal, such as `amount`, under KooGallery's names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub told: BTreeMap<String, String>,
    /// When the first call for it was signed.
    pub requested_at: Timestamp,
    /// When the seller's application handed the license in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_in_at: Option<Timestamp>,
}
