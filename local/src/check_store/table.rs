//! The table that the checks work in, and the requests that they make.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use koogallery_store::schema::{PARTITION_KEY, SORT_KEY};

use super::Wrong;

/// An item.
pub(super) type Item = HashMap<String, AttributeValue>;

pub(super) fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(super) fn number(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// The key of an item.
pub(super) fn key(partition: &str, sort: &str) -> Item {
    Item::from([(PARTITION_KEY.to_owned(), text(partition)), (SORT_KEY.to_owned(), text(sort))])
}

/// An item with attributes.
pub(super) fn item<const N: usize>(partition: &str, sort: &str, attributes: [(&str, AttributeValue); N]) -> Item {
    let mut item = key(partition, sort);
    item.extend(attributes.map(|(name, value)| (name.to_owned(), value)));
    item
}

/// How a transaction ended.
pub(super) enum Ended {
    Written,
    Cancelled(Vec<CancellationReason>),
}

impl Ended {
    /// Whether it was cancelled with this code at this place.
    pub(super) fn is_cancelled(&self, place: usize, code: &str) -> bool {
        let Self::Cancelled(reasons) = self else { return false };
        reasons.get(place).and_then(|reason| reason.code()) == Some(code)
    }
}

/// The table.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) client: Client,
    pub(super) name: String,
}

impl Table {
    pub(super) async fn write(&self, item: Item) -> Result<(), Wrong> {
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        put.send().await.map(|_| ()).map_err(Wrong::refused)
    }

    pub(super) async fn read(&self, key: Item) -> Result<Option<Item>, Wrong> {
        let get = self.client.get_item().table_name(&self.name).set_key(Some(key)).consistent_read(true);
        Ok(get.send().await.map_err(Wrong::refused)?.item)
    }

    /// The put of an item that must not exist.
    pub(super) fn create(&self, item: Item) -> Result<TransactWriteItem, Wrong> {
        let put = Put::builder().table_name(&self.name).set_item(Some(item));
        let put = put
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        Ok(TransactWriteItem::builder().put(put.build().map_err(Wrong::refused)?).build())
    }

    /// The update of an item.
    pub(super) fn update(
        &self,
        key: Item,
        change: impl FnOnce(UpdateBuilder) -> UpdateBuilder,
    ) -> Result<TransactWriteItem, Wrong> {
        let update = change(Update::builder().table_name(&self.name).set_key(Some(key)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        Ok(TransactWriteItem::builder().update(update.build().map_err(Wrong::refused)?).build())
    }

    /// Writes all or nothing.
    pub(super) async fn together(&self, writes: Vec<TransactWriteItem>) -> Result<Ended, Wrong> {
        match self.client.transact_write_items().set_transact_items(Some(writes)).send().await {
            Ok(_) => Ok(Ended::Written),
            Err(error) => match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                    Ok(Ended::Cancelled(cancelled.cancellation_reasons().to_vec()))
                }
                _ => Err(Wrong::refused(error)),
            },
        }
    }
}
