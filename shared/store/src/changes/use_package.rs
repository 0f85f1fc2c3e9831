//! Packages: how much they have, and the event that one is used up.

use koogallery::{InstanceId, Timestamp};

use crate::model::event::Event;
use crate::model::subject::Subject;
use crate::model::usage::quantity::Quantity;
use crate::model::world::World;
use crate::table::call::Call;
use crate::table::change::Change;
use crate::table::client::{Store, StoreError};
use crate::table::condition::Condition;
use crate::table::key::Key;
use crate::table::transaction::{Commit, Pauses, Transaction};
use crate::table::usage_items::{EXHAUSTED_AT, QUOTA, read_package};

/// Says that the package's instance knows that its use is reported.
const KNOWN: &str = "known";

impl Store {
    /// Keeps how much a package has. If so much is used already, the event says so. False if there is no such instance.
    pub async fn set_quota(&self, package: &InstanceId, quota: Quantity, now: Timestamp) -> Result<bool, StoreError> {
        let Some(instance) = self.instance(package).await? else { return Ok(false) };
        if instance.life.released_at.is_some() {
            return Ok(false);
        }
        // More was bought: it can be used up once more.
        let standing = self.package_use(package).await?;
        let change = Change::new().set(QUOTA, quota);
        let is_more = standing.is_some_and(|standing| standing.used < quota);
        let change = if is_more { change.remove(EXHAUSTED_AT) } else { change };
        self.update_in_turn(change.of(Key::usage_package(package))).await?;
        self.look_at_package(package, now).await?;
        Ok(true)
    }

    /// Tells once that a package is used up. What a crash left out is told with the next record.
    pub(crate) async fn look_at_package(&self, package: &InstanceId, now: Timestamp) -> Result<(), StoreError> {
        let mut pauses = Pauses::new();
        loop {
            let Some(item) = self.standing_item(Key::usage_package(package)).await? else { return Ok(()) };
            if !item.contains_key(KNOWN) {
                let metered = Change::new().set("metered", true).only_if(Condition::STANDS);
                self.update_in_turn(metered.of(Key::instance(World::Real, package))).await?;
                self.update_in_turn(Change::new().set(KNOWN, true).of(Key::usage_package(package))).await?;
            }
            let standing = read_package(&item);
            let Some(quota) = standing.quota.filter(|_| standing.is_newly_exhausted()) else { return Ok(()) };
            let call = Call::own(now);
            let told = Change::new()
                .set(EXHAUSTED_AT, now)
                .only_if(Condition::Absent(EXHAUSTED_AT))
                .only_if(Condition::Is(QUOTA, quota.into()));
            let event = Event::package_exhausted(now, package, standing.used, quota);
            let transaction = Transaction::new(self, &call)?.update(told.of(Key::usage_package(package)))?;
            match transaction.events(&Subject::Instance(package.clone()), &[event])?.commit().await? {
                Commit::Done | Commit::Replayed => return Ok(()),
                Commit::Refused { .. } | Commit::Conflict => pauses.pause().await?,
            }
        }
    }
}
