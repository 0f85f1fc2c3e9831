//! The newest sync counts: one item about one thing, and the order of syncs.
//!
//! KooGallery repeats syncs, and they may overtake each other. The greatest sync counts, in an order that does not depend on
//! arrival: first the time of the sync; of two with the same time, the one that was signed later; of two that were signed in the
//! same millisecond, a value before a removal, and then the greater text. So syncs may arrive in any order and any number of times.
//! An event says what changed in the current state, never what a late call asked for.

use crate::table::stamp::Stamp;
use std::cmp::Ordering;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::{AppId, InstanceId, TenantId};
use serde::Serialize;

use crate::kit::link::kit_link;
use crate::model::changed::Changed;
use crate::model::event::Event;
use crate::model::event_type::EventType;
use crate::model::subject::Subject;
use crate::table::call::Call;
use crate::table::client::{Store, StoreError};
use crate::table::key::{Item, Key};
use crate::table::schema::TTL_ATTRIBUTE;
use crate::table::transaction::{Commit, Pauses, Transaction, version};

/// How long a removal is remembered, so that an older sync which arrives later does not bring the thing back. KooGallery tries again
/// for hours, and a buyer may choose "retry" for days.
pub(crate) const GONE_IS_REMEMBERED: Duration = Duration::from_hours(30 * 24);

/// Whether the new value counts from now on. None is a removal.
pub(crate) fn wins<T: PartialEq + Serialize>(
    (comes, coming): (Stamp, Option<&T>),
    (stands, standing): (Stamp, Option<&T>),
) -> bool {
    let text = |value: &T| serde_json::to_string(value).unwrap_or_default();
    match (comes.cmp(&stands), coming, standing) {
        (Ordering::Greater, ..) | (Ordering::Equal, Some(_), None) => true,
        (Ordering::Equal, Some(coming), Some(standing)) => coming != standing && text(coming) > text(standing),
        (Ordering::Less, ..) | (Ordering::Equal, None, _) => false,
    }
}

/// What syncs say about one thing. They may arrive in any order and any number of times: the result is the same.
pub(crate) trait Known: Clone + PartialEq {
    /// The value that a reader sees.
    type Shown: PartialEq;

    /// Takes in what another sync says.
    fn join(&mut self, other: Self);

    /// Returns none if there is nothing to see: it was removed, or no sync named it yet.
    fn shown(&self) -> Option<Self::Shown>;
}

/// A thing whose syncs each contain all of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Newest<T> {
    pub(crate) at: Stamp,
    /// None: it was removed, or no sync named it.
    pub(crate) is: Option<T>,
}

impl<T> Newest<T> {
    /// No sync named it.
    pub(crate) const NEVER: Self = Self { at: Stamp::NEVER, is: None };

    /// It has this value from this time on.
    pub(crate) const fn told(at: Stamp, is: T) -> Self {
        Self { at, is: Some(is) }
    }
}

impl<T: Clone + PartialEq + Serialize> Known for Newest<T> {
    type Shown = T;

    fn join(&mut self, other: Self) {
        if wins((other.at, other.is.as_ref()), (self.at, self.is.as_ref())) {
            *self = other;
        }
    }

    fn shown(&self) -> Option<T> {
        self.is.clone()
    }
}

/// The types of the events for a thing that was added, changed or removed.
pub(crate) struct EventTypes {
    pub(crate) added: EventType,
    pub(crate) modified: EventType,
    pub(crate) removed: EventType,
}

/// One thing of a tenant that has an item of its own, and how it is written there.
pub(crate) struct Thing<'a, R, W> {
    pub(crate) key: Key,
    pub(crate) tenant: &'a TenantId,
    /// The application that it belongs to.
    pub(crate) app: Option<&'a AppId>,
    /// The instance that must exist for it.
    pub(crate) needs: Option<&'a InstanceId>,
    /// Reads it from its item, which may be empty.
    pub(crate) read: R,
    /// The item's attributes.
    pub(crate) write: W,
}

impl Store {
    /// Takes in what a sync says about one thing.
    pub(crate) async fn sync_one<K, R, F, W>(
        &self,
        call: &Call,
        thing: Thing<'_, R, W>,
        told: K,
        event: impl Fn(EventType) -> Event,
        types: EventTypes,
    ) -> Result<Changed, StoreError>
    where
        K: Known,
        R: Fn(Item) -> F,
        F: Future<Output = Result<K, StoreError>>,
        W: Fn(&K) -> Result<Item, StoreError>,
    {
        let mut pauses = Pauses::new();
        loop {
            let item = self.item(call, thing.key.clone()).await?.unwrap_or_default();
            let (version, before) = (version(&item), (thing.read)(item).await?);
            let mut transaction = Transaction::new(self, call)?;
            if let Some(id) = thing.needs {
                transaction = transaction.instance_stands(id)?;
            }
            let mut after = before.clone();
            after.join(told.clone());
            let applied = after != before;
            if applied {
                let mut item = (thing.write)(&after)?;
                let (before, after) = (before.shown(), after.shown());
                if after.is_none() {
                    let until = call.now().saturating_add(GONE_IS_REMEMBERED).as_seconds();
                    item.insert(TTL_ATTRIBUTE.to_owned(), number(until));
                }
                item.extend(thing.key.clone().into_item());
                let event_type = match (&before, &after) {
                    (None, Some(_)) => Some(types.added),
                    (Some(before), Some(after)) if before != after => Some(types.modified),
                    (Some(_), None) => Some(types.removed),
                    _ => None,
                };
                let events: Vec<Event> = event_type.map(&event).into_iter().collect();
                transaction =
                    transaction.replace(item, version)?.events(&Subject::Tenant(thing.tenant.clone()), &events)?;
                if let Some(id) = thing.needs {
                    transaction = transaction.keep(kit_link(id, thing.tenant, thing.app))?;
                }
            }
            match transaction.commit().await? {
                Commit::Done => return Ok(if applied { Changed::Applied } else { Changed::Unchanged }),
                Commit::Replayed => return self.replayed(call).await,
                Commit::Refused { place: 0, standing } if thing.needs.is_some() => {
                    return self.no_instance(call, standing).await;
                }
                Commit::Refused { .. } | Commit::Conflict => pauses.pause().await?,
            }
        }
    }

    /// Ends a call whose instance does not exist.
    pub(crate) async fn no_instance(&self, call: &Call, standing: Option<Item>) -> Result<Changed, StoreError> {
        let outcome = if standing.is_some() { Changed::Released } else { Changed::Unknown };
        self.unchanged(call, outcome).await
    }
}

fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
