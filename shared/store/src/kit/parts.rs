//! The parts of a bucket that is too large to be written with all others in one transaction.
//!
//! Such a bucket's item only names its parts. They are written before the transaction, under a new id, and never change. So a
//! reader sees a sync of any size completely or not at all, from the moment its transaction is done. Parts that nothing names any
//! more are emptied, and expire. An item in the partition of the instance records them before they are written, so that erasing
//! finds the parts of a sync that stopped in the middle.

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::Timestamp;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::model::sealed::Sealed;
use crate::table::client::{Store, StoreError};
use crate::table::key::{Item, Key};
use crate::table::schema::TTL_ATTRIBUTE;

/// The longest part, in bytes: an item has at most 400 KB.
const LONGEST: usize = 390 * 1024;
/// The most parts of a bucket.
pub(crate) const MOST: usize = 4;
/// The greatest length of a bucket in parts, in bytes.
pub(crate) const MAX_BUCKET: usize = LONGEST * MOST;

/// How many requests run side by side.
const AT_ONCE: usize = 16;

const PARTS: &str = "parts";
const COUNT: &str = "count";
const PART: &str = "part";

/// The parts of one bucket, as its item names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parts {
    /// One id for all parts that one try of a sync writes.
    pub(crate) id: Uuid,
    count: usize,
}

impl Parts {
    /// The parts that an item names, if any.
    pub(crate) fn of_item(item: &Item) -> Option<Self> {
        let id = item.get(PARTS)?.as_s().ok()?.parse().ok()?;
        let count = item.get(COUNT)?.as_n().ok()?.parse().ok()?;
        Some(Self { id, count })
    }

    /// Cuts a bucket into parts, and names them in its item.
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

    /// Their keys.
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

    /// Empties parts that nothing names any more.
    pub(crate) async fn empty(&self, parts: Vec<Key>, at: Timestamp) -> Result<(), StoreError> {
        let emptied = |key: Key| {
            let mut item = key.into_item();
            item.insert(TTL_ATTRIBUTE.to_owned(), AttributeValue::N(at.as_seconds().to_string()));
            item
        };
        self.put_all(parts.into_iter().map(emptied).collect()).await
    }

    /// Joins buckets from their parts, each from the parts at its keys. Returns none if a part is missing, because another sync
    /// replaced the bucket.
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

/// The results, in the order of the requests.
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
