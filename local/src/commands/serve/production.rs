//! The options of a production host: who may reach it, what callers may take, and what it tells.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use super::super::from_1;
use super::{Failure, address_and_port};
use crate::checks::Reach;
use crate::host::Http;
use crate::http_server::{Limits, Server, TlsFiles};
use crate::metrics::{self, Metrics};
use crate::schedules::Runs;
use crate::telemetry::Reader;

/// Where Prometheus finds the figures of a production host, if nothing else is said.
const METRICS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9464);

/// Options of a production host.
#[derive(Debug, Args)]
#[command(next_help_heading = "Production")]
pub(crate) struct Production {
    /// This is a production host: it starts with keys of your own only, writes JSON lines only: its log to standard output,
    /// what it says of itself to standard error; and serves metrics. A host that other machines can reach is one without being told.
    #[arg(long = "production")]
    pub(super) told: bool,
    /// Speak TLS with this certificate: PEM, with those between it and the authority. It is read again when it changes.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// The private key of the certificate, in PEM.
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// Serve metrics for Prometheus at /metrics of this address [default of a production host: 127.0.0.1:9464].
    #[arg(long, value_name = "ADDRESS:PORT", num_args = 0..=1, default_missing_value = "127.0.0.1:9464", value_parser = address_and_port)]
    metrics: Option<SocketAddr>,
    /// Deliver events, learn orders and erase only while `POST /internal/work` is answered: for a host that is stopped between two
    /// requests, such as one on FunctionGraph. A token with the scope `work` opens it, and a timer has to call it.
    #[arg(long)]
    no_schedules: bool,
    /// After SIGTERM, wait so long for calls that are being answered.
    #[arg(long, value_name = "SECONDS", default_value_t = 25)]
    drain_seconds: u64,
    /// Hold so many connections at once, if the system lets the process open so many files.
    #[arg(long, value_name = "NUMBER", default_value_t = Limits::default().connections, value_parser = from_1::<usize>)]
    max_connections: usize,
}

/// A listener that serves metrics as long as this lives.
#[derive(Debug)]
pub(super) struct Figures {
    pub(super) address: SocketAddr,
    serving: AbortHandle,
}

impl Drop for Figures {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Production {
    /// What no production host may be.
    pub(super) fn check(&self, reach: Reach) -> Result<(), Failure> {
        if self.told && reach.forgets {
            return Err("--production: a store in memory loses every order at its end: give --data FILE or \
                        --dynamodb-endpoint URL"
                .into());
        }
        Ok(())
    }

    /// For whom the log is.
    pub(super) fn reader(reach: Reach) -> Reader {
        if reach.is_production() { Reader::Collector } else { Reader::Person }
    }

    /// When it does what it does by itself.
    pub(super) fn runs(&self) -> Runs {
        if self.no_schedules { Runs::WhenAsked } else { Runs::Always }
    }

    /// How HTTP is served.
    pub(super) fn http(&self) -> Http {
        let limits = Limits {
            connections: self.max_connections,
            drain: Duration::from_secs(self.drain_seconds),
            ..Limits::default()
        };
        let files = self.tls_certificate.clone().zip(self.tls_key.clone());
        let tls = files.map(|(certificate, key)| TlsFiles { certificate, key });
        Http { limits: limits.within_open_files(), tls }
    }

    /// Serves the figures, where they are asked for.
    pub(super) async fn serve_metrics(&self, reach: Reach, metrics: Arc<Metrics>) -> Result<Option<Figures>, Failure> {
        let Some(wanted) = self.metrics.or(reach.is_production().then_some(METRICS)) else { return Ok(None) };
        let listener = TcpListener::bind(wanted).await.map_err(|error| {
            format!("cannot serve metrics on {wanted}: {error}; --metrics ADDRESS:PORT takes another address")
        })?;
        let address = listener.local_addr()?;
        let server = Server { router: metrics::router(metrics), limits: Limits::default(), tls: None };
        let serving = tokio::spawn(server.serve(listener, std::future::pending())).abort_handle();
        Ok(Some(Figures { address, serving }))
    }
}
