//! Delivery itself. A queue wakes it on AWS, the table's stream in the local host.
//!
//! Only the table says what is undelivered. A wake-up for a subject means: deliver its undelivered events, oldest first, to each
//! destination, and stop there at the first event that is not taken. So a wake-up may come twice, late, or for an event that is
//! delivered already. An event whose wake-up was lost is delivered with the next wake-up of its subject, or by the sweep.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use koogallery::{ProductId, Timestamp};
use koogallery_open_api::OrderInfo;
use koogallery_orders::{KeptOrders, OrdersError};
use koogallery_runtime::{
    ConfigError, CurrentSettings, Environment, Held, Job, Pauses, SecretError, SecretSource, SettingsSource, Vault,
};
use koogallery_store::{
    DestinationState, Ended, Event, KeptEvent, Noted, Store, StoreError, Subject, Try, Undelivered,
};

use crate::bus::EventBus;
use crate::destination::{Destination, DestinationError, Parcel, Sent};
use crate::facts::Standing;
use crate::message::{self, Enclosed};
use crate::purchase::{self, PurchaseError};
use crate::receiver::Receiver;
use crate::webhook::Webhook;

/// How long an event waits for the order query's answer about its order. Then it is sent without, so that it does not wait for
/// ever. It is as long as the first three pauses of learn-order.
const PATIENCE: Duration = Duration::from_secs(155);
/// The same for an event that was resent.
const PATIENCE_OF_RESENT: Duration = Duration::from_secs(10);
/// After this number of tries an event is sent without its order's details, if they are kept but cannot be read.
const TRIES_FOR_DETAILS: u32 = 3;

/// Where records of tries go.
pub trait Journal: Send + Sync {
    /// Takes one record.
    fn tried(&self, tried: &Tried<'_>);
}

/// One try of one event at one destination.
#[derive(Debug)]
pub struct Tried<'a> {
    /// What the event is about.
    pub subject: &'a Subject,
    /// The event.
    pub event: &'a Event,
    /// The destination.
    pub destination: &'static str,
    /// The number of the try, from 1.
    pub attempt: u32,
    /// How it ended there; none if it is tried again.
    pub ended: Option<Ended>,
    /// Why it was not taken; or, if it was, a note about the answer.
    pub problem: Option<&'a str>,
    /// When it was tried.
    pub at: Timestamp,
    /// How long it took.
    pub duration: Duration,
}

/// What is left to do for a subject.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Left {
    /// How long until the next try; none if nothing is left to do. Zero means now.
    pub next: Option<Duration>,
    /// The pauses that began now: the caller has to wake the subject at the end of each. The end of an older pause has its
    /// wake-up already.
    pub begun: Vec<Duration>,
    /// Whether the last try of an event failed at a destination, so that it pauses there.
    pub failed: bool,
}

impl Left {
    /// More can be tried now.
    fn again() -> Self {
        Self { next: Some(Duration::ZERO), ..Self::default() }
    }

    /// The pause after an earlier try is not over.
    fn paused(pause: Duration) -> Self {
        Self { next: Some(pause), failed: true, ..Self::default() }
    }

    /// A try failed now.
    fn failed(pause: Duration) -> Self {
        Self { begun: vec![pause], ..Self::paused(pause) }
    }

    /// The order's details may still come.
    fn patient(pause: Duration) -> Self {
        Self { next: Some(pause), begun: vec![pause], failed: false }
    }

    /// What is left to do for two destinations.
    fn and(mut self, other: Self) -> Self {
        self.next = self.next.into_iter().chain(other.next).min();
        self.begun.extend(other.begun);
        self.begun.sort_unstable();
        self.begun.dedup();
        self.failed |= other.failed;
        self
    }
}

/// The result of one try.
enum Tally {
    Ended,
    Paused(Duration),
    /// The event was resent meanwhile, or another host has the lease.
    Superseded,
    /// The lease was nearly over: nothing was sent.
    TooLate,
}

/// Why an event was not sent, or not taken. Holds no secret and nothing of the event.
#[derive(Debug, thiserror::Error)]
enum SendError {
    /// What signs it cannot be read.
    #[error("the secret cannot be read: {0}")]
    Secrets(#[from] SecretError),
    /// What is kept of its order cannot be read.
    #[error("the order's details: {0}")]
    Details(#[from] OrdersError),
    /// What its purchase told cannot be read.
    #[error(transparent)]
    Purchase(#[from] PurchaseError),
    /// The current state of what it is about cannot be read.
    #[error("what the event is about: {0}")]
    Standing(#[from] StoreError),
    /// The buyer's name cannot be read.
    #[error("the buyer's name: {0}")]
    CustomerName(#[source] OrdersError),
    /// The settings of products cannot be read.
    #[error("the settings of products: {0}")]
    Settings(#[source] StoreError),
    /// It cannot be written.
    #[error("the event cannot be written as JSON")]
    Body(#[from] serde_json::Error),
    /// The destination does not have it.
    #[error(transparent)]
    Destination(#[from] DestinationError),
}

/// Delivers events.
#[derive(Debug)]
pub struct Courier {
    job: Job<dyn Journal>,
    secrets: SecretSource,
    settings: SettingsSource,
    vault: Arc<Vault>,
    destinations: Vec<Box<dyn Destination>>,
    pauses: Pauses,
}

impl Courier {
    /// Reads the destinations. Returns none if none is configured.
    pub fn of(environment: &Environment, job: Job<dyn Journal>) -> Result<Option<Self>, ConfigError> {
        let mut destinations: Vec<Box<dyn Destination>> = Vec::new();
        let vault = Arc::new(Vault::of(environment)?);
        if let Some(receiver) = Receiver::of(environment)? {
            destinations.push(Box::new(Webhook { receiver, store: job.store.clone(), vault: Arc::clone(&vault) }));
        }
        if let Some(bus) = EventBus::of(environment)? {
            destinations.push(Box::new(bus));
        }
        if destinations.is_empty() {
            return Ok(None);
        }
        let (secrets, settings) = (SecretSource::of(environment)?, SettingsSource::new(Arc::clone(&job.clock)));
        Ok(Some(Self { job, secrets, settings, vault, destinations, pauses: Pauses::default() }))
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.job.now()
    }

    /// The table.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.job.store
    }

    /// The pauses after tries that failed.
    #[must_use]
    pub const fn pauses(&self) -> &Pauses {
        &self.pauses
    }

    fn names(&self) -> Vec<&'static str> {
        self.destinations.iter().map(|destination| destination.name()).collect()
    }

    /// How long sending one event takes at most.
    #[must_use]
    pub fn longest_send(&self) -> Duration {
        self.destinations.iter().map(|destination| destination.longest_send()).max().unwrap_or_default()
    }

    /// Delivers the undelivered events of a subject, to each destination in order, until one event is not taken there. No try after
    /// the first begins after `until`. Nobody else may work on the subject meanwhile.
    pub async fn deliver(&self, subject: &Subject, until: Instant) -> Result<Left, StoreError> {
        self.deliver_under(subject, until, None).await
    }

    /// The same where other hosts may work on the subject: as long as this host has its lease.
    pub async fn deliver_under(
        &self,
        subject: &Subject,
        until: Instant,
        held: Option<&Held>,
    ) -> Result<Left, StoreError> {
        let all = self.names();
        let mut outbox = Vec::new();
        for undelivered in self.job.store.undelivered_events(subject).await? {
            if undelivered.has_ended_at(&all) {
                // The last try stopped before the event left the outbox, or a destination is not configured any more.
                self.job.store.end_delivery(&undelivered, &all, self.now(), held.map(Held::lease)).await?;
            } else {
                outbox.push(undelivered);
            }
        }
        let turns = self.destinations.iter().map(|destination| self.deliver_to(&**destination, &outbox, until, held));
        join_all(turns).await.into_iter().try_fold(Left::default(), |left, more| Ok(left.and(more?)))
    }

    async fn deliver_to(
        &self,
        destination: &dyn Destination,
        outbox: &[Undelivered],
        until: Instant,
        held: Option<&Held>,
    ) -> Result<Left, StoreError> {
        let mut tried = false;
        for (place, undelivered) in outbox.iter().enumerate() {
            let (state, now) = (undelivered.at(destination.name()), self.now());
            if state.ended.is_some() {
                continue;
            }
            if let Some(pause) = pause_left(&state, &outbox[place..], now) {
                return Ok(Left::paused(pause));
            }
            if tried && Instant::now() >= until {
                return Ok(Left::again());
            }
            if let Some(held) = held
                && !held.secure(destination.longest_send()).await?
            {
                return Ok(Left::again());
            }
            let Some(kept) = self.job.store.kept_event(&undelivered.subject, undelivered.event_id).await? else {
                return Err(StoreError::Unreadable(format!(
                    "the event {} of the outbox does not exist",
                    undelivered.event_id
                )));
            };
            let details = self.details(&kept).await;
            if let (Ok(None), Some(patience)) = (&details, patience_left(&kept, undelivered, now)) {
                return Ok(Left::patient(patience));
            }
            tried = true;
            let is_urgent = outbox[place..].iter().any(|later| later.urgent_until.is_some_and(|until| until > now));
            match self.try_event(destination, undelivered, (&kept.event, details), is_urgent, held).await? {
                Tally::Ended => {}
                Tally::Paused(pause) => return Ok(Left::failed(pause)),
                Tally::Superseded | Tally::TooLate => return Ok(Left::again()),
            }
        }
        Ok(Left::default())
    }

    /// The kept details of the order that an event names.
    async fn details(&self, kept: &KeptEvent) -> Result<Option<OrderInfo>, OrdersError> {
        let Some((order, line)) = kept.event.order() else { return Ok(None) };
        let orders = KeptOrders { vault: &self.vault, store: &self.job.store };
        Ok(orders.details((&order, line.as_ref()), self.now()).await?.map(|(details, _)| details))
    }

    /// Tries one event at one destination and stores the result.
    async fn try_event(
        &self,
        destination: &dyn Destination,
        undelivered: &Undelivered,
        (event, details): (&Event, Result<Option<OrderInfo>, OrdersError>),
        is_urgent: bool,
        held: Option<&Held>,
    ) -> Result<Tally, StoreError> {
        let start = Instant::now();
        let before = undelivered.at(destination.name());
        let sent = match details {
            Err(error) if before.attempts < TRIES_FOR_DETAILS => Err(error.into()),
            details => self.send(destination, event, details.ok().flatten(), before.attempts, held).await,
        };
        let at = self.now();
        let (note, answer) = match &sent {
            Ok(Sent::Taken { note, answer }) => (note.clone(), *answer),
            Ok(Sent::TooLate) => return Ok(Tally::TooLate),
            Ok(Sent::Unwanted(_)) | Err(_) => (None, None),
        };
        let (state, pause) = self.stands(before, sent, at, is_urgent);
        let duration = start.elapsed();
        let (ended, problem) = (state.ended, state.last_problem.clone().or_else(|| note.clone()));
        let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let state = state.after_try(Try { at, duration: milliseconds, ended, problem, answer });
        self.job.journal.tried(&Tried {
            subject: &undelivered.subject,
            event,
            destination: destination.name(),
            attempt: state.attempts,
            ended: state.ended,
            problem: state.last_problem.as_deref().or(note.as_deref()),
            at,
            duration,
        });
        let noted = self
            .job
            .store
            .note_try(undelivered, destination.name(), state, &self.names(), held.map(Held::lease))
            .await?;
        Ok(match (noted, pause) {
            (Noted::Superseded, _) => Tally::Superseded,
            (Noted::Kept, Some(pause)) => Tally::Paused(pause),
            (Noted::Kept, None) => Tally::Ended,
        })
    }

    async fn send(
        &self,
        destination: &dyn Destination,
        event: &Event,
        order: Option<OrderInfo>,
        tried_before: u32,
        held: Option<&Held>,
    ) -> Result<Sent, SendError> {
        let secrets = self.secrets.fresh().await?;
        let (store, vault) = (&self.job.store, &*self.vault);
        let purchase = purchase::told(event, store, vault).await?;
        let standing = Standing::of(event, store).await?;
        let kept = KeptOrders { vault, store };
        let name = standing.customer_name(event, order.as_ref(), purchase.as_ref(), kept, self.now()).await;
        let customer_name = match name {
            Err(error) if tried_before < TRIES_FOR_DETAILS => return Err(SendError::CustomerName(error)),
            name => name.ok().flatten(),
        };
        let settings = if destination.goes_by_product() {
            self.settings.current(store).await.map_err(SendError::Settings)?
        } else {
            Arc::default()
        };
        let product = self.product(&settings, &standing, event, order.as_ref()).await?;
        let facts = standing.facts(event, order.as_ref());
        let body = message::body(event, Enclosed { facts, customer_name, order, purchase })?;
        let webhook = settings.document.webhook(product.as_ref());
        let parcel = Parcel { event, body: &body, webhook, secrets: &secrets, at: self.now(), held };
        let sent = destination.send(&parcel).await?;
        Ok(match (sent, &settings.kept_because) {
            (Sent::Taken { note: None, answer }, Some(why)) => Sent::Taken { note: Some(why.clone()), answer },
            (sent, _) => sent,
        })
    }

    /// The product that an event is about, if it matters where the event goes. Of a tenant's event, its instance says so.
    async fn product(
        &self,
        settings: &CurrentSettings,
        standing: &Standing,
        event: &Event,
        order: Option<&OrderInfo>,
    ) -> Result<Option<ProductId>, StoreError> {
        if settings.document.webhooks().next().is_none() {
            return Ok(None);
        }
        if let Some(product) = standing.product(event, order) {
            return Ok(Some(product));
        }
        let text = |name: &str| event.data[name].as_str();
        if let Some(id) = text("instanceId").and_then(|id| id.parse().ok()) {
            return Ok(self.job.store.instance(&id).await?.and_then(|instance| instance.life.product_id));
        }
        if let Some(code) = text("license").and_then(|code| code.parse().ok()) {
            return Ok(self.job.store.license(&code).await?.and_then(|license| license.life.product_id));
        }
        Ok(None)
    }

    /// The state of an event at a destination after a try, and the pause if it is tried again.
    fn stands(
        &self,
        before: DestinationState,
        sent: Result<Sent, SendError>,
        at: Timestamp,
        is_urgent: bool,
    ) -> (DestinationState, Option<Duration>) {
        let attempts = before.attempts.saturating_add(1);
        let state = DestinationState {
            attempts,
            hurried: before.hurried,
            tried_at: Some(at),
            next_try_at: None,
            ended: None,
            last_problem: None,
            tries: before.tries,
        };
        let problem = match sent {
            Ok(Sent::Taken { .. }) => return (DestinationState { ended: Some(Ended::Delivered), ..state }, None),
            Ok(Sent::Unwanted(status)) => {
                let problem = format!("the receiver answered HTTP {}: it does not want this event", status.as_u16());
                return (DestinationState { ended: Some(Ended::Stopped), last_problem: Some(problem), ..state }, None);
            }
            Ok(Sent::TooLate) => None,
            Err(error) => Some(error.to_string()),
        };
        // A shortened pause does not count: when the event is not urgent any more, the pauses continue where they were.
        let usual = self.pauses.after(attempts.saturating_sub(before.hurried));
        let (pause, hurried) = match usual {
            Some(pause) if !is_urgent || pause <= Pauses::URGENT => (Some(pause), before.hurried),
            None if !is_urgent => (None, before.hurried),
            Some(_) | None => (Some(Pauses::URGENT), before.hurried.saturating_add(1)),
        };
        let ended = pause.is_none().then_some(Ended::Parked);
        let next_try_at = pause.map(|pause| at.saturating_add(pause));
        (DestinationState { hurried, next_try_at, ended, last_problem: problem, ..state }, pause)
    }
}

/// How much is left of an event's pause at a destination. Returns none if it is over, or if the event or a later one of its subject
/// was resent since.
fn pause_left(state: &DestinationState, from_here: &[Undelivered], now: Timestamp) -> Option<Duration> {
    let left = state.next_try_at.filter(|at| *at > now)?.since(now);
    let resent = from_here.iter().any(|later| later.resent_at() > state.tried_at);
    Some(left).filter(|_| !resent)
}

/// How long an event still waits until its order is learnt. Returns none if nothing has to be learnt any more, or if the event does
/// not tell of it: a release does not wait for what its refund pays back.
fn patience_left(kept: &KeptEvent, undelivered: &Undelivered, now: Timestamp) -> Option<Duration> {
    kept.event.order()?;
    let since = kept.learning()?.since;
    let patience = if undelivered.resent_at().is_some() { PATIENCE_OF_RESENT } else { PATIENCE };
    Some(since.saturating_add(patience).since(now)).filter(|left| !left.is_zero())
}
