//! report-usage: closes the hours of pay-per-use instances when their time is over, and pushes them to KooGallery, which bills by
//! them.
//!
//! ```text
//! schedule, every 5 minutes ─▶ Reporter ─▶ the index `open`: hours that are due ─▶ close: amount and serial number are fixed
//!                                 │                                                  │
//!                                 └──────── done, tried again, or parked ◀── usage push, at most 100 records
//! ```
//!
//! A crash anywhere leaves an hour open, or closed with its serial number. So the next run pushes the same record, and KooGallery
//! counts it once. [`Reporter`] knows no Lambda: the local host runs the same.

mod gate;
mod journal;
mod push;
mod record;
mod reporter;

use std::sync::Arc;
use std::time::Duration;

use koogallery_runtime::{CloudWatch, Environment, Job, StartError, serve_job};
use serde::de::IgnoredAny;

pub use gate::Stop;
pub use journal::{Journal, Pushed, Run};
pub use record::{FUNCTION, parked_line, pushed_line};
pub use reporter::Reporter;

/// How long the last push of a run may take, with what is written after it.
const LONGEST_PUSH: Duration = Duration::from_secs(40);

/// Reports on Lambda until the sandbox ends.
pub async fn lambda() -> Result<(), StartError> {
    let environment = Environment::of_lambda();
    let journal: Arc<dyn Journal> = Arc::new(CloudWatch::of(&environment));
    let reporter = &Reporter::of(&environment, Job::of(&environment, journal)?)?;
    serve_job(LONGEST_PUSH, async |_: IgnoredAny, until| Ok(reporter.run(until).await?.pushed)).await
}
