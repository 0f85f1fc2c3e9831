//! What an operator does beside KooGallery's calls: erases at once, and has events delivered once more.

use koogallery::Timestamp;
use koogallery_local::api::Api;
use koogallery_runtime::now;
use koogallery_store::{Erased, Store, Subject};
use uuid::Uuid;

use crate::Seller;
use crate::api::TOKEN;

/// The seller API as the commands of `koogallery` ask it. The seller needs [`TOKEN`].
#[must_use]
pub fn api(seller: &Seller) -> Api {
    Api::new(&seller.host.seller_api(), TOKEN.to_owned()).unwrap()
}

/// Erases what was released, however short ago, as the seller API does.
pub async fn erase(store: &Store, subject: &str) -> Erased {
    store.erase(&subject.parse().unwrap(), Timestamp::from_millis(i64::MAX), now()).await.unwrap()
}

/// Has events of a subject delivered once more.
pub async fn resend(store: &Store, subject: &Subject, ids: &[Uuid]) {
    for id in ids {
        let event = store.event(subject, *id).await.unwrap().unwrap();
        store.resend(&event, now()).await.unwrap();
    }
}
