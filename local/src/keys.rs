//! The key that everybody knows: for a first run without configuration, on the loopback interface only.

use koogallery::{AccessKeys, AccessKeysError};

/// `KOOGALLERY_KEYS` where it is not set.
pub const LOCAL_TEST_KEYS: &str = concat!(
    r#"{"basic":["koogallery-local-test-key-basic"],"kit":["koogallery-local-test-key-kit"],"#,
    r#""license":["koogallery-local-test-key-license"],"order":["koogallery-local-test-key-order"]}"#
);

/// The keys that a client of this project signs with: `KOOGALLERY_KEYS`, or the local test key.
pub fn or_local_test_keys(configured: Option<&str>) -> Result<AccessKeys, AccessKeysError> {
    AccessKeys::from_json(configured.unwrap_or(LOCAL_TEST_KEYS))
}
