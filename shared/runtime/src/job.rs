//! What the functions share that answer no callback: a schedule, a queue or the table's stream wakes them.

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

/// What such a function works with, wherever it runs: the table, the time, and where its records go (`J`).
pub struct Job<J: ?Sized> {
    /// The table.
    pub store: Store,
    /// The time.
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
    /// A job on this table, at the time that `clock` tells.
    pub const fn new(store: Store, clock: Clock, journal: Arc<J>) -> Self {
        Self { store, clock, journal }
    }

    /// A job on the table that `KOOGALLERY_TABLE` names, by the wall clock. Sends nothing yet.
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

/// Does a job on Lambda for each event until the sandbox ends. `work` takes the event, and until when it may begin
/// something that takes up to `longest`; what it returns is the function's answer.
pub async fn serve_job<Occasion: DeserializeOwned, Answer: Serialize>(
    longest: Duration,
    work: impl AsyncFn(Occasion, Instant) -> Result<Answer, Error>,
) -> Result<(), StartError> {
    let work = &work;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Box<RawValue>>| async move {
        let left = event.context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
        let (occasion, until) =
            (serde_json::from_str(event.payload.get())?, Instant::now() + left.saturating_sub(longest));
        // Boxed: with all that a job's future holds, the compiler's depth of types would not reach.
        Box::pin(work(occasion, until)).await
    }))
    .await?;
    Ok(())
}
