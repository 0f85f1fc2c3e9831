//! `koogallery doctor`: looks at a deployment that runs.

use std::process::ExitCode;

use clap::Args;
use koogallery_runtime::Environment;

use super::Done;
use super::rsa_public_key::given_or_local;
use crate::doctor;
use crate::findings::Finding;

/// Look at a deployment that runs: its configuration, its address and certificate, KooGallery's side, your application.
///
/// Reads the same environment variables as the deployment: set here what it has, or what is not set is not checked. Touches no
/// buyer's state: it sends debug calls, one query for KooGallery's test order, and to your application a test event of the type
/// `koogallery.test`. Ends with 1 where there is a problem.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// The production address.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9000/")]
    to: String,
    /// The seller API, which `KOOGALLERY_API_TOKEN` opens [default: that of `serve`, where --to is on this machine].
    #[arg(long, value_name = "URL")]
    seller_api: Option<String>,
    /// The RSA public key registered in KooGallery, as it is registered (base64) or as a file.
    #[arg(long, env = "KOOGALLERY_RSA_PUBLIC_KEY", value_name = "FILE|BASE64")]
    rsa_public_key: Option<String>,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

impl Doctor {
    /// Looks at everything, and shows each finding as it is made.
    #[allow(clippy::print_stdout)]
    pub(crate) async fn run(self) -> Done {
        let Self { to, seller_api, rsa_public_key, json } = self;
        let public_key = given_or_local(rsa_public_key.as_deref())?;
        let doctor = doctor::Doctor::new(&to, seller_api, public_key, Environment::of_process())?;
        let show = |finding: &Finding| {
            if !json {
                println!("{finding}");
            }
        };
        let report = doctor.examine(show).await?;
        if json {
            println!("{}", serde_json::to_string_pretty(&report)?);
        } else {
            println!("{report}");
        }
        Ok(if report.problems == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
