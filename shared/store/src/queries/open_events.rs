//! Events that are open, in pages: those still to be delivered, and those that are parked. They are found by the index of open
//! things, so a page costs what it shows, however many events there were.

use std::collections::{HashMap, HashSet};

use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::model::delivery::Undelivered;
use crate::model::subject::Subject;
use crate::queries::history::{Delivery, EventRecord, KeptEvent};
use crate::queries::open_place::{First, OpenPlace};
use crate::table::client::{Store, StoreError};
use crate::table::index::{Kind, Open};
use crate::table::key::Item;
use crate::table::outbox_item::{event_key, outbox_key};

/// Which open events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OpenEvents {
    /// Those still to be delivered.
    Undelivered,
    /// Those of which all tries failed. They wait for a person.
    Parked,
}

impl OpenEvents {
    const fn kind(self) -> Kind {
        match self {
            Self::Undelivered => Kind::Undelivered,
            Self::Parked => Kind::Parked,
        }
    }

    const fn delivery(self) -> Delivery {
        match self {
            Self::Undelivered => Delivery::Undelivered,
            Self::Parked => Delivery::Parked,
        }
    }
}

/// A part of the list of open events.
#[derive(Debug, Clone, PartialEq)]
pub struct EventPage {
    /// The events, each in its current state.
    pub events: Vec<EventRecord>,
    /// Where the next page begins; none at the end.
    pub next: Option<OpenPlace>,
}

impl Store {
    /// Up to `limit` open events from a place on, the oldest of each shard first. What ended a moment ago is left out, so a page
    /// may have fewer.
    pub async fn open_events(&self, which: OpenEvents, from: OpenPlace, limit: usize) -> Result<EventPage, StoreError> {
        let (open, next) = self.open_page(which.kind(), from, limit, First::Oldest).await?;
        let mut events = self.records(&open).await?;
        events.retain(|event| event.delivery() == which.delivery());
        Ok(EventPage { events, next })
    }

    /// The events of these entries, in their order.
    async fn records(&self, open: &[Open]) -> Result<Vec<EventRecord>, StoreError> {
        let mut seen = HashSet::new();
        let names = open.iter().filter_map(|open| Some((open.subject.clone(), open.event_id()?)));
        let names: Vec<Name> = names.filter(|name| seen.insert(name.clone())).collect();
        // The outbox first: an event that leaves it meanwhile has its end in the history.
        let outbox = self.standing_items(names.iter().map(|(subject, id)| outbox_key(subject, *id)).collect()).await?;
        let mut outbox = by_name(outbox, |item: &Undelivered| (item.subject.clone(), item.event_id))?;
        let kept = self.standing_items(names.iter().map(|(subject, id)| event_key(subject, *id)).collect()).await?;
        let mut kept = by_name(kept, |item: &KeptEvent| (item.subject.clone(), item.event.event_id))?;
        let records = names.iter().filter_map(|name| Some(EventRecord::new(kept.remove(name)?, outbox.remove(name))));
        Ok(records.collect())
    }
}

/// What an event is about, and its id.
type Name = (Subject, Uuid);

fn by_name<T: DeserializeOwned>(items: Vec<Item>, name: fn(&T) -> Name) -> Result<HashMap<Name, T>, StoreError> {
    let items = items.into_iter().map(serde_dynamo::from_item::<_, T>);
    items.map(|item| item.map(|item| (name(&item), item)).map_err(Into::into)).collect()
}
