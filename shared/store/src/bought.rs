//! What the order query tells of an instance's orders, as far as it is nobody's personal data: product, specification,
//! quantity, period. It comes after the callbacks, at any moment; so it is facts of the [`Lifecycle`] like theirs.
//!
//! `extendParams` are not among them: a seller asks in them whatever its product needs of a buyer, often a name or an
//! address. They stay sealed with the whole answer.

use koogallery::{ExpireTime, InstanceId, OrderId, OrderLineId, ProductId, SkuCode, Timestamp};
use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::change::Changed;
use crate::client::{Store, StoreError};
use crate::instance::Instance;
use crate::key::{Key, World};
use crate::lifecycle::AppliedOrder;
use crate::transaction::Commit;

/// What an order line bought. Each member is absent where KooGallery did not tell it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bought {
    /// The product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    /// Its specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku_code: Option<SkuCode>,
    /// Quantity of the linear attribute, such as a number of users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linear_value: Option<f64>,
    /// How it is charged, in KooGallery's word: `ON_DEMAND`, `ONE_TIME`, `PERIOD`, `ON_DEMAND_PKG`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charging_mode: Option<String>,
    /// The period's unit, in KooGallery's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_type: Option<String>,
    /// How many of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_number: Option<u32>,
}

impl Bought {
    /// Whether it says which product, specification or quantity.
    #[must_use]
    pub const fn names_product(&self) -> bool {
        self.product_id.is_some() || self.sku_code.is_some() || self.linear_value.is_some()
    }
}

/// What the order query told of one order line.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ToldOrder {
    /// What it bought.
    pub bought: Bought,
    /// The end of the paid period.
    pub until: Option<ExpireTime>,
}

impl ToldOrder {
    /// What it bought, if anything was told of that.
    pub(crate) fn bought(&self) -> Option<Bought> {
        Some(self.bought.clone()).filter(|bought| *bought != Bought::default())
    }
}

impl Store {
    /// Takes in what the order query told of an order of an instance: of the one that bought it, or of a later one that
    /// counts. The expiry may follow from it, and so a freeze, with its event. Told again it changes nothing.
    pub async fn order_told(
        &self,
        id: &InstanceId,
        order: &OrderId,
        line: Option<&OrderLineId>,
        told: &ToldOrder,
        now: Timestamp,
    ) -> Result<Changed, StoreError> {
        let call = Call::own(now);
        let standing = self.item(&call, Key::instance(World::Real, id)).await?;
        self.decided::<Instance>(&call, id, Commit::Refused { place: 0, standing }, |instance| {
            if instance.order_id == *order && instance.order_line_id.as_ref() == line {
                instance.life.told_first(told);
            } else {
                instance.life.told_later(&AppliedOrder::key_of(order, line), told);
            }
        })
        .await
    }
}
