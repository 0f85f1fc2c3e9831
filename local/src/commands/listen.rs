//! `koogallery listen`: receives events in place of the seller's application.

use std::process::ExitCode;

use clap::Args;
use koogallery_runtime::Environment;

use super::Done;
use crate::listen::{Listener, address};

/// Receive events in place of your application: check each signature, and show the event and the answer to it.
///
/// `serve` sends events here if `KOOGALLERY_WEBHOOK_URL` is `http://127.0.0.1:9100/`. Both use `KOOGALLERY_WEBHOOK_SECRET`,
/// or else a local test secret.
#[derive(Debug, Args)]
pub(crate) struct Listen {
    /// The loopback port to listen on.
    #[arg(long, default_value_t = 9100)]
    port: u16,
    /// Pass each event on to this address, unchanged, and answer as it answers.
    #[arg(long, value_name = "URL|HOST:PORT")]
    forward_to: Option<String>,
    /// Show only events of this type, such as instance.created or instance.*; may be repeated.
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,
    /// Print each as a line of JSON.
    #[arg(long)]
    json: bool,
}

impl Listen {
    /// Receives until the process ends.
    #[allow(clippy::print_stdout, clippy::print_stderr)]
    pub(crate) async fn run(self) -> Done {
        let Self { port, forward_to, types, json } = self;
        let environment = Environment::of_process();
        let secrets = environment.get("KOOGALLERY_WEBHOOK_SECRET");
        let listener = Listener::start(
            port,
            secrets,
            forward_to.as_deref().map(address).transpose()?,
            Box::new(move |heard| {
                match json {
                    _ if !heard.is_wanted(&types) => {}
                    true => println!("{}", heard.to_json()),
                    false => println!("{heard}"),
                }
                None
            }),
        )
        .await?;
        eprintln!("listening for events on http://{}/. Ctrl-C ends it.", listener.address()?);
        listener.run().await?;
        Ok(ExitCode::SUCCESS)
    }
}
