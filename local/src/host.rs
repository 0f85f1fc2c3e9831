//! The local host: the production address, on this machine.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use buyer_pages::BuyerPages;
use console::{Console, LinkError};
use koogallery::Timestamp;
use koogallery_runtime::{
    ConfigError, Environment, Log, Shared, dynamodb_client, dynamodb_client_over, now, written_webhook_secrets,
};
use koogallery_store::{Store, StoreError, schema};
use koogallery_webhook::{WebhookSecret, WebhookSecretError};
use login::Login;
use seller_api::SellerApi;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::database::{DatabaseError, EmbeddedDatabase, IN_PROCESS, Listen};
use crate::door::Door;
use crate::functions::Functions;
use crate::http_server::{Limits, Server, TlsError, TlsFiles, acceptor};
use crate::keys::{
    LOCAL_ACCESS_KEY_ID, LOCAL_API_TOKEN, LOCAL_KEY, LOCAL_RSA_PRIVATE_KEY, LOCAL_SECRET_ACCESS_KEY, LOCAL_TEST_KEYS,
    LOCAL_WEBHOOK_SECRET,
};
use crate::log::EventJournal;
use crate::ready::Ready;
use crate::schedules::{AtWork, Hosts, Runs, ScheduleError, Schedules, WakeUps};

/// The table's name where `KOOGALLERY_TABLE` does not say otherwise.
const TABLE: &str = "koogallery";
const APP_INFO: &str = r#"{"frontEndUrl":"https://example.com/instances/{instanceId}"}"#;

/// What a local host is started with.
pub struct Options {
    /// Where it listens; port 0 takes any that is free.
    pub listen: SocketAddr,
    /// Where the table is.
    pub table: TableAt,
    /// The functions' configuration; what is not set gets a local default.
    pub environment: Environment,
    /// Where records of calls go.
    pub log: Arc<dyn Log>,
    /// Where records of deliveries and of what is learnt of orders go.
    pub journal: Arc<dyn EventJournal>,
    /// How its HTTP is served.
    pub http: Http,
    /// When it does what it does by itself.
    pub runs: Runs,
    /// The clock of the seller API: with another one, a month can be played in seconds.
    pub clock: fn() -> Timestamp,
}

/// How a host serves HTTP.
#[derive(Debug, Clone, Default)]
pub struct Http {
    /// What callers may take.
    pub limits: Limits,
    /// The certificate for TLS; none serves plain HTTP, for a proxy before it.
    pub tls: Option<TlsFiles>,
}

impl Options {
    /// A host that serves plain HTTP within the usual limits, and does what is due as soon as it is.
    #[must_use]
    pub fn new(
        listen: SocketAddr,
        table: TableAt,
        environment: Environment,
        log: Arc<dyn Log>,
        journal: Arc<dyn EventJournal>,
    ) -> Self {
        Self { listen, table, environment, log, journal, http: Http::default(), runs: Runs::Always, clock: now }
    }
}

/// Where the table is.
#[derive(Debug, Clone)]
pub enum TableAt {
    /// In a DynamoDB within this process.
    Embedded {
        /// The file that it is kept in; in memory if there is none.
        file: Option<PathBuf>,
        /// A port for AWS tools. If there is none, only this process reaches the table.
        listen: Option<Listen>,
    },
    /// In another DynamoDB: DynamoDB Local, AWS itself, or what speaks like it.
    Endpoint(String),
}

impl TableAt {
    /// Within this process, in memory, and for nobody else.
    pub const IN_MEMORY: Self = Self::Embedded { file: None, listen: None };
}

/// A local host that runs.
#[derive(Debug)]
pub struct LocalHost {
    address: SocketAddr,
    scheme: &'static str,
    console: Option<String>,
    dynamodb_endpoint: Option<String>,
    store: Store,
    wake_ups: WakeUps,
    defaults: Vec<&'static str>,
    database: Option<EmbeddedDatabase>,
    schedules: Schedules,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

/// Why it did not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The embedded DynamoDB.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The table could not be made.
    #[error("the table {table} at {endpoint} cannot be used: {source}")]
    Table {
        /// Its name.
        table: String,
        /// Where.
        endpoint: String,
        /// Why.
        source: StoreError,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// Everybody knows the test key.
    #[error(
        "refusing to listen on {0} with the built-in test key, which everybody knows: set KOOGALLERY_KEYS, or listen on 127.0.0.1"
    )]
    TestKeysBeyondLoopback(SocketAddr),
    /// The certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The console's link.
    #[error("the console: {0}")]
    Console(LinkError),
    /// What it does by itself cannot begin.
    #[error(transparent)]
    Schedules(ScheduleError),
    /// The server itself.
    #[error("the local host failed: {0}")]
    Serve(std::io::Error),
}

impl From<ScheduleError> for HostError {
    fn from(error: ScheduleError) -> Self {
        match error {
            ScheduleError::Config(error) => Self::Config(error),
            error => Self::Schedules(error),
        }
    }
}

impl From<LinkError> for HostError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Config(error) => Self::Config(error),
            error => Self::Console(error),
        }
    }
}

impl LocalHost {
    /// Starts the database, the table and the functions, and listens.
    pub async fn start(options: Options) -> Result<Self, HostError> {
        let Options { listen, table, environment, log, journal, http, runs, clock } = options;
        let uses_test_keys = environment.get("KOOGALLERY_KEYS").is_none() && environment.secret().is_none();
        if uses_test_keys && !listen.ip().is_loopback() {
            return Err(HostError::TestKeysBeyondLoopback(listen));
        }
        let (environment, defaults) = with_defaults(environment, uses_test_keys);
        check_webhook_secret(&environment)?;
        let hosts = match &table {
            TableAt::Embedded { listen: None, .. } => Hosts::One,
            TableAt::Embedded { listen: Some(_), .. } | TableAt::Endpoint(_) => Hosts::Several,
        };
        let (database, dynamodb_endpoint, client) = match table {
            TableAt::Endpoint(endpoint) => {
                let client = dynamodb_client(&environment.clone().with("DYNAMODB_ENDPOINT", &endpoint))?;
                (None, Some(endpoint), client)
            }
            TableAt::Embedded { file, listen } => {
                let mut database = EmbeddedDatabase::start(file.as_deref())?;
                let endpoint = match listen {
                    Some(listen) => Some(database.listen(listen).await?),
                    None => None,
                };
                let client = dynamodb_client_over(database.http_client(), IN_PROCESS, &environment)?;
                (Some(database), endpoint, client)
            }
        };
        let name = environment.get("KOOGALLERY_TABLE").unwrap_or(TABLE);
        let endpoint = || dynamodb_endpoint.as_deref().unwrap_or("the embedded DynamoDB").to_owned();
        let unusable = |source| HostError::Table { table: name.to_owned(), endpoint: endpoint(), source };
        schema::create(&client, name).await.map_err(unusable)?;
        if database.is_some() {
            schema::end_stream(&client, name).await.map_err(unusable)?;
        }

        let wake_ups = WakeUps::default();
        let told = wake_ups.clone();
        let store = Store::new(client, name).heard_by(Arc::new(move |wake_up| told.tell(&wake_up)));
        let shared = Shared::over(store, &environment, Arc::clone(&log), Arc::new(clock))?;
        let api = Arc::new(SellerApi::of(&environment, Arc::clone(&shared), clock)?);
        // So that no call waits for them. If that fails, the calls that need them say so.
        drop(shared.settings().current(shared.store()).await);
        let schedules = Schedules::start(&environment, shared.store(), &wake_ups, journal, hosts, runs).await?;
        // The port opens once nothing of the configuration can be wrong any more; only the login has to know which port it is.
        let door = Door::new(Functions::of(&environment, &shared)?, Arc::clone(&log));
        let tls = http.tls.map(acceptor).transpose()?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let listener =
            TcpListener::bind(listen).await.map_err(|source| HostError::Listen { address: listen, source })?;
        let address = listener.local_addr().map_err(|source| HostError::Listen { address: listen, source })?;
        let pages = pages_of(&environment, &shared, Arc::clone(&log), clock)?;
        let (console, console_link) = console_of(&environment, scheme, address, &shared, Arc::clone(&log))?.unzip();
        let login = login_of(environment, scheme, address, &shared, Arc::clone(&log))?;
        if let Some(login) = &login {
            tokio::spawn(login::prepare(Arc::clone(login)));
        }
        let router =
            door.router(Ready::of(Arc::clone(&shared)), &api, pages, login, console, schedules.at_work().clone());
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async move { drop(stopped.await) };
        let http = Server { router, limits: http.limits, tls };
        let served = tokio::spawn(http.serve(listener, shutdown));
        let store = shared.store().clone();
        Ok(Self {
            address,
            scheme,
            console: console_link,
            dynamodb_endpoint,
            store,
            wake_ups,
            defaults,
            database,
            schedules,
            stop,
            served,
        })
    }

    /// The production address to call, with its closing slash.
    #[must_use]
    pub fn address(&self) -> String {
        format!("{}://{}/", self.scheme, self.address)
    }

    /// The address of the seller's API, without a closing slash.
    #[must_use]
    pub fn seller_api(&self) -> String {
        format!("{}://{}{}", self.scheme, self.address, seller_api::PATH)
    }

    /// Where its console is: a link that works once, or the console's address where an identity provider says who enters. None if it
    /// has no console.
    #[must_use]
    pub fn console(&self) -> Option<&str> {
        self.console.as_deref()
    }

    /// Where AWS tools find its DynamoDB; none if only this process reaches it.
    #[must_use]
    pub fn dynamodb_endpoint(&self) -> Option<&str> {
        self.dynamodb_endpoint.as_deref()
    }

    /// Its table.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// What its writes wake, from now on.
    #[must_use]
    pub const fn wake_ups(&self) -> &WakeUps {
        &self.wake_ups
    }

    /// Whether a variable was not set, so that it runs with a default that everybody knows.
    #[must_use]
    pub fn has_default_of(&self, name: &str) -> bool {
        self.defaults.contains(&name)
    }

    /// Whether it delivers events.
    #[must_use]
    pub const fn delivers(&self) -> bool {
        self.schedules.delivers()
    }

    /// What it does by itself: what a route asks for work.
    #[must_use]
    pub const fn at_work(&self) -> &AtWork {
        self.schedules.at_work()
    }

    /// Lets running calls finish, then closes the database.
    pub async fn stop(self) -> Result<(), HostError> {
        drop(self.stop);
        let served = self.served.await;
        self.schedules.stop().await;
        if let Some(database) = self.database {
            database.stop().await;
        }
        served.map_err(|error| HostError::Serve(std::io::Error::other(error)))
    }
}

/// The login, if the host has one: where an issuer is set, and on this machine also without. Beyond it nobody can guess under which
/// address applications know it.
fn login_of(
    environment: Environment,
    scheme: &str,
    address: SocketAddr,
    shared: &Shared,
    log: Arc<dyn Log>,
) -> Result<Option<Arc<Login>>, ConfigError> {
    let environment = if environment.get(login::ISSUER).is_some() {
        environment
    } else if address.ip().is_loopback() {
        environment.with(login::ISSUER, format!("{scheme}://{address}{}", login::PATH))
    } else if environment.get(login::CLIENTS).is_none() {
        return Ok(None);
    } else {
        environment
    };
    let settings = Arc::clone(shared.settings());
    Login::of(&environment, shared.store().clone(), settings, log, now).map(Arc::new).map(Some)
}

/// Buyers' pages, if the host has them: where it is said under which address buyers reach them.
fn pages_of(
    environment: &Environment,
    shared: &Shared,
    log: Arc<dyn Log>,
    clock: fn() -> Timestamp,
) -> Result<Option<Arc<BuyerPages>>, ConfigError> {
    if environment.get(buyer_pages::URL).is_none() {
        return Ok(None);
    }
    BuyerPages::of(environment, shared.store().clone(), log, clock).map(Arc::new).map(Some)
}

/// The console, if the host has one, and the way in: with an identity provider where an issuer is set. Without, only on this machine,
/// where a link lets in who started the host.
fn console_of(
    environment: &Environment,
    scheme: &str,
    address: SocketAddr,
    shared: &Shared,
    log: Arc<dyn Log>,
) -> Result<Option<(Arc<Console>, String)>, LinkError> {
    let own = format!("{scheme}://{address}{}", console::PATH);
    let store = shared.store().clone();
    if environment.get(console::ISSUER).is_some() {
        let url = environment.get(console::URL).unwrap_or(&own).to_owned();
        let environment = environment.clone().with(console::URL, &url);
        return Ok(Some((Arc::new(Console::of(&environment, store, log, now)?), url)));
    }
    // With TLS the certificate is for another name than this machine's, under which nobody would open the link.
    if !address.ip().is_loopback() || scheme != "http" {
        return Ok(None);
    }
    let (console, link) = Console::with_link(&own, environment, store, log, now)?;
    Ok(Some((Arc::new(console), link)))
}

/// What runs without any configuration: the test key, and instances that are ready at once. And what was not set.
pub(crate) fn with_defaults(environment: Environment, test_keys: bool) -> (Environment, Vec<&'static str>) {
    let mut wanted =
        vec![("KOOGALLERY_TABLE", TABLE), ("KOOGALLERY_PROVISIONING", "instant"), ("KOOGALLERY_APP_INFO", APP_INFO)];
    // As well known as the test keys: what it seals is test data, unless the seller gives a key of their own.
    // A file that cannot be read may hold one.
    let has_local_key = !matches!(environment.local_key_in_file(), Ok(None));
    if environment.get("KOOGALLERY_KMS_KEY_ARN").is_none() && !has_local_key {
        wanted.push(("KOOGALLERY_LOCAL_KEY", LOCAL_KEY));
    }
    // The same of a webhook that stays on this machine, and of open APIs that are played on it.
    let stays = |name| environment.get(name).is_some_and(|url| url.trim().starts_with("http://"));
    if environment.secret().is_none() {
        if stays("KOOGALLERY_WEBHOOK_URL") {
            wanted.push(("KOOGALLERY_WEBHOOK_SECRET", LOCAL_WEBHOOK_SECRET));
        }
        let credentials = [
            ("KOOGALLERY_ACCESS_KEY_ID", LOCAL_ACCESS_KEY_ID),
            ("KOOGALLERY_SECRET_ACCESS_KEY", LOCAL_SECRET_ACCESS_KEY),
        ];
        if stays("KOOGALLERY_OPEN_API_URL") && credentials.iter().all(|(name, _)| environment.get(name).is_none()) {
            wanted.extend(credentials);
        }
    }
    if test_keys {
        wanted.extend([
            ("KOOGALLERY_KEYS", LOCAL_TEST_KEYS),
            ("KOOGALLERY_RSA_PRIVATE_KEY", LOCAL_RSA_PRIVATE_KEY),
            ("KOOGALLERY_API_TOKEN", LOCAL_API_TOKEN),
        ]);
    }
    wanted.retain(|(name, _)| environment.get(name).is_none());
    let names = wanted.iter().map(|(name, _)| *name).collect();
    (wanted.into_iter().fold(environment, |environment, (name, value)| environment.with(name, value)), names)
}

/// A webhook that nothing signs, or nothing can, would fail with every event: better now.
fn check_webhook_secret(environment: &Environment) -> Result<(), ConfigError> {
    const NAME: &str = "KOOGALLERY_WEBHOOK_SECRET";
    if environment.get("KOOGALLERY_WEBHOOK_URL").is_none() || environment.secret().is_some() {
        return Ok(());
    }
    let secrets = environment.required(
        NAME,
        "what signs the events for your application: `whsec_` and the base64 of 24 to 64 random bytes",
    )?;
    for secret in written_webhook_secrets(secrets) {
        secret.parse::<WebhookSecret>().map_err(|error: WebhookSecretError| ConfigError::refused(NAME, error))?;
    }
    Ok(())
}
