//! `koogallery doctor`: looks at a deployment that runs, at how it is configured and at what KooGallery and the seller's
//! application make of it, and says of each thing what to mend.
//!
//! It reads the same environment variables as the deployment, as far as they are set here, and changes nothing: it sends
//! debug calls, which touch no buyer's state, one order query for a test order, and one test event to the application.

mod address;
mod application;
mod certificate;
mod configuration;
mod koogallery_side;

use std::sync::Arc;

use koogallery::{InterfaceType, RsaPublicKey};
use koogallery_runtime::{ConfigError, Environment, SecretSource, Secrets};
use reqwest::Url;

use crate::checks::Place;
use crate::findings::{Finding, Report};
use crate::host::with_defaults;
use crate::loopback::is_on_this_machine;
use crate::simulate::SellerApi;

/// What is looked at.
#[derive(Debug)]
pub struct Doctor {
    environment: Environment,
    address: Url,
    seller_api: Option<String>,
    rsa_public_key: Option<RsaPublicKey>,
    /// Nothing here names the deployment's access keys.
    uses_test_keys: bool,
}

/// Why nothing can be looked at.
#[derive(Debug, thiserror::Error)]
pub enum DoctorError {
    /// The address is none.
    #[error("{0} is not an http or https address: give the production address as --to")]
    Address(String),
    /// The access keys.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl Doctor {
    /// Of the deployment behind a production address, with the variables that are set here. A local host has its seller API
    /// beside the callbacks; another one's address is given. `rsa_public_key` is what is registered in KooGallery.
    pub fn new(
        address: &str,
        seller_api: Option<String>,
        rsa_public_key: Option<RsaPublicKey>,
        environment: Environment,
    ) -> Result<Self, DoctorError> {
        let url = Url::parse(address).ok().filter(|url| url.has_host() && url.scheme().starts_with("http"));
        let url = url.ok_or_else(|| DoctorError::Address(address.to_owned()))?;
        let uses_test_keys = environment.get("KOOGALLERY_KEYS").is_none() && environment.secret().is_none();
        let seller_api = seller_api.or_else(|| SellerApi::beside(address));
        Ok(Self { environment, address: url, seller_api, rsa_public_key, uses_test_keys })
    }

    /// Looks at everything, one after the other; `progress` hears of what is found.
    pub async fn examine(&self, progress: impl Fn(&Finding)) -> Result<Report, DoctorError> {
        let mut findings = Vec::new();
        let mut found = |more: Vec<Finding>| {
            more.iter().for_each(&progress);
            findings.extend(more);
        };
        found(self.variables());
        let (environment, _) = with_defaults(self.environment.clone(), self.uses_test_keys);
        let secrets = match SecretSource::of(&environment)?.current().await {
            Ok(secrets) => Some(secrets),
            Err(problem) => {
                found(vec![Finding::problem("secrets", problem)]);
                None
            }
        };
        if let Some(secrets) = &secrets {
            found(self.secrets(&environment, secrets));
        }
        found(self.certificate().await);
        // Before the debug calls of this command itself.
        found(vec![self.probes(secrets.as_deref()).await]);
        found(self.production_address(secrets.as_deref()).await);
        found(self.public_key(secrets.as_deref()));
        found(self.open_apis(&environment, secrets.as_deref()).await);
        found(self.seller_api(secrets.as_deref()).await);
        found(vec![self.webhook(&environment, secrets.as_ref()).await]);
        Ok(Report::new(self.address.to_string(), findings))
    }

    /// Whether the deployment is on this machine.
    fn is_here(&self) -> bool {
        is_on_this_machine(&self.address)
    }

    /// Whether a key of the deployment's is known here, so that nothing may open with a key that everybody knows.
    const fn has_own_keys(&self) -> bool {
        !self.uses_test_keys
    }

    fn place(&self) -> Place {
        Place::of(&self.environment)
    }
}

/// Whether there is a key to sign with.
fn has_key(secrets: &Secrets, interface: InterfaceType) -> bool {
    secrets.access_keys.current(interface).is_some()
}

/// The secrets, shared with what sends them on.
type Shared = Arc<Secrets>;
