//! What a lease is in the table, and the condition that it stands. A write with that condition is one transaction with the check, so
//! that a host which lost its lease while it was paused writes nothing any more.

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem};

use crate::model::lease::Lease;
use crate::table::change::Change;
use crate::table::client::{Store, StoreError};
use crate::table::condition::Condition;
use crate::table::key::Key;
use crate::table::transaction::write_together;

/// Who has the lease.
pub(crate) const HOLDER: &str = "holder";
/// The id of the taking. What a host writes names it, and not the token: a request that reaches the table twice raises the token twice.
pub(crate) const TAKING: &str = "taking";
/// How often it was taken.
pub(crate) const TOKEN: &str = "token";
/// Until when, in milliseconds.
pub(crate) const UNTIL: &str = "until";

/// The lease was not taken again since, by another host or by this one.
pub(crate) fn stands(lease: &Lease) -> Condition {
    Condition::Is(TAKING, lease.taking.into())
}

impl Store {
    /// The check that a lease stands, for a transaction that writes other items.
    pub(crate) fn fence(&self, lease: &Lease) -> Result<ConditionCheck, StoreError> {
        let check = Change::new().only_if(stands(lease)).check(Key::lease(&lease.of));
        Ok(check.table_name(&self.table).build()?)
    }

    /// Sends an update that no call asked for, if the lease stands, where there is one. False if a condition is not true.
    pub(crate) async fn update_under(&self, update: UpdateBuilder, lease: Option<&Lease>) -> Result<bool, StoreError> {
        let Some(lease) = lease else { return self.update_in_turn(update).await };
        let update = update.table_name(&self.table).build()?;
        let request = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().update(update).build())
            .transact_items(TransactWriteItem::builder().condition_check(self.fence(lease)?).build());
        write_together(request).await
    }
}
