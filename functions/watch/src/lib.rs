//! watch: warns of deadlines before they pass. KooGallery tells them by SMS and mail at best, and by no call.
//!
//! ```text
//! schedule, every 5 minutes ─▶ Watcher ─▶ due: supervised orders, demands, purchases that wait, failed calls, debug calls
//!                                 │       once an hour: the certificate of the production address
//!                                 │       once a day: all instances, for renewals and ends of retention
//!                                 └─▶ a warning that is new: its item and its event in one transaction
//!                                     a warning whose cause is gone ends; one that was snoozed is raised once more
//! ```
//!
//! The id of a warning follows from its cause, so a run that breaks off, or that runs twice, raises nothing twice and loses nothing.
//! [`Watcher`] knows no Lambda: the local host runs the same.

mod causes;
mod certificate;
mod instances;
mod journal;
mod month;
mod watcher;

use std::sync::Arc;
use std::time::Duration;

use koogallery_runtime::{CloudWatch, Environment, Job, StartError, serve_job};
use serde::de::IgnoredAny;

pub use journal::{FUNCTION, Journal, Run, raised_line};
pub use watcher::Watcher;

/// How long the last step of a run may take, with what is written after it.
const LONGEST_STEP: Duration = Duration::from_secs(10);

/// Watches on Lambda until the sandbox ends.
pub async fn lambda() -> Result<(), StartError> {
    let environment = Environment::of_lambda();
    let journal: Arc<dyn Journal> = Arc::new(CloudWatch::of(&environment));
    let watcher = &Watcher::of(&environment, Job::of(&environment, journal)?)?;
    serve_job(LONGEST_STEP, async |_: IgnoredAny, until| Ok(watcher.run(until).await?.raised)).await
}
