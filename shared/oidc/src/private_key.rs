//! A private key: made, read, and used to sign tokens.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use getrandom::SysRng;
use koogallery_settings::Algorithm;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use rsa::PrivateKey as RsaPrivateKey;
use rsa::pkcs8::EncodePrivateKey;
use rsa::rand_core::UnwrapErr;
use serde::Serialize;
use serde_json::json;

use crate::public_key::PublicKey;

/// The length of the modulus of RSA keys, in bits.
const RSA_BITS: usize = 2048;

/// A key that signs. Its `Debug` output shows only the id of its public half.
pub struct PrivateKey {
    pair: Pair,
    public: PublicKey,
    id: String,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ecdsa(EcdsaKeyPair),
}

/// Why a key was not made, read or used. The error contains nothing of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The libraries could not make a key.
    #[error("no {} key could be made", .0.name())]
    NotMade(Algorithm),
    /// It is no private key of this algorithm in PKCS #8.
    #[error("the private key is not one for {}", .0.name())]
    Unreadable(Algorithm),
    /// A token could not be signed.
    #[error("the token could not be signed")]
    NotSigned,
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PrivateKey").field(&self.id).finish()
    }
}

impl PrivateKey {
    /// Makes a key, and returns its PKCS #8. An RSA key takes some tenths of a second.
    pub fn generate(algorithm: Algorithm) -> Result<Vec<u8>, KeyError> {
        let not_made = || KeyError::NotMade(algorithm);
        match algorithm {
            Algorithm::Rs256 => {
                let key = RsaPrivateKey::new(&mut UnwrapErr(SysRng), RSA_BITS).map_err(|_| not_made())?;
                Ok(key.to_pkcs8_der().map_err(|_| not_made())?.as_bytes().to_vec())
            }
            Algorithm::Es256 => {
                let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
                Ok(key.map_err(|_| not_made())?.as_ref().to_vec())
            }
        }
    }

    /// Reads PKCS #8.
    pub fn read(algorithm: Algorithm, pkcs8: &[u8]) -> Result<Self, KeyError> {
        let unreadable = || KeyError::Unreadable(algorithm);
        let (pair, public) = match algorithm {
            Algorithm::Rs256 => {
                let pair = RsaKeyPair::from_pkcs8(pkcs8).map_err(|_| unreadable())?;
                let public = PublicKey::rsa(&ring::rsa::PublicKeyComponents::<Vec<u8>>::from(pair.public()));
                (Pair::Rsa(pair), public)
            }
            Algorithm::Es256 => {
                let signing = &ECDSA_P256_SHA256_FIXED_SIGNING;
                let pair = EcdsaKeyPair::from_pkcs8(signing, pkcs8, &SystemRandom::new()).map_err(|_| unreadable())?;
                let public = PublicKey::ecdsa(pair.public_key().as_ref()).ok_or_else(unreadable)?;
                (Pair::Ecdsa(pair), public)
            }
        };
        Ok(Self { pair, id: public.thumbprint(), public })
    }

    /// Its public half.
    #[must_use]
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Its id: the thumbprint of its public half.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Signs claims: a token in compact form.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String, KeyError> {
        let encoded = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
        let header = json!({ "alg": self.public.algorithm().name(), "kid": self.id, "typ": "JWT" });
        let claims = serde_json::to_vec(claims).map_err(|_| KeyError::NotSigned)?;
        let mut token = format!("{}.{}", encoded(header.to_string().as_bytes()), encoded(&claims));
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, token.as_bytes(), &mut signature)
                    .map_err(|_| KeyError::NotSigned)?;
                signature
            }
            Pair::Ecdsa(pair) => {
                pair.sign(&random, token.as_bytes()).map_err(|_| KeyError::NotSigned)?.as_ref().to_vec()
            }
        };
        token.push('.');
        token.push_str(&encoded(&signature));
        Ok(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::verified;

    #[test]
    fn each_algorithm_signs_what_its_public_half_verifies_and_no_other() {
        let keys: Vec<PrivateKey> = Algorithm::ALL
            .iter()
            .map(|algorithm| PrivateKey::read(*algorithm, &PrivateKey::generate(*algorithm).unwrap()).unwrap())
            .collect();
        for (place, key) in keys.iter().enumerate() {
            let token = key.sign(&json!({ "sub": "s" })).unwrap();
            assert_eq!(verified(&token, [key.public()]).unwrap(), json!({ "sub": "s" }));
            assert!(verified(&token, [keys[1 - place].public()]).is_err());
            assert!(!format!("{key:?}").contains("pair"));
        }
    }

    #[test]
    fn a_key_of_another_algorithm_is_refused() {
        let ecdsa = PrivateKey::generate(Algorithm::Es256).unwrap();
        assert_eq!(PrivateKey::read(Algorithm::Rs256, &ecdsa).unwrap_err(), KeyError::Unreadable(Algorithm::Rs256));
        assert_eq!(PrivateKey::read(Algorithm::Es256, b"no").unwrap_err(), KeyError::Unreadable(Algorithm::Es256));
    }
}
