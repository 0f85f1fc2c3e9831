//! The newest sync decides: one item about one thing, and the order that syncs of a thing have.
//!
//! KooGallery repeats syncs and lets them overtake each other. What stands is the greatest of all that came in an order
//! that does not depend on arrival: by time; at the same time what is gone is greater than what is there, and of two
//! that differ their text decides. So syncs may come in any order and as often as they like.

use std::cmp::Ordering;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::{AppId, InstanceId, TenantId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::change::Changed;
use crate::client::{Store, StoreError};
use crate::erasure::kit_link;
use crate::event::{Event, EventType, Subject};
use crate::key::{Item, Key};
use crate::table::TTL_ATTRIBUTE;
use crate::transaction::{Commit, Pauses, Transaction, VERSION};

/// What is gone is remembered this long, so that an older sync which comes late does not bring it back. KooGallery tries
/// again for hours, and a buyer who is asked to choose "retry" for days.
pub(crate) const GONE_IS_REMEMBERED: Duration = Duration::from_hours(30 * 24);

/// Which of two syncs is the newer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Stamp(Timestamp, u8);

impl Stamp {
    /// Before any sync.
    pub(crate) const NEVER: Self = Self(Timestamp::from_millis(i64::MIN), 0);

    /// Of a sync that tells one of many.
    pub(crate) const fn of_one(time: Timestamp) -> Self {
        Self(time, 1)
    }

    /// Of a sync that tells all at once: at the same time one that tells one of them is the newer.
    pub(crate) const fn of_all(time: Timestamp) -> Self {
        Self(time, 0)
    }
}

/// Whether what comes stands from now on; none is gone.
pub(crate) fn wins<T: PartialEq + Serialize>(
    (comes, coming): (Stamp, Option<&T>),
    (stands, standing): (Stamp, Option<&T>),
) -> bool {
    let text = |value: &T| serde_json::to_string(value).unwrap_or_default();
    match (comes.cmp(&stands), coming, standing) {
        (Ordering::Greater, ..) | (Ordering::Equal, None, Some(_)) => true,
        (Ordering::Equal, Some(coming), Some(standing)) => coming != standing && text(coming) > text(standing),
        (Ordering::Less, ..) | (Ordering::Equal, _, None) => false,
    }
}

/// Which event tells of a thing that came, changed or went.
pub(crate) struct EventTypes {
    pub(crate) added: EventType,
    pub(crate) modified: EventType,
    pub(crate) removed: EventType,
}

/// One thing of a tenant that has an item of its own, and how it stands in it.
pub(crate) struct Thing<'a, R, W> {
    pub(crate) key: Key,
    pub(crate) tenant: &'a TenantId,
    /// The application that it is of.
    pub(crate) app: Option<&'a AppId>,
    /// The instance that must stand for it.
    pub(crate) needs: Option<&'a InstanceId>,
    /// Reads it from its item; none where the item says that it is gone.
    pub(crate) read: R,
    /// The item's attributes.
    pub(crate) write: W,
}

const SYNCED_AT: &str = "syncedAt";

impl Store {
    /// Lets a sync of one thing decide, if it is the newest.
    pub(crate) async fn sync_one<T, R, W>(
        &self,
        call: &Call,
        thing: Thing<'_, R, W>,
        (time, coming): (Timestamp, Option<T>),
        event: impl Fn(EventType) -> Event,
        types: EventTypes,
    ) -> Result<Changed, StoreError>
    where
        T: PartialEq + Serialize,
        R: Fn(&Item) -> Result<Option<T>, StoreError>,
        W: Fn(&T) -> Result<Item, StoreError>,
    {
        let comes = Stamp::of_one(time);
        let mut pauses = Pauses::new();
        loop {
            let item = self.item(call, thing.key.clone()).await?.unwrap_or_default();
            let (version, stands, standing) = (version(&item), synced_at(&item), (thing.read)(&item)?);
            let mut transaction = Transaction::new(self, call)?;
            if let Some(id) = thing.needs {
                transaction = transaction.instance_stands(id)?;
            }
            let applied = wins((comes, coming.as_ref()), (stands, standing.as_ref()));
            if applied {
                let mut item = match &coming {
                    Some(coming) => (thing.write)(coming)?,
                    None => Item::from([(
                        TTL_ATTRIBUTE.to_owned(),
                        number(call.now().after(GONE_IS_REMEMBERED).as_seconds()),
                    )]),
                };
                item.insert(SYNCED_AT.to_owned(), number(time.as_millis()));
                item.extend(thing.key.clone().into_item());
                let event_type = match (&standing, &coming) {
                    (None, Some(_)) => Some(types.added),
                    (Some(standing), Some(coming)) if standing != coming => Some(types.modified),
                    (Some(_), None) => Some(types.removed),
                    _ => None,
                };
                let events: Vec<Event> = event_type.map(&event).into_iter().collect();
                transaction = transaction.replace(item, version)?.events(&Subject::Tenant(thing.tenant), &events)?;
                if let Some(id) = thing.needs {
                    transaction = transaction.keep(kit_link(id, thing.tenant, thing.app))?;
                }
            }
            match transaction.commit().await? {
                Commit::Done => return Ok(if applied { Changed::Applied } else { Changed::Unchanged }),
                Commit::Replayed => return Ok(Changed::Replayed),
                Commit::Refused { place: 0, standing } if thing.needs.is_some() => {
                    return self.no_instance(call, standing).await;
                }
                Commit::Refused { .. } | Commit::Conflict => pauses.pause().await?,
            }
        }
    }

    /// Ends a call whose instance does not stand.
    pub(crate) async fn no_instance(&self, call: &Call, standing: Option<Item>) -> Result<Changed, StoreError> {
        let outcome = if standing.is_some() { Changed::Released } else { Changed::Unknown };
        self.unchanged(call, outcome).await
    }
}

/// The version of an item; 0 where there is none.
pub(crate) fn version(item: &Item) -> u64 {
    item.get(VERSION).and_then(|version| version.as_n().ok()?.parse().ok()).unwrap_or_default()
}

fn synced_at(item: &Item) -> Stamp {
    let time = item.get(SYNCED_AT).and_then(|time| time.as_n().ok()?.parse().ok());
    time.map_or(Stamp::NEVER, |millis| Stamp::of_one(Timestamp::from_millis(millis)))
}

fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
