//! A call that failed and came well later is forgotten.

use crate::model::failed_call::FailedCall;
use crate::table::change::Change;
use crate::table::client::{Store, StoreError};
use crate::table::condition::Condition;
use crate::table::key::Key;

impl Store {
    /// Forgets that a call failed, since it was answered well later. One that failed once more meanwhile stays.
    pub async fn forget_failed_call(&self, failed: &FailedCall) -> Result<(), StoreError> {
        let stands = Condition::Is("lastAt", failed.last_at.into());
        let key = Key::failed_call(&failed.subject, &failed.callback).into_item();
        self.delete_alone(Change::new().only_if(stands).delete(key)).await.map(drop)
    }
}
