//! The V2.0 signature (topic 0070649476). KooGallery makes it, a seller checks it.
//!
//! ```text
//! basic:  signature = hex(HMAC-SHA256(accessKey, accessKey + nonce + timestamp + hex(HMAC-SHA256(accessKey, body))))
//! kit:    x-sign    = hex(HMAC-SHA256(accessKey, accessKey + nonce + timestamp + body))
//! ```
//!
//! The guide's page for the basic callbacks says that the digest of the body is signed; the joint-operations page says the body
//! itself. For the kit both are accepted.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

pub(crate) type HmacSha256 = Hmac<Sha256>;

/// Which form of the body is part of the canonical request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload {
    /// The body's HMAC in lower-case hex: the basic callbacks.
    Digest,
    /// The body itself: the joint-operations kit.
    Plain,
}

/// Signs a basic callback. Returns lower-case hex.
#[must_use]
pub fn basic(access_key: &str, nonce: &str, timestamp: &str, body: &[u8]) -> String {
    hex::encode(mac(Payload::Digest, access_key, nonce, timestamp, body).finalize().into_bytes())
}

/// Signs a joint-operations callback. Returns lower-case hex.
#[must_use]
pub fn kit(access_key: &str, nonce: &str, timestamp: &str, body: &[u8]) -> String {
    hex::encode(mac(Payload::Plain, access_key, nonce, timestamp, body).finalize().into_bytes())
}

/// Whether `signature` (hex in upper or lower case) is right for the call. The time is the same for every wrong signature of
/// 64 hex digits.
#[must_use]
pub fn matches(payload: Payload, access_key: &str, nonce: &str, timestamp: &str, body: &[u8], signature: &str) -> bool {
    let mut given = [0; 32];
    hex::decode_to_slice(signature, &mut given).is_ok()
        && mac(payload, access_key, nonce, timestamp, body).verify_slice(&given).is_ok()
}

fn mac(payload: Payload, access_key: &str, nonce: &str, timestamp: &str, body: &[u8]) -> HmacSha256 {
    let keyed = keyed(access_key);
    let mut request = keyed.clone();
    for part in [access_key, nonce, timestamp] {
        request.update(part.as_bytes());
    }
    match payload {
        Payload::Plain => request.update(body),
        Payload::Digest => {
            let mut digest = [0; 64];
            // The buffer has exactly two digits for each of the 32 bytes.
            let written = hex::encode_to_slice(keyed.chain_update(body).finalize().into_bytes(), &mut digest);
            debug_assert!(written.is_ok());
            request.update(&digest);
        }
    }
    request
}

#[allow(clippy::expect_used)]
pub(crate) fn keyed(key: &str) -> HmacSha256 {
    HmacSha256::new_from_slice(key.as_bytes()).expect("HMAC takes a key of any length")
}
