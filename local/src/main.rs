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
use koogallery_local::keys::{LOCAL_API_TOKEN, LOCAL_WEBHOOK_SECRET, local_rsa_public_key, or_local_test_keys};
use koogallery_local::listen::Listener;
use koogallery_local::log::{Console, Silent};
use koogallery_local::marketplace::Marketplace;
use koogallery_local::simulate::{Family, News, OwnSide, SellerApi, Simulation, open_api};
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
    ///
    /// Without --to, the seller's side is played as well: a local host, KooGallery's open APIs that tell the orders, and
    /// an application that receives the events. `KOOGALLERY_WEBHOOK_URL` names an application of your own instead.
    ///
    /// Ends with 0 where every answer was right, each event is one that its call makes, and none was tried in vain or
    /// overtaken; one that the application does not want (HTTP 410) is no failure. The application that is played here
    /// must have got every event, with its order's details.
    Simulate {
        /// The production address to call [default: a local host started for it].
        #[arg(long, value_name = "URL")]
        to: Option<String>,
        /// The seller API to ask what became of the events; `KOOGALLERY_API_TOKEN` opens it [default: that of `serve`,
        /// where the production address is on this machine].
        #[arg(long, value_name = "URL", requires = "to")]
        seller_api: Option<String>,
        /// Play KooGallery's open APIs here, for a `KOOGALLERY_OPEN_API_URL` of http://ADDRESS:PORT/. They know the orders
        /// made up here, which KooGallery itself does not [default: for the local host started, at any free port].
        ///
        /// `KOOGALLERY_ACCESS_KEY_ID` and `KOOGALLERY_SECRET_ACCESS_KEY` may call them, or local test ones.
        #[arg(long, value_name = "ADDRESS:PORT")]
        open_api: Option<SocketAddr>,
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
        Command::Simulate { to, seller_api, open_api, family, rsa_public_key, json } => {
            let seller = SellersSide { to, seller_api, open_api };
            play(seller, &family, rsa_public_key.as_deref(), json).await
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
    let variable = |name| environment.get(name).map(str::to_owned);
    let (webhook, open_apis) = (variable("KOOGALLERY_WEBHOOK_URL"), variable("KOOGALLERY_OPEN_API_URL"));
    let (log, journal) = (Arc::new(Console), Arc::new(Console));
    let host = LocalHost::start(Options { listen, data, dynamodb_endpoint, environment, log, journal }).await?;
    eprintln!("production address   {}   (any path below it as well)", host.address());
    eprintln!("seller API           {}/v1   (described at /v1/openapi.json)", host.seller_api());
    eprintln!("DynamoDB             {}   (any AWS credentials and region, unless it is AWS)", host.dynamodb_endpoint());
    eprintln!("table                {}", host.store().table());
    if host.has_default_of("KOOGALLERY_KEYS") {
        eprintln!("access keys          the local test key, which everybody knows; set KOOGALLERY_KEYS for your own");
        if host.has_default_of("KOOGALLERY_API_TOKEN") {
            eprintln!("API token            {LOCAL_API_TOKEN}, which everybody knows");
        } else {
            eprintln!("API token            as KOOGALLERY_API_TOKEN says");
        }
    }
    match webhook {
        // What is behind a `?` may be a secret.
        Some(url) => eprintln!(
            "events               to {}; `koogallery events list` shows which are not there yet",
            url.split('?').next().unwrap_or_default()
        ),
        None if host.delivers() => eprintln!("events               to the event bus"),
        None => {
            eprintln!(
                "events               are kept; set KOOGALLERY_WEBHOOK_URL to have them sent to your application"
            );
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

/// Where a simulation finds the seller's side.
struct SellersSide {
    to: Option<String>,
    seller_api: Option<String>,
    open_api: Option<SocketAddr>,
}

async fn play(seller: SellersSide, families: &[Family], rsa_public_key: Option<&str>, json: bool) -> Done {
    let environment = Environment::of_process();
    let rsa_public_key = public_key(rsa_public_key)?;
    let Some(address) = seller.to else {
        let own = OwnSide::start(environment, seller.open_api).await?;
        let done = report(Simulation { rsa_public_key, ..own.simulation() }, families, json).await;
        own.stop().await?;
        return done;
    };
    let marketplace = Marketplace::new(&address, or_local_test_keys(environment.get("KOOGALLERY_KEYS"))?)?;
    let stand_in = match seller.open_api {
        Some(listen) => Some(open_api(&environment, listen).await?),
        None => None,
    };
    let seller_api = seller_api(seller.seller_api, &address, &environment).await?;
    let (open_api, seller_api) = (stand_in.as_ref(), seller_api.as_ref());
    report(Simulation { rsa_public_key, open_api, seller_api, ..Simulation::new(marketplace) }, families, json).await
}

#[allow(clippy::print_stdout, clippy::print_stderr)]
async fn report(simulation: Simulation<'_>, families: &[Family], json: bool) -> Done {
    if simulation.rsa_public_key.is_none() {
        eprintln!("left out: client secrets of the joint-operations kit, as no --rsa-public-key is given");
    }
    let families = playable(families, &simulation.marketplace);
    let progress = Progress::new(json);
    let report = Simulation { families, ..simulation }.play(|news| match news {
        News::Answered(step) => progress.show(&[&step.activity, &step.tried]),
        News::Tried(event) => progress.show(&["→", &event.event_type]),
    });
    let report = report.await?;
    progress.clear();
    if json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!("{report}");
    }
    Ok(if report.is_right() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The seller API to ask for what became of events; said where there is none to ask.
#[allow(clippy::print_stderr)]
async fn seller_api(
    given: Option<String>,
    production_address: &str,
    environment: &Environment,
) -> Result<Option<SellerApi>, Box<dyn std::error::Error>> {
    let Some(address) = given.or_else(|| SellerApi::beside(production_address)) else {
        eprintln!("left out: what became of events; --seller-api and KOOGALLERY_API_TOKEN say whom to ask");
        return Ok(None);
    };
    let tokens = environment.get("KOOGALLERY_API_TOKEN").unwrap_or(LOCAL_API_TOKEN);
    let api = SellerApi::new(&address, tokens.split_whitespace().next().unwrap_or_default())?;
    if let Err(problem) = api.check().await {
        eprintln!("left out: what became of events: {problem}");
        return Ok(None);
    }
    Ok(Some(api))
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
    let (data, dynamodb_endpoint, log, journal) = (None, None, Arc::new(Silent), Arc::new(Silent));
    let host = LocalHost::start(Options { listen, data, dynamodb_endpoint, environment, log, journal }).await?;
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

#[allow(clippy::print_stdout)]
fn make_keys(out: Option<&Path>) -> Done {
    println!("{}", keygen(out)?);
    Ok(ExitCode::SUCCESS)
}
