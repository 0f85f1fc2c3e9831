//! `koogallery listen`: receives events as the seller's application does.

use std::process::ExitCode;

use clap::Args;
use koogallery_runtime::Environment;

use super::Done;
use crate::listen::Listener;

/// Receive events as the seller's application does: check their signature and show them.
///
/// `serve` sends events here with `KOOGALLERY_WEBHOOK_URL=http://127.0.0.1:9100/`. Both sign with
/// `KOOGALLERY_WEBHOOK_SECRET`, or a local test secret.
#[derive(Debug, Args)]
pub(crate) struct Listen {
    /// The loopback port to listen on.
    #[arg(long, default_value_t = 9100)]
    port: u16,
    /// Hand each event on to this address, as it came, and answer as it answers.
    #[arg(long, value_name = "URL")]
    forward_to: Option<String>,
}

impl Listen {
    /// Receives until the process ends.
    #[allow(clippy::print_stdout, clippy::print_stderr)]
    pub(crate) async fn run(self) -> Done {
        let Self { port, forward_to } = self;
        let environment = Environment::of_process();
        let secrets = environment.get("KOOGALLERY_WEBHOOK_SECRET");
        let listener = Listener::start(
            port,
            secrets,
            forward_to,
            Box::new(|heard| {
                println!("{heard}");
                None
            }),
        )
        .await?;
        eprintln!("listening on http://{}/ for events. Ctrl-C ends it.", listener.address()?);
        listener.run().await?;
        Ok(ExitCode::SUCCESS)
    }
}
