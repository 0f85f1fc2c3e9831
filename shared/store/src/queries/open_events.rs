//! Events that are open, in pages: those still to be delivered, and those that are parked. They are found by the index of open
//! things, so a page costs what it shows, however many events there were.

use std::collections::{HashMap, HashSet};
use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::Timestamp;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::model::delivery::Undelivered;
use crate::model::subject::Subject;
use crate::queries::history::{Delivery, EventRecord, KeptEvent};
use crate::queries::open::read;
use crate::table::client::{Store, StoreError};
use crate::table::index::{Kind, Open, SHARDS};
use crate::table::key::Item;
use crate::table::outbox_item::{event_key, outbox_key, time};
use crate::table::query::Query;
use crate::table::schema::{OPEN, OPEN_SINCE, PARTITION_KEY, SORT_KEY};

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

/// The place in the index of open things where a page begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenPlace {
    shard: u8,
    after: Option<Entry>,
}

/// An entry of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    since: Timestamp,
    sort: String,
    subject: Subject,
}

/// The text is not a place in the list of open events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not a place in the list of open events")]
pub struct OpenPlaceError;

impl fmt::Display for OpenPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.after {
            None => write!(f, "{}", self.shard),
            Some(Entry { since, sort, subject }) => write!(f, "{}:{since}:{sort}:{}", self.shard, subject.partition()),
        }
    }
}

impl std::str::FromStr for OpenPlace {
    type Err = OpenPlaceError;
    fn from_str(text: &str) -> Result<Self, OpenPlaceError> {
        // A subject may contain a colon: it is the last part.
        let mut parts = text.splitn(4, ':');
        let shard = parts.next().and_then(|shard| shard.parse().ok()).filter(|shard| *shard < SHARDS);
        let shard = shard.ok_or(OpenPlaceError)?;
        let Some(since) = parts.next() else { return Ok(Self { shard, after: None }) };
        let since = since.parse().map(Timestamp::from_millis).map_err(|_| OpenPlaceError)?;
        let (Some(sort), Some(subject)) = (parts.next(), parts.next().and_then(|subject| subject.parse().ok())) else {
            return Err(OpenPlaceError);
        };
        // DynamoDB takes a sort key of this length.
        if !(1..=1024).contains(&sort.len()) {
            return Err(OpenPlaceError);
        }
        Ok(Self { shard, after: Some(Entry { since, sort: sort.to_owned(), subject }) })
    }
}

impl Store {
    /// Up to `limit` open events from a place on, the oldest of each shard first. What ended a moment ago is left out, so a page
    /// may have fewer.
    pub async fn open_events(&self, which: OpenEvents, from: OpenPlace, limit: usize) -> Result<EventPage, StoreError> {
        let mut open = Vec::with_capacity(limit);
        let mut place = Some(from);
        while let Some(OpenPlace { shard, after }) = place.take_if(|_| open.len() < limit) {
            let (found, last) = self.open_in(which.kind(), shard, after, limit - open.len()).await?;
            place = match last {
                Some(last) => Some(OpenPlace { shard, after: Some(last) }),
                None => Some(OpenPlace { shard: shard + 1, after: None }).filter(|place| place.shard < SHARDS),
            };
            open.extend(found);
        }
        let mut events = self.records(&open).await?;
        events.retain(|event| event.delivery() == which.delivery());
        Ok(EventPage { events, next: place })
    }

    /// What one query of a shard finds, and the last entry if there may be more.
    async fn open_in(
        &self,
        kind: Kind,
        shard: u8,
        after: Option<Entry>,
        limit: usize,
    ) -> Result<(Vec<Open>, Option<Entry>), StoreError> {
        let partition = format!("{}{shard}", kind.prefix());
        let after = after.map(|Entry { since, sort, subject }| {
            Item::from([
                (OPEN.to_owned(), AttributeValue::S(partition.clone())),
                (OPEN_SINCE.to_owned(), time(since)),
                (SORT_KEY.to_owned(), AttributeValue::S(sort)),
                (PARTITION_KEY.to_owned(), AttributeValue::S(subject.partition())),
            ])
        });
        let query = Query::of_open(partition)
            .to(self)
            .set_exclusive_start_key(after)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let answer = query.send().await?;
        let found = answer.items().iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let last = answer.last_evaluated_key().map(read).transpose()?;
        Ok((found, last.map(|Open { since, sort, subject, .. }| Entry { since, sort, subject })))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_written_and_read_again() {
        for text in ["0", "15", "3:1764000000000:OUTBOX#019adb6c-2f00-7c11-8d5e-0123456789ab:INSTANCE#a:b"] {
            assert_eq!(text.parse::<OpenPlace>().unwrap().to_string(), text);
        }
        let long = format!("1:1:{}:INSTANCE#b", "x".repeat(1025));
        for bad in ["", "16", "-1", "x", "1:", "1:x:a:b", "1:1", "1:1:a", "1:1::INSTANCE#b", "1:1:a:", "1:1:a:b", &long]
        {
            assert_eq!(bad.parse::<OpenPlace>(), Err(OpenPlaceError), "{bad}");
        }
    }
}
