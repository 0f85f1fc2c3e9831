//! KooGallery's side of login on one machine: the identity service of each enterprise (OAuth 2.0 and CAS 3.0), the unified login page
//! and the workbench. A developer logs in as a buyer's user does, and tests see what becomes of a login where the service fails.
//!
//! At KooGallery each enterprise has a domain of its own. Here all share one address, and an enterprise's domain is
//! `http://127.0.0.1:PORT/identity/{tenantId}`. Nothing is encrypted, so it is on this machine only.

mod announce;
mod answers;
mod cas;
mod demo;
mod faults;
mod logins;
mod oauth;
mod pages;
mod parameters;
mod portal;
mod tenants;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, Request, State};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use http::header::HOST;
use http::{HeaderMap, StatusCode};
use koogallery::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use announce::{AnnounceError, Announced, Announcement, announce, announcements, debug_announcements};
pub use demo::{DEMO_APP, demo};
pub use faults::{Endpoint, Fault};
pub use tenants::{Application, Callback, CallbackError, RefreshTokens, Tells, Tenant, User};

use crate::loopback::is_loopback;
use cas::Version;
use logins::Logins;
use parameters::Parameters;

/// Where `koogallery identity` listens, unless it is told otherwise.
pub const LISTENS_AT: &str = "127.0.0.1:9300";
const WORKBENCH: &str = "/workbench";
/// A form of a login is much shorter.
const MAX_BODY: usize = 16 << 10;

/// An identity service that runs.
#[derive(Debug)]
pub struct IdentityService {
    address: SocketAddr,
    service: Arc<Service>,
    stop: oneshot::Sender<()>,
    served: JoinHandle<std::io::Result<()>>,
}

/// What the handlers share.
#[derive(Debug)]
struct Service {
    tenants: Vec<Tenant>,
    clock: fn() -> Timestamp,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    logins: Logins,
    faults: HashMap<Endpoint, Fault>,
    asked: HashMap<Endpoint, usize>,
}

impl Service {
    fn state(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Timestamp {
        (self.clock)()
    }

    fn tenant(&self, id: &str) -> Option<&Tenant> {
        self.tenants.iter().find(|tenant| tenant.tenant_id.as_str() == id)
    }

    /// The path of an enterprise's domain. Its id stands there as a URL writes it.
    fn path(tenant: &Tenant) -> String {
        let id = percent_encoding::utf8_percent_encode(tenant.tenant_id.as_str(), percent_encoding::NON_ALPHANUMERIC);
        format!("/identity/{}", id.to_string().replace("%2D", "-").replace("%5F", "_"))
    }

    /// Answers what the seller's server asks, or does what is to go wrong there.
    async fn server_call(&self, endpoint: Endpoint, answer: impl FnOnce() -> Response) -> Response {
        *self.state().asked.entry(endpoint).or_default() += 1;
        let right = answer();
        let fault = self.state().faults.get(&endpoint).cloned();
        match fault {
            Some(fault) => fault.spoil(right).await,
            None => right,
        }
    }
}

impl IdentityService {
    /// Starts it for these enterprises on an address of this machine; port 0 takes any that is free.
    pub async fn start_at(listen: SocketAddr, tenants: Vec<Tenant>, clock: fn() -> Timestamp) -> std::io::Result<Self> {
        if !listen.ip().is_loopback() {
            return Err(std::io::Error::other(format!("{listen} is not a loopback address such as {LISTENS_AT}")));
        }
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let service = Arc::new(Service { tenants, clock, held: Mutex::default() });
        let router = router(Arc::clone(&service));
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async move { drop(stopped.await) };
        let served = tokio::spawn(async move { axum::serve(listener, router).with_graceful_shutdown(shutdown).await });
        Ok(Self { address, service, stop, served })
    }

    /// Its address, without a slash at the end.
    #[must_use]
    pub fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The enterprises.
    #[must_use]
    pub fn tenants(&self) -> &[Tenant] {
        &self.service.tenants
    }

    /// An enterprise's login domain, as tenantSync has it.
    #[must_use]
    pub fn domain(&self, tenant: &Tenant) -> String {
        format!("{}{}", self.address(), Service::path(tenant))
    }

    /// The unified login page for an application, as the seller's login button sends a browser there.
    #[must_use]
    pub fn unified_login(&self, application: &Application) -> String {
        format!("{}/unified-login/#/portal-login?ind=UNOP&appId={}", self.address(), application.app_id)
    }

    /// The workbench.
    #[must_use]
    pub fn workbench(&self) -> String {
        format!("{}{WORKBENCH}", self.address())
    }

    /// From now on this goes wrong there; none lets it go right again.
    pub fn fail(&self, endpoint: Endpoint, fault: Option<Fault>) {
        let faults = &mut self.service.state().faults;
        match fault {
            Some(fault) => faults.insert(endpoint, fault),
            None => faults.remove(&endpoint),
        };
    }

    /// How often the seller's server asked there.
    #[must_use]
    pub fn asked(&self, endpoint: Endpoint) -> usize {
        self.service.state().asked.get(&endpoint).copied().unwrap_or_default()
    }

    /// Lets running requests finish, then stops.
    pub async fn stop(self) {
        drop(self.stop);
        drop(self.served.await);
    }
}

type Shared = State<Arc<Service>>;
type Query = RawQuery;

fn router(service: Arc<Service>) -> Router {
    let domain = Router::new()
        .route("/login", login())
        .route("/api/v1/oauth2/authorize", get(authorize))
        .route("/api/v1/oauth2/token", post(token))
        .route("/api/v1/oauth2/userinfo", get(userinfo))
        .route("/api/v1/logout", get(logout))
        .route("/api/v1/cas/login", get(cas_login))
        .route("/api/v1/cas/p3/serviceValidate", validation(Version::V3))
        .route("/api/v1/cas/serviceValidate", validation(Version::V2))
        .route("/api/v1/cas/logout", get(cas_logout));
    Router::new()
        .nest("/identity/{tenant}", domain)
        .route("/unified-login/", get(async || portal::unified()))
        .route(
            portal::UNIFIED,
            get(async |State(service): Shared, RawQuery(query): Query| {
                portal::unified_form(&service, &query.unwrap_or_default())
            })
            .post(async |State(service): Shared, body: Bytes| portal::unified_log_in(&service, &body)),
        )
        .route(WORKBENCH, get(async |State(service): Shared, headers: HeaderMap| portal::workbench(&service, &headers)))
        .route(
            "/workbench/login",
            post(async |State(service): Shared, body: Bytes| portal::workbench_log_in(&service, &body)),
        )
        .route(
            "/workbench/open",
            get(async |State(service): Shared, RawQuery(query): Query, headers: HeaderMap| {
                portal::open(&service, &query.unwrap_or_default(), &headers)
            }),
        )
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn(for_this_machine))
        .with_state(service)
}

/// A page elsewhere whose name leads here gets nothing.
async fn for_this_machine(request: Request, next: Next) -> Response {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if is_loopback(name) { next.run(request).await } else { nothing_here() }
}

fn nothing_here() -> Response {
    answers::page(StatusCode::NOT_FOUND, pages::problem("这里没有内容 / Nothing is here"))
}

/// Answers for the enterprise of a path, if there is one.
fn of(service: &Service, tenant: &str, answer: impl FnOnce(&Tenant) -> Response) -> Response {
    service.tenant(tenant).map_or_else(nothing_here, answer)
}

fn login() -> MethodRouter<Arc<Service>> {
    get(async |State(service): Shared, Path(tenant): Path<String>, RawQuery(query): Query| {
        let asked = Parameters::read(query.unwrap_or_default().as_bytes());
        of(&service, &tenant, |tenant| oauth::login_page(tenant, asked.get("next").unwrap_or_default(), None))
    })
    .post(async |State(service): Shared, Path(tenant): Path<String>, body: Bytes| {
        of(&service, &tenant, |tenant| oauth::log_in(&service, tenant, &body))
    })
}

async fn authorize(
    State(service): Shared,
    Path(tenant): Path<String>,
    RawQuery(query): Query,
    headers: HeaderMap,
) -> Response {
    of(&service, &tenant, |tenant| oauth::authorize(&service, tenant, &query.unwrap_or_default(), &headers))
}

async fn token(State(service): Shared, Path(tenant): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let answer = || of(&service, &tenant, |tenant| oauth::token(&service, tenant, &headers, &body));
    service.server_call(Endpoint::Token, answer).await
}

async fn userinfo(State(service): Shared, Path(tenant): Path<String>, headers: HeaderMap) -> Response {
    let answer = || of(&service, &tenant, |tenant| oauth::userinfo(&service, tenant, &headers));
    service.server_call(Endpoint::Userinfo, answer).await
}

async fn logout(
    State(service): Shared,
    Path(tenant): Path<String>,
    RawQuery(query): Query,
    headers: HeaderMap,
) -> Response {
    let asked = Parameters::read(query.unwrap_or_default().as_bytes());
    of(&service, &tenant, |tenant| oauth::logout(&service, tenant, asked.get("redirect_url"), &headers))
}

async fn cas_login(
    State(service): Shared,
    Path(tenant): Path<String>,
    RawQuery(query): Query,
    headers: HeaderMap,
) -> Response {
    of(&service, &tenant, |tenant| cas::login(&service, tenant, &query.unwrap_or_default(), &headers))
}

fn validation(version: Version) -> MethodRouter<Arc<Service>> {
    get(async move |State(service): Shared, Path(tenant): Path<String>, RawQuery(query): Query| {
        let query = query.unwrap_or_default();
        let answer = || of(&service, &tenant, |tenant| cas::validate(&service, tenant, version, &query));
        service.server_call(Endpoint::Validation, answer).await
    })
}

async fn cas_logout(
    State(service): Shared,
    Path(tenant): Path<String>,
    RawQuery(query): Query,
    headers: HeaderMap,
) -> Response {
    let asked = Parameters::read(query.unwrap_or_default().as_bytes());
    of(&service, &tenant, |tenant| cas::logout(&service, tenant, asked.get("service"), &headers))
}
