//! `koogallery conform`: checks an endpoint against the conformance corpus.

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
use crate::host::{LocalHost, Options, TableAt};
use crate::keys::or_local_test_keys;
use crate::log::Silent;
use crate::marketplace::Marketplace;

/// Check an endpoint against the conformance corpus: what KooGallery's guides demand of every callback.
///
/// The cases buy instances of their own and release them again. Ends with 0 if every case that could be played passed,
/// with 1 if one failed, with 2 if none could be played.
#[derive(Debug, Args)]
pub(crate) struct Conform {
    /// The production address [default: a local host, started for this run].
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// Play only these cases: a folder, file, case, callback (newInstance) or dialect ("kit V2"). May be repeated.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Which checks to make.
    #[arg(long, value_enum, default_value_t)]
    profile: Profile,
    /// The RSA public key that you registered in KooGallery: base64 as registered, or a file.
    #[arg(long, env = "KOOGALLERY_RSA_PUBLIC_KEY", value_name = "FILE|BASE64")]
    rsa_public_key: Option<String>,
    /// Read the corpus from this folder instead of the built-in one.
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
            return Err("no case has this name: `--only` takes a folder, file, case, callback or dialect".into());
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

/// A marketplace that calls the given address, or a local host that is started now.
async fn marketplace(to: Option<String>) -> Result<(Marketplace, Option<LocalHost>), Failure> {
    let environment = Environment::of_process();
    let keys = or_local_test_keys(environment.get("KOOGALLERY_KEYS"))?;
    if let Some(address) = to {
        return Ok((Marketplace::new(&address, keys)?, None));
    }
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let (table, log, journal) = (TableAt::IN_MEMORY, Arc::new(Silent), Arc::new(Silent));
    let host = LocalHost::start(Options::new(listen, table, environment, log, journal)).await?;
    Ok((Marketplace::new(&host.address(), keys)?, Some(host)))
}
