//! The keys that sign ID tokens: the private halves sealed. What each is for at a time is decided by who signs.

use aws_sdk_dynamodb::types::TransactWriteItem;
use koogallery::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::action::Action;
use crate::model::sealed::Sealed;
use crate::table::change::Change;
use crate::table::client::{Store, StoreError, under_condition};
use crate::table::condition::Condition;
use crate::table::key::{Item, Key};
use crate::table::query::Query;
use crate::table::transaction::write_together;

/// A key that signs ID tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SigningKey {
    /// JOSE's name of its algorithm: `RS256`, `ES256`.
    pub algorithm: String,
    /// Its number among the keys of its algorithm, from 1.
    pub number: u32,
    /// Its id: the thumbprint of RFC 7638.
    pub key_id: String,
    /// Its public half, as a JSON Web Key.
    pub public: String,
    /// Its private half, PKCS #8, sealed for [`Self::place`].
    pub private: Sealed,
    /// From when on applications can read its public half.
    pub published_at: Timestamp,
    /// From when on it signs.
    pub signs_from: Timestamp,
}

impl SigningKey {
    /// The place for which a private half is sealed.
    #[must_use]
    pub fn place(algorithm: &str, number: u32) -> String {
        format!("signing key {algorithm} {number}")
    }

    fn to_item(&self) -> Result<Item, StoreError> {
        let mut item: Item = serde_dynamo::to_item(self)?;
        item.extend(Key::signing_key(&self.algorithm, self.number).into_item());
        Ok(item)
    }
}

impl Store {
    /// All keys that sign or verify, of each algorithm from the oldest to the newest.
    pub async fn signing_keys(&self) -> Result<Vec<SigningKey>, StoreError> {
        let query = Query::of_partition(Key::SIGNING_KEYS.to_owned()).to(self);
        let items: Vec<Item> = query.into_paginator().items().send().collect::<Result<_, _>>().await?;
        items.into_iter().map(|item| serde_dynamo::from_item(item).map_err(StoreError::from)).collect()
    }

    /// Adds a key for a person, together with the record of who did, and why. False as [`Self::add_signing_key`].
    pub async fn add_signing_key_by(&self, key: &SigningKey, action: &Action) -> Result<bool, StoreError> {
        let put = Change::new().only_if(Condition::NEW).put(key.to_item()?).table_name(&self.table).build()?;
        write_together(self.with_action(TransactWriteItem::builder().put(put).build(), action)?).await
    }

    /// Adds a key. False if there is one with its number already: another process made one at the same time.
    pub async fn add_signing_key(&self, key: &SigningKey) -> Result<bool, StoreError> {
        let put = self.put_request(Change::new().only_if(Condition::NEW).put(key.to_item()?))?;
        Ok(under_condition(put.send().await)?.is_some())
    }

    /// Removes a key: what it signed no longer verifies.
    pub async fn remove_signing_key(&self, key: &SigningKey) -> Result<(), StoreError> {
        let key = Key::signing_key(&key.algorithm, key.number).into_item();
        self.delete_alone(Change::new().delete(key)).await.map(drop)
    }
}
