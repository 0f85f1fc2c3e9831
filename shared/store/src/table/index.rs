//! What is still to be done, as a sparse index of the table: an item is in it while it has the attribute `open`. The index's
//! partitions are sharded, so that no partition gets too much load.

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::Timestamp;
use uuid::Uuid;

use crate::model::instance::Instance;
use crate::model::lifecycle::Lifecycle;
use crate::model::subject::Subject;
use crate::model::world::World;
use crate::table::change::Change;
use crate::table::key::{Item, Key};
use crate::table::schema::{OPEN, OPEN_SINCE};

pub(crate) const SHARDS: u8 = 16;

/// The kind of thing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Deliver an event: an item of the outbox.
    Undelivered,
    /// Ask the order query about the order of an event.
    Unlearnt,
    /// Look at a parked event: a person has to.
    Parked,
    /// Provision an instance.
    Provisioning,
    /// Erase the personal data of a released instance or license code.
    Erasure,
    /// Close an hour of use, and push it.
    Usage,
    /// Look at an hour of use that is parked: a person has to.
    UsageParked,
    /// An instance whose use is reported: since its last hour.
    Metering,
    /// Look at a supervised order or a customer demand: when the next warning is due.
    Watched,
    /// Look at a warning: a person has to. Since it was raised, or when it is raised once more.
    Warning,
    /// Look whether a call that failed was answered well meanwhile.
    FailedCall,
}

/// One thing to do, as the index has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// What it is about.
    pub subject: Subject,
    /// The item's sort key.
    pub sort: String,
    /// Since when.
    pub since: Timestamp,
    /// When it is tried again, if it was tried.
    pub next_try_at: Option<Timestamp>,
}

impl Open {
    /// The id of the event, or none if it is not about an event.
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
            Self::Usage => "USAGE#",
            Self::UsageParked => "USAGE_PARKED#",
            Self::Metering => "METERING#",
            Self::Watched => "WATCHED#",
            Self::Warning => "WARNING#",
            Self::FailedCall => "FAILED_CALL#",
        }
    }

    /// Whether a value of [`OPEN`] is of this kind.
    #[must_use]
    pub fn is_of(self, open: &str) -> bool {
        open.starts_with(self.prefix())
    }

    /// Over how many partitions of the index its things are spread. What is written seldom has one: a run that looks for it then asks
    /// once.
    pub(crate) const fn shards(self) -> u8 {
        match self {
            // An instance's is written every six hours, and a partition takes a thousand writes a second.
            Self::UsageParked | Self::Metering => 1,
            _ => SHARDS,
        }
    }

    /// The value of [`OPEN`] of a shard.
    pub(crate) fn partition(self, shard: u8) -> String {
        format!("{}{shard}", self.prefix())
    }

    /// The value of [`OPEN`] for a thing with this name.
    pub(crate) fn value(self, name: &[u8]) -> AttributeValue {
        let shard = name.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte)) % self.shards();
        AttributeValue::S(self.partition(shard))
    }
}

/// The attributes of an open thing.
pub(crate) fn open(kind: Kind, name: &[u8], since: Timestamp) -> Item {
    Item::from([(OPEN.to_owned(), kind.value(name)), (OPEN_SINCE.to_owned(), AttributeValue::N(since.to_string()))])
}

/// The attributes of an instance that the application has still to provision. Debug calls never reach the application.
pub(crate) fn open_instance(world: World, instance: &Instance) -> Item {
    if world == World::Real && instance.awaits_provisioning() {
        open(Kind::Provisioning, instance.instance_id.as_str().as_bytes(), instance.life.created_at)
    } else {
        Item::new()
    }
}

/// The attributes of something released that still has personal data. They stay until that is erased.
pub(crate) fn open_erasure(world: World, key: &Key, life: &Lifecycle) -> Item {
    match (world, life.released_at, life.erased_at) {
        (World::Real, Some(released_at), None) => open(Kind::Erasure, key.partition().as_bytes(), released_at),
        _ => Item::new(),
    }
}

/// What else a release sets, so that the index has [`open_erasure`].
pub(crate) fn erase_later(change: Change, world: World, key: &Key, released_at: Timestamp) -> Change {
    match world {
        World::Test => change,
        World::Real => change.set(OPEN, Kind::Erasure.value(key.partition().as_bytes())).set(OPEN_SINCE, released_at),
    }
}
