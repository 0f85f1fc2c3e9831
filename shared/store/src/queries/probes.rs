//! The last debug call of each callback.

use crate::model::kept_call::Probe;
use crate::table::client::{Store, StoreError};
use crate::table::key::{Item, Key};
use crate::table::query::Query;

impl Store {
    /// The last debug call of each callback that got one in the last 30 days, by the callback's name.
    pub async fn probes(&self) -> Result<Vec<Probe>, StoreError> {
        let query = Query::of_partition(Key::probe("").partition().to_owned()).to(self);
        let items: Vec<Item> = query.into_paginator().items().send().collect::<Result<_, _>>().await?;
        Ok(serde_dynamo::from_items(items)?)
    }
}
