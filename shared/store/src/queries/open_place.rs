//! A place in the index of open things, and its pages from there on: a page costs what it shows.

use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::Timestamp;

use crate::model::subject::Subject;
use crate::queries::open::read;
use crate::queries::parts::{Part, read_parts};
use crate::table::client::{Store, StoreError};
use crate::table::index::{Kind, Open, SHARDS};
use crate::table::key::Item;
use crate::table::outbox_item::time;
use crate::table::query::Query;
use crate::table::schema::{OPEN, OPEN_SINCE, PARTITION_KEY, SORT_KEY};

/// From which end the shards of the index are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum First {
    Oldest,
    Newest,
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

/// The text is not a place in a list of what is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not a place in a list of what is open")]
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

impl From<&Open> for Entry {
    fn from(open: &Open) -> Self {
        Self { since: open.since, sort: open.sort.clone(), subject: open.subject.clone() }
    }
}

impl Store {
    /// Up to `limit` open things of a kind from a place on, shard after shard, and where the next page begins.
    pub(super) async fn open_page(
        &self,
        kind: Kind,
        from: OpenPlace,
        limit: usize,
        first: First,
    ) -> Result<(Vec<Open>, Option<OpenPlace>), StoreError> {
        let OpenPlace { shard: number, after } = from;
        let read = |part: Part<Entry>, limit| self.open_in(kind, part, limit, first);
        let (open, next) =
            read_parts(kind.shards(), Part { number, after }, limit, read, |open: &Open| Entry::from(open)).await?;
        Ok((open, next.map(|Part { number: shard, after }| OpenPlace { shard, after })))
    }

    /// What one query of a shard finds, and the last entry if there may be more.
    async fn open_in(
        &self,
        kind: Kind,
        Part { number: shard, after }: Part<Entry>,
        limit: usize,
        first: First,
    ) -> Result<(Vec<Open>, Option<Entry>), StoreError> {
        let partition = kind.partition(shard);
        let after = after.map(|Entry { since, sort, subject }| {
            Item::from([
                (OPEN.to_owned(), AttributeValue::S(partition.clone())),
                (OPEN_SINCE.to_owned(), time(since)),
                (SORT_KEY.to_owned(), AttributeValue::S(sort)),
                (PARTITION_KEY.to_owned(), AttributeValue::S(subject.partition())),
            ])
        });
        let query = Query::of_open(partition).to(self).set_exclusive_start_key(after);
        let query = query.scan_index_forward(first == First::Oldest).limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let answer = query.send().await?;
        let found = answer.items().iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let last = answer.last_evaluated_key().map(read).transpose()?;
        Ok((found, last.as_ref().map(Entry::from)))
    }
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
