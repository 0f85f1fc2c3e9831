//! Reads the RSA public key that the seller registered in KooGallery.

use std::path::PathBuf;

use koogallery::RsaPublicKey;
use koogallery_runtime::Environment;

use super::Failure;
use crate::keys::local_rsa_public_key;

/// The given public key. Without one, the public key of the local test pair, if the other local test keys are used too.
pub(super) fn given_or_local(given: Option<&str>) -> Result<Option<RsaPublicKey>, Failure> {
    match given {
        Some(given) => read(given).map(Some),
        None if Environment::of_process().get("KOOGALLERY_KEYS").is_none() => Ok(Some(local_rsa_public_key()?)),
        None => Ok(None),
    }
}

/// Reads a public key from a file or from the text itself, with or without the first and last line of PEM.
fn read(given: &str) -> Result<RsaPublicKey, Failure> {
    let text = if PathBuf::from(given).is_file() { std::fs::read_to_string(given)? } else { given.to_owned() };
    let base64: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
    base64.parse().map_err(|error| {
        format!("the RSA public key is neither a file that exists nor a key in base64: {error}").into()
    })
}
