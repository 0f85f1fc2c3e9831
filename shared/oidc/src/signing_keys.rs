//! The keys in use: read from the table, opened, kept for some minutes, and rotated.

use std::sync::Arc;
use std::time::Duration;

use koogallery::Timestamp;
use koogallery_runtime::{Vault, VaultError};
use koogallery_settings::Algorithm;
use koogallery_store::{Action, SigningKey, Store, StoreError};
use tokio::sync::Mutex;
use tokio::time::Instant;
use uuid::Uuid;

use crate::private_key::{KeyError, PrivateKey};
use crate::public_key::PublicKey;
use crate::rotation::{Phase, Rotation, active, phase};

/// After this time the table is asked again: a new key is published in all processes long before it signs.
const KEPT_FOR: Duration = Duration::from_mins(5);

/// The keys of a deployment.
#[derive(Debug, Default)]
pub struct SigningKeys {
    held: Mutex<Option<Held>>,
}

#[derive(Debug)]
struct Held {
    keys: Arc<[SigningKey]>,
    read_at: Instant,
    /// Those that signed here already.
    opened: Vec<Arc<PrivateKey>>,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum SigningKeyError {
    /// The table.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A private half does not open.
    #[error("a signing key does not open: {0}")]
    Vault(#[from] VaultError),
    /// A key cannot be made or read.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A public half in the table is none.
    #[error("the public half of the signing key {0} cannot be read")]
    Public(String),
}

/// What one rotation did with the keys of an algorithm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotated {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// The id of the key that was made, and from when on it signs.
    pub made: Option<(String, Timestamp)>,
    /// The ids of those that were removed.
    pub removed: Vec<String>,
}

impl Rotated {
    /// Whether anything changed.
    #[must_use]
    pub const fn is_change(&self) -> bool {
        self.made.is_some() || !self.removed.is_empty()
    }
}

impl SigningKeys {
    /// The key that signs now. The first use in a deployment makes it.
    pub async fn signer(
        &self,
        algorithm: Algorithm,
        store: &Store,
        vault: &Vault,
        now: Timestamp,
    ) -> Result<Arc<PrivateKey>, SigningKeyError> {
        let mut held = self.held.lock().await;
        refresh(&mut held, store, false).await?;
        if active(of(algorithm, keys(held.as_ref())), now).is_none() {
            let number = next_number(algorithm, keys(held.as_ref()));
            make(algorithm, number, store, vault, (now, now), None).await?;
            refresh(&mut held, store, true).await?;
        }
        let Some(held) = held.as_mut() else { return Err(KeyError::NotMade(algorithm).into()) };
        let keys = Arc::clone(&held.keys);
        let key = active(of(algorithm, &keys), now).ok_or(KeyError::NotMade(algorithm))?;
        if let Some(opened) = held.opened.iter().find(|opened| opened.id() == key.key_id) {
            return Ok(Arc::clone(opened));
        }
        let opened = Arc::new(opened(algorithm, key, store, vault).await?);
        held.opened.push(Arc::clone(&opened));
        Ok(opened)
    }

    /// All keys that applications may meet: also those that sign next, and those that signed last.
    pub async fn published(&self, store: &Store) -> Result<Vec<PublicKey>, SigningKeyError> {
        let mut held = self.held.lock().await;
        refresh(&mut held, store, false).await?;
        let read = |key: &SigningKey| {
            serde_json::from_str(&key.public).map_err(|_| SigningKeyError::Public(key.key_id.clone()))
        };
        keys(held.as_ref()).iter().map(read).collect()
    }

    /// All keys, with what each is for now.
    pub async fn phases(store: &Store, now: Timestamp) -> Result<Vec<(SigningKey, Phase)>, SigningKeyError> {
        let keys = store.signing_keys().await?;
        let same = |key: &SigningKey| keys.iter().filter(|other| other.algorithm == key.algorithm).collect::<Vec<_>>();
        Ok(keys.iter().map(|key| (key.clone(), phase(key, same(key), now))).collect())
    }

    /// Does what is due: makes the next key in time, and removes those that nothing needs. Algorithms that were never used have no
    /// key.
    pub async fn rotate(
        rotation: &Rotation,
        store: &Store,
        vault: &Vault,
        now: Timestamp,
    ) -> Result<Vec<Rotated>, SigningKeyError> {
        let keys = store.signing_keys().await?;
        let mut all = Vec::new();
        for (algorithm, own) in in_use(&keys) {
            let due = rotation.due(&own, now);
            let made = match due.make {
                None => None,
                Some(signs_from) => {
                    let number = next_number(algorithm, &keys);
                    make(algorithm, number, store, vault, (now, signs_from), None).await?.map(|id| (id, signs_from))
                }
            };
            for key in &due.remove {
                store.remove_signing_key(key).await?;
            }
            let removed = due.remove.iter().map(|key| key.key_id.clone()).collect();
            all.push(Rotated { algorithm, made, removed });
        }
        Ok(all)
    }

    /// Makes the next key of each algorithm in use, before its time: it signs after `published_before`. With `at_once` it signs
    /// now, and those before it are removed: for a key that somebody else may have. Tokens that these signed are refused from
    /// then on, and applications read the keys again when they meet a new one.
    pub async fn replace(
        rotation: &Rotation,
        at_once: bool,
        store: &Store,
        vault: &Vault,
        now: Timestamp,
    ) -> Result<Vec<Rotated>, SigningKeyError> {
        Self::replace_acted(rotation, at_once, store, vault, now, None).await
    }

    /// The same for a person: each key is made together with the record of who did it, and why.
    pub async fn replace_by(
        rotation: &Rotation,
        at_once: bool,
        store: &Store,
        vault: &Vault,
        action: &Action,
    ) -> Result<Vec<Rotated>, SigningKeyError> {
        Self::replace_acted(rotation, at_once, store, vault, action.at, Some(action)).await
    }

    async fn replace_acted(
        rotation: &Rotation,
        at_once: bool,
        store: &Store,
        vault: &Vault,
        now: Timestamp,
        action: Option<&Action>,
    ) -> Result<Vec<Rotated>, SigningKeyError> {
        let keys = store.signing_keys().await?;
        let mut all = Vec::new();
        for (algorithm, own) in in_use(&keys) {
            let waits = own.iter().any(|key| key.signs_from > now);
            if waits && !at_once {
                continue;
            }
            let signs_from = if at_once { now } else { now.saturating_add(rotation.published_before) };
            let number = next_number(algorithm, &keys);
            let made = make(algorithm, number, store, vault, (now, signs_from), action).await?;
            let made = made.map(|id| (id, signs_from));
            let mut removed = Vec::new();
            if at_once && made.is_some() {
                for key in own {
                    store.remove_signing_key(key).await?;
                    removed.push(key.key_id.clone());
                }
            }
            all.push(Rotated { algorithm, made, removed });
        }
        Ok(all)
    }
}

fn keys(held: Option<&Held>) -> &[SigningKey] {
    held.map_or(&[], |held| &held.keys)
}

fn of(algorithm: Algorithm, keys: &[SigningKey]) -> impl Iterator<Item = &SigningKey> {
    keys.iter().filter(move |key| key.algorithm == algorithm.name())
}

/// The algorithms that were ever used, with their keys.
fn in_use(keys: &[SigningKey]) -> impl Iterator<Item = (Algorithm, Vec<&SigningKey>)> {
    let all = Algorithm::ALL.iter().map(|algorithm| (*algorithm, of(*algorithm, keys).collect::<Vec<_>>()));
    all.filter(|(_, own)| !own.is_empty())
}

fn next_number(algorithm: Algorithm, keys: &[SigningKey]) -> u32 {
    of(algorithm, keys).map(|key| key.number).max().unwrap_or_default().saturating_add(1)
}

async fn refresh(held: &mut Option<Held>, store: &Store, now: bool) -> Result<(), StoreError> {
    if now || held.as_ref().is_none_or(|held| held.read_at.elapsed() >= KEPT_FOR) {
        let keys: Arc<[SigningKey]> = store.signing_keys().await?.into();
        let opened = held.take().map_or_else(Vec::new, |held| held.opened);
        let opened = opened.into_iter().filter(|opened| keys.iter().any(|key| key.key_id == opened.id())).collect();
        *held = Some(Held { keys, read_at: Instant::now(), opened });
    }
    Ok(())
}

/// The id of the key that was made; none if another process made one at the same time.
async fn make(
    algorithm: Algorithm,
    number: u32,
    store: &Store,
    vault: &Vault,
    (now, signs_from): (Timestamp, Timestamp),
    action: Option<&Action>,
) -> Result<Option<String>, SigningKeyError> {
    let pkcs8 = PrivateKey::generate(algorithm)?;
    let key = PrivateKey::read(algorithm, &pkcs8)?;
    let public = serde_json::to_string(key.public()).map_err(|_| SigningKeyError::Public(key.id().to_owned()))?;
    let place = SigningKey::place(algorithm.name(), number);
    let added = SigningKey {
        algorithm: algorithm.name().to_owned(),
        number,
        key_id: key.id().to_owned(),
        public,
        private: vault.seal(store, &place, &pkcs8).await?,
        published_at: now,
        signs_from,
    };
    let is_added = match action {
        None => store.add_signing_key(&added).await?,
        Some(action) => {
            let made =
                serde_json::json!({ "algorithm": added.algorithm, "keyId": added.key_id, "signsFrom": signs_from });
            // Each algorithm's key has a record of its own.
            let action = Action { id: Uuid::now_v7(), ..action.clone() }.to(made);
            store.add_signing_key_by(&added, &action).await?
        }
    };
    Ok(is_added.then(|| key.id().to_owned()))
}

async fn opened(
    algorithm: Algorithm,
    key: &SigningKey,
    store: &Store,
    vault: &Vault,
) -> Result<PrivateKey, SigningKeyError> {
    let place = SigningKey::place(&key.algorithm, key.number);
    Ok(PrivateKey::read(algorithm, &vault.open(store, &place, &key.private).await?)?)
}
