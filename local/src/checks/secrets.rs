//! The secrets: whether each can do what it is for. Nothing of them is ever told.

use std::fmt;

use koogallery::{InterfaceType, RsaKeyError, RsaPrivateKey};
use koogallery_open_api::{Credentials, CredentialsError};
use koogallery_runtime::{Environment, SecretText, Secrets};
use koogallery_webhook::{WebhookSecret, WebhookSecretError};
use seller_api::SHORTEST_TOKEN;

/// Where secrets stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In environment variables.
    Environment,
    /// In this secret of AWS Secrets Manager, or in this file.
    Secret(String),
}

impl Place {
    /// Where the variables say that they stand.
    #[must_use]
    pub fn of(environment: &Environment) -> Self {
        environment.secret().map_or(Self::Environment, |name| Self::Secret(name.to_owned()))
    }

    /// A kind of secret there: its variable, or its member of the secret.
    #[must_use]
    pub fn names(&self, variable: &'static str, member: &'static str) -> Named {
        Named { place: self.clone(), variable, member }
    }
}

/// Which secrets a deployment needs besides access keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// It sends webhooks, with a secret of the seller's.
    pub webhook: bool,
    /// It calls the open APIs, with an AK and SK of the seller's.
    pub open_api: bool,
}

impl Needs {
    /// As the variables say: what stays on this machine is signed with local test keys.
    #[must_use]
    pub fn of(environment: &Environment) -> Self {
        let leaves = |name| environment.get(name).is_some_and(|url| !url.trim().starts_with("http://"));
        Self { webhook: leaves("KOOGALLERY_WEBHOOK_URL"), open_api: leaves("KOOGALLERY_OPEN_API_URL") }
    }
}

/// A kind of secret, as its variable or its member of the secret is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    place: Place,
    variable: &'static str,
    member: &'static str,
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Environment => f.write_str(self.variable),
            Place::Secret(arn) => write!(f, "{} of the secret {arn}", self.member),
        }
    }
}

/// What is wrong with a secret, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretProblem {
    /// A token that could be guessed.
    #[error(
        "{named}: token {position} has {length} characters and opens nothing, since it could be guessed: give at least \
         {SHORTEST_TOKEN}, such as `openssl rand -hex 16` makes"
    )]
    ShortToken {
        /// Where it stands.
        named: Named,
        /// Which of the tokens, from 1.
        position: usize,
        /// How long it is, in bytes.
        length: usize,
    },
    /// Nothing signs the webhooks.
    #[error(
        "{0} is not set, so that no event can be sent: set what your application verifies with, `whsec_` and the base64 of 24 \
         to 64 random bytes, such as `echo whsec_$(openssl rand -base64 32)` makes"
    )]
    NoWebhookSecret(Named),
    /// A webhook secret that cannot sign.
    #[error("{named}: secret {position} cannot be used: {source}")]
    Webhook {
        /// Where it stands.
        named: Named,
        /// Which of the secrets, from 1.
        position: usize,
        /// Why.
        source: WebhookSecretError,
    },
    /// The same of a secret with a name.
    #[error("{named}: secret {position} of {name} cannot be used: {source}")]
    NamedWebhook {
        /// Where it stands.
        named: Named,
        /// Its name, which the settings of products give.
        name: String,
        /// Which of the secrets with this name, from 1.
        position: usize,
        /// Why.
        source: WebhookSecretError,
    },
    /// The open APIs cannot be called.
    #[error(
        "{0} is not set, so that KooGallery's open APIs cannot be called: set the AK and SK of My Credentials > Access Keys, or \
         unset KOOGALLERY_OPEN_API_URL"
    )]
    NoOpenApiKey(Named),
    /// An AK or SK that cannot sign.
    #[error("{named} cannot be used: {source}")]
    OpenApi {
        /// Where it stands.
        named: Named,
        /// Why.
        source: CredentialsError,
    },
    /// An RSA key that cannot be read.
    #[error("{named} cannot be used: {source}")]
    RsaKey {
        /// Where it stands.
        named: Named,
        /// Why.
        source: RsaKeyError,
    },
}

/// What is wrong with secrets.
#[must_use]
pub fn secrets(held: &Secrets, needs: Needs, place: &Place) -> Vec<SecretProblem> {
    let tokens = place.names("KOOGALLERY_API_TOKEN", "apiTokens");
    let webhook = place.names("KOOGALLERY_WEBHOOK_SECRET", "webhookSecrets");
    let open_api = place.names("KOOGALLERY_ACCESS_KEY_ID", "openApi");
    let rsa_key = place.names("KOOGALLERY_RSA_PRIVATE_KEY", "rsaPrivateKey");

    let mut problems = Vec::new();
    // The name of a token adds nothing to what has to be guessed.
    let bare = held.api_tokens.iter().map(|token| token.token.reveal().len());
    for (position, length) in (1..).zip(bare).filter(|(_, length)| *length < SHORTEST_TOKEN) {
        problems.push(SecretProblem::ShortToken { named: tokens.clone(), position, length });
    }
    if needs.webhook && held.webhook_secrets.is_empty() {
        problems.push(SecretProblem::NoWebhookSecret(webhook.clone()));
    }
    for (position, secret) in numbered(&held.webhook_secrets) {
        if let Err(source) = secret.parse::<WebhookSecret>() {
            problems.push(SecretProblem::Webhook { named: webhook.clone(), position, source });
        }
    }
    for (name, secrets) in &held.named_webhook_secrets {
        for (position, secret) in numbered(secrets) {
            if let Err(source) = secret.parse::<WebhookSecret>() {
                problems.push(SecretProblem::NamedWebhook {
                    named: webhook.clone(),
                    name: name.clone(),
                    position,
                    source,
                });
            }
        }
    }
    match &held.open_api {
        None if needs.open_api => problems.push(SecretProblem::NoOpenApiKey(open_api)),
        None => {}
        Some(key) => {
            if let Err(source) = Credentials::new(key.access_key_id.reveal(), key.secret_access_key.reveal()) {
                problems.push(SecretProblem::OpenApi { named: open_api, source });
            }
        }
    }
    if let Some(text) = &held.rsa_private_key
        && let Err(source) = RsaPrivateKey::all_from_text(text.reveal())
    {
        problems.push(SecretProblem::RsaKey { named: rsa_key, source });
    }
    problems
}

/// Each with its place, from 1.
fn numbered(secrets: &[SecretText]) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(secrets.iter().map(SecretText::reveal))
}

/// The interface types whose calls are refused, since no access key of theirs is there.
pub(super) fn families_without_key(held: &Secrets) -> Vec<InterfaceType> {
    let all = [InterfaceType::Basic, InterfaceType::Kit, InterfaceType::License, InterfaceType::Order];
    all.into_iter().filter(|interface| held.access_keys.of(*interface).is_empty()).collect()
}
