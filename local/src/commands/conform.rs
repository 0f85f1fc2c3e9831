//! `koogallery conform`: holds an endpoint to the conformance corpus.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use koogallery_runtime::Environment;

use super::progress::Progress;
use super::rsa_public_key::given_or_local;
use super::{Done, Failure};
use crate::conform::{Conform as Conformance, Corpus, Outcome, Profile};
use crate::host::{LocalHost, Options};
use crate::keys::or_local_test_keys;
use crate::log::Silent;
use crate::marketplace::Marketplace;

/// Hold an endpoint to the conformance corpus: what follows from KooGallery's guides for every callback.
///
/// The cases buy instances of their own and release them again. Ends with 0 where every case that could be played
/// passed, 1 where one failed, 2 where none could be played.
#[derive(Debug, Args)]
pub(crate) struct Conform {
    /// The production address to call [default: a local host started for it].
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// Only these cases: a folder, file, case, callback (newInstance) or dialect ("kit V2"); may be repeated.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// What to hold it to.
    #[arg(long, value_enum, default_value_t)]
    profile: Profile,
    /// The RSA public key registered in KooGallery, as it is registered (base64) or as a file.
    #[arg(long, env = "KOOGALLERY_RSA_PUBLIC_KEY", value_name = "FILE|BASE64")]
    rsa_public_key: Option<String>,
    /// Another corpus instead of the one inside.
    #[arg(long, value_name = "DIR")]
    corpus: Option<PathBuf>,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

impl Conform {
    /// Plays the cases and reports.
    #[allow(clippy::print_stdout)]
    pub(crate) async fn run(self) -> Done {
        let Self { to, only, profile, rsa_public_key, corpus, json } = self;
        let corpus = corpus.map_or_else(Corpus::embedded, |folder| Corpus::read(&folder))?;
        let corpus = corpus.of_profile(profile).only(&only);
        if corpus.is_empty() {
            return Err("no case has such a name: `--only` takes a folder, file, case, callback or dialect".into());
        }
        let rsa_public_key = given_or_local(rsa_public_key.as_deref())?;
        let (marketplace, own_host) = marketplace(to).await?;
        let progress = Progress::new(json);
        let conform = Conformance::new(marketplace, rsa_public_key);
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
}

/// The marketplace of an address, or of a local host started for it.
async fn marketplace(to: Option<String>) -> Result<(Marketplace, Option<LocalHost>), Failure> {
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
