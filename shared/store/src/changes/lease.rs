//! Leases: a host takes one before it works on a thing, takes it for longer while it works, and gives it back. Where it does
//! neither, because it ended or hangs, another host takes it when its time is over.
//!
//! Whoever takes a lease raises its token. What the holder before still writes then is refused: see [`crate::Lease`].

use std::time::Duration;

use koogallery::Timestamp;

use crate::model::lease::{HostId, Lease, LeaseOf, LeaseTaken};
use crate::table::change::Change;
use crate::table::client::{Store, StoreError};
use crate::table::condition::Condition;
use crate::table::fence::{HOLDER, TOKEN, UNTIL, stands};
use crate::table::key::{Item, Key};
use crate::table::schema::TTL_ATTRIBUTE;
use crate::table::transaction::Pauses;

/// The item of a lease stays for so long after its end, so that its token goes on to grow. After that, its holder, which has an id of
/// its own, still tells it from a later one.
const REMEMBERED: Duration = Duration::from_hours(24);

impl Store {
    /// Takes a lease that is free, or over, or this host's own, for so long.
    pub async fn take_lease(
        &self,
        of: LeaseOf,
        holder: HostId,
        at: Timestamp,
        length: Duration,
    ) -> Result<LeaseTaken, StoreError> {
        let free = Condition::Any(vec![
            Condition::NEW,
            Condition::AtMost(UNTIL, at.into()),
            Condition::Is(HOLDER, holder.0.into()),
        ]);
        let take = until(at.saturating_add(length)).set(HOLDER, holder.0).count_up(TOKEN).only_if(free);
        let mut pauses = Pauses::new();
        let standing = loop {
            match self.update_and_read(take.clone().of(Key::lease(&of))).await {
                // The holder before writes just now.
                Err(StoreError::Conflict) => pauses.pause().await?,
                answer => break answer?,
            }
        };
        let number = |item: &Item, name| item.get(name)?.as_n().ok()?.parse::<i64>().ok();
        let unreadable = || StoreError::Unreadable("a lease".to_owned());
        if let Some(item) = standing {
            let token = number(&item, TOKEN).and_then(|token| u64::try_from(token).ok()).ok_or_else(unreadable)?;
            return Ok(LeaseTaken::Mine(Lease { of, holder, token }));
        }
        let other = self.standing_item(Key::lease(&of)).await?;
        // What was given back and forgotten meanwhile is free.
        let until = other.map_or(Some(at.as_millis()), |item| number(&item, UNTIL)).ok_or_else(unreadable)?;
        Ok(LeaseTaken::Others(Timestamp::from_millis(until)))
    }

    /// Takes a lease for longer: until so long from now. False if another host has taken it.
    pub async fn extend_lease(&self, lease: &Lease, at: Timestamp, length: Duration) -> Result<bool, StoreError> {
        let extend = until(at.saturating_add(length)).only_if_all(stands(lease));
        self.update_in_turn(extend.of(Key::lease(&lease.of))).await
    }

    /// Gives a lease back, so that another host may take it at once. If another host has it, nothing happens.
    pub async fn give_lease_back(&self, lease: &Lease, at: Timestamp) -> Result<(), StoreError> {
        let give_back = until(at).only_if_all(stands(lease));
        self.update_in_turn(give_back.of(Key::lease(&lease.of))).await.map(drop)
    }
}

fn until(until: Timestamp) -> Change {
    let forgotten = until.saturating_add(REMEMBERED).as_seconds();
    Change::new().set(UNTIL, until).set(TTL_ATTRIBUTE, u64::try_from(forgotten).unwrap_or_default())
}
