//! The seller's side in this process: the local host, KooGallery's open APIs for it, and an application that receives its
//! events. Whatever of it the environment names is used instead.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use koogallery::AccessKeysError;
use koogallery_open_api::CredentialsError;
use koogallery_runtime::{Environment, now};

use super::Simulation;
use super::application::Application;
use super::seller_api::SellerApi;
use crate::api::ApiError;
use crate::host::{HostError, LocalHost, Options, TableAt};
use crate::keys::{LOCAL_API_TOKEN, or_local_test_credentials, or_local_test_keys};
use crate::listen::ListenError;
use crate::log::Silent;
use crate::marketplace::{CallError, Marketplace};
use crate::open_api::{PlayedError, PlayedKooGallery, StandIn};

/// The seller's side while it runs.
#[derive(Debug)]
pub struct OwnSide {
    host: LocalHost,
    open_api: Option<StandIn>,
    played: Option<PlayedKooGallery>,
    application: Option<Application>,
    seller_api: SellerApi,
    marketplace: Marketplace,
}

/// Why it did not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum OwnSideError {
    /// The access keys.
    #[error("KOOGALLERY_KEYS cannot be used: {0}")]
    Keys(#[from] AccessKeysError),
    /// AK and SK.
    #[error("KOOGALLERY_ACCESS_KEY_ID or KOOGALLERY_SECRET_ACCESS_KEY cannot be used: {0}")]
    Credentials(#[from] CredentialsError),
    /// The open APIs.
    #[error("the open APIs cannot be played: {0}")]
    OpenApi(#[from] std::io::Error),
    /// The same, as this process asks them.
    #[error(transparent)]
    Played(#[from] PlayedError),
    /// The application.
    #[error(transparent)]
    Application(#[from] ListenError),
    /// The local host.
    #[error(transparent)]
    Host(#[from] HostError),
    /// Its seller's API.
    #[error(transparent)]
    SellerApi(#[from] ApiError),
    /// The marketplace.
    #[error(transparent)]
    Marketplace(#[from] CallError),
}

/// KooGallery's open APIs for a seller with this environment's keys, at an address.
pub async fn open_api(environment: &Environment, listen: SocketAddr) -> Result<StandIn, OwnSideError> {
    let keys = or_local_test_keys(environment.get("KOOGALLERY_KEYS"))?;
    Ok(StandIn::start_at(listen, or_local_test_credentials(environment)?, keys, now).await?)
}

impl OwnSide {
    /// Starts what the environment does not name. The open APIs listen at `listen`, or at any free loopback port.
    pub async fn start(mut environment: Environment, listen: Option<SocketAddr>) -> Result<Self, OwnSideError> {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let named = environment.get("KOOGALLERY_OPEN_API_URL").is_some();
        let open_api = match listen.or_else(|| (!named).then_some(any)) {
            Some(listen) => Some(open_api(&environment, listen).await?),
            None => None,
        };
        if let Some(open_api) = open_api.as_ref().filter(|_| !named) {
            environment = environment.with("KOOGALLERY_OPEN_API_URL", open_api.endpoint().as_str());
        }
        let played = open_api.as_ref().map(StandIn::played).transpose()?;
        let mut application = if environment.get("KOOGALLERY_WEBHOOK_URL").is_none() {
            let application = Application::start(environment.get("KOOGALLERY_WEBHOOK_SECRET")).await?;
            environment = environment.with("KOOGALLERY_WEBHOOK_URL", application.url());
            Some(application)
        } else {
            None
        };
        // Then it is the application that says how a buyer gets in, and what it says is seen.
        if environment.get("KOOGALLERY_PROVISIONING").is_none() {
            environment = environment.with("KOOGALLERY_PROVISIONING", "deferred");
        }
        let token = environment.get("KOOGALLERY_API_TOKEN").and_then(|tokens| tokens.split_whitespace().next());
        let token = token.unwrap_or(LOCAL_API_TOKEN).to_owned();
        if environment.get("KOOGALLERY_API_TOKEN").is_none() {
            environment = environment.with("KOOGALLERY_API_TOKEN", &token);
        }
        let keys = or_local_test_keys(environment.get("KOOGALLERY_KEYS"))?;
        let (table, log, journal) = (TableAt::IN_MEMORY, Arc::new(Silent), Arc::new(Silent));
        let host = LocalHost::start(Options::new(any, table, environment, log, journal)).await?;
        let seller_api = SellerApi::new(&host.seller_api(), &token)?;
        if let Some(application) = &mut application {
            application.hand_licenses_in(seller_api.clone());
        }
        let marketplace = Marketplace::new(&host.address(), keys)?;
        Ok(Self { host, open_api, played, application, seller_api, marketplace })
    }

    /// A simulation of every family against it.
    #[must_use]
    pub fn simulation(&self) -> Simulation<'_> {
        Simulation {
            open_api: self.played.as_ref(),
            seller_api: Some(&self.seller_api),
            receipts: self.application.as_ref().map(Application::receipts),
            ..Simulation::new(self.marketplace.clone())
        }
    }

    /// The local host.
    #[must_use]
    pub const fn host(&self) -> &LocalHost {
        &self.host
    }

    /// Lets running calls finish and ends it.
    pub async fn stop(self) -> Result<(), OwnSideError> {
        self.host.stop().await?;
        if let Some(open_api) = self.open_api {
            open_api.stop().await;
        }
        Ok(())
    }
}
