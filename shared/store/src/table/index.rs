//! What is still to be done, as a sparse index of the table: an item stands in it while it has the attribute `open`.
//! The index's partitions are sharded, so that however much is open, no partition runs hot.

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::Timestamp;
use uuid::Uuid;

use crate::model::instance::Instance;
use crate::model::lifecycle::Lifecycle;
use crate::model::subject_key::SubjectKey;
use crate::model::world::World;
use crate::table::expression::Change;
use crate::table::key::{Item, Key};
use crate::table::schema::{OPEN, OPEN_SINCE};

pub(crate) const SHARDS: u8 = 16;

/// What kind of thing is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An event is to be delivered: an item of the outbox.
    Undelivered,
    /// An event names an order that the order query is still to be asked about.
    Unlearnt,
    /// An event was tried for days; somebody must look.
    Parked,
    /// An instance is to be provisioned.
    Provisioning,
    /// What is personal of an instance or a license code is to be erased: it was released.
    Erasure,
}

/// One open thing, as the index has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// The item's partition.
    pub partition: String,
    /// Its place there.
    pub sort: String,
    /// Since when.
    pub since: Timestamp,
    /// When it is tried again, where it was tried.
    pub next_try_at: Option<Timestamp>,
}

impl Open {
    /// Whom it is about.
    #[must_use]
    pub fn subject(&self) -> SubjectKey {
        SubjectKey::from(self.partition.clone())
    }

    /// The event that it is, or stands for; none for what is no event.
    #[must_use]
    pub fn event_id(&self) -> Option<Uuid> {
        self.sort.split_once('#')?.1.parse().ok()
    }
}

impl Kind {
    pub(crate) const fn prefix(self) -> &'static str {
        match self {
            Self::Undelivered => "UNDELIVERED#",
            Self::Unlearnt => "UNLEARNT#",
            Self::Parked => "PARKED#",
            Self::Provisioning => "PROVISIONING#",
            Self::Erasure => "ERASURE#",
        }
    }

    /// Whether a value of [`OPEN`] is of this kind.
    #[must_use]
    pub fn is_of(self, open: &str) -> bool {
        open.starts_with(self.prefix())
    }

    /// The value of [`OPEN`] for a thing of this name.
    pub(crate) fn value(self, name: &[u8]) -> AttributeValue {
        let shard = name.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte)) % SHARDS;
        AttributeValue::S(format!("{}{shard}", self.prefix()))
    }
}

/// The attributes of an open thing.
pub(crate) fn open(kind: Kind, name: &[u8], since: Timestamp) -> Item {
    Item::from([(OPEN.to_owned(), kind.value(name)), (OPEN_SINCE.to_owned(), AttributeValue::N(since.to_string()))])
}

/// Those of an instance that the application has yet to provision; debug calls never reach it.
pub(crate) fn open_instance(world: World, instance: &Instance) -> Item {
    if world == World::Real && instance.awaits_provisioning() {
        open(Kind::Provisioning, instance.instance_id.as_str().as_bytes(), instance.life.created_at)
    } else {
        Item::new()
    }
}

/// Those of what was released and holds personal data still. It stands there until that is erased.
pub(crate) fn open_erasure(world: World, key: &Key, life: &Lifecycle) -> Item {
    match (world, life.released_at, life.erased_at) {
        (World::Real, Some(released_at), None) => open(Kind::Erasure, key.partition().as_bytes(), released_at),
        _ => Item::new(),
    }
}

/// For a change that releases: what else it sets, so that the index has it as [`open_erasure`] says.
pub(crate) fn erase_later(change: Change, world: World, key: &Key, released_at: Timestamp) -> Change {
    match world {
        World::Test => change,
        World::Real => change.set(OPEN, Kind::Erasure.value(key.partition().as_bytes())).set(OPEN_SINCE, released_at),
    }
}
