//! What the watch notes: how far its daily walk through all instances is, what it counted on the way, and since when no warning
//! stands.

use koogallery::Timestamp;

use crate::model::instance_counts::InstanceCounts;
use crate::table::change::Change;
use crate::table::client::{Store, StoreError};
use crate::table::key::{Item, Key};
use crate::table::listing::Place;

const DAY: &str = "day";
const PLACE: &str = "place";
/// What the walk that goes on has counted so far: JSON.
const COUNTED: &str = "counted";
/// What the last whole walk counted, and the day that it was of.
const COUNTS: &str = "counts";
const COUNTS_OF: &str = "countsOf";
const WELL_SINCE: &str = "wellSince";

/// How far the walk through all instances is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    /// The day that it is of: its beginning.
    pub day: Timestamp,
    /// Where it goes on; none if it is through.
    pub place: Option<Place>,
    /// What it has counted.
    pub counted: InstanceCounts,
}

/// What the watch tells those who look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WatchNotes {
    /// What the last whole walk counted, and the beginning of its day; none before the first one.
    pub counts: Option<(InstanceCounts, Timestamp)>,
    /// Since when no warning stands; none if one does, or nobody watched yet.
    pub well_since: Option<Timestamp>,
}

impl Store {
    /// How far the walk is, if there was one, and what the watch notes beside it.
    pub async fn walk(&self) -> Result<(Option<Walk>, WatchNotes), StoreError> {
        let Some(item) = self.standing_item(Key::walk()).await? else { return Ok((None, WatchNotes::default())) };
        let place = item.get(PLACE).and_then(|place| place.as_s().ok()?.parse().ok());
        let counts = |name| counts(&item, name);
        let walk = time(&item, DAY).map(|day| Walk { day, place, counted: counts(COUNTED).unwrap_or_default() });
        let notes =
            WatchNotes { counts: counts(COUNTS).zip(time(&item, COUNTS_OF)), well_since: time(&item, WELL_SINCE) };
        Ok((walk, notes))
    }

    /// Notes how far the walk is. When it is through, what it counted is what is told from then on.
    pub async fn note_walk(&self, walk: &Walk) -> Result<(), StoreError> {
        let unwritable = |_| StoreError::Unwritable("what the daily walk counted");
        let counted = serde_json::to_string(&walk.counted).map_err(unwritable)?;
        let change = Change::new().set(DAY, walk.day);
        let change = match &walk.place {
            Some(place) => change.set(PLACE, place.to_string()).set(COUNTED, counted),
            None => change.remove(PLACE).remove(COUNTED).set(COUNTS, counted).set(COUNTS_OF, walk.day),
        };
        self.update_in_turn(change.of(Key::walk())).await.map(drop)
    }

    /// Notes since when no warning stands; none if one does.
    pub async fn note_well(&self, since: Option<Timestamp>) -> Result<(), StoreError> {
        let change = match since {
            Some(since) => Change::new().set(WELL_SINCE, since),
            None => Change::new().remove(WELL_SINCE),
        };
        self.update_in_turn(change.of(Key::walk())).await.map(drop)
    }
}

fn time(item: &Item, name: &str) -> Option<Timestamp> {
    item.get(name)?.as_n().ok()?.parse().ok().map(Timestamp::from_millis)
}

fn counts(item: &Item, name: &str) -> Option<InstanceCounts> {
    serde_json::from_str(item.get(name)?.as_s().ok()?).ok()
}
