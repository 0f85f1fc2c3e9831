//! Which products KooGallery bills by the day.

use koogallery::{ProductId, TextError};
use koogallery_store::Cycles;

use crate::config::{ConfigError, Environment};

const NAME: &str = "KOOGALLERY_DAILY_PRODUCTS";

/// Reads `KOOGALLERY_DAILY_PRODUCTS`: the ids of the products that are billed by the day, separated by commas. All others are
/// billed by the hour.
pub fn billing_cycles(environment: &Environment) -> Result<Cycles, ConfigError> {
    let ids = environment.get(NAME).unwrap_or_default().split(',').map(str::trim).filter(|id| !id.is_empty());
    let products: Result<Vec<ProductId>, TextError> = ids.map(str::parse).collect();
    Ok(Cycles::daily(products.map_err(|error| ConfigError::refused(NAME, error))?))
}

#[cfg(test)]
mod tests {
    use koogallery_store::Cycle;

    use super::*;

    #[test]
    fn only_named_products_are_billed_by_the_day() {
        let of = |text: &str| billing_cycles(&Environment::default().with(NAME, text));
        let cycles = of(" p-1, p-2 ,").unwrap();
        for (product, cycle) in [("p-1", Cycle::Daily), ("p-2", Cycle::Daily), ("p-3", Cycle::Hourly)] {
            assert_eq!(cycles.of(Some(&product.parse().unwrap())), cycle, "{product}");
        }
        assert_eq!((of("").unwrap().of(None), cycles.of(None)), (Cycle::Hourly, Cycle::Hourly));
        let error = of(&"x".repeat(65)).unwrap_err().to_string();
        assert!(error.contains(NAME), "{error}");
    }
}
