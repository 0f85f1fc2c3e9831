//! `koogallery serve`: runs every function in this process.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use koogallery_runtime::Environment;

use super::{Done, Failure};
use crate::api;
use crate::checks::{self, Reach};
use crate::database::{DatabaseError, Listen};
use crate::host::{HostError, LocalHost, Options, TableAt};
use crate::keys::{LOCAL_API_TOKEN, LOCAL_WEBHOOK_SECRET};
use crate::log::Console;
use crate::open_api::PLAYED_AT;
use crate::simulate::{OwnSideError, open_api};

/// Run every function in this process, over an embedded DynamoDB.
///
/// The same environment variables as on AWS configure the functions. Without any, an instance is ready at once and every
/// change of specification is allowed.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The address to listen on. Put an https proxy before it, and register the proxy's address in KooGallery.
    #[arg(long, default_value = "127.0.0.1:9000", value_name = "ADDRESS:PORT", value_parser = address_and_port)]
    listen: SocketAddr,
    /// Keep the embedded DynamoDB in this file [default: in memory, lost at the end].
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Use another DynamoDB: DynamoDB Local, or AWS itself with credentials in the environment.
    #[arg(long, env = "DYNAMODB_ENDPOINT", value_name = "URL", conflicts_with = "data")]
    dynamodb_endpoint: Option<String>,
    /// Open a port of this machine on the embedded DynamoDB, to look into it with AWS tools [default port: any that is free].
    #[arg(long, value_name = "ADDRESS:PORT", num_args = 0..=1, default_missing_value = "127.0.0.1:0", conflicts_with = "dynamodb_endpoint")]
    listen_dynamodb: Option<SocketAddr>,
    /// Play KooGallery's open APIs as well [default address: 127.0.0.1:9200]. The orders that `call` and `simulate` make are
    /// known there, and licenses and usage are taken.
    #[arg(long, value_name = "ADDRESS:PORT", num_args = 0..=1, default_missing_value = PLAYED_AT)]
    play_koogallery: Option<SocketAddr>,
}

impl Serve {
    /// Serves until it gets a signal to stop.
    #[allow(clippy::print_stderr)]
    pub(crate) async fn run(self) -> Done {
        let Self { listen, data, dynamodb_endpoint, listen_dynamodb, play_koogallery } = self;
        let mut environment = Environment::of_process();
        let reach = Reach { listen, forgets: data.is_none() && dynamodb_endpoint.is_none() };
        let played = match play_koogallery {
            Some(address) => Some(open_api(&environment, address).await.map_err(|error| in_use(error, address))?),
            None => None,
        };
        if let Some(played) = played.as_ref().filter(|_| environment.get("KOOGALLERY_OPEN_API_URL").is_none()) {
            environment = environment.with("KOOGALLERY_OPEN_API_URL", played.endpoint().as_str());
        }
        // After that, since open APIs that are played here have a default AK and SK, which everybody knows.
        checks::before_start(&environment, reach).await?;
        let notices = checks::notices(&environment).await;
        let variable = |name| environment.get(name).map(str::to_owned);
        let (webhook, open_apis) = (variable("KOOGALLERY_WEBHOOK_URL"), variable("KOOGALLERY_OPEN_API_URL"));
        let (log, journal) = (Arc::new(Console), Arc::new(Console));
        let environment = checks::with_own_seal_key(environment, reach);
        let tools = listen_dynamodb.map(for_tools).transpose()?;
        let table = match dynamodb_endpoint {
            Some(endpoint) => TableAt::Endpoint(endpoint),
            None => TableAt::Embedded { file: data, listen: tools.clone() },
        };
        let options = Options { listen, table, environment, log, journal };
        let host = LocalHost::start(options).await.map_err(friendly)?;
        eprintln!("production address   {}   (and any path below it)", host.address());
        eprintln!("seller API           {}/v1   (description: /v1/openapi.json)", host.seller_api());
        eprintln!(
            "DynamoDB             {}",
            host.dynamodb_endpoint().unwrap_or("within this process; --listen-dynamodb opens a port for AWS tools")
        );
        eprintln!("table                {}", host.store().table());
        if host.has_default_of("KOOGALLERY_KEYS") {
            eprintln!(
                "access keys          the local test key, which everybody knows; set KOOGALLERY_KEYS to use your own"
            );
            if host.has_default_of("KOOGALLERY_API_TOKEN") {
                eprintln!("API token            {LOCAL_API_TOKEN}, which everybody knows");
            } else {
                eprintln!("API token            from KOOGALLERY_API_TOKEN");
            }
        }
        match webhook {
            // The part after `?` may be a secret.
            Some(url) => eprintln!(
                "events               to {}; `koogallery events list{}` shows the undelivered ones",
                url.split('?').next().unwrap_or_default(),
                other_api(&host)
            ),
            None if host.delivers() => eprintln!("events               to the event bus"),
            None => {
                eprintln!("events               are kept; set KOOGALLERY_WEBHOOK_URL to send them to your application");
            }
        }
        if host.has_default_of("KOOGALLERY_WEBHOOK_SECRET") {
            eprintln!("webhook secret       {LOCAL_WEBHOOK_SECRET}, which everybody knows");
        }
        if let Some(url) = open_apis {
            let whose =
                if host.has_default_of("KOOGALLERY_ACCESS_KEY_ID") { ", with the local test AK and SK" } else { "" };
            eprintln!("order details        from {url}{whose}");
        }
        if let Some(played) = &played {
            eprintln!(
                "KooGallery           played at {}: it knows the orders of `call` and `simulate`",
                played.endpoint().as_str()
            );
        }
        if let Some(look_inside) = look_inside(&host, tools.as_ref()) {
            eprintln!("look inside          {look_inside}");
        }
        for notice in notices {
            eprintln!("notice               {notice}");
        }
        eprintln!("Ctrl-C ends it.");
        until_told_to_stop().await?;
        eprintln!("stopping");
        host.stop().await?;
        if let Some(played) = played {
            played.stop().await;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// An address with its port. A port alone, or `localhost` with one, means this machine.
fn address_and_port(given: &str) -> Result<SocketAddr, String> {
    let given = given.strip_prefix("localhost:").unwrap_or(given);
    match (given.parse(), given.parse()) {
        (Ok(address), _) => Ok(address),
        (Err(_), Ok(port)) => Ok(SocketAddr::from(([127, 0, 0, 1], port))),
        (Err(_), Err(_)) => Err("give an address and a port, such as 127.0.0.1:9000 or [::1]:9000".to_owned()),
    }
}

/// What the commands need to find the seller API of a host that is not at the default address.
fn other_api(host: &LocalHost) -> String {
    let address = host.seller_api();
    if address == api::LOCAL { String::new() } else { format!(" --api {address}") }
}

/// The failures that a first start meets, with what mends them.
fn friendly(error: HostError) -> Failure {
    match error {
        HostError::Listen { address, source } if source.kind() == ErrorKind::AddrInUse => port_in_use(address),
        HostError::Database(DatabaseError::File { path, problem }) if problem.contains("not a database") => {
            format!("{path} is no database of `serve`: name another --data FILE, or move this one away").into()
        }
        HostError::Table { table, endpoint, source } => format!(
            "the table {table} at {endpoint} cannot be used: {source}. Does a DynamoDB listen there? \
             Without --dynamodb-endpoint (and DYNAMODB_ENDPOINT) one is started here"
        )
        .into(),
        error => error.into(),
    }
}

fn in_use(error: OwnSideError, address: SocketAddr) -> Failure {
    match error {
        OwnSideError::OpenApi(source) if source.kind() == ErrorKind::AddrInUse => {
            format!("port {} is in use: give --play-koogallery another ADDRESS:PORT", address.port()).into()
        }
        error => error.into(),
    }
}

fn port_in_use(address: SocketAddr) -> Failure {
    format!(
        "port {} is in use, perhaps by another `serve`: end that, or take another one by --listen 127.0.0.1:{}",
        address.port(),
        address.port().saturating_add(1)
    )
    .into()
}

/// The port for AWS tools, which nobody else can use: on this machine, with a credential of this start.
fn for_tools(address: SocketAddr) -> Result<Listen, Failure> {
    if !address.ip().is_loopback() {
        return Err(
            format!("--listen-dynamodb {address}: give an address of this machine, such as 127.0.0.1:8000").into()
        );
    }
    Ok(Listen::with_random_key(address)?)
}

/// How to look into the table. The credential is printed here and nowhere else.
fn look_inside(host: &LocalHost, tools: Option<&Listen>) -> Option<String> {
    let scan =
        format!("aws dynamodb scan --endpoint-url {} --table-name {}", host.dynamodb_endpoint()?, host.store().table());
    Some(match tools {
        Some(Listen { access_key_id, .. }) => {
            format!("AWS_ACCESS_KEY_ID={} AWS_SECRET_ACCESS_KEY=any AWS_REGION=any {scan}", access_key_id.reveal())
        }
        None => scan,
    })
}

async fn until_told_to_stop() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminated = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminated.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
