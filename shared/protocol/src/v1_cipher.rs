//! The cipher of V1.0 (topics 0070649057, 0070649064): `userName` and `password` of a reply's `appInfo`, and
//! `mobilePhone` and `email` of newInstance if KooGallery encrypts them.
//!
//! ```text
//! wire = iv (16 characters) + base64(AES-CBC-PKCS7(key, iv, plaintext))
//! ```
//!
//! The guide limits the encrypted `userName` and `password` to 128 characters, so a plaintext may have at most
//! [`MAX_PLAINTEXT`] bytes. A longer one would keep the buyer's order in "provisioning" for ever.

use std::fmt;
use std::str::FromStr;

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use aes::{Aes128, Aes256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rsa::rand_core::TryCryptoRng;
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};
use strum::{EnumString, IntoStaticStr};

/// The most characters of an encrypted `userName` or `password`.
pub const MAX_WIRE: usize = 128;
/// The most bytes of plaintext that fit in [`MAX_WIRE`].
pub const MAX_PLAINTEXT: usize = 79;

const BLOCK: usize = 16;

/// `encryptType` of a reply: the key's length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, EnumString, IntoStaticStr)]
pub enum EncryptType {
    /// `1`: AES-256-CBC. A reply without `encryptType` means this.
    #[default]
    #[serde(rename = "1")]
    #[strum(serialize = "1")]
    Aes256,
    /// `2`: AES-128-CBC.
    #[serde(rename = "2")]
    #[strum(serialize = "2")]
    Aes128,
}

impl EncryptType {
    /// Its form in a reply.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// An initialisation vector: 16 letters and digits, new for every value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Iv([u8; BLOCK]);

impl Iv {
    const CHARACTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    /// Makes a random one. Each character is equally likely.
    pub fn draw<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, R::Error> {
        let mut drawn = [0; BLOCK];
        let mut filled = 0;
        while filled < BLOCK {
            // More than are needed, so that the few that name no character seldom ask for a second draw.
            let mut random = [0; 32];
            rng.try_fill_bytes(&mut random)?;
            // Six bits choose a character. Two of the 64 numbers choose none and are skipped, so that no character is more likely.
            let characters = random.iter().filter_map(|byte| Self::CHARACTERS.get(usize::from(byte & 63)));
            for (place, character) in drawn[filled..].iter_mut().zip(characters) {
                *place = *character;
                filled += 1;
            }
        }
        Ok(Self(drawn))
    }
}

/// The text is not 16 letters and digits of ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an initialisation vector must be 16 characters of A-Z, a-z, 0-9")]
pub struct IvError;

impl FromStr for Iv {
    type Err = IvError;
    fn from_str(text: &str) -> Result<Self, IvError> {
        let bytes: [u8; BLOCK] = text.as_bytes().try_into().map_err(|_| IvError)?;
        if bytes.iter().all(u8::is_ascii_alphanumeric) { Ok(Self(bytes)) } else { Err(IvError) }
    }
}

impl fmt::Display for Iv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| fmt::Write::write_char(f, char::from(*byte)))
    }
}

/// The value does not decrypt: it was not made by this cipher, or with another key. The error does not say at which step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the value does not decrypt with this access key")]
pub struct NotDecrypted;

/// Encrypts a value for the wire.
#[must_use]
pub fn encrypt(access_key: &str, encrypt_type: EncryptType, iv: &Iv, plaintext: &str) -> String {
    let iv_block = iv.0.into();
    let plaintext = plaintext.as_bytes();
    let ciphertext = match encrypt_type {
        EncryptType::Aes256 => cbc::Encryptor::<Aes256>::new(&derive_key::<32>(access_key).into(), &iv_block)
            .encrypt_padded_vec::<Pkcs7>(plaintext),
        EncryptType::Aes128 => cbc::Encryptor::<Aes128>::new(&derive_key::<16>(access_key).into(), &iv_block)
            .encrypt_padded_vec::<Pkcs7>(plaintext),
    };
    let mut wire = iv.to_string();
    STANDARD.encode_string(ciphertext, &mut wire);
    wire
}

/// Decrypts a value from the wire. A space is read as the `+` that URL decoding made it from.
pub fn decrypt(access_key: &str, encrypt_type: EncryptType, wire: &str) -> Result<String, NotDecrypted> {
    let (iv, ciphertext) = wire.split_at_checked(BLOCK).ok_or(NotDecrypted)?;
    let iv = iv.parse::<Iv>().map_err(|_| NotDecrypted)?.0.into();
    let ciphertext = STANDARD.decode(ciphertext.replace(' ', "+")).map_err(|_| NotDecrypted)?;
    let plaintext = match encrypt_type {
        EncryptType::Aes256 => cbc::Decryptor::<Aes256>::new(&derive_key::<32>(access_key).into(), &iv)
            .decrypt_padded_vec::<Pkcs7>(&ciphertext),
        EncryptType::Aes128 => cbc::Decryptor::<Aes128>::new(&derive_key::<16>(access_key).into(), &iv)
            .decrypt_padded_vec::<Pkcs7>(&ciphertext),
    };
    String::from_utf8(plaintext.map_err(|_| NotDecrypted)?).map_err(|_| NotDecrypted)
}

/// How many characters a value has on the wire.
#[must_use]
pub const fn wire_length(plaintext_bytes: usize) -> usize {
    let ciphertext = (plaintext_bytes / BLOCK + 1) * BLOCK;
    BLOCK + ciphertext.div_ceil(3) * 4
}

/// Derives the key from the access key. This is KooGallery's scheme, not our choice: its sample seeds Java's `SHA1PRNG` with the
/// access key, and `KeyGenerator("AES")` draws the key. So this is that generator, with the signed bytes of Java and its first
/// carry of one.
fn derive_key<const LENGTH: usize>(access_key: &str) -> [u8; LENGTH] {
    let mut key = [0; LENGTH];
    let mut state: [u8; 20] = Sha1::digest(access_key).into();
    for part in key.chunks_mut(state.len()) {
        let block: [u8; 20] = Sha1::digest(state).into();
        part.copy_from_slice(&block[..part.len()]);

        let before = state;
        let mut carry = 1;
        for (byte, drawn) in state.iter_mut().zip(block) {
            let sum = i16::from(byte.cast_signed()) + i16::from(drawn.cast_signed()) + carry;
            *byte = sum.to_le_bytes()[0];
            carry = sum >> 8;
        }
        if state == before {
            state[0] = state[0].wrapping_add(1);
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use rsa::rand_core::TryRng;

    use super::*;

    /// Counts up from a byte.
    struct Counting(u8);

    impl TryRng for Counting {
        type Error = Infallible;
        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            self.try_next_u64().map(|number| (number >> 32) as u32)
        }
        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            let mut bytes = [0; 8];
            self.try_fill_bytes(&mut bytes).map(|()| u64::from_be_bytes(bytes))
        }
        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
            for byte in bytes {
                *byte = self.0;
                self.0 = self.0.wrapping_add(1);
            }
            Ok(())
        }
    }

    impl TryCryptoRng for Counting {}

    #[test]
    fn an_iv_is_drawn_from_all_62_characters_and_no_other() {
        let Ok(first) = Iv::draw(&mut Counting(0));
        assert_eq!(first.to_string(), "ABCDEFGHIJKLMNOP");
        // 62 and 63 name no character.
        let Ok(around) = Iv::draw(&mut Counting(56));
        assert_eq!(around.to_string(), "456789ABCDEFGHIJ");
    }

    #[test]
    fn an_iv_is_made_from_16_letters_and_digits_only() {
        assert!("0aZ9bY8cX7dW6eV5".parse::<Iv>().is_ok());
        for wrong in ["", "0aZ9bY8cX7dW6eV", "0aZ9bY8cX7dW6eV5x", "0aZ9bY8cX7dW6eV+", "实实实实实a"] {
            assert_eq!(wrong.parse::<Iv>(), Err(IvError), "{wrong}");
        }
    }
}
