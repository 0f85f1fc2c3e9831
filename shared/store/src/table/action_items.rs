//! The item of an action: beside what it is about, and in the list of all actions. What a person changes is one transaction with it.

use std::time::Duration;

use aws_sdk_dynamodb::operation::transact_write_items::builders::TransactWriteItemsFluentBuilder;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};

use crate::model::action::Action;
use crate::model::world::World;
use crate::table::change::Change;
use crate::table::client::{Store, StoreError};
use crate::table::key::{Item, Key};
use crate::table::listing::List;
use crate::table::schema::TTL_ATTRIBUTE;
use crate::table::transaction::{Transaction, write_together};

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

impl Store {
    /// Keeps the record of something that changes nothing in the table, such as that personal data was shown.
    pub async fn keep_action(&self, action: &Action) -> Result<(), StoreError> {
        self.put_request(Change::new().put(action.to_item()?))?.send().await?;
        Ok(())
    }

    /// A transaction of one write, and of the record of who did it.
    pub(crate) fn with_action(
        &self,
        write: TransactWriteItem,
        action: &Action,
    ) -> Result<TransactWriteItemsFluentBuilder, StoreError> {
        Ok(self.client.transact_write_items().transact_items(write).transact_items(self.action_put(action)?))
    }

    /// The write of such a record.
    pub(crate) fn action_put(&self, action: &Action) -> Result<TransactWriteItem, StoreError> {
        let put = Change::new().put(action.to_item()?).table_name(&self.table).build()?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Sends an update that no call asked for, with the record of who did it, if a person did. False if its condition is not true.
    pub(crate) async fn update_acted(
        &self,
        update: UpdateBuilder,
        action: Option<&Action>,
    ) -> Result<bool, StoreError> {
        let Some(action) = action else { return self.update_in_turn(update).await };
        let update = TransactWriteItem::builder().update(update.table_name(&self.table).build()?).build();
        write_together(self.with_action(update, action)?).await
    }
}
