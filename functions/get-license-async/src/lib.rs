//! getLicenseAsync: make a license for a device. License 1.0: getLicense, a license for what an order bought.
//!
//! The answer is `000004` until the seller's application has handed the license in, and `000000` from then on. An event
//! and a device make one application, however often KooGallery asks; License 1.0's guide is withdrawn, so there the order
//! does, with the product where the call names one. `KOOGALLERY_LICENSE_RULES` says what the call does not tell: see
//! [`LicenseRules`].

use koogallery::{GetLicenseAsync, Reply, Verified};
use koogallery_runtime::{AnswerError, ConfigError, Context, Environment, Function};
use koogallery_store::LicenseRules;

/// The function.
#[derive(Debug)]
pub struct Handler {
    rules: LicenseRules,
}

impl Function for Handler {
    type Request = GetLicenseAsync;

    fn configured(environment: &Environment) -> Result<Self, ConfigError> {
        const NAME: &str = "KOOGALLERY_LICENSE_RULES";
        let rules = environment.get(NAME).map(|json| json.parse().map_err(|error| ConfigError::invalid(NAME, error)));
        Ok(Self { rules: rules.transpose()?.unwrap_or_default() })
    }

    async fn answer(&self, call: &Verified<GetLicenseAsync>, context: &Context<'_>) -> Result<Reply, AnswerError> {
        Ok(context.store.request_license(context.call, call.request(), self.rules).await?.reply())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_in_the_rules_names_their_variable() {
        let configured = |json: &str| {
            let environment = Environment::default().with("KOOGALLERY_LICENSE_RULES", json);
            Handler::configured(&environment).map(|handler| handler.rules).map_err(|error| error.to_string())
        };
        assert_eq!(configured(" "), Ok(LicenseRules::default()));
        assert_eq!(configured(r#"{"quota":5}"#).unwrap().quota.unwrap().get(), 5);
        let error = configured(r#"{"quotas":5}"#).unwrap_err();
        assert!(error.contains("KOOGALLERY_LICENSE_RULES") && error.contains("quotas"), "{error}");
    }
}
