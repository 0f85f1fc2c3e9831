//! What has a life: an instance, a license code. How it is written in the table, and which calls may change it.

use koogallery::{InterfaceType, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::model::event::Event;
use crate::model::lifecycle::{Lifecycle, Status};
use crate::model::subject::Subject;
use crate::model::world::World;
use crate::table::call::Call;
use crate::table::change::Change;
use crate::table::condition::Condition;
use crate::table::key::{Item, Key};

/// What has a [`Lifecycle`].
pub(crate) trait Living: Clone + PartialEq + Serialize + DeserializeOwned {
    /// What identifies it.
    type Id;

    /// The condition in the table, beside its status, under which an unfreeze makes it usable.
    fn usable() -> Option<Condition> {
        None
    }

    /// The condition in the table for a call that was signed with a key of this interface type.
    fn is_of(_: InterfaceType) -> Option<Condition> {
        None
    }

    /// The interface type whose key created it. None if only one type's key can sign calls about it.
    fn family(&self) -> Option<InterfaceType> {
        None
    }

    /// Its key.
    fn key(world: World, id: &Self::Id) -> Key;

    /// The subject of its events.
    fn subject(id: &Self::Id) -> Subject;

    /// What a call creates if it does not exist yet. None if the call does not create it.
    fn unheard_of(call: &Call, id: &Self::Id) -> Option<Self>;

    /// Its life.
    fn life(&self) -> &Lifecycle;

    /// Its life, to add a fact to. After that, call [`Self::settle`].
    fn life_mut(&mut self) -> &mut Lifecycle;

    /// Derives its status from the facts.
    fn settle(&mut self);

    /// Removes its personal data.
    fn erase(&mut self, at: Timestamp) {
        self.life_mut().erased_at = Some(at);
    }

    /// What an event of it contains beside the data of its life.
    fn further_events(_: &Call, _before: &Self, _after: &Self) -> Vec<Event> {
        Vec::new()
    }

    /// The attributes by which the table's indexes have it.
    fn indexed(&self, _: World) -> Item {
        Item::new()
    }

    /// What else a change of status sets, so that the indexes have it under that status.
    fn list_as(change: Change, _: World, _: &Self::Id, _: Status) -> Change {
        change
    }

    /// Its item, without the key.
    fn attributes(&self, world: World) -> Result<Item, serde_dynamo::Error> {
        let mut item: Item = serde_dynamo::to_item(self)?;
        item.extend(self.indexed(world));
        Ok(item)
    }

    /// Whether a call may change it: a call with another interface type's key may not.
    fn is_known_to(&self, call: &Call) -> bool {
        match (self.family(), call.family()) {
            (Some(of), Some(by)) => of == by,
            _ => true,
        }
    }
}
