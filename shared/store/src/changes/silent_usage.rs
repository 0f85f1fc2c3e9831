//! Instances whose use was reported and is not any more: that is not the same as no use.

use koogallery::{InstanceId, Timestamp};

use crate::table::change::Change;
use crate::table::client::{Store, StoreError};
use crate::table::index::{Kind, SHARDS};
use crate::table::key::Key;
use crate::table::query::Query;
use crate::table::schema::{OPEN, OPEN_SINCE};

impl Store {
    /// Instances whose use was reported, and not since this time. Released ones are forgotten.
    pub async fn silent_usage(&self, since: Timestamp) -> Result<Vec<InstanceId>, StoreError> {
        let mut silent = Vec::new();
        for shard in 0..SHARDS {
            let query = Query::of_open(format!("{}{shard}", Kind::Metering.prefix())).up_to(since).to(self);
            let mut places = query.into_paginator().items().send();
            while let Some(item) = places.next().await {
                let key = Key::of_item(&item?);
                let Some(id) = key.and_then(|key| Key::usage_instance(key.partition())) else { continue };
                match self.instance(&id).await? {
                    Some(instance) if instance.life.released_at.is_none() => silent.push(id),
                    _ => {
                        let forget = Change::new().remove_all([OPEN, OPEN_SINCE]);
                        self.update_in_turn(forget.of(Key::usage_total(&id))).await?;
                    }
                }
            }
        }
        silent.sort();
        Ok(silent)
    }
}
