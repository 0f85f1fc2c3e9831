//! How a license code is written in the table.

use crate::model::license::License;
use crate::model::lifecycle::Lifecycle;
use crate::model::lifecycle::Status;
use crate::model::subject::Subject;
use crate::model::world::World;
use crate::table::call::Call;
use crate::table::index::open_erasure;
use crate::table::key::Item;
use crate::table::key::Key;
use crate::table::listing::List;
use crate::table::living::Living;
use koogallery::LicenseCode;
impl Living for License {
    type Id = LicenseCode;

    fn key(world: World, code: &LicenseCode) -> Key {
        Key::license(world, code)
    }

    fn subject(code: &LicenseCode) -> Subject {
        Subject::License(code.clone())
    }

    /// A code may be renewed before it was ever activated, so the first call about it creates it.
    fn unheard_of(call: &Call, code: &LicenseCode) -> Option<Self> {
        Some(Self { license: code.clone(), life: Lifecycle::new(call.signed_at(), Status::Active) })
    }

    fn life(&self) -> &Lifecycle {
        &self.life
    }

    fn life_mut(&mut self) -> &mut Lifecycle {
        &mut self.life
    }

    fn settle(&mut self) {
        self.life.settle(Status::Active);
    }

    fn indexed(&self, world: World) -> Item {
        let key = Self::key(world, &self.license);
        let listed = List::Licenses.entry(world, self.license.reveal(), self.life.created_at, &key);
        listed.into_iter().chain(open_erasure(world, &key, &self.life)).collect()
    }
}
