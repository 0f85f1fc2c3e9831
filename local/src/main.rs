//! `koogallery`: the seller's side of KooGallery on one machine.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand, ValueEnum};
use koogallery::{InstanceId, LicenseCode, ResultCode, RsaPublicKey};
use koogallery_local::call::{Called, Version, call};
use koogallery_local::conform::{Conform, Corpus, Outcome};
use koogallery_local::erasure::{erase_instance, erase_license};
use koogallery_local::events;
use koogallery_local::host::{LocalHost, Options};
use koogallery_local::keygen::keygen;
use koogallery_local::keys::{LOCAL_API_TOKEN, local_rsa_public_key, or_local_test_keys};
use koogallery_local::listen::Listener;
use koogallery_local::log::{Console, Silent};
use koogallery_local::marketplace::Marketplace;
use koogallery_local::simulate::{Family, Step, simulate};
use koogallery_local::v1_reply::{app_infos, decrypted, genuine};
use koogallery_runtime::{Environment, dynamodb_client};
use koogallery_store::{Gone, Store, SubjectKey};
use uuid::Uuid;

const KEYS_HELP: &str = "\
Access keys come from KOOGALLERY_KEYS, JSON like
  {\"basic\":[\"current\",\"previous\"],\"kit\":[\"…\"],\"license\":[\"…\"],\"order\":[\"…\"]}
Without it all commands use a local test key that everybody knows.\n";

/// Answer Huawei Cloud KooGallery's callbacks on this machine, play the marketplace that sends them, or send one.
#[derive(Debug, Parser)]
#[command(name = "koogallery", version, max_term_width = 100, after_help = KEYS_HELP)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run every function in this process, over an embedded DynamoDB.
    ///
    /// The functions are configured as on AWS, by the same environment variables. Without any, instances are ready
    /// at once and every change of specification is allowed.
    Serve {
        /// Where to listen: the production address to register in KooGallery is an https proxy before it.
        #[arg(long, default_value = "127.0.0.1:9000", value_name = "ADDRESS:PORT")]
        listen: SocketAddr,
        /// Keep the embedded DynamoDB in this file [default: in memory, gone at the end].
        #[arg(long, value_name = "FILE")]
        data: Option<PathBuf>,
        /// Use another DynamoDB instead: DynamoDB Local, or AWS itself with credentials in the environment.
        #[arg(long, env = "DYNAMODB_ENDPOINT", value_name = "URL", conflicts_with = "data")]
        dynamodb_endpoint: Option<String>,
    },
    /// Play the marketplace: the whole life of products of every family, debug calls and attacks; check every answer.
    ///
    /// Families whose access key is not set are left out, and so are client secrets without the RSA public key.
    Simulate {
        /// The production address to call [default: a local host started for it].
        #[arg(long, value_name = "URL")]
        to: Option<String>,
        /// Only this family; may be repeated [default: all].
        #[arg(long, value_name = "NAME")]
        family: Vec<Family>,
        /// The RSA public key registered in KooGallery, as it is registered (base64) or as a file.
        #[arg(long, env = "KOOGALLERY_RSA_PUBLIC_KEY", value_name = "FILE|BASE64")]
        rsa_public_key: Option<String>,
        /// Print the report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Hold an endpoint to the conformance corpus: what follows from KooGallery's guides for every callback.
    ///
    /// The cases buy instances of their own and release them again. Ends with 0 where every case that could be played
    /// passed, 1 where one failed, 2 where none could be played.
    Conform {
        /// The production address to call [default: a local host started for it].
        #[arg(long, value_name = "URL")]
        to: Option<String>,
        /// Only these cases: a folder, file, case, callback (newInstance) or dialect ("kit V2"); may be repeated.
        #[arg(long, value_name = "NAME")]
        only: Vec<String>,
        /// The RSA public key registered in KooGallery, as it is registered (base64) or as a file.
        #[arg(long, env = "KOOGALLERY_RSA_PUBLIC_KEY", value_name = "FILE|BASE64")]
        rsa_public_key: Option<String>,
        /// Another corpus instead of the one inside.
        #[arg(long, value_name = "DIR")]
        corpus: Option<PathBuf>,
        /// Print the report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Sign and send one callback, print the reply. Fails unless that is 000000 or 000004.
    Call {
        /// Such as newInstance, or tenantSync of the joint-operations kit.
        activity: String,
        /// The production address to call.
        #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9000/")]
        to: String,
        /// Speak V2.0 or V1.0.
        #[arg(long, value_enum, default_value_t)]
        version: Version,
        /// Members of the body, or V1.0's parameters: key=value for text, key:=json for anything else.
        #[arg(value_name = "KEY=VALUE")]
        members: Vec<String>,
    },
    /// Show which events the seller's application does not have, or have them sent once more.
    Events {
        #[command(subcommand)]
        what: Events,
        /// The DynamoDB that holds the table: a local one, or AWS itself with credentials in the environment.
        #[arg(long, env = "DYNAMODB_ENDPOINT", value_name = "URL", global = true)]
        dynamodb_endpoint: Option<String>,
        /// The table.
        #[arg(long, env = "KOOGALLERY_TABLE", default_value = "koogallery", value_name = "NAME", global = true)]
        table: String,
    },
    /// Erase at once what is personal of an instance that is released, or of a license code.
    ///
    /// A schedule does the same `KOOGALLERY_PERSONAL_DATA_DAYS` after the release. Status, orders and periods stay.
    Erase {
        /// The instance's id.
        #[arg(value_name = "INSTANCE_ID", required_unless_present = "license")]
        instance: Option<InstanceId>,
        /// A license code instead.
        #[arg(long, value_name = "CODE", conflicts_with = "instance")]
        license: Option<LicenseCode>,
        /// The DynamoDB that holds the table: a local one, or AWS itself with credentials in the environment.
        #[arg(long, env = "DYNAMODB_ENDPOINT", value_name = "URL")]
        dynamodb_endpoint: Option<String>,
        /// The table.
        #[arg(long, env = "KOOGALLERY_TABLE", default_value = "koogallery", value_name = "NAME")]
        table: String,
    },
    /// Receive events as the seller's application does: check their signature and show them.
    ///
    /// `serve` sends events here with `KOOGALLERY_WEBHOOK_URL=http://127.0.0.1:9100/`. Both sign with
    /// `KOOGALLERY_WEBHOOK_SECRET`, or a local test secret.
    Listen {
        /// The loopback port to listen on.
        #[arg(long, default_value_t = 9100)]
        port: u16,
        /// Hand each event on to this address, as it came, and answer as it answers.
        #[arg(long, value_name = "URL")]
        forward_to: Option<String>,
    },
    /// Make the RSA pair by which KooGallery encrypts clientSecrets (joint-operations kit).
    Keygen {
        /// Write the private key to this new file, instead of showing it.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
enum Events {
    /// List what is still to be delivered; with a subject, all that happened to it.
    List {
        /// Such as INSTANCE#b-1 or ORDER#CS1.
        #[arg(value_name = "SUBJECT")]
        of: Option<String>,
    },
    /// Send events once more, whatever became of them. The deployment itself sends them.
    Resend {
        /// Every event that failed so far.
        #[arg(long, conflicts_with_all = ["ids", "of"])]
        all_failed: bool,
        /// Whom the events are about; needed for those that were delivered.
        #[arg(long, value_name = "SUBJECT")]
        of: Option<String>,
        /// The events.
        #[arg(value_name = "ID", required_unless_present = "all_failed")]
        ids: Vec<Uuid>,
    },
}

#[tokio::main]
#[allow(clippy::print_stderr)]
async fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Serve { listen, data, dynamodb_endpoint } => serve(listen, data, dynamodb_endpoint).await,
        Command::Simulate { to, family, rsa_public_key, json } => {
            play(to, &family, rsa_public_key.as_deref(), json).await
        }
        Command::Conform { to, only, rsa_public_key, corpus, json } => {
            conform(to, &only, rsa_public_key.as_deref(), corpus, json).await
        }
        Command::Call { activity, to, version, members } => one_call(&activity, &to, version, &members).await,
        Command::Events { what, dynamodb_endpoint, table } => events_of(what, dynamodb_endpoint, table).await,
        Command::Erase { instance, license, dynamodb_endpoint, table } => {
            erase(instance, license, dynamodb_endpoint, table).await
        }
        Command::Listen { port, forward_to } => listen(port, forward_to).await,
        Command::Keygen { out } => make_keys(out.as_deref()),
    };
    done.unwrap_or_else(|error| {
        eprintln!("koogallery: {error}");
        ExitCode::from(2)
    })
}

type Done = Result<ExitCode, Box<dyn std::error::Error>>;

#[allow(clippy::print_stderr)]
async fn serve(listen: SocketAddr, data: Option<PathBuf>, dynamodb_endpoint: Option<String>) -> Done {
    let environment = Environment::of_process();
    let own_token = environment.get("KOOGALLERY_API_TOKEN").is_some();
    let host =
        LocalHost::start(Options { listen, data, dynamodb_endpoint, environment, log: Arc::new(Console) }).await?;
    eprintln!("production address   {}   (any path below it as well)", host.address());
    eprintln!("seller API           {}/v1   (described at /v1/openapi.json)", host.seller_api());
    eprintln!("DynamoDB             {}   (any AWS credentials and region, unless it is AWS)", host.dynamodb_endpoint());
    eprintln!("table                {}", host.store().table());
    if host.uses_test_keys() {
        eprintln!("access keys          the local test key, which everybody knows; set KOOGALLERY_KEYS for your own");
        if own_token {
            eprintln!("API token            as KOOGALLERY_API_TOKEN says");
        } else {
            eprintln!("API token            {LOCAL_API_TOKEN}, which everybody knows");
        }
    }
    if host.delivers() {
        eprintln!("events               are delivered; `koogallery events list` shows which are not yet");
    }
    eprintln!("look inside          {}", look_inside(&host));
    eprintln!("Ctrl-C ends it.");
    until_told_to_stop().await?;
    eprintln!("stopping");
    host.stop().await?;
    Ok(ExitCode::SUCCESS)
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

#[allow(clippy::print_stdout, clippy::print_stderr)]
async fn play(to: Option<String>, families: &[Family], rsa_public_key: Option<&str>, json: bool) -> Done {
    let (marketplace, own_host) = marketplace(to).await?;
    let families = playable(families, &marketplace);
    let rsa_public_key = public_key(rsa_public_key)?;
    if rsa_public_key.is_none() {
        eprintln!("left out: client secrets of the joint-operations kit, as no --rsa-public-key is given");
    }
    let progress = Progress::new(json);
    let show = |step: &Step| progress.show(&[&step.activity, &step.tried]);
    let report = simulate(marketplace, rsa_public_key, &families, show).await?;
    progress.clear();
    if let Some(host) = own_host {
        host.stop().await?;
    }
    if json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!("{report}");
    }
    Ok(if report.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Those asked for, or all; without those that there is no key for.
#[allow(clippy::print_stderr)]
fn playable(asked: &[Family], marketplace: &Marketplace) -> Vec<Family> {
    let asked = if asked.is_empty() { &Family::ALL } else { asked };
    let has_key = |family: &&Family| {
        let key = marketplace.key(family.interface_type());
        if let Err(problem) = &key {
            eprintln!(
                "left out: {}: {problem}",
                family.to_possible_value().map_or_else(String::new, |name| name.get_name().to_owned())
            );
        }
        key.is_ok()
    };
    asked.iter().filter(has_key).copied().collect()
}

#[allow(clippy::print_stdout)]
async fn conform(
    to: Option<String>,
    only: &[String],
    rsa_public_key: Option<&str>,
    corpus: Option<PathBuf>,
    json: bool,
) -> Done {
    let corpus = corpus.map_or_else(Corpus::embedded, |folder| Corpus::read(&folder))?.only(only);
    if corpus.is_empty() {
        return Err("no case has such a name: `--only` takes a folder, file, case, callback or dialect".into());
    }
    let rsa_public_key = public_key(rsa_public_key)?;
    let (marketplace, own_host) = marketplace(to).await?;
    let progress = Progress::new(json);
    let conform = Conform::new(marketplace, rsa_public_key);
    let report = conform.run(&corpus, |Outcome { case, .. }| progress.show(&[case])).await?;
    progress.clear();
    if let Some(host) = own_host {
        host.stop().await?;
    }
    if json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!("{report}");
    }
    Ok(match (report.failed, report.passed) {
        (0, 0) => ExitCode::from(2),
        (0, _) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// The public key that is given; that of the local test key where the other local test keys are used.
fn public_key(given: Option<&str>) -> Result<Option<RsaPublicKey>, Box<dyn std::error::Error>> {
    match given {
        Some(given) => read_public_key(given).map(Some),
        None if Environment::of_process().get("KOOGALLERY_KEYS").is_none() => Ok(Some(local_rsa_public_key()?)),
        None => Ok(None),
    }
}

/// A public key in a file or as it stands, with PEM's first and last line or without.
fn read_public_key(given: &str) -> Result<RsaPublicKey, Box<dyn std::error::Error>> {
    let text = if PathBuf::from(given).is_file() { std::fs::read_to_string(given)? } else { given.to_owned() };
    let base64: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
    Ok(base64.parse()?)
}

/// The marketplace of an address, or of a local host started for it.
async fn marketplace(to: Option<String>) -> Result<(Marketplace, Option<LocalHost>), Box<dyn std::error::Error>> {
    let environment = Environment::of_process();
    let keys = or_local_test_keys(environment.get("KOOGALLERY_KEYS"))?;
    if let Some(address) = to {
        return Ok((Marketplace::new(&address, keys)?, None));
    }
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let (data, dynamodb_endpoint, log) = (None, None, Arc::new(Silent));
    let host = LocalHost::start(Options { listen, data, dynamodb_endpoint, environment, log }).await?;
    Ok((Marketplace::new(&host.address(), keys)?, Some(host)))
}

/// The step that just ended, on one line of a terminal; nothing where standard error goes elsewhere.
struct Progress {
    shown: bool,
}

impl Progress {
    const CLEAR: &str = "\r\x1b[K";

    fn new(json: bool) -> Self {
        Self { shown: !json && std::io::stderr().is_terminal() }
    }

    #[allow(clippy::print_stderr)]
    fn show(&self, parts: &[&str]) {
        if self.shown {
            eprint!("{}{}", Self::CLEAR, parts.join(" — "));
        }
    }

    #[allow(clippy::print_stderr)]
    fn clear(&self) {
        if self.shown {
            eprint!("{}", Self::CLEAR);
        }
    }
}

#[allow(clippy::print_stdout, clippy::print_stderr)]
async fn one_call(activity: &str, to: &str, version: Version, members: &[String]) -> Done {
    let environment = Environment::of_process();
    let marketplace = Marketplace::new(to, or_local_test_keys(environment.get("KOOGALLERY_KEYS"))?)?;
    let Called { exchange, v1_key } = call(&marketplace, version, activity, members).await?;
    println!("{}", String::from_utf8_lossy(&exchange.body));
    eprintln!("HTTP {} in {:.1} ms", exchange.status, exchange.elapsed.as_secs_f64() * 1e3);
    let reply = exchange.reply()?;
    if let Some(key) = v1_key {
        genuine(&exchange, &key, false)?;
        eprintln!("Body-Sign is right");
        let clear = decrypted(serde_json::from_slice(&exchange.body)?, &key)?;
        app_infos(&clear).for_each(|app_info| eprintln!("the buyer sees {app_info}"));
    }
    let done = matches!(reply.result_code, ResultCode::Success | ResultCode::Processing);
    Ok(if done { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[allow(clippy::print_stdout)]
async fn events_of(what: Events, dynamodb_endpoint: Option<String>, table: String) -> Done {
    let store = store_at(dynamodb_endpoint, table)?;
    let listed = match what {
        Events::List { of } => events::list(&store, of.map(SubjectKey::from).as_ref()).await?,
        Events::Resend { all_failed: true, .. } => events::resend_failed(&store).await?,
        Events::Resend { of, ids, .. } => events::resend(&store, &ids, of.map(SubjectKey::from).as_ref()).await?,
    };
    println!("{listed}");
    Ok(ExitCode::SUCCESS)
}

#[allow(clippy::print_stdout)]
async fn erase(
    instance: Option<InstanceId>,
    license: Option<LicenseCode>,
    dynamodb_endpoint: Option<String>,
    table: String,
) -> Done {
    let store = store_at(dynamodb_endpoint, table)?;
    let gone = match (&instance, &license) {
        (Some(id), _) => erase_instance(&store, id).await?,
        (None, Some(code)) => erase_license(&store, code).await?,
        (None, None) => return Err("name an instance or a license code".into()),
    };
    match gone {
        Some(Gone { items, events }) => println!("erased; {items} items are gone, {events} events stay without names"),
        None => println!("it was erased before"),
    }
    Ok(ExitCode::SUCCESS)
}

fn store_at(dynamodb_endpoint: Option<String>, table: String) -> Result<Store, Box<dyn std::error::Error>> {
    let mut environment = Environment::of_process();
    if let Some(endpoint) = dynamodb_endpoint {
        environment = environment.with("DYNAMODB_ENDPOINT", endpoint);
    }
    Ok(Store::new(dynamodb_client(&environment)?, table))
}

#[allow(clippy::print_stdout, clippy::print_stderr)]
async fn listen(port: u16, forward_to: Option<String>) -> Done {
    let environment = Environment::of_process();
    let secrets = environment.get("KOOGALLERY_WEBHOOK_SECRET");
    let listener = Listener::start(port, secrets, forward_to, Box::new(|event| println!("{event}"))).await?;
    eprintln!("listening on http://{}/ for events. Ctrl-C ends it.", listener.address()?);
    listener.run().await?;
    Ok(ExitCode::SUCCESS)
}

#[allow(clippy::print_stdout)]
fn make_keys(out: Option<&Path>) -> Done {
    println!("{}", keygen(out)?);
    Ok(ExitCode::SUCCESS)
}
