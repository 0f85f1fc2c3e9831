//! The access keys as they are now: from the environment, or from one secret that is read again when a signature does
//! not verify, so that a rotation needs no deployment.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_secretsmanager::error::DisplayErrorContext;
use koogallery::{AccessKeys, AccessKeysError};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::aws::secrets_client;
use crate::config::{ConfigError, Environment};

/// The secret is read at most this often: a stranger's wrong signatures must not become a load on Secrets Manager.
const REREAD_AFTER: Duration = Duration::from_secs(30);

/// The keys, and where they come from.
#[derive(Debug)]
pub struct KeyRing {
    source: Source,
    held: Mutex<Option<Held>>,
}

#[derive(Debug)]
enum Source {
    Environment(Arc<AccessKeys>),
    Secret { client: aws_sdk_secretsmanager::Client, arn: String },
}

#[derive(Debug, Clone)]
struct Held {
    keys: Arc<AccessKeys>,
    read_at: Instant,
}

/// Why there are no keys. Says nothing of the secret's value.
#[derive(Debug, thiserror::Error)]
pub enum KeyRingError {
    /// Secrets Manager did not give the secret.
    #[error("the secret {arn} cannot be read: {problem}")]
    Unavailable {
        /// Which secret.
        arn: String,
        /// What Secrets Manager said.
        problem: String,
    },
    /// The secret holds no text.
    #[error("the secret {0} holds no text: put JSON like {{\"accessKeys\":{{\"basic\":[\"…\"]}}}} there")]
    Empty(String),
    /// The secret is not of the expected form.
    #[error("the secret {0} is not JSON like {{\"accessKeys\":{{\"basic\":[\"…\"]}}}}")]
    Malformed(String),
    /// Its access keys cannot be used.
    #[error("the secret {arn} cannot be used: {source}")]
    Keys {
        /// Which secret.
        arn: String,
        /// Why.
        source: AccessKeysError,
    },
}

impl KeyRing {
    /// From `KOOGALLERY_KEYS` (the keys themselves) or `KOOGALLERY_SECRET_ARN` (a secret that holds them).
    pub fn of(environment: &Environment) -> Result<Self, ConfigError> {
        const KEYS: &str = "KOOGALLERY_KEYS";
        let source = match (environment.get(KEYS), environment.get("KOOGALLERY_SECRET_ARN")) {
            (Some(_), Some(_)) => {
                return Err(ConfigError::invalid(KEYS, "KOOGALLERY_SECRET_ARN is set as well: set one of them"));
            }
            (Some(json), None) => {
                let keys = AccessKeys::from_json(json).map_err(|error| ConfigError::invalid(KEYS, error))?;
                Source::Environment(Arc::new(keys))
            }
            (None, Some(arn)) => Source::Secret { client: secrets_client(environment)?, arn: arn.to_owned() },
            (None, None) => {
                return Err(ConfigError::Missing {
                    name: KEYS,
                    meaning: "the access keys as JSON, or KOOGALLERY_SECRET_ARN, the secret that holds them",
                });
            }
        };
        Ok(Self { source, held: Mutex::new(None) })
    }

    /// The keys; the first call for them reads the secret.
    pub async fn current(&self) -> Result<Arc<AccessKeys>, KeyRingError> {
        let (client, arn) = match &self.source {
            Source::Environment(keys) => return Ok(Arc::clone(keys)),
            Source::Secret { client, arn } => (client, arn),
        };
        let mut held = self.held.lock().await;
        if let Some(held) = &*held {
            return Ok(Arc::clone(&held.keys));
        }
        let keys = read(client, arn).await?;
        *held = Some(Held { keys: Arc::clone(&keys), read_at: Instant::now() });
        Ok(keys)
    }

    /// The keys read again, for a signature that `tried` did not verify: none where they are the same, or were read
    /// less than 30 s ago.
    pub async fn renewed(&self, tried: &AccessKeys) -> Result<Option<Arc<AccessKeys>>, KeyRingError> {
        let Source::Secret { client, arn } = &self.source else { return Ok(None) };
        let mut held = self.held.lock().await;
        if let Some(held) = &mut *held {
            if *held.keys != *tried {
                return Ok(Some(Arc::clone(&held.keys)));
            }
            if held.read_at.elapsed() < REREAD_AFTER {
                return Ok(None);
            }
            // Counted from the try, so that a failing Secrets Manager is left in peace as well.
            held.read_at = Instant::now();
        }
        let keys = read(client, arn).await?;
        *held = Some(Held { keys: Arc::clone(&keys), read_at: Instant::now() });
        Ok((*keys != *tried).then_some(keys))
    }
}

async fn read(client: &aws_sdk_secretsmanager::Client, arn: &str) -> Result<Arc<AccessKeys>, KeyRingError> {
    /// The secret as a whole; other members belong to other functions.
    #[derive(Deserialize)]
    struct Secret<'a> {
        #[serde(borrow, rename = "accessKeys")]
        access_keys: &'a RawValue,
    }
    let answer = client.get_secret_value().secret_id(arn).send().await.map_err(|error| KeyRingError::Unavailable {
        arn: arn.to_owned(),
        problem: DisplayErrorContext(error).to_string(),
    })?;
    let text = answer.secret_string().ok_or_else(|| KeyRingError::Empty(arn.to_owned()))?;
    let secret: Secret<'_> = serde_json::from_str(text).map_err(|_| KeyRingError::Malformed(arn.to_owned()))?;
    let keys = AccessKeys::from_json(secret.access_keys.get())
        .map_err(|source| KeyRingError::Keys { arn: arn.to_owned(), source })?;
    Ok(Arc::new(keys))
}
