//! Who is to be woken by what was written: so that a host that runs every function in one process hears of its own events at
//! once, and needs no stream of the table.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use crate::model::subject::Subject;

/// Something that is to be done now, after a write.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum WakeUp {
    /// Events of this subject are to be delivered.
    Deliver(Subject),
    /// The order query is to be asked about the order of this event.
    Learn(Subject, Uuid),
}

/// Hears what is to be done. It is called after each write, and must return at once.
#[derive(Clone, Default)]
pub(crate) struct Listener(Option<Arc<dyn Fn(WakeUp) + Send + Sync>>);

impl Listener {
    pub(crate) fn new(hears: Arc<dyn Fn(WakeUp) + Send + Sync>) -> Self {
        Self(Some(hears))
    }

    pub(crate) fn tell(&self, wake_ups: impl IntoIterator<Item = WakeUp>) {
        if let Self(Some(hears)) = self {
            wake_ups.into_iter().for_each(|wake_up| hears(wake_up));
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Listener").field(&self.0.is_some()).finish()
    }
}
