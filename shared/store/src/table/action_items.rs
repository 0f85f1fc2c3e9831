//! The item of an action: beside what it is about, and in the list of all actions.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::model::action::Action;
use crate::model::world::World;
use crate::table::client::StoreError;
use crate::table::key::{Item, Key};
use crate::table::listing::List;
use crate::table::schema::TTL_ATTRIBUTE;
use crate::table::transaction::Transaction;

/// An action is kept this long: two years, which covers the audit of the year before.
const KEPT: Duration = Duration::from_hours(2 * 366 * 24);

impl Action {
    /// The item to write in the transaction of what the action changes.
    pub(crate) fn to_item(&self) -> Result<Item, StoreError> {
        let key = Key::action(self);
        let mut item: Item = serde_dynamo::to_item(self)?;
        // Each action has a place of its own, so a busy thing does not fill one shard of the list.
        item.extend(List::Actions.entry(World::Real, &self.id.to_string(), self.at, &key));
        let until = self.at.saturating_add(KEPT).as_seconds();
        item.insert(TTL_ATTRIBUTE.to_owned(), AttributeValue::N(until.to_string()));
        item.extend(key.into_item());
        Ok(item)
    }
}

impl Transaction<'_> {
    /// Adds the record of what a person did.
    pub(crate) fn acted(self, action: &Action) -> Result<Self, StoreError> {
        self.keep(action.to_item()?)
    }
}
