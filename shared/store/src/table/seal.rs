//! Encryption of single values at rest: client secrets and personal data.
//!
//! This is envelope encryption. A data key seals values with AES-256-GCM. The table holds the data key only wrapped, by a key
//! that never leaves its keeper (AWS KMS, or a local key). A deployment has one current data key, so a function unwraps one key
//! once, however many values it opens. A sealed value names its data key, so older keys still open their values.

use std::error::Error;
use std::fmt;

use crate::model::sealed::{DataKeyId, KEY_ID, SealError, Sealed};
use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit};
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

const NONCE: usize = 12;

/// A data key in the clear. Its `Debug` output shows only its id.
#[derive(Clone)]
pub struct DataKey {
    id: DataKeyId,
    cipher: Aes256Gcm,
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DataKey").field(&self.id).finish()
    }
}

/// Why there is no data key: an error of the keeper, which contains nothing of the key.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct DataKeyError(Box<dyn Error + Send + Sync>);

impl DataKeyError {
    /// Wraps an error of the keeper.
    pub fn new(error: impl Error + Send + Sync + 'static) -> Self {
        Self(Box::new(error))
    }

    /// The error itself, if it has this type.
    pub fn downcast<E: Error + 'static>(self) -> Result<E, Self> {
        self.0.downcast().map(|error| *error).map_err(Self)
    }
}

impl Sealed {
    pub(crate) fn to_attribute(&self) -> AttributeValue {
        AttributeValue::B(Blob::new(self.as_bytes()))
    }

    pub(crate) fn of_attribute(value: Option<&AttributeValue>) -> Option<Self> {
        match value {
            Some(AttributeValue::B(bytes)) => Some(Self::from_bytes(bytes.as_ref().to_vec())),
            _ => None,
        }
    }
}

impl DataKey {
    /// Makes a data key from its bytes.
    #[must_use]
    pub fn new(id: DataKeyId, key: &[u8; 32]) -> Self {
        Self { id, cipher: Aes256Gcm::new(key.into()) }
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> DataKeyId {
        self.id
    }

    /// Seals a value for one place in the table. `place` is authenticated, so a value that is moved does not open.
    pub fn seal(&self, place: &str, value: &[u8]) -> Result<Sealed, SealError> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| SealError::NoRandomness)?;
        let payload = Payload { msg: value, aad: place.as_bytes() };
        let ciphertext = self.cipher.encrypt(&nonce.into(), payload).map_err(|_| SealError::TooLong)?;
        Ok(Sealed::from_bytes([self.id.as_bytes(), &nonce[..], &ciphertext].concat()))
    }

    /// Opens a value that was sealed with this key for this place.
    pub fn open(&self, place: &str, sealed: &Sealed) -> Result<Vec<u8>, SealError> {
        let (id, rest) = sealed.as_bytes().split_first_chunk::<KEY_ID>().ok_or(SealError::NotOpened)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE>().ok_or(SealError::NotOpened)?;
        if id != self.id.as_bytes() {
            return Err(SealError::NotOpened);
        }
        let payload = Payload { msg: ciphertext, aad: place.as_bytes() };
        self.cipher.decrypt(&(*nonce).into(), payload).map_err(|_| SealError::NotOpened)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn key(byte: u8) -> DataKey {
        DataKey::new(Uuid::from_bytes([byte; 16]), &[byte; 32])
    }

    #[test]
    fn a_moved_value_or_another_key_does_not_open() {
        let sealed = key(1).seal("here", b"secret").unwrap();
        assert_eq!(key(1).open("here", &sealed).unwrap(), b"secret");
        assert_eq!(sealed.data_key().unwrap(), key(1).id());
        assert_eq!(key(1).open("there", &sealed), Err(SealError::NotOpened));
        assert_eq!(key(2).open("here", &sealed), Err(SealError::NotOpened));
        let same_name = DataKey::new(key(1).id(), &[2; 32]);
        assert_eq!(same_name.open("here", &sealed), Err(SealError::NotOpened));
        assert_ne!(key(1).seal("here", b"secret").unwrap(), sealed, "a fresh nonce each time");
        assert!(!format!("{:?} {sealed:?}", key(1)).contains("secret"));
    }

    proptest! {
        #[test]
        fn any_changed_byte_is_noticed(value: Vec<u8>, at: prop::sample::Index, bit in 0u8..8) {
            let sealed = key(1).seal("here", &value).unwrap();
            prop_assert_eq!(key(1).open("here", &sealed).unwrap(), value);
            let mut bytes = sealed.as_bytes().to_vec();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            let sealed = Sealed::from_bytes(bytes);
            prop_assert_eq!(key(1).open("here", &sealed), Err(SealError::NotOpened));
        }

        #[test]
        fn whatever_stands_there_never_panics(bytes: Vec<u8>) {
            let _ = key(1).open("here", &Sealed::from_bytes(bytes));
        }
    }
}
