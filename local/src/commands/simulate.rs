//! `koogallery simulate`: plays the marketplace, and the seller's side as well unless it is elsewhere.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use koogallery_runtime::Environment;
use serde_json::json;
use terminal_size::{Width, terminal_size};

use super::played::played_for;
use super::progress::Progress;
use super::rsa_public_key::given_or_local;
use super::{Done, Failure, from_1};
use crate::keys::{LOCAL_API_TOKEN, or_local_test_keys};
use crate::marketplace::Marketplace;
use crate::simulate::{
    Family, Goods, Life, Look, News, OwnSide, SellerApi, Simulation, StatementMonth, USUAL_PATIENCE, UsageMonth,
    open_api as play_open_api, play_orders,
};

/// Play the marketplace: whole lives of products of every family, debug calls and attacks; check every answer, and that
/// the application provisions what was bought.
///
/// A family is left out if its access key is not set. Client secrets are left out without the RSA public key. Use --family
/// to leave out what you do not sell.
///
/// Without --to, the seller's side is played as well: a local host, KooGallery's open APIs that tell the orders, and
/// an application that receives the events. `KOOGALLERY_WEBHOOK_URL` names an application of your own instead.
///
/// Ends with 0 where every answer was right, all that was bought became ready, each event is one that its call makes, and
/// none was tried in vain or overtaken; one that the application does not want (HTTP 410) is no failure unless a purchase
/// depends on it. The summary says what is not proven. The application that is played here must have got every event, with
/// its order's details.
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
    /// made up here, which KooGallery itself does not [default: those of `serve --play-koogallery`, where it runs; for the
    /// local host started, at any free port].
    ///
    /// `KOOGALLERY_ACCESS_KEY_ID` and `KOOGALLERY_SECRET_ACCESS_KEY` may call them, or local test ones.
    #[arg(long, value_name = "ADDRESS:PORT")]
    open_api: Option<SocketAddr>,
    /// Only this family; may be repeated [default: all, or none with --play].
    #[arg(long, value_name = "NAME")]
    family: Vec<Family>,
    /// Play the life in this file; may be repeated. docs/simulate.md has the format.
    #[arg(long, value_name = "FILE")]
    play: Vec<PathBuf>,
    /// How long KooGallery waits: a call that is answered 000004, 000005 or not at all is sent again for so long, as
    /// KooGallery does for three hours.
    #[arg(long, value_name = "SECONDS", default_value_t = USUAL_PATIENCE.as_secs())]
    patience: u64,
    /// Where your application shows a customer, with {instanceId} in it: JSON with any of status (active, frozen,
    /// released), skuCode, quantity. Then it is seen whether an upgrade, a freeze, a release was carried out.
    #[arg(long, value_name = "URL")]
    look_at: Option<String>,
    /// The productId that is bought.
    #[arg(long, value_name = "ID")]
    product: Option<String>,
    /// The skuCode that is bought, and the one of an upgrade.
    #[arg(long, value_name = "CODE[,CODE]", value_delimiter = ',', num_args = 1..=2)]
    sku: Vec<String>,
    /// How many are bought, and how many there are after an upgrade [default: 10,20].
    #[arg(long, value_name = "N[,N]", value_delimiter = ',', num_args = 1..=2, value_parser = from_1::<u32>)]
    quantity: Vec<u32>,
    /// The RSA public key registered in KooGallery, as it is registered (base64) or as a file.
    #[arg(long, env = "KOOGALLERY_RSA_PUBLIC_KEY", value_name = "FILE|BASE64")]
    rsa_public_key: Option<String>,
    /// With --family orders: write the statements that are made up into this folder too.
    #[arg(long, value_name = "FOLDER")]
    statements: Option<PathBuf>,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

impl Simulate {
    /// Plays and reports.
    pub(crate) async fn run(self) -> Done {
        let environment = Environment::of_process();
        let rsa_public_key = given_or_local(self.rsa_public_key.as_deref())?;
        let lives = self.play.iter().map(|path| Life::read(path)).collect::<Result<Vec<_>, _>>()?;
        let look = self.look_at.as_deref().map(Look::new).transpose()?;
        if self.sku.len() > 2 || self.quantity.len() > 2 {
            return Err(
                "--sku and --quantity take two values at most: what is bought, and what an upgrade makes of it".into(),
            );
        }
        let (goods, patience) = (self.goods(), Duration::from_secs(self.patience));
        let asked = match (&self.family[..], &lives[..]) {
            ([], []) => Family::ALL.to_vec(),
            (families, _) => families.to_vec(),
        };
        if asked.contains(&Family::Usage) {
            return self.month_of_usage(&asked).await;
        }
        if asked.contains(&Family::Orders) {
            return self.orders(&asked).await;
        }
        if self.statements.is_some() {
            return Err("--statements is for --family orders: no other family has statements".into());
        }
        let Self { to, seller_api, open_api, json, .. } = self;
        let Some(address) = to else {
            let own = OwnSide::start(environment, open_api).await?;
            let simulation = own.simulation();
            let done =
                report(Simulation { rsa_public_key, lives, goods, patience, look, ..simulation }, &asked, json).await;
            own.stop().await?;
            return done;
        };
        let marketplace = Marketplace::new(&address, or_local_test_keys(environment.get("KOOGALLERY_KEYS"))?)?;
        let stand_in = match open_api {
            Some(listen) => Some(play_open_api(&environment, listen).await?),
            None => None,
        };
        let played = match &stand_in {
            Some(stand_in) => Some(stand_in.played()?),
            None => played_for(&address, &environment).await,
        };
        let seller_api = seller_api_to_ask(seller_api, &address, &environment).await?;
        let (open_api, seller_api) = (played.as_ref(), seller_api.as_ref());
        let simulation = Simulation::new(marketplace);
        let simulation =
            Simulation { rsa_public_key, lives, goods, patience, open_api, seller_api, look, ..simulation };
        report(simulation, &asked, json).await
    }

    /// Plays a month of pay-per-use on a local host of its own.
    #[allow(clippy::print_stdout)]
    async fn month_of_usage(&self, asked: &[Family]) -> Done {
        if asked.len() > 1 || self.to.is_some() {
            return Err(
                "--family usage is played alone, and on a local host: leave out --to and the other families".into()
            );
        }
        let (month, progress) = (UsageMonth::default(), Progress::new(self.json));
        let report = month.play(|hour| progress.show(&["pay-per-use", &format!("hour {hour} of {}", month.hours)]));
        let report = report.await?;
        progress.clear();
        if self.json {
            println!("{:#}", report.json());
        } else {
            println!("{report}");
        }
        Ok(if report.is_right() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Plays supervised orders, and the statements of a month, on local hosts of their own.
    #[allow(clippy::print_stdout)]
    async fn orders(self, asked: &[Family]) -> Done {
        if asked.len() > 1 || self.to.is_some() {
            return Err(
                "--family orders is played alone, and on a local host: leave out --to and the other families".into()
            );
        }
        let report = play_orders().await?;
        let month = StatementMonth { folder: self.statements, ..StatementMonth::default() };
        let progress = Progress::new(self.json);
        let statements = month.play(|what| progress.show(&["statements", what])).await?;
        progress.clear();
        let is_right = report.is_right() && statements.is_right();
        if self.json {
            println!("{:#}", json!({ "orders": report.json(), "statements": statements.json(), "right": is_right }));
        } else {
            println!("{report}\n\n{statements}");
        }
        Ok(if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// What is bought: of what is not said, the usual.
    fn goods(&self) -> Goods {
        let usual = Goods::default();
        let product = self.product.clone().unwrap_or(usual.product);
        let sku = self.sku.first().cloned().unwrap_or(usual.sku);
        let upgraded_sku = self.sku.get(1).cloned().unwrap_or_else(|| format!("{sku}-large"));
        let quantity = self.quantity.first().copied().unwrap_or(usual.quantity);
        let upgraded_quantity = self.quantity.get(1).copied().unwrap_or_else(|| quantity.saturating_mul(2));
        Goods { product, sku, upgraded_sku, quantity, upgraded_quantity }
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
        // A pipe gets each sentence whole.
        let width = std::io::stdout().is_terminal().then(terminal_size).flatten().map(|(Width(width), _)| width.into());
        println!("{}", report.text(width));
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

/// Those asked for, without those that there is no key for.
#[allow(clippy::print_stderr)]
fn playable(asked: &[Family], marketplace: &Marketplace) -> Vec<Family> {
    let has_key = |family: &&Family| {
        let key = marketplace.key(family.interface_type());
        if let Err(problem) = &key {
            eprintln!("left out: {}: {problem}", family.name());
        }
        key.is_ok()
    };
    asked.iter().filter(has_key).copied().collect()
}
