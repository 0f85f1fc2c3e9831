//! What callbacks report about orders.

use std::collections::HashMap;

use koogallery::{InstanceId, LicenseCode, OrderId, OrderLineId, ProductId, Scene, Timestamp};

use crate::model::instance::Instance;

/// An order, as calls reported it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedOrder {
    /// Its id.
    pub order_id: OrderId,
    /// Its line; none in V1.0.
    pub order_line_id: Option<OrderLineId>,
    /// What it did.
    pub kind: OrderKind,
    /// The product: of a purchase as it was bought, else if the call named it.
    pub product_id: Option<ProductId>,
    /// The instance that it made or changed.
    pub instance_id: Option<InstanceId>,
    /// The license code that it changed.
    pub license: Option<LicenseCode>,
    /// When the call that reported it first was signed.
    pub signed_at: Timestamp,
}

impl ListedOrder {
    /// The instance that knows more of this purchase: its record has the order line or the product, by which the call named it, but
    /// not both.
    pub(crate) fn told_more_by(&self) -> Option<&InstanceId> {
        let lacks = self.order_line_id.is_none() || self.product_id.is_none();
        self.instance_id.as_ref().filter(|_| lacks && self.kind == OrderKind::Purchase)
    }

    /// Takes in what the instance knows of the order line that bought it.
    pub(crate) fn take_in(&mut self, instance: &Instance) {
        if self.order_line_id.is_none() {
            self.order_line_id.clone_from(&instance.order_line_id);
        }
        if self.product_id.is_none() {
            self.product_id = instance.life.bought.as_ref().and_then(|bought| bought.product_id.clone());
        }
    }

    /// The same for several, from their instances.
    pub(crate) fn take_in_all(orders: &mut [Self], instances: &HashMap<InstanceId, Instance>) {
        for order in orders {
            let instance = order.told_more_by().and_then(|id| instances.get(id));
            if let Some(instance) = instance {
                order.take_in(instance);
            }
        }
    }
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
