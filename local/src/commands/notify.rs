//! `koogallery notify`: who is told what waits, and whether messages arrive.

use std::process::ExitCode;

use ::notify::{Destination, Destinations, VARIABLE};
use clap::{Args, Subcommand};
use koogallery_runtime::{Environment, now};

use super::Done;
use crate::keys::LOCAL_TEST_KEYS;

const EXAMPLES: &str = "\
Examples:
  koogallery notify list
  koogallery notify test
  koogallery notify test on-call

KOOGALLERY_NOTIFY has the destinations; KOOGALLERY_NOTIFY_SECRETS has what opens them, or the member notify of the
secret that KOOGALLERY_SECRET_ARN or KOOGALLERY_SECRET_FILE names. docs/notify.md tells how to make a robot.";

/// List who is told what waits, or send a test message.
///
/// It reads the same variables as the deployment, and sends from this machine.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Notify {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the destinations, and what each is not told.
    List,
    /// Send a test message, and say which destination took it. Nothing is noted in the table.
    Test {
        /// Only to this destination [default: to all].
        #[arg(value_name = "DESTINATION")]
        destination: Option<String>,
    },
}

impl Notify {
    /// Lists or sends. If a destination does not take the message, the command ends with 1.
    pub(crate) async fn run(self) -> Done {
        let environment = Environment::of_process();
        let has_keys = environment.get("KOOGALLERY_KEYS").is_some() || environment.secret().is_some();
        // Messages need no access keys, but secrets are read together.
        let environment = if has_keys { environment } else { environment.with("KOOGALLERY_KEYS", LOCAL_TEST_KEYS) };
        let Some(destinations) = Destinations::of(&environment)? else {
            return Err(format!(
                "nobody is told: set {VARIABLE} to JSON like [{{\"name\":\"on-call\",\"to\":\"feishu\"}}]; docs/notify.md has the rest"
            )
            .into());
        };
        match self.what {
            What::List => {
                destinations.all().iter().for_each(list);
                Ok(ExitCode::SUCCESS)
            }
            What::Test { destination } => test(&destinations, destination.as_deref()).await,
        }
    }
}

#[allow(clippy::print_stdout)]
fn list(destination: &Destination) {
    let without: Vec<String> = destination.without().map(|kind| kind.to_string()).collect();
    let without = if without.is_empty() { String::new() } else { format!(", without {}", without.join(", ")) };
    println!("{:<20} {destination}{without}", destination.name());
}

#[allow(clippy::print_stdout)]
async fn test(destinations: &Destinations, only: Option<&str>) -> Done {
    let wanted = |destination: &&Destination| only.is_none_or(|name| destination.name() == name);
    let chosen: Vec<&Destination> = destinations.all().iter().filter(wanted).collect();
    if chosen.is_empty() {
        let known: Vec<&str> = destinations.all().iter().map(Destination::name).collect();
        return Err(
            format!("there is no destination {}; there are: {}", only.unwrap_or_default(), known.join(", ")).into()
        );
    }
    let mut code = ExitCode::SUCCESS;
    for destination in chosen {
        match destinations.test(destination, now()).await {
            Ok(()) => println!("{:<20} took the message: look whether it is there", destination.name()),
            Err(error) => {
                println!("{:<20} did not take it: {error}", destination.name());
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}
