//! seller-api: the HTTP API for the seller's own application and its operators.
//!
//! It speaks HTTP and JSON, with a bearer token. The routes are below `/v1`; [`document`] describes them in full and is served
//! at `/v1/openapi.json`. `/healthz` says which version runs. On Lambda the API has a function URL of its own. In the local host, and
//! behind the HTTP API of a deployment, it is below [`PATH`].
//!
//! A request passes the journal (one log line), the token check, and then its route's handler. The handler reads or changes
//! the same table as the callbacks. It does not see the data of KooGallery's debug calls.

mod about;
mod access;
mod actions;
mod activation;
mod actor;
mod applications;
mod beijing;
mod chosen_events;
mod demands;
mod departments;
mod discard;
mod document;
mod each;
mod entitlement;
mod erasure;
mod events;
mod explain;
mod extract;
mod facts;
mod figures;
mod filter;
mod findings;
mod health;
mod import_row;
mod imports;
mod instances;
mod journal;
mod license_lists;
mod licenses;
mod mappings;
mod metering;
mod money;
mod open_api;
mod order;
mod order_record;
mod order_state;
mod orders;
mod packages;
mod page;
mod paths;
mod probes;
mod problem;
mod provisioning;
mod purchase;
mod resend;
mod scope;
mod settings;
mod statement_rows;
mod statements;
mod subjects;
mod summary;
mod supervise;
mod supervised;
mod supervision;
mod tenants;
mod time;
mod totals;
mod trace;
mod usage;
mod usage_hours;
mod users;
mod warnings;
mod won;
mod words;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::response::IntoResponse;
use axum::{Router, middleware};
use http::Uri;
use koogallery::Timestamp;
use koogallery_orders::OpenApi;
use koogallery_runtime::{
    CloudWatch, ConfigError, CurrentSettings, Environment, Guesses, Log, PageAddresses, Scope, SecretSource, Shared,
    SourceAddress, StartError, SupervisedProducts, Vault, billing_cycles, nearest, now, serve_routes,
};
use koogallery_store::{Cycles, Store, StoreError};

pub use access::SHORTEST_TOKEN;
pub use document::document;
pub use health::get as health;

use problem::{Kind, Problem};

/// Where the API is below the production address.
pub const PATH: &str = "/seller-api";

/// What the routes share.
pub struct SellerApi {
    shared: Arc<Shared>,
    vault: Vault,
    open_api: OpenApi,
    clock: fn() -> Timestamp,
    /// By where a request comes from. Where that is not known, all such requests have one source.
    guesses: Guesses<Option<SourceAddress>>,
    /// How each product is billed.
    cycles: Cycles,
    /// Which products are supervised.
    supervised: SupervisedProducts,
    /// Whether events are sent to the seller's application.
    delivers: bool,
    /// The addresses of buyers' pages.
    pages: PageAddresses,
}

impl SellerApi {
    /// Reads the settings. It sends nothing yet.
    pub fn of(environment: &Environment, shared: Arc<Shared>, clock: fn() -> Timestamp) -> Result<Self, ConfigError> {
        let (vault, open_api) = (Vault::of(environment)?, OpenApi::of(environment, clock)?);
        let delivers = environment.get("KOOGALLERY_WEBHOOK_URL").is_some();
        let (cycles, supervised) = (billing_cycles(environment)?, SupervisedProducts::of(environment)?);
        let pages = PageAddresses::of(environment)?;
        Ok(Self { shared, vault, open_api, clock, guesses: Guesses::default(), cycles, supervised, delivers, pages })
    }

    fn store(&self) -> &Store {
        self.shared.store()
    }

    /// The settings of products, read at most 30 s ago.
    async fn settings(&self) -> Result<Arc<CurrentSettings>, StoreError> {
        self.shared.settings().current(self.store()).await
    }

    fn secrets(&self) -> &SecretSource {
        self.shared.secrets()
    }

    fn log(&self) -> &dyn Log {
        self.shared.log()
    }

    fn now(&self) -> Timestamp {
        (self.clock)()
    }
}

/// Routes of a host's own that need a token of the seller API with this scope, and answer within this time.
pub fn protected(api: &Arc<SellerApi>, scope: Scope, deadline: Duration, routes: Router) -> Router {
    routes
        .route_layer(middleware::from_fn_with_state(scope, scope::require))
        .layer(middleware::from_fn_with_state(Arc::clone(api), access::token))
        .layer(middleware::from_fn_with_state((Arc::clone(api), deadline), journal::record))
}

/// The API as a service.
pub fn router(api: Arc<SellerApi>) -> Router {
    let guarded = document::routes()
        .fallback(async |uri: Uri| no_route(uri.path()))
        .method_not_allowed_fallback(async || Problem::new(Kind::Method, "the header `Allow` lists the methods"))
        .layer(DefaultBodyLimit::max(extract::MAX_BODY))
        .layer(middleware::from_fn_with_state(Arc::clone(&api), access::token));
    let (open, _) = document::open_routes().split_for_parts();
    guarded
        .merge(open)
        .layer(middleware::from_fn_with_state((Arc::clone(&api), journal::DEADLINE), journal::record))
        .with_state(api)
}

/// Says what was probably meant: most slips are in the first word of a path.
fn no_route(path: &str) -> Problem {
    let known = document::DOCUMENT.paths.paths.keys().filter_map(|path| path.strip_prefix("/v1/")?.split('/').next());
    let given = path.strip_prefix("/v1/").unwrap_or(path.trim_start_matches('/')).split('/').next().unwrap_or_default();
    let detail = match nearest(given, known) {
        Some(meant) => format!("did you mean `/v1/{meant}`? `/v1/openapi.json` lists the routes"),
        None => "`/v1/openapi.json` lists the routes".to_owned(),
    };
    Problem::new(Kind::NoRoute, detail)
}

/// Serves the API on Lambda until the sandbox ends.
pub async fn lambda() -> Result<(), StartError> {
    let environment = Environment::of_lambda();
    let shared = Shared::of(&environment, Arc::new(CloudWatch::of(&environment)))?;
    let api = SellerApi::of(&environment, shared, now)?;
    // A function URL is the API's own; an HTTP API passes on what is below `PATH`, with its whole path.
    let router = router(Arc::new(api));
    let router = router.clone().nest(PATH, router);
    serve_routes::<_, Body, _>(router, |error| Problem::new(Kind::Invalid, error.to_string()).into_response()).await
}
