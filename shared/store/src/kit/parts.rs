//! The parts of a bucket that is too large to be written with all others in one transaction.
//!
//! Such a bucket's item only names its parts. They are written before the transaction, under a name that nobody has seen, and
//! never change: so a sync of any size is seen whole or not at all, from the moment its transaction is done. Parts that
//! nothing names any more are emptied, and go by their time to live. An item in the partition of the instance names them
//! before they are there, so that erasing finds what a sync left that broke off.

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::Timestamp;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::table::client::{Store, StoreError};
use crate::table::key::{Item, Key};
use crate::table::schema::TTL_ATTRIBUTE;
use crate::table::seal::Sealed;

/// The longest part, in bytes: an item has at most 400 KB.
const LONGEST: usize = 390 * 1024;
/// A bucket has at most so many.
pub(crate) const MOST: usize = 4;
/// A bucket's greatest length in parts, in bytes.
pub(crate) const MAX_BUCKET: usize = LONGEST * MOST;

/// So many requests run side by side.
const AT_ONCE: usize = 16;

const PARTS: &str = "parts";
const COUNT: &str = "count";
const PART: &str = "part";

/// The parts of one bucket, as its item names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parts {
    /// One name for all that one try of a sync writes.
    pub(crate) id: Uuid,
    count: usize,
}

impl Parts {
    /// Those that an item names, if any.
    pub(crate) fn of_item(item: &Item) -> Option<Self> {
        let id = item.get(PARTS)?.as_s().ok()?.parse().ok()?;
        let count = item.get(COUNT)?.as_n().ok()?.parse().ok()?;
        Some(Self { id, count })
    }

    /// Cuts a bucket into parts; its item names them.
    pub(crate) fn cut(id: Uuid, bucket: &Key, sealed: &Sealed, item: &mut Item) -> Vec<Item> {
        let chunks = sealed.as_bytes().chunks(LONGEST);
        item.insert(PARTS.to_owned(), AttributeValue::S(id.to_string()));
        item.insert(COUNT.to_owned(), AttributeValue::N(chunks.len().to_string()));
        let part = |(number, chunk): (usize, &[u8])| {
            let mut part = bucket.part(id, number).into_item();
            part.insert(PART.to_owned(), AttributeValue::B(chunk.to_vec().into()));
            part
        };
        chunks.enumerate().map(part).collect()
    }

    /// Where they stand.
    pub(crate) fn keys(self, bucket: &Key) -> Vec<Key> {
        (0..self.count).map(|number| bucket.part(self.id, number)).collect()
    }
}

impl Store {
    /// Writes items side by side.
    pub(crate) async fn put_all(&self, items: Vec<Item>) -> Result<(), StoreError> {
        let put = |item| {
            let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
            async move { put.send().await.map(drop).map_err(StoreError::from) }
        };
        side_by_side(items.into_iter().map(put)).await.map(drop)
    }

    /// Leaves nothing in parts that nothing names.
    pub(crate) async fn empty(&self, parts: Vec<Key>, at: Timestamp) -> Result<(), StoreError> {
        let emptied = |key: Key| {
            let mut item = key.into_item();
            item.insert(TTL_ATTRIBUTE.to_owned(), AttributeValue::N(at.as_seconds().to_string()));
            item
        };
        self.put_all(parts.into_iter().map(emptied).collect()).await
    }

    /// Buckets put together from their parts, each from those at its keys; none where a part is gone, as another sync took the
    /// bucket's place.
    pub(crate) async fn put_together(&self, buckets: Vec<Vec<Key>>) -> Result<Option<Vec<Sealed>>, StoreError> {
        let read = |keys: Vec<Key>| {
            let store = self.clone();
            async move {
                let mut sealed = Vec::new();
                for key in keys {
                    match store.standing_item(key).await?.and_then(|mut item| item.remove(PART)) {
                        Some(AttributeValue::B(part)) => sealed.extend_from_slice(part.as_ref()),
                        _ => return Ok(None),
                    }
                }
                Ok(Some(Sealed::from_bytes(sealed)))
            }
        };
        Ok(side_by_side(buckets.into_iter().map(read)).await?.into_iter().collect())
    }
}

/// What comes of each, in their order.
async fn side_by_side<T: Send + 'static>(
    jobs: impl Iterator<Item = impl Future<Output = Result<T, StoreError>> + Send + 'static>,
) -> Result<Vec<T>, StoreError> {
    let (mut running, mut done) = (JoinSet::new(), Vec::new());
    let mut jobs = jobs.enumerate();
    loop {
        while running.len() < AT_ONCE
            && let Some((place, job)) = jobs.next()
        {
            running.spawn(async move { job.await.map(|outcome| (place, outcome)) });
        }
        match running.join_next().await {
            Some(joined) => done.push(joined??),
            None => break,
        }
    }
    done.sort_by_key(|(place, _)| *place);
    Ok(done.into_iter().map(|(_, outcome)| outcome).collect())
}
