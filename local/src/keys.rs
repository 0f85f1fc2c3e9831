//! The local test keys, which everybody knows: for a first run without configuration, on the loopback interface only.

use koogallery::{AccessKeys, AccessKeysError, RsaKeyError, RsaPrivateKey, RsaPublicKey};
use koogallery_open_api::{Credentials, CredentialsError};
use koogallery_runtime::Environment;

/// The default of `KOOGALLERY_KEYS`.
pub const LOCAL_TEST_KEYS: &str = concat!(
    r#"{"basic":["koogallery-local-test-key-basic"],"kit":["koogallery-local-test-key-kit"],"#,
    r#""license":["koogallery-local-test-key-license"],"order":["koogallery-local-test-key-order"]}"#
);

/// The default of `KOOGALLERY_LOCAL_KEY`, if no KMS key is set.
pub const LOCAL_KEY: &str = "6b6f6f67616c6c6572792d6c6f63616c2d746573742d6b65792d33322d627974";

/// The default of `KOOGALLERY_WEBHOOK_SECRET`, if the webhook is on this machine.
pub const LOCAL_WEBHOOK_SECRET: &str = "whsec_a29vZ2FsbGVyeS1sb2NhbC10ZXN0LXdlYmhvb2stc2VjcmV0";

/// The default of `KOOGALLERY_RSA_PRIVATE_KEY`, with the local test keys.
pub const LOCAL_RSA_PRIVATE_KEY: &str = include_str!("local_test_key.pem");

/// The default of `KOOGALLERY_API_TOKEN`, with the local test keys.
pub const LOCAL_API_TOKEN: &str = "koogallery-local-test-token";

/// The default of `KOOGALLERY_ACCESS_KEY_ID`, if the open APIs are played on this machine.
pub const LOCAL_ACCESS_KEY_ID: &str = "KOOGALLERYLOCALTEST";

/// The default of `KOOGALLERY_SECRET_ACCESS_KEY` that belongs to it.
pub const LOCAL_SECRET_ACCESS_KEY: &str = "koogallery-local-test-secret-access-key";

/// The public key of the local RSA key, as if it were registered in KooGallery.
pub fn local_rsa_public_key() -> Result<RsaPublicKey, RsaKeyError> {
    Ok(RsaPrivateKey::from_pem(LOCAL_RSA_PRIVATE_KEY)?.public_key())
}

/// The AK and SK that sign calls to the open APIs: from the environment, or the local test pair.
pub fn or_local_test_credentials(environment: &Environment) -> Result<Credentials, CredentialsError> {
    match (environment.get("KOOGALLERY_ACCESS_KEY_ID"), environment.get("KOOGALLERY_SECRET_ACCESS_KEY")) {
        (None, None) => Credentials::new(LOCAL_ACCESS_KEY_ID, LOCAL_SECRET_ACCESS_KEY),
        (id, secret) => Credentials::new(id.unwrap_or_default(), secret.unwrap_or_default()),
    }
}

/// The keys with which a client of this project signs: `KOOGALLERY_KEYS`, or the local test key.
pub fn or_local_test_keys(configured: Option<&str>) -> Result<AccessKeys, AccessKeysError> {
    AccessKeys::from_json(configured.unwrap_or(LOCAL_TEST_KEYS))
}
