//! getLicenseAsync: a device asks for a license. License 1.0: getLicense asks for the license of a purchase.
//!
//! The answer is `000004` until the seller's application has handed the license in, and `000000` from then on. License 1.0's
//! answer contains the license itself, the same each time. An event and a device identify one request, however often
//! KooGallery calls; in License 1.0 the order does, with the product if the call names one. The settings of the
//! product have further rules, or else `KOOGALLERY_LICENSE_RULES`: see [`LicenseRules`].
//!
//! A debug call never reaches the application, and KooGallery counts only `000000` as a success. So it is answered at once, in
//! License 1.0 with a license that has no use.

use koogallery::{GetLicenseAsync, LicenseText, PurchaseLicense, Reply, Verified};
use koogallery_runtime::{AnswerError, ConfigError, Context, Environment, Function, Vault};
use koogallery_store::{LicenseRequested, LicenseRules, Sealed, World, license_details_place, license_place};

/// The license for a debug call of License 1.0.
const DEBUG_LICENSE: &str = "DEBUG-LICENSE";

/// The function.
#[derive(Debug)]
pub struct Handler {
    rules: LicenseRules,
    vault: Vault,
}

impl Function for Handler {
    type Request = GetLicenseAsync;

    const ASKS_FOR_SETTINGS: bool = true;

    fn configured(environment: &Environment) -> Result<Self, ConfigError> {
        Ok(Self { rules: rules(environment)?, vault: Vault::of(environment)? })
    }

    async fn answer(&self, call: &Verified<GetLicenseAsync>, context: &Context<'_>) -> Result<Reply, AnswerError> {
        let (request, world) = (call.request(), context.call.world());
        let purchase = match request {
            GetLicenseAsync::Device(_) => None,
            GetLicenseAsync::Purchase(purchase) => Some(purchase),
        };
        let details = match purchase {
            Some(purchase) if world == World::Real => Some(self.sealed(purchase, context).await?),
            _ => None,
        };
        let rules = self.rules(request, context).await?;
        let requested = context.store.request_license(context.call, request, rules, details.as_ref()).await?;
        match (world, requested, purchase) {
            (World::Test, LicenseRequested::New | LicenseRequested::Waiting, None) => Ok(Reply::success()),
            (World::Test, LicenseRequested::New | LicenseRequested::Waiting, Some(_)) => {
                Ok(Reply::success().with_license(LicenseText::try_from(DEBUG_LICENSE.to_owned())?))
            }
            (_, LicenseRequested::HandedIn(Some(license)), Some(purchase)) => {
                Ok(Reply::success().with_license(self.opened(&license, purchase, context).await?))
            }
            (_, requested, _) => Ok(requested.reply()),
        }
    }
}

impl Handler {
    /// The rules for what is asked for. A device names an instance, and no product: the instance is read only if products differ.
    async fn rules(&self, request: &GetLicenseAsync, context: &Context<'_>) -> Result<LicenseRules, AnswerError> {
        let settings = context.settings().await?;
        let said = match request {
            GetLicenseAsync::Purchase(purchase) => settings.document.licenses(purchase.product_id.as_ref(), None),
            GetLicenseAsync::Device(device) if settings.document.differs_in_licenses() => {
                let instance = context.store.instance_in(context.call.world(), &device.instance_id).await?;
                let life = instance.as_ref().map(|instance| &instance.life);
                let sku = life.and_then(|life| life.holds()?.sku_code.as_ref());
                settings.document.licenses(life.and_then(|life| life.product_id.as_ref()), sku)
            }
            GetLicenseAsync::Device(_) => settings.document.licenses(None, None),
        };
        Ok(said.unwrap_or(self.rules))
    }

    async fn sealed(&self, purchase: &PurchaseLicense, context: &Context<'_>) -> Result<Sealed, AnswerError> {
        let place = license_details_place(&purchase.order_id, purchase.product_id.as_ref());
        let json = serde_json::Value::Object(purchase.details.parameters.clone()).to_string();
        Ok(self.vault.seal(context.store, &place, json.as_bytes()).await?)
    }

    async fn opened(
        &self,
        license: &Sealed,
        purchase: &PurchaseLicense,
        context: &Context<'_>,
    ) -> Result<LicenseText, AnswerError> {
        let place = license_place(&purchase.order_id, purchase.product_id.as_ref());
        let opened = self.vault.open(context.store, &place, license).await?;
        Ok(String::from_utf8_lossy(&opened).into_owned().try_into()?)
    }
}

fn rules(environment: &Environment) -> Result<LicenseRules, ConfigError> {
    const NAME: &str = "KOOGALLERY_LICENSE_RULES";
    let rules = environment.get(NAME).map(|json| json.parse().map_err(|error| ConfigError::refused(NAME, error)));
    Ok(rules.transpose()?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_in_the_rules_names_their_variable() {
        let configured = |json: &str| {
            let environment = Environment::default().with("KOOGALLERY_LICENSE_RULES", json);
            rules(&environment).map_err(|error| error.to_string())
        };
        assert_eq!(configured(" "), Ok(LicenseRules::default()));
        assert_eq!(configured(r#"{"quota":5}"#).unwrap().quota.unwrap().get(), 5);
        let error = configured(r#"{"quotas":5}"#).unwrap_err();
        assert!(error.contains("KOOGALLERY_LICENSE_RULES") && error.contains("quotas"), "{error}");
    }
}
