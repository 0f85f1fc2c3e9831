//! How an instance is written in the table.

use crate::model::event::Event;
use crate::model::instance::Instance;
use crate::model::lifecycle::Lifecycle;
use crate::model::lifecycle::Status;
use crate::model::subject::Subject;
use crate::model::world::World;
use crate::table::call::Call;
use crate::table::change::Change;
use crate::table::condition::Condition;
use crate::table::index::open_erasure;
use crate::table::index::open_instance;
use crate::table::key::Item;
use crate::table::key::Key;
use crate::table::listing::list_as;
use crate::table::listing::listed;
use crate::table::living::Living;
use koogallery::InstanceId;
use koogallery::InterfaceType;
use koogallery::Timestamp;
impl Living for Instance {
    type Id = InstanceId;

    fn usable() -> Option<Condition> {
        Some(Condition::Exists("appInfo"))
    }

    fn is_of(family: InterfaceType) -> Option<Condition> {
        Some(Condition::Is("interfaceType", family.into()))
    }

    fn family(&self) -> Option<InterfaceType> {
        Some(self.interface_type)
    }

    fn key(world: World, id: &InstanceId) -> Key {
        Key::instance(world, id)
    }

    fn subject(id: &InstanceId) -> Subject {
        Subject::Instance(id.clone())
    }

    /// No call but newInstance creates an instance.
    fn unheard_of(_: &Call, _: &InstanceId) -> Option<Self> {
        None
    }

    fn life(&self) -> &Lifecycle {
        &self.life
    }

    fn life_mut(&mut self) -> &mut Lifecycle {
        &mut self.life
    }

    fn settle(&mut self) {
        Self::settle(self);
    }

    fn erase(&mut self, at: Timestamp) {
        Self::erase(self, at);
    }

    fn indexed(&self, world: World) -> Item {
        let to_erase = open_erasure(world, &Self::key(world, &self.instance_id), &self.life);
        listed(world, self).into_iter().chain(open_instance(world, self)).chain(to_erase).collect()
    }

    fn list_as(change: Change, world: World, id: &InstanceId, status: Status) -> Change {
        list_as(change, world, id, status)
    }

    fn further_events(call: &Call, before: &Self, after: &Self) -> Vec<Event> {
        Event::accepted(call.now(), before.acceptance.as_ref(), after).into_iter().collect()
    }
}
