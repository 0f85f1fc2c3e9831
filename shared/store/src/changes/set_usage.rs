//! What an instance has used so far, as the seller's application tells it and queryInstance answers it.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use koogallery::{InstanceId, UsageInfo};

use crate::model::world::World;
use crate::table::client::{Store, StoreError};
use crate::table::key::Key;

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageKept {
    /// It is kept; what was told before is gone.
    Kept,
    /// There is no such instance.
    Unknown,
    /// The instance was released.
    Released,
}

impl Store {
    /// Keeps what an instance has used so far.
    pub async fn keep_usage(&self, id: &InstanceId, usage: &[UsageInfo]) -> Result<UsageKept, StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::instance(World::Real, id).into_item()))
            .condition_expression("attribute_exists(pk) AND #status <> :released")
            .update_expression("SET #usage = :usage")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#usage", "usageInfo")
            .expression_attribute_values(":released", AttributeValue::S("released".to_owned()))
            .expression_attribute_values(":usage", serde_dynamo::to_attribute_value(usage)?)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = update.send().await else { return Ok(UsageKept::Kept) };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                let stands = failed.item().is_some_and(|item| !item.is_empty());
                Ok(if stands { UsageKept::Released } else { UsageKept::Unknown })
            }
            _ => Err(error.into()),
        }
    }
}
