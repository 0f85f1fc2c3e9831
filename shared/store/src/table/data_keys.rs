//! Data keys as they stand in the table: wrapped, each under its own name, and the one that seals under another as well.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::table::client::{Store, StoreError, under_condition};
use crate::table::key::{Item, Key};
use crate::table::seal::DataKeyId;

/// A data key as it stands in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedDataKey {
    /// Its name.
    pub id: DataKeyId,
    /// The key, encrypted by its keeper.
    pub wrapped: Vec<u8>,
}

/// The data key that seals, under its own name and under this one.
const CURRENT: &str = "CURRENT";

impl Store {
    /// The data key to seal with; none before the first one was made.
    pub async fn current_data_key(&self) -> Result<Option<WrappedDataKey>, StoreError> {
        self.wrapped_data_key(CURRENT).await
    }

    /// A data key by its name.
    pub async fn data_key(&self, id: DataKeyId) -> Result<Option<WrappedDataKey>, StoreError> {
        self.wrapped_data_key(&id.to_string()).await
    }

    /// Keeps a first data key. Where another stands by now, that one is returned: it is the one to use.
    pub async fn first_data_key(&self, key: WrappedDataKey) -> Result<WrappedDataKey, StoreError> {
        // By its own name first: a value must never be sealed with a key that cannot be found.
        self.put_data_key(&key.id.to_string(), &key).await?;
        if self.put_data_key(CURRENT, &key).await? {
            return Ok(key);
        }
        self.current_data_key().await?.ok_or_else(|| StoreError::Unreadable("the current data key is gone".to_owned()))
    }

    async fn wrapped_data_key(&self, name: &str) -> Result<Option<WrappedDataKey>, StoreError> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(Key::data_key(name).into_item()));
        let answer = get.consistent_read(true).send().await?;
        answer.item.as_ref().map(read).transpose()
    }

    /// Whether it was put; another of the name is left as it is.
    async fn put_data_key(&self, name: &str, key: &WrappedDataKey) -> Result<bool, StoreError> {
        let mut item = Key::data_key(name).into_item();
        item.insert("id".to_owned(), AttributeValue::S(key.id.to_string()));
        item.insert("wrapped".to_owned(), AttributeValue::B(Blob::new(key.wrapped.clone())));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        Ok(under_condition(put.condition_expression("attribute_not_exists(pk)").send().await)?.is_some())
    }
}

fn read(item: &Item) -> Result<WrappedDataKey, StoreError> {
    match (item.get("id").and_then(|id| id.as_s().ok()?.parse().ok()), item.get("wrapped")) {
        (Some(id), Some(AttributeValue::B(wrapped))) => Ok(WrappedDataKey { id, wrapped: wrapped.as_ref().to_vec() }),
        _ => Err(StoreError::Unreadable("a data key".to_owned())),
    }
}
