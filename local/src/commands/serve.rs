//! `koogallery serve`: runs every function in this process.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use koogallery_runtime::Environment;

use super::Done;
use crate::checks::{self, Reach};
use crate::host::{LocalHost, Options};
use crate::keys::{LOCAL_API_TOKEN, LOCAL_WEBHOOK_SECRET};
use crate::log::Console;

/// Run every function in this process, over an embedded DynamoDB.
///
/// The same environment variables as on AWS configure the functions. Without any, an instance is ready at once and every
/// change of specification is allowed.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The address to listen on. Put an https proxy before it, and register the proxy's address in KooGallery.
    #[arg(long, default_value = "127.0.0.1:9000", value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
    /// Keep the embedded DynamoDB in this file [default: in memory, lost at the end].
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Use another DynamoDB: DynamoDB Local, or AWS itself with credentials in the environment.
    #[arg(long, env = "DYNAMODB_ENDPOINT", value_name = "URL", conflicts_with = "data")]
    dynamodb_endpoint: Option<String>,
}

impl Serve {
    /// Serves until it gets a signal to stop.
    #[allow(clippy::print_stderr)]
    pub(crate) async fn run(self) -> Done {
        let Self { listen, data, dynamodb_endpoint } = self;
        let environment = Environment::of_process();
        let reach = Reach { listen, forgets: data.is_none() && dynamodb_endpoint.is_none() };
        checks::before_start(&environment, reach).await?;
        let notices = checks::notices(&environment).await;
        let variable = |name| environment.get(name).map(str::to_owned);
        let (webhook, open_apis) = (variable("KOOGALLERY_WEBHOOK_URL"), variable("KOOGALLERY_OPEN_API_URL"));
        let (log, journal) = (Arc::new(Console), Arc::new(Console));
        let environment = checks::with_own_seal_key(environment, reach);
        let host = LocalHost::start(Options { listen, data, dynamodb_endpoint, environment, log, journal }).await?;
        eprintln!("production address   {}   (and any path below it)", host.address());
        eprintln!("seller API           {}/v1   (description: /v1/openapi.json)", host.seller_api());
        eprintln!(
            "DynamoDB             {}   (takes any AWS credentials and region, unless it is AWS)",
            host.dynamodb_endpoint()
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
                "events               to {}; `koogallery events list` shows the undelivered ones",
                url.split('?').next().unwrap_or_default()
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
        eprintln!("look inside          {}", look_inside(&host));
        for notice in notices {
            eprintln!("notice               {notice}");
        }
        eprintln!("Ctrl-C ends it.");
        until_told_to_stop().await?;
        eprintln!("stopping");
        host.stop().await?;
        Ok(ExitCode::SUCCESS)
    }
}

fn look_inside(host: &LocalHost) -> String {
    format!("aws dynamodb scan --endpoint-url {} --table-name {}", host.dynamodb_endpoint(), host.store().table())
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
