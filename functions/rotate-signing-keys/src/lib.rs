//! rotate-signing-keys: makes the next key of the login a day before it signs, and removes keys that signed last a day ago.
//!
//! A schedule wakes it. Whatever is due follows from the keys in the table and from the time, so it may run as often or as seldom as
//! it likes, and in several places at once. [`Rotator`] knows no Lambda: the local host runs the same.

use std::sync::Arc;
use std::time::Duration;

use koogallery::Timestamp;
use koogallery_oidc::{Rotated, Rotation, SigningKeyError, SigningKeys};
use koogallery_runtime::{CloudWatch, ConfigError, Environment, Job, Metric, StartError, Vault, now, serve_job};
use serde::de::IgnoredAny;
use serde_json::{Value, json};

/// The function's name in its lines of the log.
pub const FUNCTION: &str = "rotate-signing-keys";

/// How long one run may take.
const LONGEST_RUN: Duration = Duration::from_secs(20);

/// Where records go. They have ids of keys, never keys.
pub trait Journal: Send + Sync {
    /// The keys of an algorithm changed, or could not.
    fn rotated(&self, rotated: &Result<Rotated, SigningKeyError>);
}

/// Rotates what is due.
pub struct Rotator {
    job: Job<dyn Journal>,
    vault: Vault,
    rotation: Rotation,
}

impl std::fmt::Debug for Rotator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rotator").field("rotation", &self.rotation).finish_non_exhaustive()
    }
}

impl Rotator {
    /// Reads what protects keys at rest.
    pub fn of(environment: &Environment, job: Job<dyn Journal>) -> Result<Self, ConfigError> {
        Ok(Self { job, vault: Vault::of(environment)?, rotation: Rotation::default() })
    }

    /// Does what is due. Returns how many keys it made or removed.
    pub async fn rotate(&self) -> usize {
        match SigningKeys::rotate(&self.rotation, &self.job.store, &self.vault, self.job.now()).await {
            Ok(all) => {
                let changed = all.into_iter().filter(Rotated::is_change);
                changed
                    .map(|rotated| {
                        let keys = usize::from(rotated.made.is_some()) + rotated.removed.len();
                        self.job.journal.rotated(&Ok(rotated));
                        keys
                    })
                    .sum()
            }
            Err(error) => {
                self.job.journal.rotated(&Err(error));
                0
            }
        }
    }
}

/// The line of the log, with its metric.
#[must_use]
pub fn rotated_line(log: &CloudWatch, at: Timestamp, rotated: &Result<Rotated, SigningKeyError>) -> Value {
    let failed = usize::from(rotated.is_err());
    let level = if failed == 0 { "INFO" } else { "ERROR" };
    let mut line = log.metric_line(FUNCTION, level, at, [Metric::count("SigningKeysNotRotated", failed)]);
    match rotated {
        Ok(Rotated { algorithm, made, removed }) => {
            line["algorithm"] = algorithm.name().into();
            line["removed"] = json!(removed);
            if let Some((id, signs_from)) = made {
                line["made"] = id.as_str().into();
                line["signsFrom"] = json!(signs_from);
            }
        }
        Err(error) => line["problem"] = error.to_string().into(),
    }
    line
}

impl Journal for CloudWatch {
    fn rotated(&self, rotated: &Result<Rotated, SigningKeyError>) {
        Self::write(rotated_line(self, now(), rotated));
    }
}

/// Rotates on Lambda until the sandbox ends.
pub async fn lambda() -> Result<(), StartError> {
    let environment = Environment::of_lambda();
    let journal: Arc<dyn Journal> = Arc::new(CloudWatch::of(&environment));
    let rotator = &Rotator::of(&environment, Job::of(&environment, journal)?)?;
    serve_job(LONGEST_RUN, async |_: IgnoredAny, _| Ok(rotator.rotate().await)).await
}
