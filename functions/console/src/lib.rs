//! console: pages for those who operate the deployment.
//!
//! Support asks what happened to an order, finance which orders were not paid out, the on-call what waits. The pages are made here and
//! work without JavaScript; every change is a form that asks for a reason, and is kept with it in the same transaction.
//!
//! | file | what is in it |
//! |---|---|
//! | `entry`, `session`, `access` | who may in: an identity provider or a link, sessions, roles |
//! | `guard`, `journal` | what every request passes: only the console's own pages may post; headers, deadline, log |
//! | `routes`, `pages`, `layout` | the routes with their roles, and the pages |
//! | `timeline` | what happened to something, a source each |
//! | `acts`, `job`, `upload` | what an operator does: at once, in many steps, or with a file |
//! | `chart` | pictures of numbers |
//! | `texts`, `view` | Chinese and English, and how pages are shown to their readers |
//!
//! What the home page shows is the crate `koogallery-waiting`, which tells it by robots and mail as well.

mod access;
mod acts;
mod chart;
mod csv_file;
mod entry;
mod extract;
mod guard;
mod job;
mod journal;
mod layout;
mod pages;
mod routes;
mod session;
mod settings;
mod stop;
mod style;
mod texts;
mod timeline;
mod upload;
mod view;

use std::sync::Arc;

use axum::body::Body;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Router, middleware};
use http::StatusCode;
use koogallery::Timestamp;
use koogallery_oidc::random::NoRandomness;
use koogallery_oidc::{Issuer, IssuerError};
use koogallery_runtime::{
    CloudWatch, ConfigError, Environment, Log, SecretSource, SecretText, Settings, StartError, Vault, dynamodb_client,
    now, serve_routes,
};
use koogallery_store::Store;
use url::Url;

pub use access::{Access, AccessError, Person, Role};
pub use routes::{ROUTES, Route};

use entry::Way;
use entry::link::Link;
use entry::provider::Provider;
use stop::{Failure, Stop};

/// Where the console is below the production address.
pub const PATH: &str = "/console";

/// The variable with the console's address.
pub const URL: &str = "KOOGALLERY_CONSOLE_URL";
/// The variable with the issuer of the identity provider.
pub const ISSUER: &str = "KOOGALLERY_CONSOLE_ISSUER";
const CLIENT_ID: &str = "KOOGALLERY_CONSOLE_CLIENT_ID";
const ACCESS: &str = "KOOGALLERY_CONSOLE_ACCESS";
/// Where secrets are configured: the console needs them only for a client secret.
const SECRETS: [&str; 3] = ["KOOGALLERY_KEYS", "KOOGALLERY_SECRET_ARN", "KOOGALLERY_SECRET_FILE"];

/// What the pages share.
pub struct Console {
    store: Store,
    vault: Vault,
    log: Arc<dyn Log>,
    /// The console's own address.
    url: Issuer,
    /// The path of it: what the paths of all pages begin with.
    base: Arc<str>,
    way: Way,
    secrets: Option<SecretSource>,
    clock: fn() -> Timestamp,
}

/// Why there is no console with a link.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Its address.
    #[error(transparent)]
    Address(#[from] IssuerError),
    /// A link would let in whoever comes by it.
    #[error("a one-time link is only for a console on this machine: set KOOGALLERY_CONSOLE_ISSUER")]
    NotLocal,
    /// The operating system.
    #[error(transparent)]
    Random(#[from] NoRandomness),
}

impl Console {
    /// Reads `KOOGALLERY_CONSOLE_URL`, `KOOGALLERY_CONSOLE_ISSUER`, `KOOGALLERY_CONSOLE_CLIENT_ID` and `KOOGALLERY_CONSOLE_ACCESS`. It
    /// sends nothing yet.
    pub fn of(
        environment: &Environment,
        store: Store,
        log: Arc<dyn Log>,
        clock: fn() -> Timestamp,
    ) -> Result<Self, ConfigError> {
        let address = |name, meaning| {
            let text = environment.required(name, meaning)?;
            Issuer::parse(text).map_err(|error| ConfigError::refused(name, error))
        };
        let url = address(URL, "the address below which the console is, as browsers know it")?;
        let issuer = address(ISSUER, "the issuer of the identity provider by which operators sign in")?;
        let client_id =
            environment.required(CLIENT_ID, "the console's name at the identity provider")?.trim().to_owned();
        let who = environment
            .required(ACCESS, "who may enter, such as ann@example.com=administrator,group:support=operator")?;
        let access: Access = who.parse().map_err(|error: AccessError| ConfigError::refused(ACCESS, error))?;
        let secrets = SECRETS.iter().any(|name| environment.get(name).is_some());
        let secrets = secrets.then(|| SecretSource::of(environment)).transpose()?;
        let way = Way::Provider(Box::new(Provider::new(issuer, client_id, access)));
        let vault = Vault::of(environment)?;
        Ok(Self { store, vault, log, base: base(&url), url, way, secrets, clock })
    }

    /// A console on this machine without an identity provider, and the link that lets its reader in once, as administrator.
    pub fn with_link(
        url: &str,
        environment: &Environment,
        store: Store,
        log: Arc<dyn Log>,
        clock: fn() -> Timestamp,
    ) -> Result<(Self, String), LinkError> {
        let url = Issuer::parse(url)?;
        if !url.is_local() {
            return Err(LinkError::NotLocal);
        }
        let (link, secret) = Link::new()?;
        let address = url.at(&format!("/link/{secret}"));
        let vault = Vault::of(environment)?;
        Ok((Self { store, vault, log, base: base(&url), url, way: Way::Link(link), secrets: None, clock }, address))
    }

    fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// The origin of the console's pages.
    fn origin(&self) -> String {
        Url::parse(self.url.as_str()).map_or_else(|_| String::new(), |url| url.origin().ascii_serialization())
    }

    /// The host of the console's pages, with its port if that is not the usual one.
    fn authority(&self) -> String {
        let origin = self.origin();
        origin.split_once("://").map_or_else(String::new, |(_, authority)| authority.to_owned())
    }

    /// What the console shows to its identity provider; none for a public client.
    async fn client_secret(&self) -> Result<Option<SecretText>, Stop> {
        let Some(secrets) = &self.secrets else { return Ok(None) };
        Ok(secrets.fresh().await.map_err(Failure::from)?.console_client_secret.clone())
    }
}

fn base(url: &Issuer) -> Arc<str> {
    Url::parse(url.as_str()).map_or_else(|_| Arc::from(""), |url| Arc::from(url.path().trim_end_matches('/')))
}

/// The console as a service.
pub fn router(console: Arc<Console>) -> Router {
    routes::guarded(&console)
        .route("/sign-in", get(entry::sign_in::begin))
        .route("/callback", get(entry::sign_in::callback))
        .route("/link/{secret}", get(entry::link::enter))
        .route("/signed-out", get(entry::sign_in::signed_out))
        .route("/settings", post(settings::choose))
        .route(&style::PATH, get(style::get))
        .fallback(async || Stop::NotFound)
        .method_not_allowed_fallback(async || Stop::NotFound)
        .layer(middleware::from_fn_with_state(Arc::clone(&console), guard::same_site))
        .layer(middleware::from_fn_with_state(Arc::clone(&console), journal::record))
        .with_state(console)
}

/// Serves the console on Lambda until the sandbox ends.
pub async fn lambda() -> Result<(), StartError> {
    let environment = Environment::of_lambda();
    let store = Store::new(dynamodb_client(&environment)?, Settings::of(&environment)?.table);
    let console = Console::of(&environment, store, Arc::new(CloudWatch::of(&environment)), now)?;
    let router = router(Arc::new(console));
    // A function URL is the console's own; an HTTP API passes on what is below `PATH`, with its whole path.
    let router = router.clone().nest(PATH, router);
    serve_routes::<_, Body, _>(router, |_| StatusCode::BAD_REQUEST.into_response()).await
}
