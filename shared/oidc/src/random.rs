//! Handles: texts that nobody can guess.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The system gave no random numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system gave no random numbers")]
pub struct NoRandomness;

/// 256 random bits, in base64url: 43 characters.
pub fn secret() -> Result<String, NoRandomness> {
    Ok(URL_SAFE_NO_PAD.encode(drawn::<32>()?))
}

/// 160 random bits as 40 hex digits: the state that a tenant's login passes on may have letters and digits only.
pub fn letters_and_digits() -> Result<String, NoRandomness> {
    Ok(hex::encode(drawn::<20>()?))
}

fn drawn<const LENGTH: usize>() -> Result<[u8; LENGTH], NoRandomness> {
    let mut drawn = [0; LENGTH];
    getrandom::fill(&mut drawn).map_err(|_| NoRandomness)?;
    Ok(drawn)
}
