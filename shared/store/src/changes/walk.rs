//! The daily walk through all instances: how far it is.

use koogallery::Timestamp;

use crate::table::change::Change;
use crate::table::client::{Store, StoreError};
use crate::table::key::Key;
use crate::table::listing::Place;

const DAY: &str = "day";
const PLACE: &str = "place";

/// How far the walk through all instances is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    /// The day that it is of: its beginning.
    pub day: Timestamp,
    /// Where it goes on; none if it is through.
    pub place: Option<Place>,
}

impl Store {
    /// How far the walk is; none if there was none yet.
    pub async fn walk(&self) -> Result<Option<Walk>, StoreError> {
        let Some(item) = self.standing_item(Key::walk()).await? else { return Ok(None) };
        let day = item.get(DAY).and_then(|day| day.as_n().ok()?.parse().ok()).map(Timestamp::from_millis);
        let place = item.get(PLACE).and_then(|place| place.as_s().ok()?.parse().ok());
        Ok(day.map(|day| Walk { day, place }))
    }

    /// Notes how far the walk is.
    pub async fn note_walk(&self, walk: &Walk) -> Result<(), StoreError> {
        let change = Change::new().set(DAY, walk.day);
        let change = match &walk.place {
            Some(place) => change.set(PLACE, place.to_string()),
            None => change.remove(PLACE),
        };
        self.update_in_turn(change.of(Key::walk())).await.map(drop)
    }
}
