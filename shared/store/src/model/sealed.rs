//! A sealed value, as the table has it, and what can be wrong with one. What seals and opens it is `table::seal`.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// The id of a data key.
pub type DataKeyId = Uuid;

/// The length of the data key's id, with which each sealed value begins.
pub(crate) const KEY_ID: usize = 16;

/// A value that only its data key can open: key id, nonce, ciphertext and tag.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

/// Why a value was not sealed or opened. The error contains nothing of the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The operating system gave no random numbers.
    #[error("the system gave no random numbers for a nonce")]
    NoRandomness,
    /// The value is longer than the cipher allows.
    #[error("the value is too long to be encrypted")]
    TooLong,
    /// It was changed, it was sealed for another place, or another key sealed it.
    #[error("a sealed value does not open: it was changed or moved, or another data key sealed it")]
    NotOpened,
}

impl Sealed {
    /// A value from the table.
    #[must_use]
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The value for the table.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Which data key sealed it.
    pub fn data_key(&self) -> Result<DataKeyId, SealError> {
        self.0.first_chunk::<KEY_ID>().map(|id| Uuid::from_bytes(*id)).ok_or(SealError::NotOpened)
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

impl Serialize for Sealed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Sealed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Sealed;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the bytes of a sealed value")
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Sealed, E> {
                Ok(Sealed(bytes.to_vec()))
            }

            fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<Sealed, E> {
                Ok(Sealed(bytes))
            }
        }
        deserializer.deserialize_byte_buf(Bytes)
    }
}
