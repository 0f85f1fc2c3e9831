//! A host, a store or an empty host in a process of its own, so that its CPU time is its own: whoever calls it works in another one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::{Json, Router, body::Bytes};
use clap::{Args, ValueEnum};
use koogallery_local::database::{EmbeddedDatabase, Listen};
use koogallery_local::host::{LocalHost, Options as HostOptions, TableAt};
use koogallery_local::http_server::{Limits, Server};
use koogallery_local::log::Silent;
use koogallery_runtime::Environment;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;

use crate::Problem;
use crate::process::Process;

/// What stands in the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum What {
    /// One handler that answers a constant, served by axum itself.
    Empty,
    /// The same handler, served as the host's requests are.
    EmptyServedAlike,
    /// The host.
    Host,
    /// The embedded DynamoDB with a port.
    Store,
}

/// The arguments of such a process. This program starts it itself.
#[derive(Debug, Args)]
pub(crate) struct Options {
    what: What,
    /// Where the host finds its store [default: its own, in memory].
    #[arg(long)]
    store: Option<String>,
}

/// Serves until standard input ends. Each line there is answered with the CPU time used so far, in nanoseconds.
#[allow(clippy::print_stdout)]
pub(crate) async fn serve(options: &Options) -> Result<(), Problem> {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    // What has to live as long as the process.
    let (mut host, mut store) = (None, None);
    let address = match options.what {
        What::Empty | What::EmptyServedAlike => {
            let listener = TcpListener::bind(any).await?;
            let address = format!("http://{}/", listener.local_addr()?);
            let router = Router::new().fallback(constant);
            if options.what == What::Empty {
                tokio::spawn(async move { axum::serve(listener, router).await });
            } else {
                let server = Server { router, limits: Limits::default(), tls: None };
                tokio::spawn(server.serve(listener, std::future::pending()));
            }
            address
        }
        What::Host => {
            let table = options.store.clone().map_or(TableAt::IN_MEMORY, TableAt::Endpoint);
            // Credentials of the store, where it is another process.
            let environment = Environment::of_process();
            let silent = Arc::new(Silent);
            let started = LocalHost::start(HostOptions::new(any, table, environment, silent.clone(), silent)).await?;
            host.insert(started).address()
        }
        What::Store => {
            let listen = Listen::with_random_key(any)?;
            let key = listen.access_key_id.reveal().to_owned();
            let endpoint = store.insert(EmbeddedDatabase::start(None)?).listen(listen).await?;
            format!("{endpoint} {key}")
        }
    };
    println!("{address}");
    let mut asked = BufReader::new(tokio::io::stdin()).lines();
    while asked.next_line().await?.is_some() {
        let used = clock_gettime(ClockId::ProcessCPUTime);
        println!("{}", Duration::new(used.tv_sec.try_into()?, used.tv_nsec.try_into()?).as_nanos());
    }
    Ok(())
}

/// Reads the body, as every handler has to, and answers what a call of KooGallery's is answered at least.
async fn constant(_: Bytes) -> Json<Value> {
    Json(json!({ "resultCode": "000000", "resultMsg": "success" }))
}

/// Such a process, until it is dropped.
#[derive(Debug)]
pub(crate) struct Apart(Process);

impl Apart {
    pub(crate) async fn start(what: What, store: Option<&Self>) -> Result<Self, Problem> {
        let name = what.to_possible_value().ok_or("it has a name")?;
        let (mut arguments, mut variables) = (vec!["serve-apart", name.get_name()], Vec::new());
        if let Some((endpoint, key)) = store.and_then(|store| store.said().split_once(' ')) {
            arguments.extend(["--store", endpoint]);
            variables.extend([("AWS_ACCESS_KEY_ID", key), ("AWS_SECRET_ACCESS_KEY", "any")]);
        }
        Ok(Self(Process::start(&arguments, &variables).await?))
    }

    /// What it said first: where it is.
    pub(crate) fn said(&self) -> &str {
        &self.0.said
    }

    /// The CPU time that it has used so far, of user and system.
    pub(crate) async fn cpu(&mut self) -> Result<Duration, Problem> {
        Ok(Duration::from_nanos(self.0.ask().await?.parse()?))
    }
}
