//! The command line of `koogallery`.

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use koogallery_runtime::{Environment, Language};

use crate::commands::{
    Backup, Call, CheckStore, Completions, Conform, Demands, Doctor, Done, Erase, Events, Identity, Import, Keygen,
    Listen, Login, Notify, Orders, Promote, Rotate, Serve, Settings, ShadowCalls, Simulate, Trace, Usage, Warnings,
};
use crate::telemetry::Reader;
use crate::{chinese, notes};

const KEYS_HELP: &str = "\
Access keys come from KOOGALLERY_KEYS: JSON like
  {\"basic\":[\"current\",\"previous\"],\"kit\":[\"…\"],\"license\":[\"…\"],\"order\":[\"…\"]}
Without it, all commands use a local test key that everybody knows.\n";

/// Answer the callbacks of Huawei Cloud KooGallery on this machine, play the marketplace that sends them, or send one.
#[derive(Debug, Parser)]
#[command(name = "koogallery", version = koogallery_runtime::version(), max_term_width = 100, after_help = KEYS_HELP)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(Serve),
    Simulate(Simulate),
    Conform(Conform),
    Call(Call),
    Trace(Trace),
    Events(Events),
    Orders(Orders),
    Warnings(Warnings),
    Settings(Settings),
    Promote(Promote),
    Demands(Demands),
    Notify(Notify),
    Erase(Erase),
    Usage(Usage),
    Import(Import),
    Shadow(ShadowCalls),
    Listen(Listen),
    Identity(Identity),
    Login(Login),
    Keygen(Keygen),
    Rotate(Rotate),
    Backup(Backup),
    CheckStore(CheckStore),
    Doctor(Doctor),
    Completions(Completions),
}

impl Arguments {
    /// Reads the arguments of this process. Help, and what is wrong with them, is in the language of the terminal.
    #[allow(clippy::print_stderr)]
    pub fn of_process() -> Result<Self, ExitCode> {
        if chinese::language(&Environment::of_process()) == Language::English {
            return Ok(Self::parse());
        }
        let read = chinese::translated(Self::command()).try_get_matches();
        read.and_then(|matches| Self::from_arg_matches(&matches)).map_err(|error| {
            let Some(mistake) = chinese::mistake(&error) else { error.exit() };
            eprint!("{mistake}");
            ExitCode::from(2)
        })
    }

    /// Runs the command. A command that cannot do its work says why, and ends with 2.
    #[allow(clippy::print_stderr)]
    pub async fn run(self) -> ExitCode {
        if self.command.is_configured_by_variables() {
            for unknown in Environment::of_process().unknown_variables() {
                eprintln!("koogallery: {unknown}");
            }
        }
        self.command.run().await.unwrap_or_else(|error| {
            let is_chinese = chinese::language(&Environment::of_process()) == Language::Chinese;
            match chinese::failure(&*error).filter(|_| is_chinese && notes::reader() == Reader::Person) {
                Some(chinese) => notes::failure(chinese),
                None => notes::failure(error),
            }
            ExitCode::from(2)
        })
    }
}

impl Command {
    /// Whether a variable that nothing reads is worth a word here: `serve` and `doctor` have their own.
    const fn is_configured_by_variables(&self) -> bool {
        !matches!(self, Self::Serve(_) | Self::Doctor(_) | Self::Completions(_) | Self::Keygen(_))
    }

    async fn run(self) -> Done {
        match self {
            Self::Serve(serve) => serve.run().await,
            Self::Simulate(simulate) => simulate.run().await,
            Self::Conform(conform) => conform.run().await,
            Self::Call(call) => call.run().await,
            Self::Trace(trace) => trace.run().await,
            Self::Events(events) => events.run().await,
            Self::Orders(orders) => orders.run().await,
            Self::Warnings(warnings) => warnings.run().await,
            Self::Settings(settings) => settings.run().await,
            Self::Promote(promote) => promote.run().await,
            Self::Demands(demands) => demands.run().await,
            Self::Notify(notify) => notify.run().await,
            Self::Erase(erase) => erase.run().await,
            Self::Usage(usage) => usage.run().await,
            Self::Import(import) => import.run().await,
            Self::Shadow(shadow) => shadow.run().await,
            Self::Listen(listen) => listen.run().await,
            Self::Identity(identity) => identity.run().await,
            Self::Login(login) => login.run().await,
            Self::Keygen(keygen) => keygen.run(),
            Self::Rotate(rotate) => rotate.run().await,
            Self::Backup(backup) => backup.run().await,
            Self::CheckStore(check) => check.run().await,
            Self::Doctor(doctor) => doctor.run().await,
            Self::Completions(completions) => completions.run(),
        }
    }
}
