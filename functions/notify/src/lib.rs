//! notify: tells people what waits for them, where they are: the same list as on the console's home page.
//!
//! ```text
//! schedule, every minute ─▶ Notifier ─▶ look: all that waits (crate koogallery-waiting)
//!                              │
//!                              └─▶ for each destination, side by side: plan ─▶ note the try ─▶ send ─▶ note the success
//! ```
//!
//! A try is noted before it is sent, and counts as failed until its success is noted. So a run that breaks off repeats its message;
//! nothing is lost; and of two runs at the same time one sends, so that no destination gets more than one message in [`PACE`].
//! [`Notifier`] knows no Lambda: the local host runs the same.

mod destination;
mod journal;
mod message;
mod notifier;
mod plan;
mod quiet;
mod send;
mod settings;

use std::sync::Arc;
use std::time::Duration;

use koogallery_runtime::{CloudWatch, ConfigError, Environment, Job, StartError, serve_job};
use serde::de::IgnoredAny;

pub use destination::{Destination, Destinations};
pub use journal::{FUNCTION, Journal, Run, Told, told_line};
pub use notifier::Notifier;
pub use plan::PACE;
pub use send::SendError;
pub use settings::{SettingsError, VARIABLE};

/// How long the last message of a run may take, with what is written before and after it.
const LONGEST_MESSAGE: Duration = Duration::from_secs(30);

/// Tells on Lambda until the sandbox ends.
pub async fn lambda() -> Result<(), StartError> {
    let environment = Environment::of_lambda();
    let journal: Arc<dyn Journal> = Arc::new(CloudWatch::of(&environment));
    let notifier = Notifier::of(&environment, Job::of(&environment, journal)?)?;
    let notifier =
        &notifier.ok_or(ConfigError::Missing { name: VARIABLE, meaning: "who is told what waits, as JSON" })?;
    serve_job(LONGEST_MESSAGE, async |_: IgnoredAny, _| Ok(notifier.run().await?.told)).await
}
