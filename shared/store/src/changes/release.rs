//! releaseInstance, releaseLicenseCode: ends an instance or a code for good.

use koogallery::{InstanceId, LicenseCode};

use crate::changes::decide::Asked;
use crate::model::changed::Changed;
use crate::model::event::Event;
use crate::model::instance::Instance;
use crate::model::license::License;
use crate::model::lifecycle::{Fact, Status};
use crate::table::call::Call;
use crate::table::change::Change;
use crate::table::client::{Store, StoreError};
use crate::table::condition::Condition;
use crate::table::index::erase_later;
use crate::table::living::Living;
use crate::table::schema::PARTITION_KEY;

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
        // The usual case: it is not released yet. It does not matter when other calls were signed: a release is final.
        let world = call.world();
        let usual = L::list_as(Change::new(), world, id, Status::Released);
        let usual = erase_later(usual, world, &L::key(world, id), call.signed_at())
            .only_if(Condition::Exists(PARTITION_KEY))
            .only_if(Condition::IsNot("status", Status::Released.into()))
            .set("status", Status::Released)
            .set("releasedAt", call.signed_at())
            .remove("freezeCause");
        let event = Event::released(call.now(), &L::subject(id), call.order());
        let fact = Fact::Release(call.signed_at());
        let changed = self.change::<L>(call, id, Asked { fact, further: None, usual, event }).await?;
        Ok(if changed == Changed::Released { Changed::Unchanged } else { changed })
    }
}
