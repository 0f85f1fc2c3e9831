//! A public key as applications read it: a JSON Web Key (RFC 7517), named by its thumbprint (RFC 7638).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use koogallery_settings::Algorithm;
use ring::rsa::PublicKeyComponents;
use ring::signature::{ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The length of a coordinate of P-256, in bytes.
const COORDINATE: usize = 32;

/// A public key. Its members are those that a thumbprint is made of, in that order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kty")]
pub enum PublicKey {
    /// An RSA key: exponent and modulus, in base64url.
    #[serde(rename = "RSA")]
    Rsa {
        /// The exponent.
        e: String,
        /// The modulus.
        n: String,
    },
    /// A point of P-256, in base64url.
    #[serde(rename = "EC")]
    Ecdsa {
        /// The first coordinate.
        x: String,
        /// The second one.
        y: String,
    },
}

impl PublicKey {
    pub(crate) fn rsa(key: &PublicKeyComponents<Vec<u8>>) -> Self {
        Self::Rsa { e: URL_SAFE_NO_PAD.encode(&key.e), n: URL_SAFE_NO_PAD.encode(&key.n) }
    }

    /// Reads an uncompressed point.
    pub(crate) fn ecdsa(point: &[u8]) -> Option<Self> {
        let (x, y) = point.strip_prefix(&[4])?.split_at_checked(COORDINATE)?;
        (y.len() == COORDINATE).then(|| Self::Ecdsa { x: URL_SAFE_NO_PAD.encode(x), y: URL_SAFE_NO_PAD.encode(y) })
    }

    /// The algorithm that it verifies.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        match self {
            Self::Rsa { .. } => Algorithm::Rs256,
            Self::Ecdsa { .. } => Algorithm::Es256,
        }
    }

    /// Its id: SHA-256 over its necessary members in their order, in base64url.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        // The members are base64url, so nothing in them needs to be escaped.
        let necessary = match self {
            Self::Rsa { e, n } => format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#),
            Self::Ecdsa { x, y } => format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#),
        };
        URL_SAFE_NO_PAD.encode(Sha256::digest(necessary))
    }

    /// The key as applications read it.
    #[must_use]
    pub fn to_jwk(&self) -> Value {
        let (use_, kid, alg) = ("sig", self.thumbprint(), self.algorithm().name());
        match self {
            Self::Rsa { e, n } => json!({ "kty": "RSA", "use": use_, "alg": alg, "kid": kid, "n": n, "e": e }),
            Self::Ecdsa { x, y } => {
                json!({ "kty": "EC", "use": use_, "alg": alg, "kid": kid, "crv": "P-256", "x": x, "y": y })
            }
        }
    }

    /// Whether it verifies this signature.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let decoded = |text: &String| URL_SAFE_NO_PAD.decode(text).ok();
        match self {
            Self::Rsa { e, n } => decoded(e).zip(decoded(n)).is_some_and(|(e, n)| {
                PublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
            }),
            Self::Ecdsa { x, y } => decoded(x).zip(decoded(y)).is_some_and(|(x, y)| {
                let point = [&[4][..], &x, &y].concat();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of RFC 7638, section 3.1, and its thumbprint.
    #[test]
    fn the_thumbprint_is_that_of_the_standard() {
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCi\
                 FV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb\
                 9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls\
                 1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let key = PublicKey::Rsa { e: "AQAB".to_owned(), n: n.to_owned() };
        assert_eq!(key.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        assert_eq!(serde_json::from_value::<PublicKey>(key.to_jwk()).unwrap(), key);
    }
}
