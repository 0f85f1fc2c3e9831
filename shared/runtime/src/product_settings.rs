//! Settings that belong to a product rather than to the whole deployment.

use koogallery::ProductId;

/// What a function is configured with for each product, such as how its instances are provisioned. Today all products share
/// what the environment says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductSettings<T> {
    default: T,
}

impl<T> ProductSettings<T> {
    /// The same settings for every product.
    pub const fn shared(default: T) -> Self {
        Self { default }
    }

    /// The settings of a product. Give none if nothing names the product.
    pub const fn of(&self, _product: Option<&ProductId>) -> &T {
        &self.default
    }
}
