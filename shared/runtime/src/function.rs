//! What a function has to implement for its callback.

use std::sync::{Arc, OnceLock};

use koogallery::{AppInfoError, Reply, Request, RsaKeyError, TextError, Timestamp, Verified};
use koogallery_settings::AppInfoTemplateError;
use koogallery_store::{Call, Store, StoreError, World};

use crate::config::{ConfigError, Environment};
use crate::page_addresses::PageAddressError;
use crate::secrets::{SecretError, SecretSource, Secrets};
use crate::settings_source::{CurrentSettings, SettingsSource};
use crate::vault::VaultError;

/// What one callback does. [`crate::Host`] does everything around it.
pub trait Function: Sized + Send + Sync + 'static {
    /// The request that it answers.
    type Request: Request + Send + Sync;

    /// Whether it asks for the settings of products. A cold start then reads them beside the secret.
    const ASKS_FOR_SETTINGS: bool = false;

    /// Reads the function's own settings.
    fn configured(environment: &Environment) -> Result<Self, ConfigError>;

    /// Answers one verified call. An error is answered with `000005`, so that KooGallery tries again.
    fn answer(
        &self,
        call: &Verified<Self::Request>,
        context: &Context<'_>,
    ) -> impl Future<Output = Result<Reply, AnswerError>> + Send;
}

/// What a function uses to answer a call.
#[derive(Debug)]
pub struct Context<'a> {
    /// The table.
    pub store: &'a Store,
    /// The call, in the form that the store needs.
    pub call: &'a Call,
    /// The secrets that the call was verified with.
    pub secrets: &'a Secrets,
    /// Where to read the secrets again.
    pub source: &'a SecretSource,
    /// Where the settings of products are read.
    pub(crate) settings: &'a SettingsSource,
    /// Why an older version of the settings is used, if one is.
    pub(crate) settings_kept: OnceLock<String>,
    /// Since when the buyer waits, if provisioning is not finished.
    pub(crate) waits_since: OnceLock<Timestamp>,
    /// Why a key in the secrets cannot be read, if one cannot.
    pub(crate) unreadable_key: OnceLock<String>,
}

impl Context<'_> {
    /// Records since when a buyer has been waiting for an instance. KooGallery refunds the order after three hours; an alarm rings long
    /// before.
    pub fn buyer_waits_since(&self, paid_at: Timestamp) {
        if self.call.world() == World::Real {
            let _ = self.waits_since.set(paid_at);
        }
    }
}

impl Context<'_> {
    /// The settings of products, read at most 30 s ago.
    pub async fn settings(&self) -> Result<Arc<CurrentSettings>, AnswerError> {
        let current = self.settings.current(self.store).await?;
        if let Some(why) = &current.kept_because {
            let _ = self.settings_kept.set(why.clone());
        }
        Ok(current)
    }

    /// Records that a key in the secrets cannot be read, even if another key answers the call. An alarm rings.
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
    /// V1.0 cannot send this app info.
    #[error("the app info cannot be sent: {0}")]
    V1(#[from] AppInfoError),
    /// Sealing or opening a value failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The operating system gave no randomness.
    #[error("the system gave no random numbers for an initialisation vector, for RSA blinding or for a key")]
    NoRandomness,
    /// The secrets could not be read again.
    #[error(transparent)]
    Secrets(#[from] SecretError),
    /// There is no RSA private key for client secrets.
    #[error(
        "no RSA private key to decrypt the clientSecret with: put it into the secret as `rsaPrivateKey`, or set \
         KOOGALLERY_RSA_PRIVATE_KEY; `koogallery keygen` makes one"
    )]
    NoRsaKey,
    /// The RSA private key cannot be used.
    #[error("`rsaPrivateKey` of the secret, or KOOGALLERY_RSA_PRIVATE_KEY, cannot be used: {0}")]
    RsaKey(#[from] RsaKeyError),
}

impl From<PageAddressError> for AnswerError {
    fn from(error: PageAddressError) -> Self {
        match error {
            PageAddressError::Store(error) => Self::Store(error),
            PageAddressError::NoRandomness => Self::NoRandomness,
        }
    }
}

impl From<TextError> for AnswerError {
    fn from(error: TextError) -> Self {
        Self::V1(error.into())
    }
}
