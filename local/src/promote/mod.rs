//! Whether what works in staging may go to production: staging is a deployment of its own, and this compares the two.
//!
//! It plays the conformance corpus against staging, looks at what staging's application could not take and at what production answered
//! KooGallery's probes, and says what production's settings would become. It writes nothing until [`Promotion::apply`].

mod replacement;

use koogallery::RsaPublicKey;
use koogallery_settings::{Difference, SettingsDocument, differences};
use serde_json::{Value, json};

use crate::api::{Api, ApiError};
use crate::conform::{Conform, Corpus, CorpusError, Outcome, Profile};
use crate::findings::{Finding, Report, by_family};
use crate::marketplace::{CallError, Marketplace};
use crate::probes::last_probes;

pub use replacement::{Replacement, ReplacementError};

const VERSIONS: &str = "versions";
const SETTINGS: &str = "settings";
const EVENTS: &str = "events of staging";
const PROBES: &str = "probes of production";
/// So many events are looked for: one is enough.
const ONE: &str = "1";

/// Two deployments.
#[derive(Debug)]
pub struct Promotion {
    /// The seller API of staging.
    pub staging: Api,
    /// The seller API of production.
    pub production: Api,
    /// KooGallery as it calls staging.
    pub marketplace: Marketplace,
    /// What is registered of staging's RSA key pair. Without it, cases with a clientSecret are left out.
    pub rsa_public_key: Option<RsaPublicKey>,
    /// What differs between the two on purpose, such as the application's address.
    pub replacements: Vec<Replacement>,
}

/// What was found, and what follows from it.
#[derive(Debug)]
pub struct Checked {
    /// Each check. Nothing is to be promoted where one of them found a problem.
    pub report: Report,
    /// What production's settings would change.
    pub differences: Vec<Difference>,
    /// What they would be.
    document: Value,
    /// The version that they are now.
    standing: u64,
}

/// Why nothing can be compared, or nothing be promoted.
#[derive(Debug, thiserror::Error)]
pub enum PromotionError {
    /// The seller API of staging.
    #[error("staging: {0}")]
    Staging(#[source] ApiError),
    /// The seller API of production.
    #[error("production: {0}")]
    Production(#[source] ApiError),
    /// The production address of staging.
    #[error("staging: {0}")]
    Address(#[from] CallError),
    /// The cases.
    #[error(transparent)]
    Corpus(#[from] CorpusError),
}

impl Promotion {
    /// Looks at everything, one after the other; `progress` hears of each finding, `played` of each case.
    pub async fn check(
        &self,
        progress: impl Fn(&Finding),
        played: impl Fn(&Outcome) + Sync,
    ) -> Result<Checked, PromotionError> {
        let mut findings = Vec::new();
        let mut found = |more: Vec<Finding>| {
            more.iter().for_each(&progress);
            findings.extend(more);
        };
        found(vec![self.versions().await?]);
        let from = self.staging.get(&["settings"], &[]).await.map_err(PromotionError::Staging)?;
        let to = self.production.get(&["settings"], &[]).await.map_err(PromotionError::Production)?;
        let document = self.replacements.iter().fold(from["document"].clone(), |document, other| other.of(document));
        let differences = differences(&to["document"], &document);
        found(self.settings(&document, differences.len()));
        // Before the conformance, which makes events of its own.
        found(vec![self.events().await?]);
        found(vec![last_probes(PROBES, &self.production).await]);
        found(self.conformance(played).await?);
        let report = Report::new(self.production.address().to_string(), findings);
        Ok(Checked { report, differences, document, standing: to["version"].as_u64().unwrap_or_default() })
    }

    /// Makes staging's settings, with what is replaced, those of production, if nobody wrote others since they were compared. Returns
    /// their version; that of before if nothing differs.
    pub async fn apply(&self, checked: &Checked, reason: &str, by: Option<&str>) -> Result<u64, PromotionError> {
        if checked.differences.is_empty() {
            return Ok(checked.standing);
        }
        let mut body = json!({ "document": checked.document, "expectedVersion": checked.standing, "reason": reason });
        if let Some(by) = by {
            body["by"] = by.into();
        }
        let kept = self.production.put(&["settings"], &body).await.map_err(PromotionError::Production)?;
        Ok(kept["version"].as_u64().unwrap_or_default())
    }

    async fn versions(&self) -> Result<Finding, PromotionError> {
        let staging = self.staging.version().await.map_err(PromotionError::Staging)?;
        let production = self.production.version().await.map_err(PromotionError::Production)?;
        Ok(if staging == production {
            Finding::ok(VERSIONS, format_args!("both run {staging}"))
        } else {
            let deploy = "deploy the same to production before its settings, if they need it";
            Finding::ok(VERSIONS, format_args!("staging runs {staging}, production {production}: {deploy}"))
        })
    }

    fn settings(&self, document: &Value, differences: usize) -> Vec<Finding> {
        let mut found = Vec::new();
        if let Err(refused) = SettingsDocument::of(&document.clone().into()) {
            found
                .push(Finding::problem(SETTINGS, format_args!("with what is replaced they cannot be read: {refused}")));
        }
        let hosts = [self.staging.address().host_str().map(str::to_owned), host(self.marketplace.address())];
        let here = self.production.address().host_str().map(str::to_owned);
        for host in hosts.into_iter().flatten().filter(|host| here.as_ref() != Some(host)) {
            if let Some(place) = replacement::place_of(document, &host) {
                let mend = "say what it is in production by --replace";
                found
                    .push(Finding::problem(SETTINGS, format_args!("{place} names {host}, which is staging's: {mend}")));
            }
        }
        if found.is_empty() {
            let told = match differences {
                0 => "production has the same".to_owned(),
                1 => "production would change in 1 place".to_owned(),
                more => format!("production would change in {more} places"),
            };
            found.push(Finding::ok(SETTINGS, told));
        }
        found
    }

    /// What staging's application could not take, it would not take in production either.
    async fn events(&self) -> Result<Finding, PromotionError> {
        let query = [("state", "parked"), ("limit", ONE)];
        let parked = self.staging.get(&["events"], &query).await.map_err(PromotionError::Staging)?;
        Ok(match parked["events"].as_array().and_then(|events| events.first()) {
            None => Finding::ok(EVENTS, "none is parked"),
            Some(event) => {
                let id = event["eventId"].as_str().unwrap_or_default();
                let mend = "mend the application there and resend it, or discard it";
                Finding::problem(EVENTS, format_args!("the application did not take {id}, and maybe others: {mend}"))
            }
        })
    }

    async fn conformance(&self, played: impl Fn(&Outcome) + Sync) -> Result<Vec<Finding>, PromotionError> {
        let conform = Conform::new(self.marketplace.clone(), self.rsa_public_key.clone());
        let mut found = Vec::new();
        for (profile, check, mend) in [
            (Profile::Guides, "conformance", "`koogallery conform` shows the case as a whole"),
            (Profile::Console, "debug calls", "KooGallery's probes would fail alike"),
        ] {
            let report = conform.run(&Corpus::embedded()?.of_profile(profile), &played).await?;
            found.extend(by_family(check, &report.cases, mend));
        }
        Ok(found)
    }
}

fn host(address: &str) -> Option<String> {
    reqwest::Url::parse(address).ok()?.host_str().map(str::to_owned)
}
