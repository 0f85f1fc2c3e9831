//! updateInstanceStatus: freeze and unfreeze.

use aws_sdk_dynamodb::types::{AttributeValue, Update};
use koogallery::{ExpireTime, InstanceId};

use crate::call::Call;
use crate::change::Changed;
use crate::client::{Store, StoreError};
use crate::event::Event;
use crate::instance::{Freeze, FreezeCause, Status};
use crate::listing::list_as;

impl Store {
    /// Freezes an instance; its expiry tells whether that is the cause.
    pub async fn freeze(&self, call: &Call, id: &InstanceId) -> Result<Changed, StoreError> {
        self.frozen(call, id, Freeze { signed_at: call.signed_at(), expired: false }).await
    }

    /// Freezes an instance at the end of its period, which the call names as the cause.
    pub async fn expire(&self, call: &Call, id: &InstanceId) -> Result<Changed, StoreError> {
        self.frozen(call, id, Freeze { signed_at: call.signed_at(), expired: true }).await
    }

    async fn frozen(&self, call: &Call, id: &InstanceId, freeze: Freeze) -> Result<Changed, StoreError> {
        // Usual: the instance is in use, the call is the newest, and the paid period has ended or is not known.
        let mut condition = "#status = :active AND #newest < :signedAt".to_owned();
        let (mut usual, listed) = list_as(Update::builder(), call.world(), id, Status::Frozen);
        if !freeze.expired {
            condition += " AND (attribute_not_exists(#expireTime) OR #expireTime <= :signedTime)";
            let now = ExpireTime::from_timestamp(call.signed_at()).map(|time| time.to_string()).unwrap_or_default();
            usual = usual
                .expression_attribute_names("#expireTime", "expireTime")
                .expression_attribute_values(":signedTime", AttributeValue::S(now));
        }
        let usual = usual
            .condition_expression(condition)
            .update_expression(format!(
                "SET #status = :frozen, #freezeCause = :expired, #freezes = list_append(#freezes, :freeze), \
                 #newest = :signedAt, #version = #version + :one{listed}",
            ))
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#newest", "newest")
            .expression_attribute_names("#freezeCause", "freezeCause")
            .expression_attribute_names("#freezes", "freezes")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":active", AttributeValue::S("active".to_owned()))
            .expression_attribute_values(":signedAt", AttributeValue::N(call.signed_at().to_string()))
            .expression_attribute_values(":frozen", AttributeValue::S("frozen".to_owned()))
            .expression_attribute_values(":expired", AttributeValue::S("expired".to_owned()))
            .expression_attribute_values(":freeze", serde_dynamo::to_attribute_value([freeze])?)
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()));

        let event = Event::frozen(call, id, FreezeCause::Expired);
        self.change(call, id, usual, &[event], |instance| instance.freeze(freeze)).await
    }

    /// Lets an instance be used again.
    pub async fn unfreeze(&self, call: &Call, id: &InstanceId) -> Result<Changed, StoreError> {
        // Usual: the instance was in use until it was frozen, and the call is the newest.
        let (usual, listed) = list_as(Update::builder(), call.world(), id, Status::Active);
        let usual = usual
            .condition_expression("#status = :frozen AND #newest < :signedAt AND attribute_exists(appInfo)")
            .update_expression(format!(
                "SET #status = :active, #freezes = :none, #unfrozenAt = :signedAt, #newest = :signedAt, \
                 #version = #version + :one{listed} REMOVE #freezeCause",
            ))
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#newest", "newest")
            .expression_attribute_names("#freezeCause", "freezeCause")
            .expression_attribute_names("#freezes", "freezes")
            .expression_attribute_names("#unfrozenAt", "unfrozenAt")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":frozen", AttributeValue::S("frozen".to_owned()))
            .expression_attribute_values(":signedAt", AttributeValue::N(call.signed_at().to_string()))
            .expression_attribute_values(":active", AttributeValue::S("active".to_owned()))
            .expression_attribute_values(":none", AttributeValue::L(Vec::new()))
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()));

        let event = Event::unfrozen(call, id);
        self.change(call, id, usual, &[event], |instance| instance.unfreeze(call.signed_at())).await
    }
}
