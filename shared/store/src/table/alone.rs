//! Writes of one item on its own, each under its conditions.

use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValue;
use aws_sdk_dynamodb::types::builders::{DeleteBuilder, PutBuilder, UpdateBuilder};

use crate::table::client::{Store, StoreError, under_condition};
use crate::table::key::Item;
use crate::table::transaction::Pauses;

impl Store {
    /// Sends an update. False if its condition is not true.
    pub(crate) async fn update_alone(&self, update: UpdateBuilder) -> Result<bool, StoreError> {
        Ok(under_condition(self.update_request(update)?.send().await)?.is_some())
    }

    /// The same, and the item as it is after that. None if the condition is not true.
    pub(crate) async fn update_and_read(&self, update: UpdateBuilder) -> Result<Option<Item>, StoreError> {
        let request = self.update_request(update)?.return_values(ReturnValue::AllNew);
        Ok(under_condition(request.send().await)?.and_then(|answer| answer.attributes))
    }

    /// Sends an update that no call asked for, until no transaction is in its way. False if its condition is not true.
    pub(crate) async fn update_in_turn(&self, update: UpdateBuilder) -> Result<bool, StoreError> {
        let mut pauses = Pauses::new();
        loop {
            match self.update_alone(update.clone()).await {
                Err(StoreError::Conflict) => pauses.pause().await?,
                updated => return updated,
            }
        }
    }

    /// Deletes an item. False if the conditions fail.
    pub(crate) async fn delete_alone(&self, delete: DeleteBuilder) -> Result<bool, StoreError> {
        let delete = delete.table_name(&self.table).build()?;
        let request = self.client.delete_item().table_name(delete.table_name).set_key(Some(delete.key));
        let request = request
            .set_condition_expression(delete.condition_expression)
            .set_expression_attribute_names(delete.expression_attribute_names)
            .set_expression_attribute_values(delete.expression_attribute_values);
        Ok(under_condition(request.send().await)?.is_some())
    }

    /// A put. Its outcome is for [`under_condition`].
    pub(crate) fn put_request(&self, put: PutBuilder) -> Result<PutItemFluentBuilder, StoreError> {
        let put = put.table_name(&self.table).build()?;
        let request = self.client.put_item().table_name(put.table_name).set_item(Some(put.item));
        Ok(request
            .set_condition_expression(put.condition_expression)
            .set_expression_attribute_names(put.expression_attribute_names)
            .set_expression_attribute_values(put.expression_attribute_values))
    }

    fn update_request(&self, update: UpdateBuilder) -> Result<UpdateItemFluentBuilder, StoreError> {
        let update = update.table_name(&self.table).build()?;
        let request = self.client.update_item().table_name(update.table_name).set_key(Some(update.key));
        Ok(request
            .update_expression(update.update_expression)
            .set_condition_expression(update.condition_expression)
            .set_expression_attribute_names(update.expression_attribute_names)
            .set_expression_attribute_values(update.expression_attribute_values))
    }
}
