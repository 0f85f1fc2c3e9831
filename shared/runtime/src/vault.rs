//! The vault: seals and opens client secrets and personal data, with data keys that AWS KMS or a local key wraps.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::DataKeySpec;
use koogallery_aws_error::AwsError;
use koogallery_store::{
    DataKey, DataKeyError, DataKeyId, DataKeys, SealError, Sealed, Store, StoreError, WrappedDataKey,
};
use tokio::sync::Mutex;
use tokio::time::Instant;
use uuid::Uuid;

use crate::aws::sdk_config;
use crate::config::{ConfigError, Environment, InvalidValue};

const KMS_KEY_ARN: &str = "KOOGALLERY_KMS_KEY_ARN";
const LOCAL_KEY: &str = "KOOGALLERY_LOCAL_KEY";
const LOCAL_KEY_IN_FILE: &str = "localKey in the file of KOOGALLERY_SECRET_FILE";
/// The place for which a local key wraps a data key.
const WRAPPED: &str = "data key";
/// The name in KMS's encryption context. Its value is an id in the table, so KMS unwraps a data key only for the data that it
/// belongs to.
const CONTEXT: &str = "koogallery:table";
/// How often the table is asked which data key seals now. A rotation is known everywhere after this time.
const HEARS_OF_ROTATION: Duration = Duration::from_mins(10);

/// Data keys in the clear, read when they are needed. A function that seals nothing makes none and asks for none.
#[derive(Debug)]
pub struct Vault {
    keeper: Keeper,
    held: Mutex<HeldKeys>,
}

#[derive(Debug, Default)]
struct HeldKeys {
    current: Option<(Arc<DataKey>, Instant)>,
    by_name: HashMap<DataKeyId, Arc<DataKey>>,
}

#[derive(Debug)]
enum Keeper {
    Kms { client: aws_sdk_kms::Client, key: String },
    Local(Box<DataKey>),
}

/// Why a value was not sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// KMS failed.
    #[error("KMS did not {what} a data key: {source}")]
    Kms {
        /// What it should do.
        what: &'static str,
        /// Why.
        source: AwsError,
    },
    /// KMS answered with a success, but without a data key.
    #[error("KMS answered without a data key")]
    NoKey,
    /// The table.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The value does not open, or the local key does not open a data key.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The data key that sealed a value is not in the table.
    #[error("the data key {0} is not in the table")]
    NoDataKey(DataKeyId),
}

impl Vault {
    /// Reads `KOOGALLERY_KMS_KEY_ARN` (a key of AWS KMS) or `KOOGALLERY_LOCAL_KEY` (32 bytes in hex, for use without AWS). The latter may
    /// stand in the file of `KOOGALLERY_SECRET_FILE` instead, as `localKey`.
    pub fn of(environment: &Environment) -> Result<Self, ConfigError> {
        let in_file = environment.local_key_in_file();
        let in_file = in_file.map_err(|error| ConfigError::refused("KOOGALLERY_SECRET_FILE", error))?;
        let set = environment.get(LOCAL_KEY).map(|text| (LOCAL_KEY, text));
        let in_file = in_file.as_ref().map(|text| (LOCAL_KEY_IN_FILE, text.reveal()));
        let keeper = match (environment.get(KMS_KEY_ARN), set, in_file) {
            (None, Some(_), Some((name, _))) => {
                return Err(ConfigError::invalid(LOCAL_KEY, InvalidValue::SetTwice(name)));
            }
            (Some(_), Some((name, _)), _) | (Some(_), None, Some((name, _))) => {
                return Err(ConfigError::invalid(name, InvalidValue::SetTwice(KMS_KEY_ARN)));
            }
            (Some(arn), None, None) => {
                let client = aws_sdk_kms::Client::new(&sdk_config(environment, "AWS_ENDPOINT_URL_KMS")?);
                Keeper::Kms { client, key: arn.to_owned() }
            }
            (None, Some((name, text)), None) | (None, None, Some((name, text))) => {
                let mut key = [0; 32];
                hex::decode_to_slice(text.trim(), &mut key)
                    .map_err(|_| ConfigError::invalid(name, InvalidValue::Unexpected("32 bytes as 64 hex digits")))?;
                Keeper::Local(Box::new(DataKey::new(Uuid::nil(), &key)))
            }
            (None, None, None) => {
                let meaning = "the KMS key that protects client secrets and personal data at rest, or \
                               KOOGALLERY_LOCAL_KEY, 64 hex digits, without AWS";
                return Err(ConfigError::Missing { name: KMS_KEY_ARN, meaning });
            }
        };
        Ok(Self { keeper, held: Mutex::default() })
    }

    /// The data key to seal with. The first use in a deployment makes it.
    pub async fn current(&self, store: &Store) -> Result<Arc<DataKey>, VaultError> {
        let mut held = self.held.lock().await;
        if let Some((key, since)) = &held.current
            && since.elapsed() < HEARS_OF_ROTATION
        {
            return Ok(Arc::clone(key));
        }
        let wrapped = match store.current_data_key().await? {
            Some(wrapped) => wrapped,
            None => store.keep_first_data_key(self.keeper.make(Uuid::new_v4().to_string()).await?).await?,
        };
        let key = match held.by_name.get(&wrapped.id) {
            Some(key) => Arc::clone(key),
            None => Arc::new(self.keeper.unwrap(wrapped).await?),
        };
        held.by_name.insert(key.id(), Arc::clone(&key));
        held.current = Some((Arc::clone(&key), Instant::now()));
        Ok(key)
    }

    /// Makes another data key, which seals from now on; vaults that still hold the previous key switch within ten minutes. Older keys
    /// stay in the table and open what they sealed.
    ///
    /// The wrapping key must open the current data key: otherwise nobody could open what the next one seals.
    pub async fn rotate(&self, store: &Store) -> Result<DataKeyId, VaultError> {
        let bound_to = match store.current_data_key().await? {
            None => Uuid::new_v4().to_string(),
            Some(current) => {
                let bound_to = current.bound_to.clone();
                self.keeper.unwrap(current).await?;
                bound_to
            }
        };
        let made = self.keeper.make(bound_to).await?;
        store.rotate_data_key(&made).await?;
        self.held.lock().await.current = None;
        Ok(made.id)
    }

    /// Seals a value for one place.
    pub async fn seal(&self, store: &Store, place: &str, value: &[u8]) -> Result<Sealed, VaultError> {
        Ok(self.current(store).await?.seal(place, value)?)
    }

    /// Opens a value of this place, whichever data key sealed it.
    pub async fn open(&self, store: &Store, place: &str, sealed: &Sealed) -> Result<Vec<u8>, VaultError> {
        Ok(self.data_key(store, sealed.data_key()?).await?.open(place, sealed)?)
    }

    /// A data key by its id.
    pub async fn data_key(&self, store: &Store, id: DataKeyId) -> Result<Arc<DataKey>, VaultError> {
        let mut held = self.held.lock().await;
        if let Some(key) = held.by_name.get(&id) {
            return Ok(Arc::clone(key));
        }
        let wrapped = store.data_key(id).await?.ok_or(VaultError::NoDataKey(id))?;
        let key = Arc::new(self.keeper.unwrap(wrapped).await?);
        held.by_name.insert(id, Arc::clone(&key));
        Ok(key)
    }
}

impl DataKeys for Vault {
    async fn current(&self, store: &Store) -> Result<Arc<DataKey>, DataKeyError> {
        Self::current(self, store).await.map_err(DataKeyError::new)
    }

    async fn named(&self, store: &Store, id: DataKeyId) -> Result<Arc<DataKey>, DataKeyError> {
        self.data_key(store, id).await.map_err(DataKeyError::new)
    }
}

impl Keeper {
    async fn make(&self, bound_to: String) -> Result<WrappedDataKey, VaultError> {
        let id = Uuid::new_v4();
        let wrapped = match self {
            Self::Kms { client, key } => {
                let request = client.generate_data_key_without_plaintext().key_id(key);
                let request = request.key_spec(DataKeySpec::Aes256).encryption_context(CONTEXT, &bound_to);
                let made = request.send().await;
                let made = made.map_err(|error| VaultError::Kms { what: "make", source: error.into() })?;
                made.ciphertext_blob.map(Blob::into_inner).ok_or(VaultError::NoKey)?
            }
            Self::Local(key) => {
                let mut drawn = [0; 32];
                getrandom::fill(&mut drawn).map_err(|_| SealError::NoRandomness)?;
                key.seal(&place(id, &bound_to), &drawn)?.as_bytes().to_vec()
            }
        };
        Ok(WrappedDataKey { id, bound_to, wrapped })
    }

    async fn unwrap(&self, key: WrappedDataKey) -> Result<DataKey, VaultError> {
        let WrappedDataKey { id, bound_to, wrapped } = key;
        let clear = match self {
            Self::Kms { client, key } => {
                let request = client.decrypt().key_id(key).ciphertext_blob(Blob::new(wrapped));
                let opened = request.encryption_context(CONTEXT, bound_to).send().await;
                let opened = opened.map_err(|error| VaultError::Kms { what: "unwrap", source: error.into() })?;
                opened.plaintext.map(Blob::into_inner).ok_or(VaultError::NoKey)?
            }
            Self::Local(key) => key.open(&place(id, &bound_to), &Sealed::from_bytes(wrapped))?,
        };
        let clear: &[u8; 32] = clear.as_slice().try_into().map_err(|_| SealError::NotOpened)?;
        Ok(DataKey::new(id, clear))
    }
}

fn place(id: DataKeyId, bound_to: &str) -> String {
    format!("{WRAPPED} {id} {bound_to}")
}
