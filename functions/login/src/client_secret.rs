//! Whether a secret is a client's.

use koogallery_settings::OidcClient;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

/// Whether this is a client's secret. All digests are compared, each in constant time.
pub(crate) fn is_secret_of(client: &OidcClient, secret: &str) -> bool {
    let digest = hex::encode(Sha256::digest(secret));
    let fits = |hash: &String| hash.as_bytes().ct_eq(digest.as_bytes());
    client.client_secret_sha256.all().iter().fold(Choice::from(0), |any, hash| any | fits(hash)).into()
}

#[cfg(test)]
mod tests {
    use koogallery_settings::Hashes;
    use serde_json::json;

    use super::*;

    const HASH: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    #[test]
    fn a_secret_is_known_by_its_digest() {
        let client = |digests: Hashes| OidcClient {
            client_secret_sha256: digests,
            ..serde_json::from_value(json!({ "client_id": "shop", "app_id": "app-1", "redirect_uris": [] })).unwrap()
        };
        let one = client(Hashes::One(HASH.to_owned()));
        assert!(is_secret_of(&one, "test") && !is_secret_of(&one, "Test") && !is_secret_of(&one, HASH));
        assert!(is_secret_of(&client(Hashes::Several(vec!["0".repeat(64), HASH.to_owned()])), "test"));
        assert!(!is_secret_of(&client(Hashes::Several(Vec::new())), "") && !is_secret_of(&client(Hashes::None), ""));
    }
}
