//! Delivery itself, whoever wakes it: a queue on AWS, the table's stream in the local host.
//!
//! The table is the truth. Being woken for a subject means: deliver whatever of it is undelivered, the oldest first,
//! and stop at the first event that is not taken. So a wake-up may come twice, late, or for an event that is delivered
//! by now; and an event whose wake-up got lost goes with the next one of its subject, or with the sweep's.

use std::sync::Arc;
use std::time::{Duration, Instant};

use koogallery::Timestamp;
use koogallery_runtime::{ConfigError, Environment, SecretSource, Vault};
use koogallery_store::{Event, EventRecord, NextTry, Store, StoreError, SubjectKey};

use crate::answer::heed;
use crate::answer_body::AnswerBody;
use crate::bus::EventBus;
use crate::message::Message;
use crate::order::OrderQuery;
use crate::pauses::Pauses;
use crate::purchase;
use crate::receiver::{Received, Receiver};

/// After so many tries an event goes without its order's details, so that nothing is held up for ever.
const TRIES_FOR_DETAILS: u32 = 3;

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Where records of tries go.
pub trait Journal: Send + Sync {
    /// Takes one.
    fn tried(&self, tried: &Tried<'_>);
}

/// One try of one event.
#[derive(Debug)]
pub struct Tried<'a> {
    /// Whom the event is about.
    pub subject: &'a SubjectKey,
    /// Which.
    pub event: &'a Event,
    /// The number of the try, from 1.
    pub attempt: u32,
    /// How it ended.
    pub ended: Ended,
    /// Why it was not taken; where it was, what somebody should know of the answer.
    pub problem: Option<&'a str>,
    /// When.
    pub at: Timestamp,
    /// How long it took.
    pub duration: Duration,
}

/// How a try ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The application has the event.
    Delivered,
    /// It is tried again.
    Failed,
    /// It is not tried again until somebody has it resent.
    Parked,
    /// The application wants no such event.
    Stopped,
}

/// What is left to do for a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// Nothing.
    Nothing,
    /// The rest, after this pause.
    Rest(Duration),
}

/// Delivers events.
pub struct Courier {
    store: Store,
    secrets: SecretSource,
    vault: Vault,
    orders: Option<OrderQuery>,
    receiver: Option<Receiver>,
    bus: Option<EventBus>,
    pauses: Pauses,
    clock: Clock,
    journal: Arc<dyn Journal>,
}

impl std::fmt::Debug for Courier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Courier").field("store", &self.store).field("receiver", &self.receiver).finish_non_exhaustive()
    }
}

impl Courier {
    /// Reads where to deliver to; none where nothing is set.
    pub fn of(
        environment: &Environment,
        store: Store,
        clock: Clock,
        journal: Arc<dyn Journal>,
    ) -> Result<Option<Self>, ConfigError> {
        let (receiver, bus) = (Receiver::of(environment)?, EventBus::of(environment)?);
        if receiver.is_none() && bus.is_none() {
            return Ok(None);
        }
        let (secrets, vault) = (SecretSource::of(environment)?, Vault::of(environment)?);
        let orders = OrderQuery::of(environment)?;
        Ok(Some(Self { store, secrets, vault, orders, receiver, bus, pauses: Pauses::default(), clock, journal }))
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// The table.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// The pauses after tries that failed.
    #[must_use]
    pub const fn pauses(&self) -> &Pauses {
        &self.pauses
    }

    /// Delivers what is undelivered of a subject, in order, until one is not taken. After the first, no try is begun after `until`.
    pub async fn deliver(&self, subject: &SubjectKey, until: Instant) -> Result<Left, StoreError> {
        for (place, record) in self.store.undelivered_events(subject).await?.into_iter().enumerate() {
            let waits = record.next_try_at.map_or(0, |at| at.as_millis() - self.now().as_millis());
            if let Ok(waits @ 1..) = u64::try_from(waits) {
                return Ok(Left::Rest(Duration::from_millis(waits)));
            }
            if place > 0 && Instant::now() >= until {
                return Ok(Left::Rest(Duration::ZERO));
            }
            if let Some(pause) = self.try_event(&record).await? {
                return Ok(Left::Rest(pause));
            }
        }
        Ok(Left::Nothing)
    }

    /// Tries one event and notes what became of it; a pause where it is to be tried again.
    async fn try_event(&self, record: &EventRecord) -> Result<Option<Duration>, StoreError> {
        let start = Instant::now();
        let sent = self.send(record).await;
        let (at, attempt) = (self.now(), record.attempts.saturating_add(1));
        let pause = self.pauses.after(attempt);
        let (ended, problem) = match sent {
            Ok((Received::Taken(_), note)) => (Ended::Delivered, note),
            Ok((Received::Unwanted(status), _)) => (
                Ended::Stopped,
                Some(format!("the receiver answered HTTP {}: it wants no such event", status.as_u16())),
            ),
            Err(problem) if pause.is_some() => (Ended::Failed, Some(problem)),
            Err(problem) => (Ended::Parked, Some(problem)),
        };
        let problem = problem.as_deref();
        let duration = start.elapsed();
        self.journal.tried(&Tried {
            subject: &record.subject,
            event: &record.event,
            attempt,
            ended,
            problem,
            at,
            duration,
        });
        let problem = problem.unwrap_or_default();
        match (ended, pause) {
            (Ended::Delivered, _) => self.store.delivered(record, at).await?,
            (Ended::Stopped, _) => self.store.stopped(record, at, problem).await?,
            (Ended::Failed, Some(pause)) => {
                self.store.try_failed(record, problem, NextTry::At(at.after(pause))).await?;
                return Ok(Some(pause));
            }
            (Ended::Failed, None) | (Ended::Parked, _) => {
                self.store.try_failed(record, problem, NextTry::Never).await?;
            }
        }
        Ok(None)
    }

    /// Sends one event to all who are to have it, and takes in what the application answers: how it was received, and what
    /// somebody should know of the answer.
    async fn send(&self, record: &EventRecord) -> Result<(Received, Option<String>), String> {
        let secrets = self.secrets.fresh().await.map_err(|error| error.to_string())?;
        let order = match &self.orders {
            None => None,
            Some(orders) => match orders.details(record, &self.store, &secrets, self.now()).await {
                Ok(order) => order,
                Err(problem) if record.attempts < TRIES_FOR_DETAILS => return Err(problem),
                Err(_) => None,
            },
        };
        let purchase = purchase::told(&record.event, &self.store, &self.vault).await?;
        let message = Message::new(&record.event, order).with_purchase(purchase);
        let body = message.to_body().map_err(|_| "the event cannot be written as JSON".to_owned())?;
        let received = match &self.receiver {
            Some(receiver) => receiver.send(record.event.event_id, self.now(), &body, &secrets).await?,
            None => Received::Taken(AnswerBody::default()),
        };
        let note = match &received {
            Received::Taken(answer) => heed(&self.store, &record.event, answer).await?,
            Received::Unwanted(_) => None,
        };
        // The bus last: what fails before it is tried again and must not be put twice. It hears what the application does
        // not want as well.
        if let Some(bus) = &self.bus {
            bus.put(&message, &body).await?;
        }
        Ok((received, note))
    }
}
