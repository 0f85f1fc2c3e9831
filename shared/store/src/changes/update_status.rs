//! updateInstanceStatus, updateLicenseCodeStatus: freeze and unfreeze.

use koogallery::{ExpireTime, InstanceId, InstanceStatus, LicenseCode};

use crate::changes::decide::Asked;
use crate::model::changed::Changed;
use crate::model::event::Event;
use crate::model::instance::Instance;
use crate::model::license::License;
use crate::model::lifecycle::{Fact, Freeze, FreezeCause, Status};
use crate::table::call::Call;
use crate::table::change::Change;
use crate::table::client::{Store, StoreError};
use crate::table::condition::Condition;
use crate::table::living::Living;

impl Store {
    /// Freezes or unfreezes an instance.
    pub async fn set_status(
        &self,
        call: &Call,
        id: &InstanceId,
        status: InstanceStatus,
    ) -> Result<Changed, StoreError> {
        self.status_set::<Instance>(call, id, status).await
    }

    /// Freezes or unfreezes a license code.
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
            // The expiry decides whether it is the cause.
            InstanceStatus::Freeze => self.frozen::<L>(call, id, Freeze { signed_at, expired: false }).await,
            InstanceStatus::Expire => self.frozen::<L>(call, id, Freeze { signed_at, expired: true }).await,
            InstanceStatus::Unfreeze => self.unfrozen::<L>(call, id).await,
        }
    }

    async fn frozen<L: Living>(&self, call: &Call, id: &L::Id, freeze: Freeze) -> Result<Changed, StoreError> {
        // The usual case: it is in use, the call is the newest, and the paid period has ended or is not known.
        let mut usual = L::list_as(Change::new(), call.world(), id, Status::Frozen)
            .only_if(Condition::Is("status", Status::Active.into()))
            .only_if(Condition::Less("newest", call.signed_at().into()))
            .set("status", Status::Frozen)
            .set("freezeCause", FreezeCause::Expired)
            .set("newest", call.signed_at());
        if !freeze.expired {
            let now = ExpireTime::from_timestamp(call.signed_at()).map(|time| time.to_string()).unwrap_or_default();
            let is_over = Condition::AtMost("expireTime", now.into());
            usual = usual.only_if(Condition::Any(vec![Condition::Absent("expireTime"), is_over]));
        }
        let event = Event::frozen(call.now(), &L::subject(id), FreezeCause::Expired);
        self.change::<L>(call, id, Asked { fact: Fact::Freeze(freeze), further: None, usual, event }).await
    }

    async fn unfrozen<L: Living>(&self, call: &Call, id: &L::Id) -> Result<Changed, StoreError> {
        // The usual case: it was in use until it was frozen, and the call is the newest.
        let usual = L::list_as(Change::new(), call.world(), id, Status::Active)
            .only_if(Condition::Is("status", Status::Frozen.into()))
            .only_if(Condition::Less("newest", call.signed_at().into()))
            .only_if_all(L::usable())
            .set("status", Status::Active)
            .set("unfrozenAt", call.signed_at())
            .set("newest", call.signed_at())
            .remove("freezeCause");
        let event = Event::unfrozen(call.now(), &L::subject(id));
        self.change::<L>(call, id, Asked { fact: Fact::Unfreeze(call.signed_at()), further: None, usual, event }).await
    }
}
