//! What a function says of its callback.

use std::sync::OnceLock;

use koogallery::{AppInfoError, Reply, Request, RsaKeyError, TextError, Timestamp, Verified};
use koogallery_store::{Call, Store, StoreError, World};

use crate::app_info::AppInfoTemplateError;
use crate::config::{ConfigError, Environment};
use crate::secrets::{SecretError, SecretSource, Secrets};
use crate::vault::VaultError;

/// The meaning of one callback. Everything around it is [`crate::Host`]'s.
pub trait Function: Sized + Send + Sync + 'static {
    /// What it answers.
    type Request: Request + Send + Sync;

    /// Reads the function's own settings.
    fn configured(environment: &Environment) -> Result<Self, ConfigError>;

    /// Answers one verified call. An error is answered with `000005`, so that KooGallery tries again.
    fn answer(
        &self,
        call: &Verified<Self::Request>,
        context: &Context<'_>,
    ) -> impl Future<Output = Result<Reply, AnswerError>> + Send;
}

/// What a function works with.
#[derive(Debug)]
pub struct Context<'a> {
    /// The table.
    pub store: &'a Store,
    /// The call, as the store wants it.
    pub call: &'a Call,
    /// The secrets that the call was verified with.
    pub secrets: &'a Secrets,
    /// Where others may be by now.
    pub source: &'a SecretSource,
    /// Since when the buyer waits, where the answer is that provisioning goes on.
    pub(crate) waits_since: OnceLock<Timestamp>,
    /// Why a key of the secrets cannot be read.
    pub(crate) unreadable_key: OnceLock<String>,
}

impl Context<'_> {
    /// Notes since when a buyer waits whose instance is still being provisioned: KooGallery gives up after three hours and
    /// refunds the order; an alarm comes long before.
    pub fn buyer_waits_since(&self, paid_at: Timestamp) {
        if self.call.world() == World::Real {
            let _ = self.waits_since.set(paid_at);
        }
    }
}

impl Context<'_> {
    /// Notes that a key in the secrets cannot be read, though the call may be answered with another: an alarm tells.
    pub fn key_is_unreadable(&self, problem: impl std::fmt::Display) {
        let _ = self.unreadable_key.set(problem.to_string());
    }
}

/// Why a call could not be answered now.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The app info template does not take this instance's id.
    #[error("the app info template does not take this instance's id: {0}")]
    AppInfo(#[from] AppInfoTemplateError),
    /// How the buyer reaches this instance cannot be said in V1.0.
    #[error("the app info cannot be sent: {0}")]
    V1(#[from] AppInfoError),
    /// A value that is sealed at rest.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The operating system gave no randomness.
    #[error("no randomness for an initialisation vector, or to blind an RSA key")]
    NoRandomness,
    /// The secrets, read again.
    #[error(transparent)]
    Secrets(#[from] SecretError),
    /// Nothing to decrypt client secrets with.
    #[error(
        "no RSA private key to decrypt the clientSecret with: put it into the secret as `rsaPrivateKey`, or set \
         KOOGALLERY_RSA_PRIVATE_KEY; `koogallery keygen` makes one"
    )]
    NoRsaKey,
    /// The RSA private key cannot be used.
    #[error("`rsaPrivateKey` of the secret, or KOOGALLERY_RSA_PRIVATE_KEY, cannot be used: {0}")]
    RsaKey(#[from] RsaKeyError),
}

impl From<TextError> for AnswerError {
    fn from(error: TextError) -> Self {
        Self::V1(error.into())
    }
}
