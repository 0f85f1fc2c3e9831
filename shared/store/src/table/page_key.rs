//! The key that the addresses of buyers' pages are made with: one for the table, drawn at the first use.
//!
//! It stands in the table in the clear. Whoever reads the table sees all that such a page shows, and so gains nothing by an address; and
//! the function with the pages, which anybody may call, needs no right to open what is sealed. It goes with the table into a backup or
//! a copy, so addresses that buyers have stay good.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::model::page_key::PageKey;
use crate::table::client::{Store, StoreError};
use crate::table::key::{Item, Key};

const KEY: &str = "key";

impl Store {
    /// The key of the addresses. None before the first address is made.
    pub async fn page_key(&self) -> Result<Option<PageKey>, StoreError> {
        self.standing_item(Key::page_key()).await?.as_ref().map(of_item).transpose()
    }

    /// Keeps a key that was drawn, as the first one. If there is another one already, that one is returned: it is the one to use.
    pub async fn keep_first_page_key(&self, drawn: &[u8; PageKey::BYTES]) -> Result<PageKey, StoreError> {
        let mut item = Key::page_key().into_item();
        item.insert(KEY.to_owned(), AttributeValue::B(Blob::new(drawn)));
        if self.put_new(item).await? {
            return Ok(PageKey::new(drawn));
        }
        self.page_key().await?.ok_or_else(|| StoreError::Unreadable("the key of buyers' pages is missing".to_owned()))
    }
}

fn of_item(item: &Item) -> Result<PageKey, StoreError> {
    let bytes = item.get(KEY).and_then(|value| value.as_b().ok());
    let bytes = bytes.and_then(|bytes| <&[u8; PageKey::BYTES]>::try_from(bytes.as_ref()).ok());
    bytes.map(PageKey::new).ok_or_else(|| StoreError::Unreadable("the key of buyers' pages".to_owned()))
}
