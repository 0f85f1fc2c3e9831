//! A tenant's own login: OAuth 2.0 or CAS 3.0, at an address that KooGallery told.

mod address;
mod answer;
mod cas;
mod oauth2;
mod person;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::redirect::Policy;

use crate::tenant::TenantApplication;
use address::{Address, AddressError, PublicOnly};
use answer::AnswerError;
use koogallery_oidc::Issuer;
use koogallery_settings::IdentityProtocol;

pub(crate) use cas::CasError;
pub(crate) use oauth2::RedeemError;
pub(crate) use person::Person;

/// How long one request to a tenant's login may take.
const TIMEOUT: Duration = Duration::from_secs(3);

/// What asks the tenants' logins.
#[derive(Debug)]
pub(crate) struct Upstream {
    /// Made at the first use: most requests need none, and reading certificates takes time.
    http: OnceLock<reqwest::Client>,
    /// Where a tenant's login sends browsers back, for OAuth 2.0 and for CAS.
    callback: String,
    cas_callback: String,
    is_local: bool,
}

/// Why a tenant's login cannot be used, or did not redeem what it gave. The error contains no code, no ticket and no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpstreamError {
    #[error("the domain of the tenant cannot be used: {0}")]
    Address(#[from] AddressError),
    #[error("the tenant's login did not answer: {0}")]
    Answer(#[from] AnswerError),
    #[error(transparent)]
    Redeem(#[from] RedeemError),
    #[error(transparent)]
    Cas(#[from] CasError),
    #[error("there is no HTTPS client: {0}")]
    Client(#[from] reqwest::Error),
}

impl UpstreamError {
    /// Whether a new login may help: the code or ticket was refused, which happens when it is old or came twice.
    pub(crate) const fn is_refusal(&self) -> bool {
        matches!(self, Self::Redeem(RedeemError::Code) | Self::Cas(CasError::Refused(_)))
    }
}

impl Upstream {
    /// For the logins of this issuer. It sends nothing yet.
    pub(crate) fn new(issuer: &Issuer) -> Self {
        Self {
            http: OnceLock::new(),
            callback: issuer.at("/callback"),
            cas_callback: issuer.at("/callback/cas"),
            is_local: issuer.is_local(),
        }
    }

    /// Where a browser goes to log in to a tenant. `state` has letters and digits only. With `again` the user has to log in also
    /// where there is a session with the tenant.
    pub(crate) fn login(
        &self,
        tenant: &TenantApplication,
        protocol: IdentityProtocol,
        state: &str,
        again: bool,
    ) -> Result<String, UpstreamError> {
        let address = Address::of(&tenant.domain, self.is_local)?;
        Ok(match protocol {
            IdentityProtocol::OAuth2 => {
                let login = oauth2::authorize(&address, tenant.client_id.as_str(), &self.callback, state);
                // OAuth 2.0 of a tenant has no word for it: so the session ends first.
                if again { oauth2::logout(&address, &login) } else { login }
            }
            IdentityProtocol::Cas => cas::login(&address, &self.cas_callback, again),
        })
    }

    /// Where a browser goes to end its session with a tenant, and from there to `next`. CAS leads back to its callback only, so
    /// there a browser stays at the tenant's login.
    pub(crate) fn logout(
        &self,
        tenant: &TenantApplication,
        protocol: IdentityProtocol,
        next: &str,
    ) -> Result<String, UpstreamError> {
        let address = Address::of(&tenant.domain, self.is_local)?;
        Ok(match protocol {
            IdentityProtocol::OAuth2 => oauth2::logout(&address, next),
            IdentityProtocol::Cas => cas::logout(&address),
        })
    }

    /// Redeems a code: who logged in. `sent` says whether the browser was sent to the tenant's own authorization, so that a redirect
    /// address belongs to the code.
    pub(crate) async fn redeem(
        &self,
        tenant: &TenantApplication,
        secret: &str,
        code: &str,
        sent: bool,
    ) -> Result<Person, UpstreamError> {
        let address = Address::of(&tenant.domain, self.is_local)?;
        let redirect_uri = sent.then_some(self.callback.as_str());
        oauth2::redeem(self.http()?, &address, tenant.client_id.as_str(), secret, code, redirect_uri).await
    }

    /// Validates a ticket: who logged in.
    pub(crate) async fn validate(&self, tenant: &TenantApplication, ticket: &str) -> Result<Person, UpstreamError> {
        let address = Address::of(&tenant.domain, self.is_local)?;
        cas::validate(self.http()?, &address, &self.cas_callback, ticket).await
    }

    fn http(&self) -> Result<&reqwest::Client, UpstreamError> {
        if let Some(http) = self.http.get() {
            return Ok(http);
        }
        // The process has one crypto provider; a second call finds it installed.
        drop(rustls::crypto::ring::default_provider().install_default());
        let mut http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy();
        if self.is_local {
            // Nothing is encrypted on the way to the same machine, so no certificates have to be read.
            http = http.tls_certs_only([]);
        } else {
            http = http.https_only(true).dns_resolver(Arc::new(PublicOnly));
        }
        let http = http.build()?;
        Ok(self.http.get_or_init(|| http))
    }
}
