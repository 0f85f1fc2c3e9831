//! Which products are under service supervision (服务监管), and by which flow.

use std::collections::BTreeMap;

use koogallery::{ProductId, TextError};
use koogallery_settings::{SettingsDocument, Supervised};
use koogallery_store::Flow;

use crate::config::{ConfigError, Environment};

const NAME: &str = "KOOGALLERY_SUPERVISED_PRODUCTS";
/// Stands for all products that have no entry of their own.
const ALL: &str = "*";

/// The flow of each supervised product.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SupervisedProducts {
    named: BTreeMap<ProductId, Flow>,
    all: Option<Flow>,
}

impl SupervisedProducts {
    /// Reads `KOOGALLERY_SUPERVISED_PRODUCTS`: entries `product=flow`, separated by commas; the product `*` stands for all others.
    pub fn of(environment: &Environment) -> Result<Self, ConfigError> {
        let mut products = Self::default();
        let text = environment.get(NAME).unwrap_or_default();
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let (product, flow) = parts(entry).map_err(|error| ConfigError::refused(NAME, error))?;
            match product {
                ALL => products.all = Some(flow),
                id => {
                    let id = id.parse().map_err(|error: TextError| ConfigError::refused(NAME, error))?;
                    products.named.insert(id, flow);
                }
            }
        }
        Ok(products)
    }

    /// The flow of a product; none if it is not supervised.
    #[must_use]
    pub fn flow_of(&self, product: Option<&ProductId>) -> Option<Flow> {
        product.and_then(|id| self.named.get(id)).copied().or(self.all)
    }

    /// The flow of a product as the settings say, and where they say nothing as this does.
    #[must_use]
    pub fn flow_by(&self, settings: &SettingsDocument, product: Option<&ProductId>) -> Option<Flow> {
        settings.supervision(product).map_or_else(|| self.flow_of(product), Supervised::flow)
    }

    /// Whether no product is supervised.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Why an entry cannot be read.
#[derive(Debug, thiserror::Error)]
enum EntryError {
    #[error("`{0}` is not of the form product=flow, such as p-1=standard")]
    Form(String),
    #[error("`{0}` is no flow: there are {known}", known = Flow::ALL.iter().map(Into::into).collect::<Vec<&str>>().join(", "))]
    NoFlow(String),
}

fn parts(entry: &str) -> Result<(&str, Flow), EntryError> {
    let (product, flow) = entry.split_once('=').ok_or_else(|| EntryError::Form(entry.to_owned()))?;
    let flow = flow.trim();
    Ok((product.trim(), flow.parse().map_err(|_| EntryError::NoFlow(flow.to_owned()))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<SupervisedProducts, ConfigError> {
        SupervisedProducts::of(&Environment::default().with(NAME, text))
    }

    #[test]
    fn each_product_has_its_flow() {
        let products = of(" p-1=standard, p-2 = license ,").unwrap();
        let flow = |id: &str| products.flow_of(Some(&id.parse().unwrap()));
        assert_eq!((flow("p-1"), flow("p-2"), flow("p-3")), (Some(Flow::Standard), Some(Flow::License), None));
        assert_eq!(products.flow_of(None), None);
        let all = of("p-1=hardware,*=package").unwrap();
        assert_eq!(all.flow_of(None), Some(Flow::Package));
        assert_eq!(all.flow_of(Some(&"p-1".parse().unwrap())), Some(Flow::Hardware));
        assert!(of("").unwrap().is_empty());
    }

    #[test]
    fn a_mistake_is_told_with_what_would_be_right() {
        for (text, told) in [("p-1", "product=flow"), ("p-1=slow", "standard-rechecked"), ("=standard", "product")] {
            let error = of(text).unwrap_err().to_string();
            assert!(error.contains(NAME) && error.contains(told), "{error}");
        }
    }
}
