//! updateInstanceStatus, updateLicenseCodeStatus: freeze and unfreeze.

use aws_sdk_dynamodb::types::{AttributeValue, Update};
use koogallery::{ExpireTime, InstanceId, InstanceStatus, LicenseCode};

use crate::call::Call;
use crate::change::Changed;
use crate::client::{Store, StoreError};
use crate::event::Event;
use crate::instance::Instance;
use crate::license::License;
use crate::lifecycle::{Freeze, FreezeCause, Living, Status};

impl Store {
    /// Freezes an instance, or lets it be used again.
    pub async fn set_status(
        &self,
        call: &Call,
        id: &InstanceId,
        status: InstanceStatus,
    ) -> Result<Changed, StoreError> {
        self.status_set::<Instance>(call, id, status).await
    }

    /// Freezes a license code, or lets it be used again.
    pub async fn set_license_status(
        &self,
        call: &Call,
        code: &LicenseCode,
        status: InstanceStatus,
    ) -> Result<Changed, StoreError> {
        self.status_set::<License>(call, code, status).await
    }

    async fn status_set<L: Living>(
        &self,
        call: &Call,
        id: &L::Id,
        status: InstanceStatus,
    ) -> Result<Changed, StoreError> {
        let signed_at = call.signed_at();
        match status {
            // The expiry tells whether it is the cause.
            InstanceStatus::Freeze => self.frozen::<L>(call, id, Freeze { signed_at, expired: false }).await,
            InstanceStatus::Expire => self.frozen::<L>(call, id, Freeze { signed_at, expired: true }).await,
            InstanceStatus::Unfreeze => self.unfrozen::<L>(call, id).await,
        }
    }

    async fn frozen<L: Living>(&self, call: &Call, id: &L::Id, freeze: Freeze) -> Result<Changed, StoreError> {
        // Usual: it is in use, the call is the newest, and the paid period has ended or is not known.
        let mut condition = "#status = :active AND #newest < :signedAt".to_owned();
        let (mut usual, listed) = L::list_as(Update::builder(), call.world(), id, Status::Frozen);
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

        let event = Event::frozen(call, &L::subject(id), FreezeCause::Expired);
        self.change::<L>(call, id, usual, &[event], |life| life.freeze(freeze)).await
    }

    async fn unfrozen<L: Living>(&self, call: &Call, id: &L::Id) -> Result<Changed, StoreError> {
        // Usual: it was in use until it was frozen, and the call is the newest.
        let (usual, listed) = L::list_as(Update::builder(), call.world(), id, Status::Active);
        let usual = usual
            .condition_expression(format!("#status = :frozen AND #newest < :signedAt{}", L::USABLE))
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

        let event = Event::unfrozen(call, &L::subject(id));
        self.change::<L>(call, id, usual, &[event], |life| life.unfreeze(call.signed_at())).await
    }
}
