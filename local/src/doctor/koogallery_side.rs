//! KooGallery's side, as far as it tells: the open APIs by a test order, and what only Seller Console shows.

use std::time::{Duration, Instant};

use koogallery::{InterfaceType, OrderId, RsaPrivateKey};
use koogallery_open_api::{BaseUrl, BaseUrlError, Client, Credentials, Error, Patience};
use koogallery_runtime::{Environment, Scope, Secrets, now};

use super::{Doctor, has_key};
use crate::api::Api;
use crate::findings::Finding;
use crate::probes::last_probes;

const OPEN_APIS: &str = "open APIs";
const PUBLIC_KEY: &str = "RSA public key";
/// KooGallery answers it to every seller.
const TEST_ORDER: &str = "MOCKPERIODYEARNEW";
const PATIENCE: Duration = Duration::from_secs(6);
/// So much of the end of a key is enough to compare it by eye.
const END: usize = 16;

impl Doctor {
    /// Whether AK and SK open KooGallery's open APIs: one test order is asked for.
    pub(super) async fn open_apis(&self, environment: &Environment, secrets: Option<&Secrets>) -> Vec<Finding> {
        const URL: &str = "KOOGALLERY_OPEN_API_URL";
        let Some(url) = environment.get(URL) else {
            let why = format!("{URL} is not set here: events come without buyer and product, usage cannot be reported");
            return vec![Finding::not_checked(OPEN_APIS, why)];
        };
        let base = match url.trim().parse::<BaseUrl>() {
            Ok(base) => base,
            // The check of the variables says what is wrong with it.
            Err(BaseUrlError) => return vec![Finding::not_checked(OPEN_APIS, format_args!("{URL} cannot be used"))],
        };
        let Some(key) = secrets.and_then(|secrets| secrets.open_api.as_ref()) else {
            let named = self.place().names("KOOGALLERY_ACCESS_KEY_ID", "openApi");
            return vec![Finding::not_checked(OPEN_APIS, format_args!("no AK and SK here: set {named}"))];
        };
        let asked = async {
            let credentials = Credentials::new(key.access_key_id.reveal(), key.secret_access_key.reveal());
            let credentials = credentials.map_err(|problem| problem.to_string())?;
            let client = Client::new(base.clone(), credentials, now, Patience::default());
            let client = client.map_err(|problem| problem.to_string())?;
            let order: OrderId = TEST_ORDER.parse().map_err(|problem| format!("{problem}"))?;
            client.order_query(&order, None, Instant::now() + PATIENCE).await.map_err(|error| mended(&error))
        };
        vec![match asked.await {
            Ok(_) => Finding::ok(OPEN_APIS, format_args!("{base} tells the test order {TEST_ORDER}")),
            Err(problem) => Finding::problem(OPEN_APIS, problem),
        }]
    }

    /// Whether the private key is the other half of the registered public one.
    pub(super) fn public_key(&self, secrets: Option<&Secrets>) -> Vec<Finding> {
        let Some(secrets) = secrets.filter(|secrets| has_key(secrets, InterfaceType::Kit)) else {
            return vec![Finding::not_checked(
                PUBLIC_KEY,
                "no kit access key here: only the joint-operations kit needs it",
            )];
        };
        let private = secrets.rsa_private_key.as_ref().map(|text| RsaPrivateKey::readable_from_text(text.reveal()).0);
        let private = private.unwrap_or_default();
        let mut found = Vec::new();
        match &self.rsa_public_key {
            Some(registered) if private.iter().any(|key| key.public_key() == *registered) => {
                found.push(Finding::ok(PUBLIC_KEY, "it is the other half of the private key"));
            }
            Some(_) if !private.is_empty() => {
                let mend =
                    "register the one that `koogallery keygen` showed with the private key, or set that private key";
                found.push(Finding::problem(PUBLIC_KEY, format_args!("the private key is of another pair: {mend}")));
            }
            _ => found.push(Finding::not_checked(
                PUBLIC_KEY,
                "give the registered one as --rsa-public-key, and the private key",
            )),
        }
        let known = self.rsa_public_key.clone().or_else(|| private.first().map(RsaPrivateKey::public_key));
        if let Some(known) = known {
            let text = known.to_string();
            let end = &text[text.len().saturating_sub(END)..];
            let compare = "compare it in Seller Console > Application Tools > Key Management";
            let told = format!(
                "whether it is registered in KooGallery is not known, no API tells; {compare}: it ends in {end}"
            );
            found.push(Finding::not_checked(PUBLIC_KEY, told));
        }
        found
    }

    /// What the last debug calls were answered, before this command sends its own.
    pub(super) async fn probes(&self, secrets: Option<&Secrets>) -> Finding {
        const PROBES: &str = "last probes";
        let token = secrets.and_then(|secrets| secrets.api_tokens.iter().find(|token| token.scopes.has(Scope::Read)));
        let (Some(address), Some(token)) = (&self.seller_api, token) else {
            return Finding::not_checked(PROBES, "the seller API tells: give its address and a token that may read");
        };
        match Api::new(address, token.token.reveal().to_owned()) {
            Ok(api) => last_probes(PROBES, &api).await,
            Err(problem) => Finding::not_checked(PROBES, problem),
        }
    }
}

/// What KooGallery said, and what to do about it.
fn mended(error: &Error) -> String {
    let mend = match error {
        Error::Unreachable { .. } | Error::Broken { .. } | Error::TimedOut(_) => {
            "does a firewall let it pass, and is KOOGALLERY_OPEN_API_URL the site where you are registered?"
        }
        Error::Status { status: 401 | 403, .. } => {
            "are AK and SK as My Credentials > Access Keys shows them, of the seller's account, and of this site?"
        }
        Error::Refused { .. } => "may this account call the open APIs, and is this the site where you are registered?",
        _ => "it may be KooGallery's side: try again later",
    };
    format!("{error}: {mend}")
}
