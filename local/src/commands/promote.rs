//! `koogallery promote`: from staging to production.

use std::process::ExitCode;

use clap::Args;
use koogallery_runtime::Environment;
use serde_json::json;

use super::progress::Progress;
use super::rsa_public_key::given_or_local;
use super::{Done, Person};
use crate::api::ApiArguments;
use crate::conform::Outcome;
use crate::findings::Finding;
use crate::keys::or_local_test_keys;
use crate::marketplace::Marketplace;
use crate::promote::{Promotion, Replacement};
use crate::settings;

const EXAMPLES: &str = "\
Examples:
  koogallery promote --profile staging --address https://staging.example.com/ --to production
  koogallery promote --profile staging --address https://staging.example.com/ --to production \\
      --replace crm-staging.example.com=crm.example.com --apply --reason \"the plan Team\"

docs/staging.md says how to deploy a staging.";

/// Check whether what works in staging may go to production, and bring its settings there.
///
/// --profile or --api names staging, --to production. It plays the conformance cases against staging with the access keys of `KOOGALLERY_KEYS`,
/// looks at what staging's application did not take and at what production answered KooGallery's probes, and prints what production's
/// settings would change. It writes only with --apply, and only if there is no problem. Ends with 1 where there is one.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Promote {
    /// The profile of production: its token needs the scopes read and settings.
    #[arg(long, value_name = "NAME")]
    to: String,
    /// The production address of staging, where the cases are played. They buy instances and release them again.
    #[arg(long, value_name = "URL")]
    address: String,
    /// A text in staging's settings, and what stands for it in production. May be repeated.
    #[arg(long, value_name = "STAGING=PRODUCTION")]
    replace: Vec<Replacement>,
    /// The RSA public key registered for staging: base64, or a file.
    #[arg(long, env = "KOOGALLERY_RSA_PUBLIC_KEY", value_name = "FILE|BASE64")]
    rsa_public_key: Option<String>,
    /// Write the settings to production, if there is no problem.
    #[arg(long, requires = "reason")]
    apply: bool,
    /// Why, without personal data.
    #[arg(long, value_name = "TEXT", requires = "apply")]
    reason: Option<String>,
    #[command(flatten)]
    person: Person,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    api: ApiArguments,
}

impl Promote {
    /// Checks, and applies if it is told to.
    #[allow(clippy::print_stdout)]
    pub(crate) async fn run(self) -> Done {
        let Self { to, address, replace, rsa_public_key, apply, reason, person, json, api } = self;
        let environment = Environment::of_process();
        let keys = or_local_test_keys(environment.get("KOOGALLERY_KEYS"))?;
        let promotion = Promotion {
            staging: api.api(&environment)?,
            production: ApiArguments::of_profile(&to, &environment)?,
            marketplace: Marketplace::new(&address, keys)?,
            rsa_public_key: given_or_local(rsa_public_key.as_deref())?,
            replacements: replace,
        };
        let progress = Progress::new(json);
        let show = |finding: &Finding| {
            if !json {
                progress.clear();
                println!("{finding}");
            }
        };
        let checked = promotion.check(show, |Outcome { case, .. }| progress.show(&[case])).await?;
        progress.clear();
        let is_ready = checked.report.problems == 0;
        let applied = match reason.filter(|_| apply && is_ready) {
            Some(reason) => Some(promotion.apply(&checked, &reason, person.name().as_deref()).await?),
            None => None,
        };
        if json {
            let told = json!({ "report": checked.report, "settings": checked.differences, "applied": applied });
            println!("{}", serde_json::to_string_pretty(&told)?);
        } else {
            println!("{}", settings::Differences(&checked.differences));
            println!("{}", checked.report);
            match applied {
                Some(version) => println!("version {version} of the settings is the current one in production"),
                None if apply => println!("nothing was written: mend the problems first"),
                None => {}
            }
        }
        Ok(if is_ready { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
