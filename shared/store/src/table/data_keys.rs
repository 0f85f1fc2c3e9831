//! Data keys as the table stores them (wrapped), and the interface to the keeper that can unwrap them.
//!
//! Each is kept under its own id as long as something may be sealed with it. The current one is also kept under `CURRENT`. A
//! rotation only adds a key and writes it there. A wrapped key says what it is bound to: an id that was made with the table's first
//! key. It is not the table's name, because a restored table has another name.

use std::sync::Arc;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::model::sealed::DataKeyId;
use crate::table::change::Change;
use crate::table::client::{Store, StoreError, under_condition};
use crate::table::condition::Condition;
use crate::table::key::{Item, Key};
use crate::table::seal::{DataKey, DataKeyError};

/// The keeper of a table's data keys, which has them in the clear.
pub trait DataKeys: Sync {
    /// The data key to seal with.
    fn current(&self, store: &Store) -> impl Future<Output = Result<Arc<DataKey>, DataKeyError>> + Send;

    /// The data key with this id, which every sealed value names.
    fn named(&self, store: &Store, id: DataKeyId) -> impl Future<Output = Result<Arc<DataKey>, DataKeyError>> + Send;
}

/// A data key, as the table has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedDataKey {
    /// Its id.
    pub id: DataKeyId,
    /// What its keeper bound it to, and needs again to open it: the same for all keys of a table.
    pub bound_to: String,
    /// The key, encrypted by its keeper.
    pub wrapped: Vec<u8>,
}

/// The sort key of the current data key, beside its own id.
const CURRENT: &str = "CURRENT";

impl Store {
    /// The data key to seal with. Returns none before the first one is made.
    pub async fn current_data_key(&self) -> Result<Option<WrappedDataKey>, StoreError> {
        self.wrapped_data_key(CURRENT).await
    }

    /// A data key by its id.
    pub async fn data_key(&self, id: DataKeyId) -> Result<Option<WrappedDataKey>, StoreError> {
        self.wrapped_data_key(&id.to_string()).await
    }

    /// Keeps a first data key. If there is another one already, that one is returned: it is the one to use.
    pub async fn keep_first_data_key(&self, key: WrappedDataKey) -> Result<WrappedDataKey, StoreError> {
        self.put_new(key.to_item(&key.id.to_string())).await?;
        if self.put_new(key.to_item(CURRENT)).await? {
            return Ok(key);
        }
        self.current_data_key()
            .await?
            .ok_or_else(|| StoreError::Unreadable("the current data key is missing".to_owned()))
    }

    /// Keeps another data key, which seals from now on. Older ones still open what they sealed.
    pub async fn rotate_data_key(&self, key: &WrappedDataKey) -> Result<(), StoreError> {
        // Under its own id first: a value must never be sealed with a key that cannot be found.
        self.put_new(key.to_item(&key.id.to_string())).await?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(key.to_item(CURRENT)));
        put.send().await?;
        Ok(())
    }

    async fn wrapped_data_key(&self, name: &str) -> Result<Option<WrappedDataKey>, StoreError> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(Key::data_key(name).into_item()));
        let answer = get.consistent_read(true).send().await?;
        answer.item.as_ref().map(WrappedDataKey::of_item).transpose()
    }

    /// Whether it was written. An existing item is not changed.
    pub(crate) async fn put_new(&self, item: Item) -> Result<bool, StoreError> {
        let put = Change::new().only_if(Condition::NEW).put(item);
        Ok(under_condition(self.put_request(put)?.send().await)?.is_some())
    }
}

const ID: &str = "id";
const BOUND_TO: &str = "boundTo";
const WRAPPED: &str = "wrapped";

impl WrappedDataKey {
    fn to_item(&self, name: &str) -> Item {
        let mut item = Key::data_key(name).into_item();
        item.insert(ID.to_owned(), AttributeValue::S(self.id.to_string()));
        item.insert(BOUND_TO.to_owned(), AttributeValue::S(self.bound_to.clone()));
        item.insert(WRAPPED.to_owned(), AttributeValue::B(Blob::new(self.wrapped.clone())));
        item
    }

    fn of_item(item: &Item) -> Result<Self, StoreError> {
        let text = |name| item.get(name).and_then(|value| value.as_s().ok());
        match (text(ID).and_then(|id| id.parse().ok()), text(BOUND_TO), item.get(WRAPPED)) {
            (Some(id), Some(bound_to), Some(AttributeValue::B(wrapped))) => {
                Ok(Self { id, bound_to: bound_to.clone(), wrapped: wrapped.as_ref().to_vec() })
            }
            _ => Err(StoreError::Unreadable("a data key".to_owned())),
        }
    }
}
