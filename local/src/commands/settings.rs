//! `koogallery settings`: what is set for each product, in one document.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use koogallery_runtime::Environment;
use koogallery_settings::{Refused, SettingsDocument, differences};
use login::Clients;
use serde_json::{Value, json};

use super::{Done, Failure, Person, or_unknown};
use crate::api::{Api, ApiArguments};
use crate::settings;

const EXAMPLES: &str = "\
Examples:
  koogallery settings show > settings.json
  koogallery settings check settings.json
  koogallery settings diff settings.json
  koogallery settings apply settings.json --reason \"the CRM has an address of its own\"
  koogallery settings history
  koogallery settings rollback 3 --reason \"the new address does not answer\"

docs/settings.md has the members of the document.";

/// What is set for each product and SKU, in one document: provisioning, webhook, rules, plans. docs/settings.md has its members.
///
/// It asks the seller API with a token of the scope settings; only check asks nobody.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Settings {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    api: ApiArguments,
}

/// What to do with the settings.
#[derive(Debug, Subcommand)]
pub(crate) enum What {
    /// Look for mistakes in a document, here on this machine. Ends with 1 if there are any.
    Check {
        /// The document: JSON.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Make a document the current version. It holds everywhere 30 seconds later.
    Apply {
        /// The document: JSON.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Why, without personal data.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// The version that the document was made from: if another one is current, nothing is written [default: the current one].
        #[arg(long, value_name = "VERSION")]
        made_from: Option<u64>,
        #[command(flatten)]
        person: Person,
    },
    /// Print the current document, or that of an earlier version.
    Show {
        /// The version [default: the current one].
        #[arg(value_name = "VERSION")]
        version: Option<u64>,
    },
    /// Print what a document would change. Ends with 1 if that is anything.
    Diff {
        /// The document: JSON.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// List the versions, the newest first: who wrote each, when and why.
    History,
    /// Make what an earlier version said the current version again.
    Rollback {
        /// The earlier version.
        #[arg(value_name = "VERSION")]
        version: u64,
        /// Why, without personal data.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        person: Person,
    },
}

impl Settings {
    /// Does it.
    #[allow(clippy::print_stdout, clippy::print_stderr)]
    pub(crate) async fn run(self) -> Done {
        let Self { what, api } = self;
        let environment = Environment::of_process();
        if let What::Check { file } = &what {
            let text = text(file)?;
            tell_of_both(&environment, &text);
            return Ok(checked(file, &text));
        }
        let api = api.api(&environment)?;
        match what {
            What::Check { .. } => Ok(ExitCode::SUCCESS),
            What::Apply { file, reason, made_from, person } => {
                let text = text(&file)?;
                if SettingsDocument::parse(&text).is_err() {
                    return Ok(checked(&file, &text));
                }
                let document: Value = serde_json::from_str(&text)?;
                tell_of_both(&environment, &text);
                let current = api.get(&["settings"], &[]).await?;
                write(&api, &current, &document, made_from, (&reason, &person)).await
            }
            What::Show { version: None } => shown(&api.get(&["settings"], &[]).await?),
            What::Show { version: Some(version) } => {
                or_unknown(api.get(&["settings", "versions", &version.to_string()], &[]).await, |kept| shown(&kept))
            }
            What::Diff { file } => {
                let text = text(&file)?;
                if SettingsDocument::parse(&text).is_err() {
                    return Ok(checked(&file, &text));
                }
                tell_of_both(&environment, &text);
                let current = api.get(&["settings"], &[]).await?;
                let found = differences(&current["document"], &serde_json::from_str(&text)?);
                println!("{}", settings::Differences(&found));
                Ok(if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
            }
            What::History => {
                println!("{}", settings::Versions(&api.pages(&["settings", "versions"], &[], "versions").await?));
                Ok(ExitCode::SUCCESS)
            }
            What::Rollback { version, reason, person } => {
                let current = api.get(&["settings"], &[]).await?;
                match api.get(&["settings", "versions", &version.to_string()], &[]).await {
                    Ok(earlier) => write(&api, &current, &earlier["document"], None, (&reason, &person)).await,
                    unknown => or_unknown(unknown, |_| Ok(ExitCode::FAILURE)),
                }
            }
        }
    }
}

fn text(file: &Path) -> Result<String, Failure> {
    fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()).into())
}

/// Says which clients of a document the environment has as well, as far as it is known here. It is no mistake: so a client moves from
/// one to the other without a moment without it.
#[allow(clippy::print_stderr)]
fn tell_of_both(environment: &Environment, text: &str) {
    let clients = environment.get(login::CLIENTS).and_then(|clients| Clients::from_json(clients).ok());
    let (Some(clients), Ok(document)) = (clients, SettingsDocument::parse(text)) else { return };
    let both = clients.iter().filter(|one| document.oidc_clients().any(|(_, other)| one.client_id == other.client_id));
    for client in both {
        let (id, name) = (&client.client_id, login::CLIENTS);
        eprintln!("the client {id} is in {name} as well: what the document says of it counts, so take it out there");
    }
}

/// Says what is wrong with a document.
#[allow(clippy::print_stdout, clippy::print_stderr)]
fn checked(file: &Path, text: &str) -> ExitCode {
    match SettingsDocument::parse(text) {
        Ok(_) => {
            println!("{}: no mistakes", file.display());
            ExitCode::SUCCESS
        }
        Err(refused) => {
            eprintln!("{refused}");
            if let Refused::Mistakes(mistakes) = refused {
                let count = mistakes.told().len() + mistakes.more();
                let noun = if count == 1 { "mistake" } else { "mistakes" };
                eprintln!("{}: {count} {noun}, and nothing was applied", file.display());
            }
            ExitCode::FAILURE
        }
    }
}

/// Writes a new version, if it says anything new.
#[allow(clippy::print_stdout)]
async fn write(
    api: &Api,
    current: &Value,
    document: &Value,
    made_from: Option<u64>,
    (reason, person): (&str, &Person),
) -> Done {
    let found = differences(&current["document"], document);
    let standing = current["version"].as_u64().unwrap_or_default();
    if found.is_empty() && made_from.is_none_or(|version| version == standing) {
        println!("version {standing} says the same already: nothing was written");
        return Ok(ExitCode::SUCCESS);
    }
    let expected = made_from.unwrap_or(standing);
    let mut body = json!({ "document": document, "expectedVersion": expected, "reason": reason });
    if let Some(name) = person.name() {
        body["by"] = name.into();
    }
    let kept = api.put(&["settings"], &body).await?;
    println!("{}", settings::Differences(&found));
    println!("version {} is the current one, and holds everywhere in 30 seconds", kept["version"]);
    Ok(ExitCode::SUCCESS)
}

/// Prints a document, so that it can go into a file; and who wrote it beside.
#[allow(clippy::print_stdout, clippy::print_stderr)]
fn shown(kept: &Value) -> Done {
    println!("{}", serde_json::to_string_pretty(&kept["document"])?);
    match kept["version"].as_u64() {
        Some(0) | None => eprintln!("nobody wrote settings yet: the environment variables say all"),
        Some(version) => {
            let said = |name: &str| kept[name].as_str().unwrap_or_default().to_owned();
            eprintln!("version {version} by {}, {}: {}", said("by"), said("at"), said("reason"));
        }
    }
    Ok(ExitCode::SUCCESS)
}
