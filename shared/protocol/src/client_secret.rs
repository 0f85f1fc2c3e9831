//! `clientSecret` of applicationSync. KooGallery encrypts it with the RSA public key that the seller registered
//! (joint-operations kit, topic 0070649111).
//!
//! The guide says RSA-OAEP but does not name the hashes, so each likely pair is tried. The caller supplies random numbers: for
//! encryption, and to hide the private key's timing (blinding).

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, LineEnding};
use rsa::rand_core::TryCryptoRng;
use rsa::traits::PublicKeyParts;
use rsa::{Generate, Oaep};
use sha1::Sha1;
use sha2::Sha256;
use strum::VariantArray;

/// The shortest RSA key that is accepted, in bits. KooGallery demands 3072, which [`RsaPrivateKey::generate`] makes.
pub const MIN_RSA_BITS: u32 = 2048;

/// An application's OAuth secret. Its `Debug` output does not contain it.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientSecret(String);

impl ClientSecret {
    /// The secret itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for ClientSecret {
    fn from(secret: String) -> Self {
        Self(secret)
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret(…)")
    }
}

/// The hashes of OAEP, in the order in which they are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, VariantArray)]
pub enum OaepHashes {
    /// SHA-256, and SHA-256 in MGF1.
    Sha256,
    /// SHA-256, and SHA-1 in MGF1: Java's default for `OAEPWithSHA-256AndMGF1Padding`.
    Sha256WithMgf1Sha1,
    /// SHA-1, and SHA-1 in MGF1.
    Sha1,
}

impl OaepHashes {
    /// Every pair.
    pub const ALL: &[Self] = Self::VARIANTS;
}

/// Why a secret was not decrypted or encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClientSecretError {
    /// It is not base64, not for this key, or not a text. The error does not say which.
    #[error("the clientSecret does not decrypt: is the public key of this private key registered in KooGallery?")]
    NotDecrypted,
    /// The secret is longer than the key can hold.
    #[error("the clientSecret is too long for the RSA key")]
    TooLong,
    /// The caller's source of random numbers failed.
    #[error("the system gave no random numbers")]
    NoRandomness,
}

impl From<rsa::Error> for ClientSecretError {
    fn from(error: rsa::Error) -> Self {
        match error {
            rsa::Error::Rng => Self::NoRandomness,
            rsa::Error::MessageTooLong => Self::TooLong,
            _ => Self::NotDecrypted,
        }
    }
}

/// Why a key was refused. No variant contains a byte of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RsaKeyError {
    /// The lines of PEM for a private key are missing.
    #[error(
        "the RSA private key is not PEM: it lies between -----BEGIN PRIVATE KEY----- and -----END PRIVATE KEY----- \
         (PKCS#8), or between -----BEGIN RSA PRIVATE KEY----- and -----END RSA PRIVATE KEY----- (PKCS#1)"
    )]
    NotPem,
    /// A passphrase protects it.
    #[error("a passphrase protects the RSA private key: `openssl pkey -in FILE` removes it")]
    Passphrase,
    /// The content of the PEM is not an RSA private key.
    #[error("the PEM has no RSA private key that can be used: it is damaged, of another kind, or has too many bits")]
    NotPrivateKey,
    /// It is the public key.
    #[error("it is a public key: register that one in KooGallery, and give the private key here")]
    PublicKey,
    /// It is neither PEM nor base64 of a key.
    #[error(
        "it is not an RSA private key, but looks like {looks_like}: give PEM (-----BEGIN PRIVATE KEY----- …), or base64 of it"
    )]
    NotAKey {
        /// What it looks like.
        looks_like: &'static str,
    },
    /// It is not base64 of an RSA `SubjectPublicKeyInfo`.
    #[error("the RSA public key is not base64 of an X.509 SubjectPublicKeyInfo, without the lines of PEM")]
    NotPublicKey,
    /// The key is too short to be safe.
    #[error("the RSA key has {bits} bits: at least {MIN_RSA_BITS} are needed, and KooGallery demands 3072")]
    TooShort {
        /// The bits of its modulus.
        bits: u32,
    },
}

/// The seller's RSA private key. Its `Debug` output does not contain it.
#[derive(Clone)]
pub struct RsaPrivateKey(rsa::PrivateKey);

impl RsaPrivateKey {
    /// Makes a key of 3072 bits.
    pub fn generate<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, R::Error> {
        rsa::PrivateKey::try_generate_from_rng(rng).map(Self)
    }

    /// Reads a key from PEM: PKCS#8 or PKCS#1. Line breaks and text around it do not matter.
    pub fn from_pem(pem: &str) -> Result<Self, RsaKeyError> {
        let key = if let Some(base64) = armoured(pem, "PRIVATE KEY") {
            from_base64(base64).and_then(|der| rsa::PrivateKey::from_pkcs8_der(&der).ok())
        } else if let Some(base64) = armoured(pem, "RSA PRIVATE KEY") {
            if base64.contains("ENCRYPTED") {
                return Err(RsaKeyError::Passphrase);
            }
            from_base64(base64).and_then(|der| rsa::PrivateKey::from_pkcs1_der(&der).ok())
        } else if armoured(pem, "ENCRYPTED PRIVATE KEY").is_some() {
            return Err(RsaKeyError::Passphrase);
        } else {
            return Err(RsaKeyError::NotPem);
        };
        let key = key.ok_or(RsaKeyError::NotPrivateKey)?;
        long_enough(&key)?;
        Ok(Self(key))
    }

    /// Reads every private key of a text, in the forms in which people paste them: one or more PEMs (for example the new and
    /// the old key), with line breaks that may be escaped (`\n`); the key (PKCS#8 or PKCS#1) in base64 without PEM lines;
    /// base64 of a whole PEM. PEM blocks of other kinds are ignored.
    pub fn all_from_text(text: &str) -> Result<Vec<Self>, RsaKeyError> {
        match Self::readable_from_text(text) {
            (_, Some(error)) => Err(error),
            (keys, None) => Ok(keys),
        }
    }

    /// The same, but a key that cannot be read does not hide the others: returns the keys that can be read, and why the first
    /// other one cannot.
    #[must_use]
    pub fn readable_from_text(text: &str) -> (Vec<Self>, Option<RsaKeyError>) {
        let text = unescaped(text);
        if text.contains(BEGIN) {
            return Self::of_blocks(&text);
        }
        let Some(bytes) = from_base64(text.trim().trim_matches(['"', '\''])).filter(|bytes| !bytes.is_empty()) else {
            return (Vec::new(), Some(RsaKeyError::NotAKey { looks_like: looks_like(text.trim()) }));
        };
        match std::str::from_utf8(&bytes) {
            Ok(pem) if pem.contains(BEGIN) => Self::of_blocks(&unescaped(pem)),
            _ => match Self::from_der(&bytes) {
                Ok(key) => (vec![key], None),
                Err(error) => (Vec::new(), Some(error)),
            },
        }
    }

    fn of_blocks(pem: &str) -> (Vec<Self>, Option<RsaKeyError>) {
        let (mut keys, mut problem) = (Vec::new(), None);
        for block in pem.split(BEGIN).skip(1) {
            match Self::from_pem(&format!("{BEGIN}{block}")) {
                Ok(key) => keys.push(key),
                Err(RsaKeyError::NotPem)
                    if block.starts_with("PRIVATE KEY-") || block.starts_with("RSA PRIVATE KEY-") =>
                {
                    problem = problem.or(Some(RsaKeyError::NotPrivateKey));
                }
                Err(RsaKeyError::NotPem) => {}
                Err(error) => problem = problem.or(Some(error)),
            }
        }
        if keys.is_empty() && problem.is_none() {
            let holds = |label: &str| pem.contains(&format!("{label}-----"));
            problem = Some(match () {
                () if holds("PUBLIC KEY") => RsaKeyError::PublicKey,
                () if holds("OPENSSH PRIVATE KEY") => RsaKeyError::NotAKey { looks_like: "an OpenSSH key" },
                () if holds("EC PRIVATE KEY") => RsaKeyError::NotAKey { looks_like: "an elliptic-curve key" },
                () if holds("CERTIFICATE") => RsaKeyError::NotAKey { looks_like: "a certificate" },
                () => RsaKeyError::NotPem,
            });
        }
        (keys, problem)
    }

    fn from_der(der: &[u8]) -> Result<Self, RsaKeyError> {
        let key = rsa::PrivateKey::from_pkcs8_der(der).or_else(|_| rsa::PrivateKey::from_pkcs1_der(der));
        let Ok(key) = key else {
            let public = rsa::PublicKey::from_public_key_der(der).is_ok();
            return Err(if public { RsaKeyError::PublicKey } else { RsaKeyError::NotPrivateKey });
        };
        long_enough(&key)?;
        Ok(Self(key))
    }

    /// The secret itself, as PKCS#8 PEM.
    #[must_use]
    #[allow(clippy::expect_used, clippy::missing_panics_doc)]
    pub fn reveal_pem(&self) -> String {
        self.0.to_pkcs8_pem(LineEnding::LF).expect("an RSA key of two primes has a PKCS#8 form").to_string()
    }

    /// Its public key.
    #[must_use]
    pub fn public_key(&self) -> RsaPublicKey {
        RsaPublicKey(self.0.to_public_key())
    }

    /// Decrypts a `clientSecret`: base64. White space in it is ignored.
    pub fn decrypt<R: TryCryptoRng + ?Sized>(
        &self,
        rng: &mut R,
        ciphertext: &str,
    ) -> Result<ClientSecret, ClientSecretError> {
        let ciphertext = from_base64(ciphertext).ok_or(ClientSecretError::NotDecrypted)?;
        for hashes in OaepHashes::ALL.iter().copied() {
            let decrypted = match hashes {
                OaepHashes::Sha256 => self.0.decrypt_blinded(rng, Oaep::<Sha256>::new(), &ciphertext),
                OaepHashes::Sha256WithMgf1Sha1 => {
                    self.0.decrypt_blinded(rng, Oaep::<Sha256, Sha1>::new_with_mgf_hash(), &ciphertext)
                }
                OaepHashes::Sha1 => self.0.decrypt_blinded(rng, Oaep::<Sha1>::new(), &ciphertext),
            };
            match decrypted.map_err(ClientSecretError::from) {
                Ok(secret) => {
                    return String::from_utf8(secret).map(ClientSecret).map_err(|_| ClientSecretError::NotDecrypted);
                }
                Err(ClientSecretError::NoRandomness) => return Err(ClientSecretError::NoRandomness),
                Err(_) => {}
            }
        }
        Err(ClientSecretError::NotDecrypted)
    }
}

impl fmt::Debug for RsaPrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RsaPrivateKey(…)")
    }
}

/// The RSA public key that the seller registers; the marketplace encrypts with it. Its text is what Seller Console takes:
/// base64 of its `SubjectPublicKeyInfo`, on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RsaPublicKey(rsa::PublicKey);

impl RsaPublicKey {
    /// Encrypts a secret. Returns base64.
    pub fn encrypt<R: TryCryptoRng + ?Sized>(
        &self,
        rng: &mut R,
        hashes: OaepHashes,
        secret: &ClientSecret,
    ) -> Result<String, ClientSecretError> {
        let secret = secret.0.as_bytes();
        let ciphertext = match hashes {
            OaepHashes::Sha256 => self.0.encrypt(rng, Oaep::<Sha256>::new(), secret),
            OaepHashes::Sha256WithMgf1Sha1 => self.0.encrypt(rng, Oaep::<Sha256, Sha1>::new_with_mgf_hash(), secret),
            OaepHashes::Sha1 => self.0.encrypt(rng, Oaep::<Sha1>::new(), secret),
        };
        Ok(STANDARD.encode(ciphertext?))
    }
}

impl FromStr for RsaPublicKey {
    type Err = RsaKeyError;
    fn from_str(base64: &str) -> Result<Self, RsaKeyError> {
        let key = from_base64(base64).and_then(|der| rsa::PublicKey::from_public_key_der(&der).ok());
        let key = key.ok_or(RsaKeyError::NotPublicKey)?;
        long_enough(&key)?;
        Ok(Self(key))
    }
}

impl fmt::Display for RsaPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let der = self.0.to_public_key_der().map_err(|_| fmt::Error)?;
        f.write_str(&STANDARD.encode(der))
    }
}

fn long_enough(key: &impl PublicKeyParts) -> Result<(), RsaKeyError> {
    let bits = key.n().bit_width();
    if bits < MIN_RSA_BITS { Err(RsaKeyError::TooShort { bits }) } else { Ok(()) }
}

/// The beginning of each block of PEM.
const BEGIN: &str = "-----BEGIN ";

/// Reads escaped line breaks, as JSON and `.env` files have them. Neither PEM nor base64 contains a backslash.
fn unescaped(text: &str) -> String {
    text.replace("\\r", "").replace("\\n", "\n")
}

fn looks_like(text: &str) -> &'static str {
    match text {
        "" => "nothing",
        text if text.starts_with("ssh-") => "an OpenSSH public key",
        text if text.starts_with(['/', '.', '~']) => "the name of a file, not its content",
        text if text.starts_with('{') => "JSON",
        text if text.starts_with('<') => "XML",
        _ => "a text that is neither PEM nor base64",
    }
}

/// The text between the first such pair of PEM lines.
fn armoured<'a>(pem: &'a str, label: &str) -> Option<&'a str> {
    let (_, rest) = pem.split_once(&format!("-----BEGIN {label}-----"))?;
    rest.split_once(&format!("-----END {label}-----")).map(|(inside, _)| inside)
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    let text: String = text.split_ascii_whitespace().collect();
    STANDARD.decode(text).ok()
}
