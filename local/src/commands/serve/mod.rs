//! `koogallery serve`: runs every function in this process.

mod banner;
mod production;

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use koogallery_runtime::Environment;

use super::store::whole_endpoint;
use super::{Done, Failure};
use crate::checks::{self, Reach};
use crate::database::{DatabaseError, Listen};
use crate::host::{HostError, LocalHost, Options, TableAt};
use crate::metrics::Metrics;
use crate::notes;
use crate::open_api::PLAYED_AT;
use crate::simulate::{OwnSideError, open_api};
use crate::telemetry::{Reader, Telemetry};
use banner::Banner;
use production::Production;

/// Run every function in this process, over an embedded DynamoDB or another one.
///
/// The same environment variables as on AWS configure the functions. Without any, an instance is ready at once and every
/// change of specification is allowed: for a developer's machine. A production host has keys of your own; docs/where-it-runs.md tells
/// the rest.
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
    #[command(flatten)]
    production: Production,
}

impl Serve {
    /// Serves until it gets a signal to stop.
    pub(crate) async fn run(self) -> Done {
        let Self { listen, data, dynamodb_endpoint, listen_dynamodb, play_koogallery, production } = self;
        let mut environment = Environment::of_process();
        let forgets = data.is_none() && dynamodb_endpoint.is_none();
        let reach = Reach { listen, forgets, production: production.told };
        notes::write_for(Production::reader(reach));
        production.check(reach)?;
        let dynamodb_endpoint = dynamodb_endpoint.map(whole_endpoint).transpose()?;
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
        let metrics = Metrics::new()?;
        let telemetry = Arc::new(Telemetry::new(notes::reader(), &environment, Arc::clone(&metrics)));
        let banner = Banner::of(&environment, notices);
        let environment = checks::with_own_seal_key(environment, reach);
        let tools = listen_dynamodb.map(for_tools).transpose()?;
        let table = match dynamodb_endpoint {
            Some(endpoint) => TableAt::Endpoint(endpoint),
            None => TableAt::Embedded { file: data, listen: tools.clone() },
        };
        let (log, journal, http) = (Arc::clone(&telemetry) as _, telemetry as _, production.http());
        let runs = production.runs();
        let figures = production.serve_metrics(reach, metrics).await?;
        let options = Options { http, runs, ..Options::new(listen, table, environment, log, journal) };
        let host = LocalHost::start(options).await.map_err(friendly)?;
        banner.show(&host, played.as_ref(), tools.as_ref(), figures.as_ref());
        until_told_to_stop().await?;
        notes::note("stopping");
        host.stop().await?;
        if let Some(played) = played {
            played.stop().await;
        }
        if notes::reader() == Reader::Collector {
            notes::note("stopped");
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

/// Waits for Ctrl-C, or for the signal to end.
pub(super) async fn until_told_to_stop() -> std::io::Result<()> {
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
