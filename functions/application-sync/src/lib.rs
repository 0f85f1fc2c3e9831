//! applicationSync: the OAuth credentials of a tenant's application, by which its users log in.
//!
//! The client secret comes encrypted for the seller's RSA key. It is decrypted before anything is stored, and stored
//! sealed. One that does not decrypt is answered with `000101`, as KooGallery's own sample does: the buyer is asked to
//! try again once the key is right.

use std::sync::{Arc, Mutex, PoisonError};

use getrandom::SysRng;
use koogallery::{
    ApplicationSync, ClientSecret, ClientSecretError, EncryptedSecret, Reply, ResultCode, RsaPrivateKey, Verified,
};
use koogallery_runtime::{AnswerError, ConfigError, Context, Environment, Function, SecretText, Secrets, Vault};

/// The function.
#[derive(Debug)]
pub struct Handler {
    vault: Vault,
    keys: Mutex<Option<Keys>>,
}

/// The RSA keys of a text: reading them takes longer than using them.
#[derive(Debug, Clone)]
struct Keys {
    of: SecretText,
    read: Arc<[RsaPrivateKey]>,
}

impl Function for Handler {
    type Request = ApplicationSync;

    fn configured(environment: &Environment) -> Result<Self, ConfigError> {
        Ok(Self { vault: Vault::of(environment)?, keys: Mutex::new(None) })
    }

    async fn answer(&self, call: &Verified<ApplicationSync>, context: &Context<'_>) -> Result<Reply, AnswerError> {
        let request = call.request();
        let secret = match request.change.told() {
            None => None,
            Some(application) => match self.decrypted(&application.client_secret, context).await? {
                Some(secret) => Some(secret),
                None => return refused(context).await,
            },
        };
        let key = self.vault.current(context.store).await?;
        Ok(context.store.sync_application(context.call, request, secret.as_ref(), &key).await?.reply())
    }
}

/// The call is used up all the same.
async fn refused(context: &Context<'_>) -> Result<Reply, AnswerError> {
    Ok(if context.store.use_up(context.call).await? {
        Reply::saying(ResultCode::MobileNumber, ClientSecretError::NotDecrypted)
    } else {
        Reply::of(ResultCode::AuthenticationFailed)
    })
}

impl Handler {
    /// None where no key opens it. The secrets are read again then: the key may be new.
    async fn decrypted(
        &self,
        secret: &EncryptedSecret,
        context: &Context<'_>,
    ) -> Result<Option<ClientSecret>, AnswerError> {
        if let Some(secret) = self.decrypted_with(secret, context.secrets)? {
            return Ok(Some(secret));
        }
        match context.source.renewed(context.secrets).await? {
            Some(renewed) => self.decrypted_with(secret, &renewed),
            None => Ok(None),
        }
    }

    fn decrypted_with(&self, secret: &EncryptedSecret, secrets: &Secrets) -> Result<Option<ClientSecret>, AnswerError> {
        for key in self.keys(secrets)?.iter() {
            match key.decrypt(&mut SysRng, secret.as_str()) {
                Ok(secret) => return Ok(Some(secret)),
                Err(ClientSecretError::NoRandomness) => return Err(AnswerError::NoRandomness),
                Err(_) => {}
            }
        }
        Ok(None)
    }

    fn keys(&self, secrets: &Secrets) -> Result<Arc<[RsaPrivateKey]>, AnswerError> {
        let pem = secrets.rsa_private_key.as_ref().ok_or(AnswerError::NoRsaKey)?;
        let mut held = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(keys) = &*held
            && keys.of == *pem
        {
            return Ok(Arc::clone(&keys.read));
        }
        let read: Arc<[RsaPrivateKey]> = RsaPrivateKey::all_from_pem(pem.reveal())?.into();
        *held = Some(Keys { of: pem.clone(), read: Arc::clone(&read) });
        Ok(read)
    }
}
