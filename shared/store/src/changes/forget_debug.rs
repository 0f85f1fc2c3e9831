//! The copies that debug calls left go by themselves after two weeks. A person may want them gone before.

use serde_json::json;

use crate::model::action::Action;
use crate::model::subject::{INSTANCE, LICENSE, ORDER, Subject, TENANT};
use crate::model::world::World;
use crate::table::client::{Store, StoreError};
use crate::table::key::{Item, Key};
use crate::table::query::Query;
use crate::table::schema::{PARTITION_KEY, SORT_KEY};

impl Store {
    /// Deletes what debug calls left below an id: of an instance, a license code, an order or a tenant. Nothing of real calls is
    /// touched. The record of who did it is written first, with the number of items; none if there is nothing.
    pub async fn forget_debug(&self, id: &str, action: &Action) -> Result<usize, StoreError> {
        let mut keys: Vec<Item> = Vec::new();
        for kind in [INSTANCE, LICENSE, ORDER, TENANT] {
            let Ok(subject) = format!("{kind}{id}").parse::<Subject>() else { continue };
            let partition = Key::call(World::Test, &subject, "").partition().to_owned();
            let query = Query::of_partition(partition).only([PARTITION_KEY, SORT_KEY]).to(self);
            let mut items = query.into_paginator().items().send();
            while let Some(item) = items.next().await {
                keys.push(item?);
            }
        }
        if !keys.is_empty() {
            self.keep_action(&action.clone().to(json!({ "items": keys.len() }))).await?;
        }
        self.delete(keys).await
    }
}
