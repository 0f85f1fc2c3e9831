//! What has a life: an instance, a license code. How it stands in the table, and who may change it.

use koogallery::{InterfaceType, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::model::event::Event;
use crate::model::lifecycle::{Lifecycle, Status};
use crate::model::subject::Subject;
use crate::model::world::World;
use crate::table::call::Call;
use crate::table::expression::{Change, Condition};
use crate::table::key::{Item, Key};

/// What has a [`Lifecycle`].
pub(crate) trait Living: Clone + PartialEq + Serialize + DeserializeOwned {
    /// What names it.
    type Id;

    /// What must hold in the table, beside its status, before an unfreeze makes it usable.
    fn usable() -> Option<Condition> {
        None
    }

    /// What must hold in the table for a call that a key of this interface type signed.
    fn is_of(_: InterfaceType) -> Option<Condition> {
        None
    }

    /// Whose key made it; none where only one type's key can tell of it.
    fn family(&self) -> Option<InterfaceType> {
        None
    }

    /// Where it stands.
    fn key(world: World, id: &Self::Id) -> Key;

    /// Whom its events are about.
    fn subject(id: &Self::Id) -> Subject<'_>;

    /// What a call makes of one that nobody has heard of; none where there is no such thing then.
    fn unheard_of(call: &Call, id: &Self::Id) -> Option<Self>;

    /// Its life.
    fn life(&self) -> &Lifecycle;

    /// Its life, to add a fact to; [`Self::settle`] then says what follows.
    fn life_mut(&mut self) -> &mut Lifecycle;

    /// Derives its status.
    fn settle(&mut self);

    /// Forgets what is personal of it.
    fn erase(&mut self, at: Timestamp) {
        self.life_mut().erased_at = Some(at);
    }

    /// What to tell of a change beside what its life tells.
    fn further_events(_: &Call, _before: &Self, _after: &Self) -> Vec<Event> {
        Vec::new()
    }

    /// The attributes by which it stands in indexes of the table.
    fn indexed(&self, _: World) -> Item {
        Item::new()
    }

    /// For a change that sets a status: what else it sets, so that the indexes have it under that.
    fn list_as(change: Change, _: World, _: &Self::Id, _: Status) -> Change {
        change
    }

    /// Its item without its key.
    fn attributes(&self, world: World) -> Result<Item, serde_dynamo::Error> {
        let mut item: Item = serde_dynamo::to_item(self)?;
        item.extend(self.indexed(world));
        Ok(item)
    }

    /// Whether a call may tell of it: what another family's key made is nothing that this one's knows.
    fn is_known_to(&self, call: &Call) -> bool {
        match (self.family(), call.family()) {
            (Some(of), Some(by)) => of == by,
            _ => true,
        }
    }
}
