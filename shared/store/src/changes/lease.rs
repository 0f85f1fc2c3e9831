//! Leases: a host takes one before it works on a thing, takes it for longer while it works, and gives it back. Where it does
//! neither, because it ended or hangs, another host takes it when its time is over.
//!
//! Each taking has an id, and raises the token. What the holder before still writes then is refused: see [`crate::Lease`].

use std::time::Duration;

use koogallery::Timestamp;
use uuid::Uuid;

use crate::model::lease::{HostId, Lease, LeaseOf, LeaseTaken};
use crate::table::change::Change;
use crate::table::client::{Store, StoreError};
use crate::table::condition::Condition;
use crate::table::fence::{HOLDER, TAKING, TOKEN, UNTIL, stands};
use crate::table::key::{Item, Key};
use crate::table::schema::TTL_ATTRIBUTE;
use crate::table::transaction::Pauses;

/// The item of a lease stays for so long after its end, so that its token goes on to grow.
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
        let (taking, end) = (Uuid::new_v4(), at.saturating_add(length));
        // A request that comes late, after its answer was given up, does not take away what the host has taken since.
        let own = vec![Condition::Is(HOLDER, holder.0.into()), Condition::AtMost(UNTIL, end.into())];
        let free = vec![Condition::NEW, Condition::AtMost(UNTIL, at.into()), Condition::All(own)];
        let take = until(end).set(HOLDER, holder.0).set(TAKING, taking).count_up(TOKEN).only_if(Condition::Any(free));
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
            return Ok(LeaseTaken::Mine(Lease { of, taking, token }));
        }
        let other = self.standing_item(Key::lease(&of)).await?;
        // What was given back and forgotten meanwhile is free.
        let until = other.map_or(Some(at.as_millis()), |item| number(&item, UNTIL)).ok_or_else(unreadable)?;
        Ok(LeaseTaken::Others(Timestamp::from_millis(until)))
    }

    /// Takes a lease for longer: until so long from now. False if another host has taken it.
    pub async fn extend_lease(&self, lease: &Lease, at: Timestamp, length: Duration) -> Result<bool, StoreError> {
        let end = at.saturating_add(length);
        let extend = until(end).only_if(stands(lease)).only_if(Condition::AtMost(UNTIL, end.into()));
        self.update_in_turn(extend.of(Key::lease(&lease.of))).await
    }

    /// Gives a lease back, so that another host may take it at once. False if another host has taken it: then nothing happens.
    pub async fn give_lease_back(&self, lease: &Lease, at: Timestamp) -> Result<bool, StoreError> {
        let give_back = until(at).only_if(stands(lease));
        self.update_in_turn(give_back.of(Key::lease(&lease.of))).await
    }
}

fn until(until: Timestamp) -> Change {
    let forgotten = until.saturating_add(REMEMBERED).as_seconds();
    Change::new().set(UNTIL, until).set(TTL_ATTRIBUTE, u64::try_from(forgotten).unwrap_or_default())
}
