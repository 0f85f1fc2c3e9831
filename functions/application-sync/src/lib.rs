//! applicationSync: the OAuth credentials of a tenant's application. Its users log in with them.
//!
//! The client secret is encrypted for the seller's RSA key. It is decrypted before anything is stored, and stored sealed. If it
//! does not decrypt, the answer is `000101`, as in KooGallery's own sample: KooGallery asks the buyer to try again when the key
//! is right.

use std::sync::{Arc, Mutex, PoisonError};

use getrandom::SysRng;
use koogallery::{
    ApplicationSync, ClientSecret, ClientSecretError, EncryptedSecret, Reply, ResultCode, RsaKeyError, RsaPrivateKey,
    Verified,
};
use koogallery_runtime::{AnswerError, ConfigError, Context, Environment, Function, SecretText, Secrets, Vault};

/// The function.
#[derive(Debug)]
pub struct Handler {
    vault: Vault,
    keys: Mutex<Option<Keys>>,
}

/// The RSA keys of a text. They are kept, because reading them takes longer than using them.
#[derive(Debug, Clone)]
struct Keys {
    of: SecretText,
    read: Arc<[RsaPrivateKey]>,
    /// Why a key of the text cannot be read, if one cannot.
    problem: Option<RsaKeyError>,
}

const RSA_PRIVATE_KEY: &str = "KOOGALLERY_RSA_PRIVATE_KEY";

impl Function for Handler {
    type Request = ApplicationSync;

    fn configured(environment: &Environment) -> Result<Self, ConfigError> {
        if let Some(text) = environment.get(RSA_PRIVATE_KEY) {
            RsaPrivateKey::all_from_text(text).map_err(|error| ConfigError::refused(RSA_PRIVATE_KEY, error))?;
        }
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
        Ok(context.store.sync_application(context.call, request, secret.as_ref(), &self.vault).await?.reply())
    }
}

/// The call's nonce is used up all the same.
async fn refused(context: &Context<'_>) -> Result<Reply, AnswerError> {
    let secret_is_wrong = Reply::saying(ResultCode::MobileNumber, ClientSecretError::NotDecrypted);
    Ok(match context.store.use_up(context.call, ResultCode::MobileNumber).await? {
        None => secret_is_wrong,
        // Exactly the same call gets the same answer as the first time.
        Some(before) if before.reply().result_code == ResultCode::MobileNumber => secret_is_wrong,
        Some(before) => before.reply(),
    })
}

impl Handler {
    /// Returns none if no key decrypts it. Before that, the secrets are read again, because the key may be new.
    async fn decrypted(
        &self,
        secret: &EncryptedSecret,
        context: &Context<'_>,
    ) -> Result<Option<ClientSecret>, AnswerError> {
        if let Some(secret) = self.decrypted_with(secret, context.secrets, context)? {
            return Ok(Some(secret));
        }
        match context.source.renewed(context.secrets).await? {
            Some(renewed) => self.decrypted_with(secret, &renewed, context),
            None => Ok(None),
        }
    }

    fn decrypted_with(
        &self,
        secret: &EncryptedSecret,
        secrets: &Secrets,
        context: &Context<'_>,
    ) -> Result<Option<ClientSecret>, AnswerError> {
        let (keys, problem) = self.keys(secrets)?;
        if let Some(problem) = problem {
            context.key_is_unreadable(AnswerError::from(problem));
            if keys.is_empty() {
                return Err(problem.into());
            }
        }
        for key in keys.iter() {
            match key.decrypt(&mut SysRng, secret.as_str()) {
                Ok(secret) => return Ok(Some(secret)),
                Err(ClientSecretError::NoRandomness) => return Err(AnswerError::NoRandomness),
                Err(_) => {}
            }
        }
        Ok(None)
    }

    /// The keys to decrypt with, and why one of the text cannot be read. Such a key does not remove one that was read before.
    fn keys(&self, secrets: &Secrets) -> Result<(Arc<[RsaPrivateKey]>, Option<RsaKeyError>), AnswerError> {
        let text = secrets.rsa_private_key.as_ref().ok_or(AnswerError::NoRsaKey)?;
        let mut held = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(keys) = &*held
            && keys.of == *text
        {
            return Ok((Arc::clone(&keys.read), keys.problem));
        }
        let (mut read, problem) = RsaPrivateKey::readable_from_text(text.reveal());
        if let (Some(_), Some(before)) = (problem, &*held) {
            let known: Vec<_> = read.iter().map(RsaPrivateKey::public_key).collect();
            read.extend(before.read.iter().filter(|key| !known.contains(&key.public_key())).cloned());
        }
        let read: Arc<[RsaPrivateKey]> = read.into();
        *held = Some(Keys { of: text.clone(), read: Arc::clone(&read), problem });
        Ok((read, problem))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_key_is_told_at_start_with_its_variable() {
        let configured = |text: &str| {
            let local_key = "00".repeat(32);
            let environment =
                Environment::default().with("KOOGALLERY_LOCAL_KEY", local_key).with(RSA_PRIVATE_KEY, text);
            Handler::configured(&environment).map(|_| ()).map_err(|error| error.to_string())
        };
        assert_eq!(configured(include_str!("../../../shared/protocol/tests/rsa_pkcs8.pem")), Ok(()));
        let error = configured(include_str!("../../../shared/protocol/tests/rsa_public.txt")).unwrap_err();
        assert!(error.starts_with(RSA_PRIVATE_KEY) && error.contains("public key"), "{error}");
    }

    #[test]
    fn a_key_that_cannot_be_read_leaves_the_old_ones_in_use() {
        let local_key = "00".repeat(32);
        let environment = Environment::default().with("KOOGALLERY_LOCAL_KEY", local_key);
        let handler = Handler::configured(&environment).unwrap();
        let secrets = |text: &str| Secrets {
            access_keys: koogallery::AccessKeys::from_json(r#"{"kit":["k"]}"#).unwrap(),
            rsa_private_key: Some(SecretText::from(text)),
            webhook_secrets: Vec::new(),
            named_webhook_secrets: std::collections::BTreeMap::new(),
            open_api: None,
            api_tokens: Vec::new(),
            console_client_secret: None,
            notify: std::collections::BTreeMap::new(),
        };
        let good = include_str!("../../../shared/protocol/tests/rsa_pkcs8.pem");
        let read = |text: &str| {
            let (keys, problem) = handler.keys(&secrets(text)).unwrap();
            (keys.len(), problem.is_some())
        };
        assert_eq!(read("no key"), (0, true), "there was none before");
        assert_eq!(read(good), (1, false));
        for _ in 0..2 {
            assert_eq!(read("no key"), (1, true));
        }
        assert_eq!(read(good), (1, false));
    }
}
