//! What people did: of one thing, or all of it.

use koogallery::Timestamp;

use crate::model::about::About;
use crate::model::action::Action;
use crate::queries::lists::Page;
use crate::table::client::{Store, StoreError};
use crate::table::key::{Item, Key};
use crate::table::listing::{List, Place};
use crate::table::query::Query;

impl Store {
    /// What was done to one thing, the newest first: up to `limit` actions.
    pub async fn actions_on(&self, about: &About, limit: usize) -> Result<Vec<Action>, StoreError> {
        let query = Query::of_partition(about.partition()).beginning_with(Key::ACTION).to(self);
        let limit = i32::try_from(limit).unwrap_or(i32::MAX);
        let answer = query.scan_index_forward(false).limit(limit).send().await?;
        Ok(serde_dynamo::from_items(answer.items.unwrap_or_default())?)
    }

    /// Up to `limit` actions, the oldest first, in 16 parts one after the other.
    pub async fn actions(&self, from: Place, limit: usize) -> Result<Page<Action>, StoreError> {
        self.members_of(List::Actions, from, limit).await
    }

    /// All actions of a span of time, the newest first.
    pub async fn actions_between(&self, from: Timestamp, to: Timestamp) -> Result<Vec<Action>, StoreError> {
        let items: Vec<Item> = self.listed_between(List::Actions, from, to).await?;
        let mut actions: Vec<Action> = serde_dynamo::from_items(items)?;
        actions.sort_by_key(|action| std::cmp::Reverse((action.at, action.id)));
        Ok(actions)
    }
}
