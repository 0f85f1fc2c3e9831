//! login: lets a buyer's users into the seller's application.
//!
//! Toward the application it is a small OpenID Connect provider, so that any stock library works. Toward KooGallery it knows the
//! joint-operations kit: each tenant has a domain and credentials of its own, its login is OAuth 2.0 or CAS 3.0, and users arrive
//! from a workbench with a code that nobody asked for. It keeps no session: each login goes to the tenant, so a user who was
//! revoked is out at once.
//!
//! | file | what is in it |
//! |---|---|
//! | `clients`, `registry`, `client_secret` | the applications that there are |
//! | `authorize` | an application asks for a login |
//! | `flow` | a login on its way, and the cookie that binds it to its browser |
//! | `callback`, `upstream` | the tenant's login: OAuth 2.0, CAS |
//! | `arrive`, `hint` | a user comes from a workbench |
//! | `admission`, `enter` | who may enter, and the way back with a code |
//! | `token`, `identity` | tokens and claims |
//! | `logout`, `discovery` | the rest of the protocol |
//! | `pages`, `stop`, `journal` | what users see, and what the log says |

mod admission;
mod arrive;
mod asked;
mod authorize;
mod callback;
mod client_secret;
mod clients;
mod cross_origin;
mod discovery;
mod enter;
mod flow;
mod granted;
mod hint;
mod identity;
mod journal;
mod kept;
mod logout;
mod pages;
mod parameters;
mod query;
mod registry;
mod stop;
mod tenant;
mod token;
mod upstream;

use std::sync::Arc;

use axum::body::Body;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Router, middleware};
use http::StatusCode;
use koogallery::Timestamp;
use koogallery_oidc::SigningKeys;
use koogallery_runtime::{
    CloudWatch, ConfigError, Environment, Guesses, InvalidValue, Log, Settings, SettingsSource, SourceAddress,
    StartError, Vault, dynamodb_client, now, serve_routes,
};
use koogallery_store::Store;

pub use clients::{Clients, ClientsError};
pub use koogallery_oidc::{Issuer, IssuerError};

use pages::Reason;
use stop::{Page, Stop};
use upstream::Upstream;

/// Where the login is below the production address.
pub const PATH: &str = "/login";

/// The variable with the issuer.
pub const ISSUER: &str = "KOOGALLERY_LOGIN_ISSUER";
/// The variable with the clients.
pub const CLIENTS: &str = "KOOGALLERY_OIDC_CLIENTS";
const EVENTS: &str = "KOOGALLERY_LOGIN_EVENTS";
const UNIFIED_LOGIN: &str = "KOOGALLERY_UNIFIED_LOGIN_URL";
/// KooGallery's unified login page (topic 0070649141). What follows `#` belongs to the page.
const UNIFIED_LOGIN_PAGE: &str = "https://macroverse.huaweicloud.com/unified-login/#/portal-login";

/// What the routes share.
pub struct Login {
    store: Store,
    log: Arc<dyn Log>,
    vault: Vault,
    keys: SigningKeys,
    /// Those of the environment.
    clients: Arc<Clients>,
    /// Where the others are read.
    settings: Arc<SettingsSource>,
    issuer: Issuer,
    unified_page: String,
    upstream: Upstream,
    /// Whether each login of a buyer's user becomes an event.
    tells_of_users: bool,
    /// Wrong secrets, by client and by where they come from.
    guesses: Guesses<(String, Option<SourceAddress>)>,
    clock: fn() -> Timestamp,
}

impl Login {
    /// Reads `KOOGALLERY_LOGIN_ISSUER`, `KOOGALLERY_OIDC_CLIENTS`, `KOOGALLERY_LOGIN_EVENTS` and `KOOGALLERY_UNIFIED_LOGIN_URL`. It sends
    /// nothing yet. `settings` has the clients that the settings of products name.
    pub fn of(
        environment: &Environment,
        store: Store,
        settings: Arc<SettingsSource>,
        log: Arc<dyn Log>,
        clock: fn() -> Timestamp,
    ) -> Result<Self, ConfigError> {
        let issuer = environment.required(ISSUER, "the address below which the login is, as applications know it")?;
        let issuer = Issuer::parse(issuer).map_err(|error| ConfigError::refused(ISSUER, error))?;
        let clients = Clients::from_json(environment.get(CLIENTS).unwrap_or("[]"));
        let clients = clients.map_err(|error| ConfigError::refused(CLIENTS, error))?;
        Ok(Self {
            store,
            log,
            vault: Vault::of(environment)?,
            keys: SigningKeys::default(),
            clients: Arc::new(clients),
            settings,
            upstream: Upstream::new(&issuer),
            issuer,
            unified_page: environment.get(UNIFIED_LOGIN).unwrap_or(UNIFIED_LOGIN_PAGE).trim().to_owned(),
            tells_of_users: tells_of_users(environment)?,
            guesses: Guesses::default(),
            clock,
        })
    }

    const fn store(&self) -> &Store {
        &self.store
    }

    fn now(&self) -> Timestamp {
        (self.clock)()
    }
}

fn tells_of_users(environment: &Environment) -> Result<bool, ConfigError> {
    match environment.get(EVENTS).map(str::trim) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(ConfigError::invalid(EVENTS, InvalidValue::Unexpected("true or false"))),
    }
}

/// Makes ready what takes long the first time: the settings of products are read, and an RSA key takes some tenths of a second, and
/// applications do not wait for it long. If that fails, the requests that need it say so.
pub async fn prepare(login: Arc<Login>) {
    let registry = login.registry().await;
    drop(login.make_keys(&registry).await);
}

/// The login as a service.
pub fn router(login: Arc<Login>) -> Router {
    let with_clients = || middleware::from_fn_with_state(Arc::clone(&login), registry::attach);
    let open_to_scripts = Router::new()
        .route("/token", post(token::token).layer(with_clients()).options(cross_origin::preflight))
        .route("/userinfo", get(token::userinfo).post(token::userinfo).options(cross_origin::preflight))
        .layer(middleware::map_response(cross_origin::allow));
    let of_clients = Router::new()
        .route("/jwks.json", get(discovery::keys))
        .route("/authorize", get(authorize::authorize).post(authorize::authorize))
        .route("/callback", get(callback::oauth2))
        .route("/callback/cas", get(callback::cas))
        .route("/choose", post(enter::choose))
        .route("/logout", get(logout::logout).post(logout::logout))
        .route_layer(with_clients());
    Router::new()
        .merge(open_to_scripts)
        .merge(of_clients)
        .route("/.well-known/openid-configuration", get(discovery::configuration))
        .route("/logged-out", get(logout::logged_out))
        .fallback(async || Stop::from(Page::new(Reason::NoPage)))
        .layer(middleware::from_fn_with_state(Arc::clone(&login), journal::record))
        .with_state(login)
}

/// Serves the login on Lambda until the sandbox ends.
pub async fn lambda() -> Result<(), StartError> {
    let environment = Environment::of_lambda();
    let store = Store::new(dynamodb_client(&environment)?, Settings::of(&environment)?.table);
    let (settings, log) = (SettingsSource::new(Arc::new(now)), CloudWatch::of(&environment));
    let login = Arc::new(Login::of(&environment, store, Arc::new(settings), Arc::new(log), now)?);
    tokio::spawn(prepare(Arc::clone(&login)));
    let router = router(login);
    // A function URL is the login's own; an HTTP API passes on what is below `PATH`, with its whole path.
    let router = router.clone().nest(PATH, router);
    serve_routes::<_, Body, _>(router, |_| StatusCode::BAD_REQUEST.into_response()).await
}
