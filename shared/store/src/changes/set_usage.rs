//! What an instance has used so far: the seller's application reports it, and queryInstance answers with it.

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::{InstanceId, UsageInfo};

use crate::model::world::World;
use crate::table::change::Change;
use crate::table::client::{Store, StoreError};
use crate::table::condition::Condition;
use crate::table::key::Key;

/// The result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageKept {
    /// It is kept, in place of the value before.
    Kept,
    /// The instance does not exist.
    Unknown,
    /// The instance was released.
    Released,
}

impl Store {
    /// Keeps what an instance has used so far.
    pub async fn keep_usage(&self, id: &InstanceId, usage: &[UsageInfo]) -> Result<UsageKept, StoreError> {
        let update = Change::new()
            .set("usageInfo", serde_dynamo::to_attribute_value::<_, AttributeValue>(usage)?)
            .only_if(Condition::stands_unreleased())
            .of(Key::instance(World::Real, id));
        if self.update_alone(update).await? {
            return Ok(UsageKept::Kept);
        }
        Ok(self.instance(id).await?.map_or(UsageKept::Unknown, |_| UsageKept::Released))
    }
}
