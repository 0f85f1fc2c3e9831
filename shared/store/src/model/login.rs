//! Handles: secrets that a browser or an application shows again. The table has only their digests.

use std::fmt;

use sha2::{Digest, Sha256};

/// SHA-256 of a handle. Who reads the table cannot use what it finds there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HandleDigest([u8; 32]);

impl HandleDigest {
    /// The digest of a handle.
    #[must_use]
    pub fn of(handle: &str) -> Self {
        Self(Sha256::digest(handle).into())
    }

    /// As text: 64 hex digits.
    #[must_use]
    pub fn to_hex(self) -> String {
        hex::encode(self.0)
    }

    /// Reads such a text.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut digest = [0; 32];
        hex::decode_to_slice(text, &mut digest).ok()?;
        Some(Self(digest))
    }
}

impl fmt::Debug for HandleDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HandleDigest(…)")
    }
}

/// What a login keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum LoginStep {
    /// A browser is on its way to the tenant's login, and back.
    Flow,
    /// A user has logged in, and chooses between instances.
    Choice,
    /// A browser is on its way to the identity provider of the console, and back.
    Console,
    /// A code for the application; from its use on, also what the access token gives.
    Code,
}

impl LoginStep {
    /// The place for which its content is sealed.
    #[must_use]
    pub fn place(self, of: HandleDigest) -> String {
        format!("login {} {}", <&str>::from(self), of.to_hex())
    }
}
