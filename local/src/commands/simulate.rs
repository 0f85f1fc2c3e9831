//! `koogallery simulate`: plays the marketplace, and the seller's side as well unless it is elsewhere.

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use koogallery_runtime::Environment;

use super::progress::Progress;
use super::rsa_public_key::given_or_local;
use super::{Done, Failure};
use crate::keys::{LOCAL_API_TOKEN, or_local_test_keys};
use crate::marketplace::Marketplace;
use crate::simulate::{Family, News, OwnSide, SellerApi, Simulation, open_api as play_open_api};

/// Play the marketplace: the whole life of products of every family, debug calls and attacks; check every answer.
///
/// A family is left out if its access key is not set. Client secrets are left out without the RSA public key.
///
/// Without --to, the seller's side is played as well: a local host, KooGallery's open APIs that tell the orders, and
/// an application that receives the events. `KOOGALLERY_WEBHOOK_URL` names an application of your own instead.
///
/// Ends with 0 where every answer was right, each event is one that its call makes, and none was tried in vain or
/// overtaken; one that the application does not want (HTTP 410) is no failure. The application that is played here
/// must have got every event, with its order's details.
#[derive(Debug, Args)]
pub(crate) struct Simulate {
    /// The production address [default: a local host, started for this run].
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
    /// Play only this family. May be repeated [default: all].
    #[arg(long, value_name = "NAME")]
    family: Vec<Family>,
    /// The RSA public key that you registered in KooGallery: base64 as registered, or a file.
    #[arg(long, env = "KOOGALLERY_RSA_PUBLIC_KEY", value_name = "FILE|BASE64")]
    rsa_public_key: Option<String>,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

impl Simulate {
    /// Plays and reports.
    pub(crate) async fn run(self) -> Done {
        let Self { to, seller_api, open_api, family, rsa_public_key, json } = self;
        let environment = Environment::of_process();
        let rsa_public_key = given_or_local(rsa_public_key.as_deref())?;
        let Some(address) = to else {
            let own = OwnSide::start(environment, open_api).await?;
            let done = report(Simulation { rsa_public_key, ..own.simulation() }, &family, json).await;
            own.stop().await?;
            return done;
        };
        let marketplace = Marketplace::new(&address, or_local_test_keys(environment.get("KOOGALLERY_KEYS"))?)?;
        let stand_in = match open_api {
            Some(listen) => Some(play_open_api(&environment, listen).await?),
            None => None,
        };
        let seller_api = seller_api_to_ask(seller_api, &address, &environment).await?;
        let (open_api, seller_api) = (stand_in.as_ref(), seller_api.as_ref());
        report(Simulation { rsa_public_key, open_api, seller_api, ..Simulation::new(marketplace) }, &family, json).await
    }
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
async fn seller_api_to_ask(
    given: Option<String>,
    production_address: &str,
    environment: &Environment,
) -> Result<Option<SellerApi>, Failure> {
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
