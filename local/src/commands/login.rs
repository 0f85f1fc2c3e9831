//! `koogallery login`: what the login of buyers' users needs from a person.

use std::process::ExitCode;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::{Args, Subcommand};
use comfy_table::{Table, presets};
use koogallery::{AppId, Timestamp};
use koogallery_oidc::{Rotation, SigningKeys};
use koogallery_runtime::{Environment, Vault, now};
use login::Clients;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::store::store_at;
use super::{Done, Failure};

/// Prepare the login of buyers' users: register applications, look at the keys that sign, replace them.
#[derive(Debug, Args)]
pub(crate) struct Login {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Client(NewClient),
    Keys(Keys),
    RotateKeys(RotateKeys),
}

/// Make a client for an application: a new secret for it, and its entry for the settings of products, or for `KOOGALLERY_OIDC_CLIENTS`.
///
/// The secret is shown once. The entry has only its digest.
#[derive(Debug, Args)]
struct NewClient {
    /// The client's id, of your choice, such as `shop`.
    #[arg(value_name = "CLIENT_ID")]
    client_id: String,
    /// The application's credential (应用凭证) in Seller Console.
    #[arg(long, value_name = "ID")]
    app_id: AppId,
    /// Where codes go; may be given several times.
    #[arg(long, value_name = "URL", required = true)]
    redirect_uri: Vec<String>,
    /// Where browsers may go after a logout; may be given several times.
    #[arg(long, value_name = "URL")]
    post_logout_redirect_uri: Vec<String>,
    /// Where a login begins that a tenant's workbench started.
    #[arg(long, value_name = "URL")]
    initiate_login_uri: Option<String>,
    /// The application cannot keep a secret: it runs in a browser or on a telephone.
    #[arg(long)]
    public: bool,
}

/// List the keys that sign ID tokens, and what each is for.
#[derive(Debug, Args)]
struct Keys {
    #[command(flatten)]
    at: At,
}

/// Make the next keys now. They sign a day later, when all applications have read them.
#[derive(Debug, Args)]
struct RotateKeys {
    /// Somebody else may have a key: the next ones sign at once, and the present ones are removed. Users who log in just now have
    /// to start again, and an application that reads keys only once a day refuses logins until it does.
    #[arg(long)]
    at_once: bool,
    #[command(flatten)]
    at: At,
}

#[derive(Debug, Args)]
struct At {
    /// The DynamoDB with the table: a local one, or AWS itself with credentials in the environment.
    #[arg(long, env = "DYNAMODB_ENDPOINT", value_name = "URL")]
    dynamodb_endpoint: Option<String>,
    /// The table's name.
    #[arg(long, env = "KOOGALLERY_TABLE", default_value = "koogallery", value_name = "NAME")]
    table: String,
}

impl Login {
    /// Runs the command.
    pub(crate) async fn run(self) -> Done {
        match self.command {
            Command::Client(client) => client.run(),
            Command::Keys(keys) => keys.run().await,
            Command::RotateKeys(rotate) => rotate.run().await,
        }
    }
}

impl NewClient {
    #[allow(clippy::print_stdout)]
    fn run(self) -> Done {
        let mut drawn = [0; 32];
        getrandom::fill(&mut drawn).map_err(|_| "the system gave no random numbers for a secret")?;
        let secret = URL_SAFE_NO_PAD.encode(drawn);
        let entry = self.entry(&secret);
        // What cannot be used is told here rather than at the next start.
        Clients::from_json(&Value::Array(vec![entry.clone()]).to_string())?;
        if !self.public {
            println!("The secret of {}, for the application. It is not shown again:\n\n  {secret}\n", self.client_id);
        }
        println!(
            "The entry for the list `oidcClients` in the settings of products, or in KOOGALLERY_OIDC_CLIENTS:\n\n{}",
            serde_json::to_string_pretty(&entry)?
        );
        Ok(ExitCode::SUCCESS)
    }

    fn entry(&self, secret: &str) -> Value {
        let mut entry = json!({
            "client_id": self.client_id,
            "app_id": self.app_id,
            "redirect_uris": self.redirect_uri,
        });
        if self.public {
            entry["token_endpoint_auth_method"] = "none".into();
        } else {
            entry["client_secret_sha256"] = hex::encode(Sha256::digest(secret)).into();
        }
        if !self.post_logout_redirect_uri.is_empty() {
            entry["post_logout_redirect_uris"] = json!(self.post_logout_redirect_uri);
        }
        if let Some(uri) = &self.initiate_login_uri {
            entry["initiate_login_uri"] = uri.as_str().into();
        }
        entry
    }
}

impl Keys {
    #[allow(clippy::print_stdout)]
    async fn run(self) -> Done {
        let At { dynamodb_endpoint, table } = self.at;
        let keys = SigningKeys::phases(&store_at(dynamodb_endpoint, table)?, now()).await?;
        if keys.is_empty() {
            println!("There is no key yet: the first login makes it.");
            return Ok(ExitCode::SUCCESS);
        }
        let mut shown = Table::new();
        shown.load_style(presets::NOTHING).set_header(["key", "algorithm", "is", "published", "signs from"]);
        for (key, phase) in keys {
            let phase = <&str>::from(phase).to_owned();
            shown.add_row([key.key_id, key.algorithm, phase, text(key.published_at)?, text(key.signs_from)?]);
        }
        println!("{shown}");
        Ok(ExitCode::SUCCESS)
    }
}

impl RotateKeys {
    #[allow(clippy::print_stdout)]
    async fn run(self) -> Done {
        let At { dynamodb_endpoint, table } = self.at;
        let (store, vault) = (store_at(dynamodb_endpoint, table)?, Vault::of(&Environment::of_process())?);
        let rotated = SigningKeys::replace(&Rotation::default(), self.at_once, &store, &vault, now()).await?;
        if rotated.is_empty() {
            println!("Nothing to do: there is no key yet, or the next one is published already.");
        }
        for rotated in rotated {
            if let Some((id, signs_from)) = rotated.made {
                println!("{}: {id} signs from {}", rotated.algorithm.name(), text(signs_from)?);
            }
            for id in rotated.removed {
                println!("{}: {id} is removed", rotated.algorithm.name());
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn text(at: Timestamp) -> Result<String, Failure> {
    Ok(OffsetDateTime::from_unix_timestamp(at.as_seconds())?.format(&Rfc3339)?)
}
