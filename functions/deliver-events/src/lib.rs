//! deliver-events: delivers every event to the seller's application, in order for each subject, at least once.
//!
//! ```text
//! table ─stream─▶ pipe ─▶ FIFO queue, a group per subject ─▶ Courier ─▶ each destination: signed webhook, EventBridge
//!   ▲                      ▲   ▲                                │ │
//!   └── delivered, or when ┼───┼────────────────────────────────┘ │
//!       it is tried again  │   └── queue of delayed wake-ups ◀────┘
//!                          └── sweep: what lost its wake-up, every five minutes
//! ```
//!
//! [`Courier`] is delivery itself and knows no queue: the local host runs the same. It only reads what the function learn-order
//! kept about orders. Only real calls make events; debug calls make none.

mod answer;
mod answer_body;
mod bus;
mod courier;
mod destination;
mod facts;
mod late_body;
mod message;
mod purchase;
mod queue;
mod receiver;
mod record;
mod sweep;
mod test_event;
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use koogallery_runtime::{CloudWatch, ConfigError, Environment, Job, StartError, serve_job};
use serde::Deserialize;
use serde_json::value::to_raw_value;

pub use bus::SOURCE;
pub use courier::{Courier, Journal, Left, Tried};
pub use koogallery_queue::{Batch, BatchAnswer, QueueError};
pub use message::type_name;
pub use queue::{Queue, deliver};
pub use sweep::{Stalled, Swept, look, stalled, sweep, wake};
pub use test_event::{TestEvent, send_test_event};

/// How long one try may take: receiver and store.
const LONGEST_TRY: Duration = Duration::from_secs(45);

/// The event that wakes this function.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Occasion {
    Batch(Batch),
    /// From the schedule: `{"sweep":true}`.
    Sweep {
        #[serde(rename = "sweep")]
        _sweep: bool,
    },
}

/// Delivers on Lambda until the sandbox ends.
pub async fn lambda() -> Result<(), StartError> {
    let environment = Environment::of_lambda();
    let log = &CloudWatch::of(&environment);
    let queue = &Queue::of(&environment)?;
    let courier = Courier::of(&environment, Job::of(&environment, Arc::new(log.clone()) as Arc<dyn Journal>)?)?;
    let courier = &Arc::new(courier.ok_or(ConfigError::Missing {
        name: "KOOGALLERY_WEBHOOK_URL",
        meaning: "the address for events, or KOOGALLERY_EVENT_BUS, an event bus",
    })?);
    serve_job(LONGEST_TRY, async |occasion, until| {
        Ok(match occasion {
            Occasion::Batch(batch) => to_raw_value(&deliver(courier, queue, batch, until).await)?,
            Occasion::Sweep { .. } => to_raw_value(&sweep(courier.store(), queue, log, courier.now(), until).await?)?,
        })
    })
    .await
}
