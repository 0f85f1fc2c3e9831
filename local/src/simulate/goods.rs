//! What a simulation buys.

use serde_json::{Map, Value};

/// The account that buys.
pub(super) const CUSTOMER: &str = "simulated-customer";

/// The name of the account that buys, if none is given.
pub(crate) const BUYER: &str = "simulated customer";

/// The account of a buyer with this name: each name has its own.
pub(crate) fn customer_id(buyer: &str) -> String {
    if buyer == BUYER {
        return CUSTOMER.to_owned();
    }
    let name = buyer.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
    format!("customer-{}", name.take(40).collect::<String>())
}

/// What is bought: the product, and of specification and quantity the first and what an upgrade makes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goods {
    /// `productId`.
    pub product: String,
    /// `skuCode`.
    pub sku: String,
    /// `skuCode` after an upgrade.
    pub upgraded_sku: String,
    /// How many of the linear attribute, such as users.
    pub quantity: u32,
    /// How many after an upgrade.
    pub upgraded_quantity: u32,
}

impl Default for Goods {
    fn default() -> Self {
        let [product, sku, upgraded_sku] =
            ["simulated-product", "simulated-sku", "simulated-sku-large"].map(str::to_owned);
        Self { product, sku, upgraded_sku, quantity: 10, upgraded_quantity: 20 }
    }
}

impl Goods {
    /// The words for it in a life's file: `{product}` and so on.
    pub(super) fn names(&self) -> Map<String, Value> {
        Map::from_iter([
            ("product".to_owned(), self.product.clone().into()),
            ("sku".to_owned(), self.sku.clone().into()),
            ("upgradedSku".to_owned(), self.upgraded_sku.clone().into()),
            ("quantity".to_owned(), self.quantity.into()),
            ("upgradedQuantity".to_owned(), self.upgraded_quantity.into()),
            ("customer".to_owned(), CUSTOMER.into()),
        ])
    }
}
