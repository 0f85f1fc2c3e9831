//! A license code (授权码) of License 2.0. KooGallery makes it; its life follows the rules of [`Lifecycle`].

use koogallery::LicenseCode;
use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::event::Subject;
use crate::key::{Item, Key, World};
use crate::lifecycle::{Lifecycle, Status};
use crate::living::Living;
use crate::open::open_erasure;

/// One license code, as it stands in the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct License {
    /// The code.
    pub license: LicenseCode,
    /// What became of it.
    #[serde(flatten)]
    pub life: Lifecycle,
}

impl Living for License {
    type Id = LicenseCode;

    fn key(world: World, code: &LicenseCode) -> Key {
        Key::license(world, code)
    }

    fn subject(code: &LicenseCode) -> Subject<'_> {
        Subject::License(code)
    }

    /// A code may be renewed before it was ever activated: the first call about it makes it known.
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
        open_erasure(world, &Self::key(world, &self.license), &self.life)
    }
}
