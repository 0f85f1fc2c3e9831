//! One run: what is due is closed and pushed; then what is left is measured.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use koogallery::{AccessKey, InterfaceType, Timestamp};
use koogallery_open_api::Client;
use koogallery_orders::OpenApi;
use koogallery_runtime::{ConfigError, Environment, Job, SecretSource, now};
use koogallery_store::{GRACE, Kind, Store, StoreError, UsageCursor, UsageHour, UsagePlace};

use crate::gate::{Gate, Stop};
use crate::journal::{Journal, Run};
use crate::push::Pusher;

/// So many hours are closed and pushed together.
const TOGETHER: usize = 100;
/// So many of these parts side by side.
const SIDE_BY_SIDE: usize = 4;
/// An hour of an instance that was released so long ago is closed with its usual end.
const RELEASED_LATELY: Duration = Duration::from_hours(2);
/// While nothing can be pushed, only hours that ended so long ago are looked at: the others are closed.
const CLOSED_LATELY: Duration = Duration::from_hours(3);
/// A run pushes for so long in any case. If it is cut off, the next one pushes the same records.
const AT_LEAST: Duration = Duration::from_secs(5);
/// An instance is silent if nothing of it was reported for so long, and something was before.
const SILENT: Duration = Duration::from_hours(24);

/// Closes hours and pushes them.
#[derive(Debug)]
pub struct Reporter {
    job: Job<dyn Journal>,
    secrets: SecretSource,
    open_api: OpenApi,
}

impl Reporter {
    /// Reads the address of the open APIs. It sends nothing yet.
    pub fn of(environment: &Environment, job: Job<dyn Journal>) -> Result<Self, ConfigError> {
        Self::signing_by(environment, job, now)
    }

    /// The same with another clock for the signatures.
    pub fn signing_by(
        environment: &Environment,
        job: Job<dyn Journal>,
        clock: fn() -> Timestamp,
    ) -> Result<Self, ConfigError> {
        Ok(Self { job, secrets: SecretSource::of(environment)?, open_api: OpenApi::of(environment, clock)? })
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

    /// Closes and pushes what is due. No push begins after `until`, but in the first seconds of a run; the rest follows with the next.
    pub async fn run(&self, until: Instant) -> Result<Run, StoreError> {
        let until = until.max(Instant::now() + AT_LEAST);
        let (now, gate) = (self.now(), Gate::default());
        let released = self.store().released_usage(now.saturating_sub(RELEASED_LATELY), now).await?;
        self.work(released, &gate, until).await?;
        let mut cursor = Some(UsageCursor::begin(Kind::Usage));
        // What there is no time for is counted all the same.
        while let Some(from) = cursor {
            let (places, next) = self.store().usage_places(Kind::Usage, now, from).await?;
            let is_due = |place: &UsagePlace| {
                place.next_try_at.is_none_or(|next| next <= now)
                    && (gate.is_open() || place.since.saturating_add(CLOSED_LATELY) >= now)
            };
            let (due, others): (Vec<_>, Vec<_>) = places.into_iter().partition(is_due);
            gate.left(others.iter().map(|place| place.since));
            self.work(due, &gate, until).await?;
            cursor = next;
        }
        let run = self.measure(now, &gate).await?;
        self.job.journal.ran(&run);
        Ok(run)
    }

    async fn work(&self, due: Vec<UsagePlace>, gate: &Gate, until: Instant) -> Result<(), StoreError> {
        let parts: Vec<Vec<UsagePlace>> = due.chunks(TOGETHER).map(<[UsagePlace]>::to_vec).collect();
        let working = stream::iter(parts).map(|part| async move { self.work_on(&part, gate, until).await });
        let mut working = std::pin::pin!(working.buffer_unordered(SIDE_BY_SIDE));
        while let Some(worked) = working.next().await {
            worked?;
        }
        Ok(())
    }

    async fn work_on(&self, part: &[UsagePlace], gate: &Gate, until: Instant) -> Result<(), StoreError> {
        if Instant::now() >= until {
            gate.left(part.iter().map(|place| place.since));
            return Ok(());
        }
        let now = self.now();
        let mut hours = self.store().close_usage(part, now).await?;
        hours.retain(UsageHour::is_left);
        let is_due = |hour: &UsageHour| hour.to_push().is_some() && hour.next_try_at.is_none_or(|next| next <= now);
        let (due, mut left): (Vec<_>, Vec<_>) = hours.into_iter().partition(is_due);
        if due.is_empty() || !gate.is_open() {
            left.extend(due);
        } else {
            match self.koogallery().await {
                Ok((client, key)) => {
                    Pusher { job: &self.job, gate, client: &client, key: &key, until }.push(due).await?;
                }
                Err(why) => {
                    gate.stop(Stop::NotConfigured(why));
                    left.extend(due);
                }
            }
        }
        gate.left(left.iter().map(UsageHour::due_at));
        Ok(())
    }

    /// A client of the usage push, and the key that signs it.
    async fn koogallery(&self) -> Result<(Client, AccessKey), String> {
        let secrets = self.secrets.fresh().await.map_err(|error| error.to_string())?;
        let client = self.open_api.client(&secrets).await.map_err(|error| error.to_string())?;
        let key = secrets.access_keys.current(InterfaceType::Basic).cloned();
        Ok((client, key.ok_or("the deployment needs an access key of the basic interfaces")?))
    }

    async fn measure(&self, now: Timestamp, gate: &Gate) -> Result<Run, StoreError> {
        let (store, backlog) = (self.store(), gate.backlog());
        let parked = store.parked_usage().await?;
        let silent = store.silent_usage(now.saturating_sub(SILENT)).await?;
        let oldest = backlog.oldest.map(|since| now.since(since.saturating_sub(GRACE)));
        let of = |count: &std::sync::atomic::AtomicUsize| count.load(Ordering::Relaxed);
        Ok(Run {
            at: self.now(),
            pushed: of(&gate.accepted),
            failed: of(&gate.failed),
            newly_parked: of(&gate.parked),
            backlog: backlog.count,
            oldest: oldest.unwrap_or_default(),
            parked,
            silent,
            stopped: gate.stopped(),
        })
    }
}
