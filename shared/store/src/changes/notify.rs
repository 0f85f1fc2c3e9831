//! What destinations were told. Each write has a condition, so that of two runs at the same time one sends, and the other does not.

use koogallery::Text;

use crate::model::notices::Notices;
use crate::table::change::Change;
use crate::table::client::{Store, StoreError, under_condition};
use crate::table::condition::Condition;
use crate::table::key::{Item, Key};
use crate::table::query::Query;
use crate::table::transaction::VERSION;

impl Store {
    /// The records of all destinations that were told something.
    pub async fn notices(&self) -> Result<Vec<Notices>, StoreError> {
        let query = Query::of_partition(Key::NOTICES.to_owned()).to(self);
        let items: Vec<Item> = query.into_paginator().items().send().collect::<Result<_, _>>().await?;
        Ok(serde_dynamo::from_items(items)?)
    }

    /// Keeps a record, which then has the next version. None if another run has written it meanwhile: then nothing is written.
    pub async fn keep_notices(&self, notices: &Notices) -> Result<Option<Notices>, StoreError> {
        let next = Notices { version: notices.version + 1, ..notices.clone() };
        let is_same =
            if notices.version == 0 { Condition::NEW } else { Condition::Is(VERSION, notices.version.into()) };
        let mut item: Item = serde_dynamo::to_item(&next)?;
        item.extend(Key::notices(&notices.destination).into_item());
        let put = self.put_request(Change::new().only_if(is_same).put(item))?.send().await;
        Ok(under_condition(put)?.map(|_| next))
    }

    /// Forgets a destination that there is no more.
    pub async fn forget_notices(&self, destination: &Text<64>) -> Result<(), StoreError> {
        self.delete_alone(Change::new().delete(Key::notices(destination).into_item())).await.map(drop)
    }
}
