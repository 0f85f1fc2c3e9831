//! What functions that answer no callback share. A schedule, a queue or the table's stream wakes them.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use koogallery::Timestamp;
use koogallery_store::Store;
use lambda_http::lambda_runtime::{self, LambdaEvent};
use lambda_http::{Error, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::aws::dynamodb_client;
use crate::clock::{Clock, now};
use crate::config::{ConfigError, Environment, Settings};
use crate::lambda::StartError;

/// What such a function uses, wherever it runs: the table, the clock, and where its records go (`J`).
pub struct Job<J: ?Sized> {
    /// The table.
    pub store: Store,
    /// The clock.
    pub clock: Clock,
    /// Where records go.
    pub journal: Arc<J>,
}

impl<J: ?Sized> fmt::Debug for Job<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("store", &self.store).finish_non_exhaustive()
    }
}

impl<J: ?Sized> Job<J> {
    /// A job on this table, with this clock.
    pub const fn new(store: Store, clock: Clock, journal: Arc<J>) -> Self {
        Self { store, clock, journal }
    }

    /// A job on the table in `KOOGALLERY_TABLE`, with the wall clock. It sends nothing yet.
    pub fn of(environment: &Environment, journal: Arc<J>) -> Result<Self, ConfigError> {
        let store = Store::new(dynamodb_client(environment)?, Settings::of(environment)?.table);
        Ok(Self::new(store, Arc::new(now), journal))
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }
}

/// Runs a job on Lambda for each event, until the sandbox ends. `work` gets the event, and the time until which it may begin something
/// that takes up to `longest`. Its result is the function's answer.
pub async fn serve_job<Occasion: DeserializeOwned, Answer: Serialize>(
    longest: Duration,
    work: impl AsyncFn(Occasion, Instant) -> Result<Answer, Error>,
) -> Result<(), StartError> {
    let work = &work;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Box<RawValue>>| async move {
        let left = event.context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
        let (occasion, until) =
            (serde_json::from_str(event.payload.get())?, Instant::now() + left.saturating_sub(longest));
        // Boxed, because the type of a job's future is too deep for the compiler.
        Box::pin(work(occasion, until)).await
    }))
    .await?;
    Ok(())
}
