//! The seller's application: whether it can ask, and whether it hears.

use deliver_events::{TestEvent, send_test_event};
use koogallery_runtime::{ApiToken, Environment, Scope, SecretText, Secrets, now};
use uuid::Uuid;

use super::{Doctor, Shared};
use crate::findings::Finding;
use crate::keys::LOCAL_API_TOKEN;
use crate::simulate::SellerApi;

const SELLER_API: &str = "seller API";
const WEBHOOK: &str = "webhook";

impl Doctor {
    /// Whether the seller API opens to a token of the seller's, and to no other.
    pub(super) async fn seller_api(&self, secrets: Option<&Secrets>) -> Vec<Finding> {
        let Some(address) = &self.seller_api else {
            return vec![Finding::not_checked(SELLER_API, "give its address as --seller-api")];
        };
        let opens = async |token: &str| SellerApi::new(address, token)?.check().await;
        let mut found = Vec::new();
        // What is asked needs this scope; a token without it opens other things.
        let reads = |token: &&ApiToken| token.scopes.has(Scope::Read);
        let tokens = || secrets.into_iter().flat_map(|secrets| &secrets.api_tokens);
        match tokens().find(reads).or_else(|| tokens().next()) {
            None => {
                let named = self.place().names("KOOGALLERY_API_TOKEN", "apiTokens");
                found.push(Finding::not_checked(SELLER_API, format_args!("no token here: set {named}")));
            }
            Some(token) => found.push(match opens(token.token.reveal()).await {
                Ok(()) => Finding::ok(SELLER_API, "it answers, and the token opens it"),
                Err(problem) => Finding::problem(SELLER_API, problem),
            }),
        }
        if opens(&Uuid::new_v4().to_string()).await.is_ok() {
            let mend = "what answers there is not the seller API, or something before it adds a token";
            found.push(Finding::problem(SELLER_API, format_args!("any token opens it: {mend}")));
        }
        if (self.has_own_keys() || !self.is_here()) && opens(LOCAL_API_TOKEN).await.is_ok() {
            let mend = "set a token of your own there, as KOOGALLERY_API_TOKEN or in its secret";
            let told = format_args!("the local test token opens it, which everybody knows: {mend}");
            found.push(Finding::problem(SELLER_API, told));
        }
        found
    }

    /// Whether the application takes a signed event, and refuses one that another secret signed.
    pub(super) async fn webhook(&self, environment: &Environment, secrets: Option<&Shared>) -> Finding {
        let Some(secrets) = secrets.filter(|secrets| !secrets.webhook_secrets.is_empty()) else {
            let named = self.place().names("KOOGALLERY_WEBHOOK_SECRET", "webhookSecrets");
            let mend = "here to what the deployment signs with (`whsec_…`), so that your application gets a test event";
            return Finding::not_checked(WEBHOOK, format_args!("no secret here to sign with: set {named} {mend}"));
        };
        match send_test_event(environment, secrets, now()).await {
            Err(problem) => Finding::problem(WEBHOOK, problem),
            Ok(TestEvent::NoAddress) => {
                let why = "KOOGALLERY_WEBHOOK_URL is not set here: set it to your application's address as the deployment has it";
                Finding::not_checked(WEBHOOK, why)
            }
            Ok(TestEvent::NotTaken(why)) => {
                let mend =
                    "it must answer 2xx to every event that is signed right, also of a type that it does not know";
                Finding::problem(WEBHOOK, format_args!("a signed test event was not taken: {why}; {mend}"))
            }
            Ok(TestEvent::Taken) => match send_test_event(environment, &with_another_secret(secrets), now()).await {
                Ok(TestEvent::Taken) => {
                    let mend = "verify the signature with your webhook secret, and answer 401 where it does not fit";
                    let told = format_args!("your application takes events that another secret signed: {mend}");
                    Finding::problem(WEBHOOK, told)
                }
                _ => Finding::ok(WEBHOOK, "your application took a signed test event, and refused a forged one"),
            },
        }
    }
}

/// The same secrets, but events are signed by a stranger.
fn with_another_secret(secrets: &Secrets) -> Secrets {
    // Hexadecimal digits are base64 as well.
    let secret = format!("whsec_{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    Secrets { webhook_secrets: vec![SecretText::from(secret.as_str())], ..secrets.clone() }
}
