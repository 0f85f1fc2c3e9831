//! The events of a subject: its history, with each event's delivery state.

use koogallery::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use crate::model::delivery::{DestinationState, Destinations, Discarded, Ended, Undelivered};
use crate::model::event::Event;
use crate::model::learning::{Asked, Learning};
use crate::model::subject::Subject;
use crate::table::client::{Store, StoreError};
use crate::table::index::Kind;
use crate::table::outbox_item::{event_key, outbox_key};
use crate::table::query::Query;
use crate::table::schema::EVENT;

/// The delivery state of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// It is not delivered yet.
    Undelivered,
    /// All tries failed, for more than three days. It waits for a person.
    Parked,
    /// The application has it.
    Delivered,
    /// The application does not want this event.
    Stopped,
    /// All tries failed, and a person gave it up.
    Discarded,
}

/// An event, as the table has it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptEvent {
    /// What it is about.
    #[serde(rename = "pk")]
    pub subject: Subject,
    /// The event.
    #[serde(flatten)]
    pub event: Event,
    #[serde(default)]
    destinations: Destinations,
    ended_at: Option<Timestamp>,
    /// How an event ended, in the form of version 0.1.0.
    delivered_at: Option<Timestamp>,
    stopped_at: Option<Timestamp>,
    #[serde(default)]
    attempts: u32,
    last_problem: Option<String>,
    open: Option<String>,
    open_since: Option<Timestamp>,
    next_try_at: Option<Timestamp>,
    #[serde(default)]
    learning: Asked,
    discarded: Option<Discarded>,
}

impl KeptEvent {
    fn is_open(&self, kind: Kind) -> bool {
        self.open.as_ref().is_some_and(|open| kind.is_of(open))
    }

    /// How an event ended that version 0.1.0 delivered, stopped or parked.
    fn ended_before(&self) -> Option<(Delivery, Timestamp)> {
        if self.ended_at.is_some() || self.is_open(Kind::Undelivered) {
            return None;
        }
        let parked = self.open_since.filter(|_| self.is_open(Kind::Parked)).map(|at| (Delivery::Parked, at));
        let discarded = self.discarded.as_ref().map(|discarded| (Delivery::Discarded, discarded.at));
        let stopped = self.stopped_at.map(|at| (Delivery::Stopped, at));
        parked.or(discarded).or(stopped).or(self.delivered_at.map(|at| (Delivery::Delivered, at)))
    }

    /// The state of asking about its order; none if there is nothing to ask any more.
    #[must_use]
    pub fn learning(&self) -> Option<Learning> {
        let since = self.open_since.filter(|_| self.is_open(Kind::Unlearnt))?;
        let Asked { attempts, last_problem } = self.learning.clone();
        Some(Learning { since, next_try_at: self.next_try_at, attempts, last_problem })
    }
}

/// An event with its delivery state.
#[derive(Debug, Clone, PartialEq)]
pub struct EventRecord {
    /// What it is about.
    pub subject: Subject,
    /// The event.
    pub event: Event,
    /// Its state at each destination that tried it.
    pub destinations: Destinations,
    /// The number of tries, at the destination with the most.
    pub attempts: u32,
    /// When the last destination took it.
    pub delivered_at: Option<Timestamp>,
    /// When it is tried again.
    pub next_try_at: Option<Timestamp>,
    /// Why the last try failed, at the first destination with a failure.
    pub last_problem: Option<String>,
    /// Who gave it up, and why, if somebody did.
    pub discarded: Option<Discarded>,
    delivery: Delivery,
}

impl EventRecord {
    /// Its delivery state.
    #[must_use]
    pub const fn delivery(&self) -> Delivery {
        self.delivery
    }

    fn of_before(kept: KeptEvent, delivery: Delivery, at: Timestamp) -> Self {
        let KeptEvent { subject, event, attempts, last_problem, discarded, .. } = kept;
        let delivered_at = Some(at).filter(|_| delivery == Delivery::Delivered);
        let (destinations, next_try_at) = (Destinations::new(), None);
        Self { subject, event, destinations, attempts, delivered_at, next_try_at, last_problem, discarded, delivery }
    }

    pub(super) fn new(kept: KeptEvent, outbox: Option<Undelivered>) -> Self {
        if let Some((delivery, at)) = kept.ended_before() {
            return Self::of_before(kept, delivery, at);
        }
        let KeptEvent { subject, event, ended_at, discarded, .. } = kept;
        let destinations = match (ended_at, outbox) {
            (None, Some(outbox)) => outbox.destinations,
            (_, _) => kept.destinations,
        };
        let states = || destinations.values();
        let ended = |wanted| states().any(|state: &DestinationState| state.ended == Some(wanted));
        let delivery = match ended_at {
            None => Delivery::Undelivered,
            Some(_) if discarded.is_some() => Delivery::Discarded,
            Some(_) if ended(Ended::Parked) => Delivery::Parked,
            Some(_) if ended(Ended::Stopped) => Delivery::Stopped,
            Some(_) => Delivery::Delivered,
        };
        Self {
            attempts: states().map(|state| state.attempts).max().unwrap_or_default(),
            delivered_at: ended_at.filter(|_| delivery == Delivery::Delivered),
            next_try_at: states().filter_map(|state| state.next_try_at).min(),
            last_problem: states().find_map(|state| state.last_problem.clone()),
            discarded,
            delivery,
            subject,
            event,
            destinations,
        }
    }
}

impl Store {
    /// One event, without its item in the outbox.
    pub async fn kept_event(&self, subject: &Subject, id: Uuid) -> Result<Option<KeptEvent>, StoreError> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(event_key(subject, id)));
        let answer = get.consistent_read(true).send().await?;
        Ok(answer.item.map(serde_dynamo::from_item).transpose()?)
    }

    /// One event.
    pub async fn event(&self, subject: &Subject, id: Uuid) -> Result<Option<EventRecord>, StoreError> {
        // The outbox is read first: an event that leaves it meanwhile has its end in the history.
        let get = self.client.get_item().table_name(&self.table).set_key(Some(outbox_key(subject, id)));
        let answer = get.consistent_read(true).send().await?;
        let outbox = answer.item.map(serde_dynamo::from_item).transpose()?;
        Ok(self.kept_event(subject, id).await?.map(|kept| EventRecord::new(kept, outbox)))
    }

    /// The events of a subject, oldest first: its history.
    pub async fn events(&self, subject: &Subject) -> Result<Vec<EventRecord>, StoreError> {
        let (mut events, mut after) = (Vec::new(), None);
        loop {
            let (page, more) = self.history_page(subject, after, None).await?;
            events.extend(page);
            match more {
                Some(last) => after = Some(last),
                None => return Ok(events),
            }
        }
    }

    /// Up to `limit` events of a subject after one, oldest first; and the last of them, if there may be more.
    pub async fn history(
        &self,
        subject: &Subject,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<(Vec<EventRecord>, Option<Uuid>), StoreError> {
        self.history_page(subject, after, Some(i32::try_from(limit).unwrap_or(i32::MAX))).await
    }

    async fn history_page(
        &self,
        subject: &Subject,
        after: Option<Uuid>,
        limit: Option<i32>,
    ) -> Result<(Vec<EventRecord>, Option<Uuid>), StoreError> {
        let query = Query::of_partition(subject.partition())
            .beginning_with(EVENT)
            .to(self)
            .set_exclusive_start_key(after.map(|after| event_key(subject, after)))
            .set_limit(limit);
        let answer = query.send().await?;
        let more = answer.last_evaluated_key.is_some();
        let kept: Vec<KeptEvent> = serde_dynamo::from_items(answer.items.unwrap_or_default())?;
        let last = kept.last().map(|last| last.event.event_id);
        Ok((self.with_outbox(subject, kept).await?, last.filter(|_| more)))
    }

    /// The newest events of a subject, up to `limit`, the oldest first; and whether there may be older ones.
    pub(crate) async fn newest_events(
        &self,
        subject: &Subject,
        limit: i32,
    ) -> Result<(Vec<EventRecord>, bool), StoreError> {
        let query = Query::of_partition(subject.partition()).beginning_with(EVENT).to(self);
        let answer = query.scan_index_forward(false).limit(limit).send().await?;
        let mut kept: Vec<KeptEvent> = serde_dynamo::from_items(answer.items.unwrap_or_default())?;
        kept.reverse();
        Ok((self.with_outbox(subject, kept).await?, answer.last_evaluated_key.is_some()))
    }

    /// Events of a subject, the oldest first, with what the outbox says about them.
    async fn with_outbox(&self, subject: &Subject, kept: Vec<KeptEvent>) -> Result<Vec<EventRecord>, StoreError> {
        let (Some(first), Some(last)) = (kept.first(), kept.last()) else { return Ok(Vec::new()) };
        let (first, last) = (first.event.event_id, last.event.event_id);
        let mut outbox = self.undelivered_between(subject, first, last).await?;
        let mut events = Vec::with_capacity(kept.len());
        for kept in kept {
            let id = kept.event.event_id;
            let place = outbox.iter().position(|undelivered| undelivered.event_id == id);
            match place.map(|place| outbox.swap_remove(place)) {
                // It left the outbox between the two reads.
                None if kept.ended_at.is_none() && kept.ended_before().is_none() => {
                    events.extend(self.event(subject, id).await?);
                }
                undelivered => events.push(EventRecord::new(kept, undelivered)),
            }
        }
        Ok(events)
    }
}
