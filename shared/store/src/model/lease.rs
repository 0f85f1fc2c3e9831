//! Leases: where several hosts work over one table, one of them at a time works on a thing.

use std::fmt;

use koogallery::Timestamp;
use uuid::Uuid;

use crate::model::subject::Subject;

/// What a host has for itself for a while.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeaseOf {
    /// Delivering the events of a subject.
    Delivery(Subject),
    /// Asking about the order of an event.
    Learning(Subject, Uuid),
    /// Looking for what nothing drives.
    Sweep,
    /// Measuring what is still to be done.
    Figures,
    /// Erasing what is due.
    Erasure,
    /// Closing hours of use, and pushing them.
    Usage,
    /// Watching for deadlines.
    Watch,
    /// Telling people what waits.
    Notify,
}

impl LeaseOf {
    /// Its name in the table.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Delivery(subject) => format!("DELIVERY#{}", subject.partition()),
            Self::Learning(subject, event) => format!("LEARNING#{event}#{}", subject.partition()),
            Self::Sweep => "SWEEP".to_owned(),
            Self::Figures => "FIGURES".to_owned(),
            Self::Erasure => "ERASURE".to_owned(),
            Self::Usage => "USAGE".to_owned(),
            Self::Watch => "WATCH".to_owned(),
            Self::Notify => "NOTIFY".to_owned(),
        }
    }
}

impl fmt::Display for LeaseOf {
    /// For the log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delivery(subject) => write!(f, "the events of {subject}"),
            Self::Learning(subject, _) => write!(f, "the order of {subject}"),
            Self::Sweep => f.write_str("the sweep"),
            Self::Figures => f.write_str("the figures"),
            Self::Erasure => f.write_str("the erasure"),
            Self::Usage => f.write_str("the report of use"),
            Self::Watch => f.write_str("the watch"),
            Self::Notify => f.write_str("the messages to people"),
        }
    }
}

/// A host, from its start to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostId(pub(crate) Uuid);

impl HostId {
    /// Another one than any before.
    #[must_use]
    pub fn unique() -> Self {
        Self(Uuid::new_v4())
    }
}

impl fmt::Display for HostId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A lease that was taken. It says nothing of the time that is left: another host may have taken it since. Writes that name it
/// happen only if none has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub(crate) of: LeaseOf,
    /// The id of this taking: a request that is sent twice, because its answer was late, takes it once.
    pub(crate) taking: Uuid,
    /// Grows each time that it is taken.
    pub(crate) token: u64,
}

impl Lease {
    /// What it is of.
    #[must_use]
    pub const fn of(&self) -> &LeaseOf {
        &self.of
    }

    /// Its token: greater than that of whoever had it before, as long as the table remembers it.
    #[must_use]
    pub const fn token(&self) -> u64 {
        self.token
    }
}

/// Whether a lease was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeaseTaken {
    /// It is this host's.
    Mine(Lease),
    /// Another host has it until this time, unless it takes it for longer or gives it back.
    Others(Timestamp),
}
