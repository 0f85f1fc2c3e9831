//! The keys that sign: made once whoever asks first, published a day before they sign, readable a day after.

use std::time::Duration;

use koogallery::Timestamp;
use koogallery_local::keys::LOCAL_KEY;
use koogallery_oidc::{Algorithm, Phase, Rotation, SigningKeys, verified};
use koogallery_runtime::{Environment, Vault, now};
use koogallery_store::Store;
use koogallery_tests::Seller;
use serde_json::json;

#[allow(clippy::unwrap_used)]
fn vault() -> Vault {
    Vault::of(&Environment::default().with("KOOGALLERY_LOCAL_KEY", LOCAL_KEY)).unwrap()
}

/// What each key is for, and its number, at a time.
#[allow(clippy::unwrap_used)]
async fn phases(store: &Store, at: Timestamp) -> Vec<(u32, Phase)> {
    let keys = SigningKeys::phases(store, at).await.unwrap();
    keys.into_iter().map(|(key, phase)| (key.number, phase)).collect()
}

#[tokio::test]
async fn processes_that_begin_at_once_sign_with_one_key() {
    let seller = Seller::start().await;
    let (store, at) = (seller.host.store(), now());
    let one = async || {
        let (keys, vault) = (SigningKeys::default(), vault());
        keys.signer(Algorithm::Es256, store, &vault, at).await.unwrap()
    };
    let signers = tokio::join!(one(), one(), one());
    assert!(signers.0.id() == signers.1.id() && signers.1.id() == signers.2.id());
    assert_eq!(phases(store, at).await, [(1, Phase::Active)]);
}

#[tokio::test]
async fn a_key_is_published_before_it_signs_and_stays_readable_after() {
    let seller = Seller::start().await;
    let (store, vault, rotation, start) = (seller.host.store(), vault(), Rotation::default(), now());
    let day = Duration::from_hours(24);
    let token = async |at| {
        // A new process: it has read nothing yet.
        let signer = SigningKeys::default().signer(Algorithm::Es256, store, &vault, at).await.unwrap();
        signer.sign(&json!({ "at": at })).unwrap()
    };
    let rotate = async |at| SigningKeys::rotate(&rotation, store, &vault, at).await.unwrap();
    let is_verified = async |token: &str| {
        let keys = SigningKeys::default().published(store).await.unwrap();
        verified(token, &keys).is_ok()
    };
    assert_eq!(rotate(start).await, [], "there is no key to rotate");
    let first = token(start).await;
    assert!(!rotate(start.saturating_add(88 * day)).await[0].is_change());

    let at = start.saturating_add(89 * day);
    assert!(rotate(at).await[0].made.is_some());
    assert_eq!(phases(store, at).await, [(1, Phase::Active), (2, Phase::Next)]);
    assert!(!rotate(at).await[0].is_change(), "one next key is enough");
    let before = token(at).await;
    let at = at.saturating_add(day);
    assert_eq!(phases(store, at).await, [(1, Phase::Retired), (2, Phase::Active)]);
    let after = token(at).await;
    assert_ne!(first.split('.').next(), after.split('.').next(), "another key");
    for token in [&first, &before, &after] {
        assert!(is_verified(token).await);
    }

    assert_eq!(rotate(at.saturating_add(day)).await[0].removed.len(), 1);
    assert_eq!((is_verified(&before).await, is_verified(&after).await), (false, true));
}

#[tokio::test]
async fn a_key_that_somebody_else_may_have_is_replaced_at_once() {
    let seller = Seller::start().await;
    let (store, vault, rotation, at) = (seller.host.store(), vault(), Rotation::default(), now());
    for algorithm in Algorithm::ALL.iter().copied() {
        SigningKeys::default().signer(algorithm, store, &vault, at).await.unwrap();
    }
    let waiting = SigningKeys::replace(&rotation, false, store, &vault, at).await.unwrap();
    assert!(waiting.len() == 2 && waiting.iter().all(|rotated| rotated.removed.is_empty()));
    assert_eq!(SigningKeys::replace(&rotation, false, store, &vault, at).await.unwrap(), [], "they wait already");
    let replaced = SigningKeys::replace(&rotation, true, store, &vault, at).await.unwrap();
    assert!(replaced.iter().all(|rotated| rotated.removed.len() == 2));
    assert_eq!(phases(store, at).await, [(3, Phase::Active), (3, Phase::Active)]);
}
