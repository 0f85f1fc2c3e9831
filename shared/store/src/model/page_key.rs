//! The address of a buyer's page: which instance it is of, so that nobody can read or guess it.
//!
//! The last part of the address is the instance's id, encrypted and authenticated with a key of the table's own (AES-256-GCM-SIV, RFC
//! 8452). So nothing is kept for an address, an address that nobody was given is found out without a read, and instances that are
//! there already have one. The nonce is always the same: with this cipher two equal texts then become two equal addresses, which is
//! what is wanted, and nothing else can be learnt from that.

use std::fmt;

use aes_gcm_siv::aead::{Aead, Payload};
use aes_gcm_siv::{Aes256GcmSiv, KeyInit};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use koogallery::InstanceId;

use crate::model::world::World;

/// What addresses are made with, and read. Its `Debug` output shows nothing of it.
#[derive(Clone)]
pub struct PageKey(Aes256GcmSiv);

/// What else might be encrypted with the key cannot be mistaken for an address.
const PURPOSE: &[u8] = b"address of a buyer's page";
const NONCE: [u8; 12] = [0; 12];
/// The longest address: no longer text is looked at. An id has up to 64 characters of up to four bytes.
const LONGEST: usize = (1 + 64 * 4 + 16) * 4 / 3 + 3;

impl fmt::Debug for PageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PageKey(…)")
    }
}

impl PageKey {
    /// The length of the key's bytes.
    pub const BYTES: usize = 32;

    /// Makes one from its bytes.
    #[must_use]
    pub fn new(bytes: &[u8; Self::BYTES]) -> Self {
        Self(Aes256GcmSiv::new(bytes.into()))
    }

    /// The last part of the address of an instance's page: letters, digits, hyphens and underscores. None only for what is longer than
    /// any instance id.
    #[must_use]
    pub fn address(&self, world: World, id: &InstanceId) -> Option<String> {
        let text = [&[mark(world)], id.as_str().as_bytes()].concat();
        let sealed = self.0.encrypt(&NONCE.into(), Payload { msg: &text, aad: PURPOSE }).ok()?;
        Some(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// The instance whose page has this address. None if this key did not make it.
    #[must_use]
    pub fn instance(&self, address: &str) -> Option<(World, InstanceId)> {
        if address.len() > LONGEST {
            return None;
        }
        let sealed = URL_SAFE_NO_PAD.decode(address).ok()?;
        let text = self.0.decrypt(&NONCE.into(), Payload { msg: &sealed, aad: PURPOSE }).ok()?;
        let (marked, id) = text.split_first()?;
        let world = [World::Real, World::Test].into_iter().find(|world| mark(*world) == *marked)?;
        Some((world, std::str::from_utf8(id).ok()?.parse().ok()?))
    }
}

const fn mark(world: World) -> u8 {
    match world {
        World::Real => b'R',
        World::Test => b'T',
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(byte: u8) -> PageKey {
        PageKey::new(&[byte; PageKey::BYTES])
    }

    #[test]
    fn an_instance_has_one_address_which_says_nothing_of_it() {
        let id: InstanceId = "2fd0a0a5-1111-4222-8333-944444444444".parse().unwrap();
        let address = key(1).address(World::Real, &id).unwrap();
        assert_eq!(key(1).address(World::Real, &id).unwrap(), address);
        assert_eq!(key(1).instance(&address), Some((World::Real, id.clone())));
        assert!(address.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{address}");
        assert!(!address.contains("2fd0a0a5"));
        let test = key(1).address(World::Test, &id).unwrap();
        assert_ne!(test, address);
        assert_eq!(key(1).instance(&test), Some((World::Test, id)));
        assert_eq!(key(2).instance(&address), None);
        assert_eq!(format!("{:?}", key(1)), "PageKey(…)");
    }

    #[test]
    fn the_longest_id_has_an_address_that_koogallery_takes() {
        let id: InstanceId = "\u{1F600}".repeat(64).parse().unwrap();
        let address = key(1).address(World::Real, &id).unwrap();
        assert!(address.len() <= LONGEST, "{}", address.len());
        assert_eq!(key(1).instance(&address), Some((World::Real, id)));
    }

    proptest! {
        #[test]
        fn a_changed_address_is_none(id in "[!-~]{1,64}", at: prop::sample::Index, other in "[A-Za-z0-9_-]") {
            let address = key(1).address(World::Real, &id.parse().unwrap()).unwrap();
            let at = at.index(address.len());
            let changed = format!("{}{other}{}", &address[..at], &address[at + 1..]);
            prop_assert!(changed == address || key(1).instance(&changed).is_none());
            prop_assert_eq!(key(1).instance(&address[..at]), None);
        }

        #[test]
        fn whatever_stands_there_never_panics(text in "\\PC{0,500}") {
            prop_assert_eq!(key(1).instance(&text), None);
        }
    }
}
