//! What waits for the people who operate a deployment: the one list, which the console shows and which robots and mail tell.
//!
//! | file | what is in it |
//! |---|---|
//! | `sources` | where what waits is found, a file for each kind of thing |
//! | `matter` | one thing that waits: what it is called, said and linked to |
//! | `kind` | the kinds, by which people choose what they are told |
//! | `words`, `codes`, `names`, `zone` | causes, findings and result codes in both languages, names and paths of things, times as people write them |

mod codes;
mod kind;
mod matter;
mod names;
mod sources;
mod words;
mod zone;

use std::time::Duration;

use koogallery::Timestamp;
use koogallery_store::{Store, StoreError};

pub use codes::{explained, meaning};
pub use kind::{Kind, KindError};
pub use matter::Matter;
pub use names::{name_of, name_of_about, path_of, requested, segment};
pub use sources::money::{FindingPlace, Found, findings, is_discrepancy, month_of};
pub use sources::provisioning::PATIENCE;
pub use words::{cause, either, filled, finding, rowless, stage};
pub use zone::{Zone, length, number};

/// What is lost within this time is urgent.
const URGENT: Duration = Duration::from_hours(3);

/// Something that waits for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// What.
    pub matter: Matter,
    /// Since when.
    pub since: Timestamp,
    /// By when somebody has to act; none if nothing happens by itself.
    pub deadline: Option<Timestamp>,
}

impl Waiting {
    /// Whether money or the trade is lost within hours.
    #[must_use]
    pub fn is_urgent(&self, now: Timestamp) -> bool {
        // What becomes of an event that nobody takes is in the seller's own hand.
        self.matter.kind() != Kind::EventLate
            && self.deadline.is_some_and(|deadline| deadline >= now && deadline <= now.saturating_add(URGENT))
    }
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Looked {
    /// All that waits, the most urgent first.
    pub waiting: Vec<Waiting>,
    /// Of these kinds there is more than was looked for.
    cut: Vec<Kind>,
}

impl Looked {
    /// What was found, where nothing else waits.
    #[must_use]
    pub const fn whole(waiting: Vec<Waiting>) -> Self {
        Self { waiting, cut: Vec::new() }
    }

    /// Whether this is all that waits.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.cut.is_empty()
    }

    /// Whether all of a kind is there.
    #[must_use]
    pub fn is_whole_of(&self, kind: Kind) -> bool {
        // Several sources know of warnings.
        let same = |cut: &Kind| *cut == kind || matches!((cut, kind), (Kind::Warning(_), Kind::Warning(_)));
        !self.cut.iter().any(same)
    }
}

/// Looks at all that waits; of each source, at most at so much.
pub async fn look(store: &Store, now: Timestamp, most: u16) -> Result<Looked, StoreError> {
    sources::all(store, now, most).await
}
