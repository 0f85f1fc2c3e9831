//! The settings: the current version, and the earlier ones.

use crate::model::settings::{KeptSettings, SettingsVersion};
use crate::table::client::{Store, StoreError};
use crate::table::key::Key;
use crate::table::query::Query;

impl Store {
    /// The current version; none if nobody wrote one.
    pub async fn settings(&self) -> Result<Option<KeptSettings>, StoreError> {
        self.kept_settings(Key::settings()).await
    }

    /// A version, the current one or an earlier one.
    pub async fn settings_version(&self, version: u64) -> Result<Option<KeptSettings>, StoreError> {
        self.kept_settings(Key::settings_version(version)).await
    }

    /// Up to `limit` versions without what they say, the newest first: those before a version, if one is given.
    pub async fn settings_versions(
        &self,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<SettingsVersion>, StoreError> {
        let last = before.map_or(u64::MAX, |before| before.saturating_sub(1));
        let query = Query::of_partition(Key::settings().partition().to_owned())
            .between(Key::settings_place(0), Key::settings_place(last))
            .only(["version", "by", "reason", "at"])
            .to(self)
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let mut items = query.into_paginator().items().send();
        let mut found = Vec::new();
        while found.len() < limit
            && let Some(item) = items.next().await
        {
            found.push(serde_dynamo::from_item(item?)?);
        }
        Ok(found)
    }

    async fn kept_settings(&self, key: Key) -> Result<Option<KeptSettings>, StoreError> {
        Ok(self.standing_item(key).await?.map(serde_dynamo::from_item).transpose()?)
    }
}
