//! releaseInstance, releaseLicenseCode: gone for good.

use aws_sdk_dynamodb::types::{AttributeValue, Update};
use koogallery::{InstanceId, LicenseCode};

use crate::call::Call;
use crate::change::Changed;
use crate::client::{Store, StoreError};
use crate::event::Event;
use crate::instance::Instance;
use crate::license::License;
use crate::lifecycle::{Living, Status};
use crate::open::erase_later;

impl Store {
    /// Releases an instance; a repeat changes nothing.
    pub async fn release(&self, call: &Call, id: &InstanceId) -> Result<Changed, StoreError> {
        self.released::<Instance>(call, id).await
    }

    /// Releases a license code; a repeat changes nothing.
    pub async fn release_license(&self, call: &Call, code: &LicenseCode) -> Result<Changed, StoreError> {
        self.released::<License>(call, code).await
    }

    async fn released<L: Living>(&self, call: &Call, id: &L::Id) -> Result<Changed, StoreError> {
        // Usual: it stands. When other calls were signed does not matter: released is final.
        let (usual, listed) = L::list_as(Update::builder(), call.world(), id, Status::Released);
        let (usual, to_erase) = erase_later(usual, call.world(), &L::key(call.world(), id), call.signed_at());
        let usual = usual
            .condition_expression("attribute_exists(pk) AND #status <> :released")
            .update_expression(format!(
                "SET #status = :released, #releasedAt = :signedAt, #version = #version + :one{listed}{to_erase} \
                 REMOVE #freezeCause",
            ))
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#freezeCause", "freezeCause")
            .expression_attribute_names("#releasedAt", "releasedAt")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":signedAt", AttributeValue::N(call.signed_at().to_string()))
            .expression_attribute_values(":released", AttributeValue::S("released".to_owned()))
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()));

        let event = Event::released(call, &L::subject(id));
        let changed = self.change::<L>(call, id, usual, &[event], |life| life.release(call.signed_at())).await?;
        Ok(if changed == Changed::Released { Changed::Unchanged } else { changed })
    }
}
