//! Instances whose use was reported and is not any more: that is not the same as no use.

use koogallery::{InstanceId, Timestamp};

use crate::model::world::World;
use crate::table::change::Change;
use crate::table::client::{Store, StoreError};
use crate::table::index::Kind;
use crate::table::key::Key;
use crate::table::query::Query;
use crate::table::schema::{OPEN, OPEN_SINCE};

impl Store {
    /// Instances whose use was reported, and not since this time. Released ones are forgotten.
    pub async fn silent_usage(&self, since: Timestamp) -> Result<Vec<InstanceId>, StoreError> {
        let mut ids = Vec::new();
        for shard in 0..Kind::Metering.shards() {
            let query = Query::of_open(Kind::Metering.partition(shard)).up_to(since).to(self);
            let mut places = query.into_paginator().items().send();
            while let Some(item) = places.next().await {
                let key = Key::of_item(&item?);
                ids.extend(key.and_then(|key| Key::usage_instance(key.partition())));
            }
        }
        let instances = self.instances(World::Real, &ids).await?;
        let mut silent = Vec::new();
        for id in ids {
            if instances.get(&id).is_some_and(|instance| instance.life.released_at.is_none()) {
                silent.push(id);
            } else {
                let forget = Change::new().remove_all([OPEN, OPEN_SINCE]);
                self.update_in_turn(forget.of(Key::usage_total(&id))).await?;
            }
        }
        silent.sort();
        Ok(silent)
    }
}
