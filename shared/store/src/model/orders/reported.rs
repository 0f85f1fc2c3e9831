//! What callbacks report about orders.

use koogallery::{InstanceId, LicenseCode, OrderId, OrderLineId, ProductId, Scene, Timestamp};

/// An order, as calls reported it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedOrder {
    /// Its id.
    pub order_id: OrderId,
    /// Its line; none in V1.0.
    pub order_line_id: Option<OrderLineId>,
    /// What it did.
    pub kind: OrderKind,
    /// The product, if the call named it.
    pub product_id: Option<ProductId>,
    /// The instance that it made or changed.
    pub instance_id: Option<InstanceId>,
    /// The license code that it changed.
    pub license: Option<LicenseCode>,
    /// When the call that reported it first was signed.
    pub signed_at: Timestamp,
}

/// What an order did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderKind {
    /// It bought an instance.
    Purchase,
    /// It was paid, as an order notice says.
    Notice,
    /// It moved an expiry.
    Refresh(Scene),
    /// It changed specification or quantity.
    Upgrade,
}
